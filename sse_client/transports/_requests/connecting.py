"""Connects to a host and port, under one deadline for looking up the name and trying all of its addresses."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import LocationParseError
from urllib3.util.wait import wait_for_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["connect_socket", "look_up"]

_SLICE = 0.1  # seconds between two checks of `closed`, on systems where shutdown() does not wake a connect()
_IN_PROGRESS = {0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY}


def connect_socket(
    host: str,
    port: int,
    *,
    source_address: tuple[str, int] | None,
    options: Iterable[Sequence[Any]],
    deadline: float | None,
    wakeup: Wakeup,
) -> socket.socket:
    """Return a connected socket, whose timeout is the time left until the deadline.

    Each address gets an equal share of the remaining time, so that one dead address does not use up all of it.

    Raises:
        socket.gaierror: the name has no address.
        TimeoutError: the deadline passed.
        LocationParseError: the name cannot be looked up.
        OSError: no address could be connected to, or the stream was closed.
    """
    addresses = look_up(host, port, deadline, wakeup)
    error: OSError | None = None
    for number, address in enumerate(addresses):
        share = None
        if deadline is not None:
            share = max(0.0, deadline - time.monotonic()) / (len(addresses) - number)
        try:
            sock = _connect(address, source_address, options, share, wakeup)
        except OSError as failed:
            error = failed
            if wakeup.closed:
                break
        else:
            sock.settimeout(None if deadline is None else max(0.001, deadline - time.monotonic()))
            return sock
    raise error or OSError(f"no address of {host} could be connected to")


def look_up(host: str, port: int, deadline: float | None, wakeup: Wakeup) -> list[tuple[Any, ...]]:
    """Return the addresses of a name, looked up in a thread of its own, because `getaddrinfo` cannot be interrupted."""
    host = host.strip("[]")
    try:
        host.encode("idna")
    except UnicodeError:
        raise LocationParseError(f"'{host}', label empty or too long") from None
    try:
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass  # a host name, not an address
    found: list[Any] = []
    done = threading.Lock()
    done.acquire()

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except OSError as error:
            found.append(error)
        done.release()

    threading.Thread(target=ask, name="sse_client-lookup", daemon=True).start()
    while not done.acquire(timeout=_next_slice(deadline)):
        if wakeup.closed:
            raise OSError("the stream was closed during the name look-up")
        if deadline is not None and time.monotonic() >= deadline:
            raise TimeoutError("timed out")
    if isinstance(found[0], OSError):
        raise found[0]
    return found


def _connect(
    address: tuple[Any, ...],
    source_address: tuple[str, int] | None,
    options: Iterable[Sequence[Any]],
    seconds: float | None,
    wakeup: Wakeup,
) -> socket.socket:
    family, kind, protocol, _, target = address
    deadline = None if seconds is None else time.monotonic() + seconds
    sock = socket.socket(family, kind, protocol)
    try:
        for option in options:
            if "udp" not in tuple(option)[3:]:  # urllib3-future also names the protocol
                sock.setsockopt(*tuple(option)[:3])
        sock.setblocking(False)
        if source_address:
            sock.bind(source_address)
        wakeup.watch(sock)
        code = sock.connect_ex(target)
        if code not in _IN_PROGRESS:
            raise OSError(code, os.strerror(code))
        while code and not wait_for_write(sock, _next_slice(deadline)):
            if deadline is not None and time.monotonic() >= deadline:
                raise TimeoutError("timed out")
            if wakeup.closed:
                break
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))
        if wakeup.closed:
            raise OSError("the stream was closed while it connected")
    except BaseException:
        wakeup.release_socket()
        sock.close()
        raise
    return sock


def _next_slice(deadline: float | None) -> float:
    return _SLICE if deadline is None else min(_SLICE, max(0.0, deadline - time.monotonic()))
