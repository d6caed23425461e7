"""Finds the generator of httpcore that yields a response's encoded bytes, below what the library wraps around it.

Three generators of httpcore and two of the library pass each piece of a body on, which costs more than parsing its
events. In httpcore 1.0, the outer generators do not close the inner ones, about which trio complains. The libraries
document none of the parts that this relies on; if they have changed, the documented `stream` is used.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["apieces_of", "part_of", "pieces_of"]


def part_of(response: Any) -> Any:
    """Return httpcore's own part of a response, which refers to its connection and request; None if there is none."""
    wrapper = getattr(response.stream, "_stream", None)
    part = getattr(getattr(wrapper, "_httpcore_stream", None), "_stream", None)
    connection = getattr(part, "_connection", None)
    known = hasattr(part, "_request") and hasattr(connection, "_receive_response_body")
    if "HTTP2" in type(connection).__name__:
        known = known and hasattr(part, "_stream_id")
    return part if known else None


def pieces_of(response: Any) -> Any:
    """Return an iterator over the bytes of a blocking client's response."""
    part = part_of(response)
    if part is None:
        return iter(response.stream)
    return part._connection._receive_response_body(**_arguments(part))


def apieces_of(response: Any) -> Any:
    """Return an asynchronous iterator over the bytes of an asynchronous client's response."""
    part = part_of(response)
    if part is None:
        return _closed_first(response.stream)
    return part._connection._receive_response_body(**_arguments(part))


async def _closed_first(stream: Any) -> AsyncGenerator[bytes]:
    """Yield the bytes of a library's stream; if it is left in the middle, close its connection before its generators.

    When the libraries' generators are closed, they close the connection, and wait for that. But only awaited generators
    may wait, and the outer ones leave the inner ones to the garbage collector. If the connection is already closed,
    they need not wait.
    """
    pieces = aiter(stream)
    try:
        async for piece in pieces:
            yield piece
    except GeneratorExit:
        await stream.aclose()
        if hasattr(pieces, "aclose"):
            await pieces.aclose()
        raise


def _arguments(part: Any) -> dict[str, Any]:
    arguments = {"request": part._request}
    if hasattr(part, "_stream_id"):  # an HTTP/2 stream
        arguments["stream_id"] = part._stream_id
    return arguments
