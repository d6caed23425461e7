"""Keeps to the number of streams that a server allows on one HTTP/2 connection.

In a blocking client, httpcore itself waits without a time limit until another stream may be opened, and cannot be
woken. If a server sets no limit, httpcore allows one stream at a time. If the server lowers the limit below the number
of open streams, httpcore 1.0 waits for some to end while it holds the lock that reading needs. It documents none of the
parts that are replaced here; if they have changed, its own behaviour remains.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import threading
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

from sse_client.transports._httpx._http2.waiting import wait_to

if TYPE_CHECKING:
    from collections.abc import Generator, Hashable

__all__ = ["Places", "name_limit", "take_places"]

_library: Any = object  # the class of the library that a subclass here is made of


class Places:
    """The free stream slots of a blocking connection, in place of httpcore's semaphore.

    Args:
        places: httpcore's own semaphore.
    """

    def __init__(self, places: Any) -> None:
        self._semaphore: threading.Semaphore = places._semaphore
        self._lock = threading.Lock()
        self._reducing: int | None = None
        self._owed = 0

    @contextmanager
    def reducing(self) -> Generator[None, None, None]:
        """Within this block and thread, let `acquire` owe slots that are not free, instead of waiting for them."""
        self._reducing = threading.get_ident()
        try:
            yield
        finally:
            self._reducing = None

    def acquire(self) -> None:
        """Wait for a free slot, and take it.

        Raises:
            ConnectionFailed: the stream was closed, or the wait took too long.
        """
        if self._reducing == threading.get_ident():
            with self._lock:
                self._owed += not self._semaphore.acquire(blocking=False)
            return
        wait_to(
            lambda seconds: self._semaphore.acquire(timeout=seconds),
            "the connection has as many streams as its server allows, and none has ended in time",
        )

    def acquire_if_available(self) -> bool:
        """Take a slot if one is free; return whether it was."""
        return self._semaphore.acquire(blocking=False)

    def release(self) -> None:
        """Give a slot back."""
        with self._lock:
            if self._owed:
                self._owed -= 1
                return
        self._semaphore.release()


class _AsyncPlaces:
    """The same for an asynchronous connection, whose waits are ended by a cancel scope."""

    def __init__(self, places: Any, free: Any) -> None:
        self._places = places
        self._free = free
        self._owed = 0
        self._reducing = False

    @contextmanager
    def reducing(self) -> Generator[None, None, None]:
        """Within this block, let `acquire` owe slots that are not free, instead of waiting for them."""
        self._reducing = True
        try:
            yield
        finally:
            self._reducing = False

    async def acquire(self) -> None:
        """Wait for a free slot, and take it."""
        if not self._reducing:
            await self._places.acquire()
        elif self._free.value:
            self._free.acquire_nowait()
        else:
            self._owed += 1

    async def release(self) -> None:
        """Give a slot back."""
        if self._owed:
            self._owed -= 1
        else:
            await self._places.release()


def name_limit(connection: Any, event: Any) -> None:
    """If a server's settings name no limit, set none: "initially, there is no limit" (RFC 9113 6.5.2).

    Args:
        connection: the connection of httpcore, which reads the settings next.
        event: h2's event with the settings.
    """
    from h2.settings import ChangedSetting, SettingCodes

    code = SettingCodes.MAX_CONCURRENT_STREAMS
    if code not in event.changed_settings:
        limit = connection._h2_state.remote_settings.max_concurrent_streams
        event.changed_settings[code] = ChangedSetting(code, None, limit)


def take_places(connection: Any) -> None:
    """Make an asynchronous connection of httpcore apply its server's limits correctly.

    Args:
        connection: an HTTP/2 connection; any other one, and None, is left unchanged.
    """
    kind: Any = connection.__class__
    if not hasattr(kind, "_receive_remote_settings_change") or hasattr(kind, "takes_places"):
        return
    places = getattr(connection, "_max_streams_semaphore", None)
    free = getattr(places, "_anyio_semaphore", getattr(places, "_trio_semaphore", None))
    # httpcore2 keeps count of owed slots itself.
    if not hasattr(places, "acquire_if_available") and hasattr(free, "acquire_nowait") and hasattr(free, "value"):
        connection._max_streams_semaphore = _AsyncPlaces(places, free)
    connection.__class__ = _limited(kind)


class _LimitedConnection(_library):  # type: ignore[misc]  # which of the two libraries' it is, is seen when it runs
    takes_places = True

    async def _receive_remote_settings_change(self, event: Any) -> None:
        name_limit(self, event)
        places = self._max_streams_semaphore
        base: Any = super()
        with places.reducing() if isinstance(places, _AsyncPlaces) else nullcontext():
            await base._receive_remote_settings_change(event)


@cache
def _limited(kind: Hashable) -> Any:
    """Return a subclass of a library's connection class that does so."""
    library: Any = kind
    return type(f"Limited{library.__name__}", (_LimitedConnection, library), {})
