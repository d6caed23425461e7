"""Places among the streams that a server allows on one connection of HTTP/2.

A blocking client's httpcore waits for one without a limit of time, and nothing can wake it. Where a server allows
fewer streams than are open, httpcore 1.0 waits for some to end, with the lock held that reading needs. It does not
promise what is replaced here: where it looks different, it waits as it does.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from sse_client.transports._httpx.waiting import wait_to

if TYPE_CHECKING:
    from collections.abc import Generator, Hashable

__all__ = ["Places", "reduce_places"]

_library: Any = object  # the class of the library that a subclass here is made of


class Places:
    """The places of a blocking connection, of which httpcore keeps account.

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
        """Have `acquire` in this thread owe the places that are not free, instead of waiting for them."""
        self._reducing = threading.get_ident()
        try:
            yield
        finally:
            self._reducing = None

    def acquire(self) -> None:
        """Take a place, when there is one.

        Raises:
            ConnectionFailed: the stream was closed, or it took too long.
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
        """Take a place if there is one; return whether there was."""
        return self._semaphore.acquire(blocking=False)

    def release(self) -> None:
        """Give a place back."""
        with self._lock:
            if self._owed:
                self._owed -= 1
                return
        self._semaphore.release()


class _AsyncPlaces:
    """The same, of an asynchronous connection, whose waits end by a scope.

    Attributes:
        reducing: whether `acquire` owes the places that are not free, instead of waiting for them.
    """

    def __init__(self, places: Any, free: Any) -> None:
        self._places = places
        self._free = free
        self._owed = 0
        self.reducing = False

    async def acquire(self) -> None:
        """Take a place, when there is one."""
        if not self.reducing:
            await self._places.acquire()
        elif self._free.value:
            self._free.acquire_nowait()
        else:
            self._owed += 1

    async def release(self) -> None:
        """Give a place back."""
        if self._owed:
            self._owed -= 1
        else:
            await self._places.release()


def reduce_places(connection: Any) -> None:
    """Let a server allow fewer streams than are open on an asynchronous connection of httpcore.

    Args:
        connection: of HTTP/2; any other one, and None, is left as it is.
    """
    places = getattr(connection, "_max_streams_semaphore", None)
    if hasattr(places, "acquire_if_available") or not hasattr(connection, "_receive_remote_settings_change"):
        return  # of httpcore2, which owes them itself
    free = getattr(places, "_anyio_semaphore", getattr(places, "_trio_semaphore", None))
    if hasattr(free, "acquire_nowait") and hasattr(free, "value"):
        connection._max_streams_semaphore = _AsyncPlaces(places, free)
        connection.__class__ = _owing(connection.__class__)


class _OwingConnection(_library):  # type: ignore[misc]  # of httpcore 1.0
    async def _receive_remote_settings_change(self, event: Any) -> None:
        places = self._max_streams_semaphore
        places.reducing = True
        try:
            base: Any = super()
            await base._receive_remote_settings_change(event)
        finally:
            places.reducing = False


@cache
def _owing(kind: Hashable) -> Any:
    """Return a subclass of a connection's class whose places are owed."""
    library: Any = kind
    return type(f"Owing{library.__name__}", (_OwingConnection, library), {})
