"""Reads the body of a response that another HTTP library has opened: decoded bytes, as they arrive."""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from sse_client._http.content_decoding import decoder_for
from sse_client.errors import ConnectionFailed, ResponseError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

__all__ = ["apieces_of", "pieces_of"]

_RECEIVE = 64 * 1024


def pieces_of(response: Any) -> tuple[Iterator[bytes], Callable[[], int] | None]:
    """Return an iterator over the bytes of a blocking response, and a counter.

    The counter returns how many bytes of an encoded body have been received; it is None if nothing counts them.

    Raises:
        TypeError: the object is not a blocking response.
    """
    if _is_awaited(response):
        raise TypeError(
            "response: expected one that can be read by blocking, got an asynchronous one: use sse_client.aread"
        )
    if hasattr(response, "iter_bytes"):  # httpx, httpx2
        return _typed(response.iter_bytes()), _counter(response, response, "num_bytes_downloaded")
    read = _whole(response)
    if read is not None:
        return iter((read,)), None
    raw = getattr(response, "raw", None)
    for source in (raw, response):
        if hasattr(source, "read1"):  # requests; urllib3, http.client
            return _by_read1(source, counted := _Counted(source)), _counter(response, counted, "received")
    if hasattr(response, "iter_content"):  # niquests
        return _typed(response.iter_content(-1)), None
    if hasattr(response, "body_reader"):  # pyreqwest
        return _by_chunks(response.body_reader), None
    if hasattr(response, "__iter__") and not isinstance(response, (str, bytes)):
        return _checked(response), None
    raise TypeError(_unreadable(response, "an iterable of bytes", "aread"))


def apieces_of(response: Any) -> tuple[AsyncIterator[bytes], Callable[[], int] | None]:
    """Return an asynchronous iterator over the bytes of an asynchronous response, and a counter; see `pieces_of`.

    Raises:
        TypeError: the object is not an asynchronous response.
    """
    if hasattr(response, "aiter_bytes"):  # httpx, httpx2
        return _typed_async(response.aiter_bytes()), _counter(response, response, "num_bytes_downloaded")
    if inspect.iscoroutinefunction(getattr(response, "iter_content", None)):  # niquests
        return _awaited(response), None
    read = _whole(response)
    if read is not None:
        return _alone(read), None
    if hasattr(response, "body_reader") and _is_awaited(response):  # pyreqwest
        return _by_chunks_awaited(response.body_reader), None
    if hasattr(getattr(response, "content", None), "iter_any"):  # aiohttp
        return _typed_async(response.content.iter_any()), _counter(response, response.content, "total_raw_bytes")
    if hasattr(response, "__aiter__"):
        return _checked_async(response), None
    raise TypeError(_unreadable(response, "an asynchronous iterable of bytes", "read"))


def _counter(response: Any, source: object, attribute: str) -> Callable[[], int] | None:
    """Return a function for the number of bytes that `source` has received; None for a response without codings."""
    if "Content-Encoding" not in (getattr(response, "headers", None) or ()) or not hasattr(source, attribute):
        return None
    return partial(getattr, source, attribute)


def _is_awaited(response: Any) -> bool:
    """Return whether a response of a library that has both kinds can only be awaited."""
    if inspect.iscoroutinefunction(getattr(response, "iter_content", None)):  # niquests
        return True
    if hasattr(response, "body_reader"):  # pyreqwest, whose blocking and asynchronous responses have the same methods
        return not type(response.body_reader).__name__.startswith("Sync")
    body = getattr(response, "stream", None) if hasattr(response, "aiter_bytes") else None  # httpx, httpx2
    return hasattr(body, "__aiter__") and not hasattr(body, "__iter__")


def _whole(response: Any) -> bytes | None:
    """Return the body of a response that its library has already read; None if the response is still open."""
    if getattr(response, "_content_consumed", False):  # requests and niquests, without `stream=True`
        found: object = response.content
    elif hasattr(response, "decode_content") and response.closed:  # urllib3, preloaded: `data` would read an open one
        found = response.data
    else:
        return None
    return found if isinstance(found, bytes) else None


class _Counted:
    """Reads a response with `read1`, and counts the received bytes."""

    __slots__ = ("_count", "_source")

    def __init__(self, source: Any) -> None:
        self._source = source
        self._count = 0

    @property
    def received(self) -> int:
        """The number of encoded bytes that have arrived. urllib3 counts them itself, because it may decode them."""
        return int(self._source.tell()) if hasattr(self._source, "decode_content") else self._count

    def read1(self, **options: bool) -> bytes:
        """Wait for data, and return what has arrived."""
        data: bytes = self._source.read1(_RECEIVE, **options)
        self._count += len(data)
        return data


def _by_read1(source: Any, counted: _Counted) -> Iterator[bytes]:
    """Read with `read1`, the only method that returns promptly with every framing.

    http.client decodes no coding, and urllib3 passes on encoded bytes if it lacks the package for a coding.

    Raises:
        ResponseError: the codings cannot be decoded.
        ConnectionFailed: the body is corrupt, or was cut off.
    """
    fields = getattr(getattr(source, "headers", None), "get_all", None)
    codings = ",".join((fields("Content-Encoding") if fields else None) or ())
    options: dict[str, bool] = {}
    if hasattr(source, "decode_content"):
        undone = {"", *getattr(source, "CONTENT_DECODERS", ())}
        if {word.strip().lower() for word in codings.split(",")} <= undone:
            codings = ""
        options["decode_content"] = not codings
    try:
        decoder = decoder_for(codings)
    except ValueError as error:
        raise ResponseError(str(error), status=source.status) from None
    while data := counted.read1(**options):
        if decoder is None:
            yield data
        else:
            try:
                yield from filter(None, decoder.decode(data))
            except ValueError:
                raise ConnectionFailed("the compressed body is corrupt") from None
    if decoder is not None and not decoder.complete:
        raise ConnectionFailed("the compressed body was cut off")


def _by_chunks(reader: Any) -> Iterator[bytes]:
    while chunk := reader.read_chunk():
        yield bytes(chunk)


async def _by_chunks_awaited(reader: Any) -> AsyncIterator[bytes]:
    while chunk := await reader.read_chunk():
        yield bytes(chunk)


async def _awaited(response: Any) -> AsyncIterator[bytes]:
    async for data in await response.iter_content(-1):
        yield data


async def _alone(data: bytes) -> AsyncIterator[bytes]:
    yield data


def _checked(pieces: Any) -> Iterator[bytes]:
    """Return an iterator over the caller's own pieces, after checking them.

    Raises:
        TypeError: the pieces are lines without their line ends, from which no events can be parsed; when iterated over:
            a piece is not bytes.
    """
    _check_lines(pieces)
    return map(_bytes, pieces)


def _checked_async(pieces: Any) -> AsyncIterator[bytes]:
    _check_lines(pieces)
    return _bytes_of(pieces)


async def _bytes_of(pieces: Any) -> AsyncIterator[bytes]:
    async for piece in pieces:
        yield _bytes(piece)


def _check_lines(pieces: Any) -> None:
    if getattr(pieces, "__name__", "") in ("iter_lines", "aiter_lines"):
        raise TypeError(
            "response: expected bytes as they arrive, got lines without their ends: pass the response itself"
        )


def _bytes(piece: Any) -> bytes:
    if isinstance(piece, bytes):
        return piece
    try:
        return bytes(memoryview(piece))
    except TypeError:
        raise TypeError(f"response: expected pieces of bytes, got {type(piece).__name__}") from None


def _typed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    return pieces


def _typed_async(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    return pieces


def _unreadable(response: object, alternative: str, other: str) -> str:
    kind = f"{type(response).__module__}.{type(response).__qualname__}"
    hint = f"sse_client.{other} reads {'asynchronous' if other == 'aread' else 'blocking'} responses"
    return f"response: expected an open HTTP response, or {alternative}; got {kind} ({hint})"
