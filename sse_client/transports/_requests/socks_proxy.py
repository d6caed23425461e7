"""Connects through a SOCKS proxy with PySocks, under one deadline, and so that `close` can end it.

PySocks itself grants the full timeout to each piece of the proxy's answer.
"""

from __future__ import annotations

import socket
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from sse_client.transports._requests.connecting import connect_socket, look_up
from sse_client.transports._requests.opening import seconds_left

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sse_client.transports._requests.wakeup import Wakeup

__all__ = ["connect_by_socks", "pysocks_of"]

_PORT = 1080


def pysocks_of(connection_class: Any) -> Any:
    """Return PySocks if a connection class of urllib3 uses it, else None."""
    module = sys.modules.get("urllib3.contrib.socks")
    own = getattr(getattr(module, "SOCKSConnection", None), "_new_conn", None)
    library = getattr(module, "socks", None)
    known = own is not None and hasattr(library, "socksocket")
    return library if known and getattr(connection_class, "_new_conn", None) is own else None


def connect_by_socks(
    library: Any,
    proxy: dict[str, Any],
    host: str,
    port: int,
    *,
    source_address: tuple[str, int] | None,
    options: Iterable[Sequence[Any]],
    deadline: float | None,
    wakeup: Wakeup,
) -> socket.socket:
    """Return a socket that a proxy has connected to a host.

    Args:
        library: PySocks.
        proxy: the proxy, in the form that urllib3's connections have.
        host: the host to connect to.
        port: the port to connect to.
        source_address: host and port to connect from.
        options: socket options.
        deadline: the deadline, by `time.monotonic`.
        wakeup: the wakeup of the stream.

    Raises:
        socket.gaierror: a name has no address.
        TimeoutError: the deadline passed.
        OSError: no connection could be made, or the stream was closed.
    """
    host = host.strip("[]").rstrip(".")
    if not proxy["rdns"]:
        host = _address(host, port, deadline, wakeup, old=proxy["socks_version"] == library.SOCKS4)
    plain = connect_socket(
        proxy["proxy_host"],
        int(proxy["proxy_port"] or _PORT),
        source_address=source_address,
        options=options,
        deadline=deadline,
        wakeup=wakeup,
    )
    kind, family = plain.type, plain.family
    sock = _connected_class(library)(family, kind, plain.proto, plain.detach())
    try:
        wakeup.watch(sock)
        sock.deadline = deadline
        sock.set_proxy(
            proxy["socks_version"],
            proxy["proxy_host"],
            proxy["proxy_port"],
            proxy["rdns"],
            proxy["username"],
            proxy["password"],
        )
        sock.connect((host, port))
        sock.deadline = None
    except library.ProxyError as error:
        _give_up(sock, wakeup)
        raise (error.socket_err or error) from None
    except BaseException:
        _give_up(sock, wakeup)
        raise
    made: socket.socket = sock
    return made


def _address(host: str, port: int, deadline: float | None, wakeup: Wakeup, *, old: bool) -> str:
    """Return the first address of a name; an IPv4 address if the proxy supports no other."""
    found = look_up(host, port, deadline, wakeup)
    usable = [address for address in found if address[0] == socket.AF_INET or not old]
    if not usable:
        raise socket.gaierror(socket.EAI_ADDRFAMILY, f"{host} has no address of IPv4, which SOCKS4 needs")
    address: str = usable[0][4][0]
    return address


def _give_up(sock: socket.socket, wakeup: Wakeup) -> None:
    wakeup.release_socket()
    sock.close()


@cache
def _connected_class(library: Any) -> Any:
    """Return a subclass of PySocks's socket class for a socket that is already connected to the proxy."""

    class Connected(socket.socket):
        def connect(self, address: object) -> None:
            """Do nothing: PySocks calls this before it speaks to the proxy."""

    class Negotiating(library.socksocket, Connected):  # type: ignore[misc]  # PySocks has no types
        deadline: float | None = None  # for the proxy's answer

        def recv_into(self, *args: Any, **options: Any) -> int:
            if self.deadline is not None:
                socket.socket.settimeout(self, seconds_left(None, self.deadline))
            base: Any = super()
            received: int = base.recv_into(*args, **options)
            return received

    return Negotiating
