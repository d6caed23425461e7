"""Limits what precedes the head of a response; httpcore skips any number of interim responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.transports._httpx.turns import turning

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["limit_head"]

_MAX_HEAD = 256 * 1024  # bytes, as with requests; they may include the beginning of the body
# Bytes per read in an event loop, whose other tasks wait: h11 takes 8 ms for so many of the shortest interim responses.
_MAX_READ = 4 * 1024


def limit_head(stream: Any, *, awaits: bool) -> Callable[[], None]:
    """Make reads of a network stream fail once they exceed the limit of a head; return a function that ends this.

    Args:
        stream: the network stream of the connection, which only this request uses.
        awaits: whether its `read` is a coroutine function.
    """
    read: Any = turning(stream.read) if awaits else stream.read
    left = _MAX_HEAD

    def count(data: bytes) -> bytes:
        nonlocal left
        left -= len(data)
        if left < 0:
            raise ConnectionError(f"the response's head is longer than {_MAX_HEAD} bytes")
        return data

    def counted(*args: Any, **kwargs: Any) -> bytes:
        return count(read(*args, **kwargs))

    async def counted_async(max_bytes: int, *args: Any, **kwargs: Any) -> bytes:
        return count(await read(min(max_bytes, _MAX_READ), *args, **kwargs))

    def end() -> None:
        del stream.read

    stream.read = counted_async if awaits else counted
    return end
