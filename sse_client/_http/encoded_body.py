"""Encodes the body of a request as requests does: JSON, a form, files, or the caller's own bytes."""

from __future__ import annotations

import contextlib
import io
import os
from json import JSONEncoder
from typing import TYPE_CHECKING, Any

import msgspec

from sse_client._http.type_guards import is_listing, is_mapping
from sse_client._http.url import MalformedRequest, flat_pairs, form_encoded, listed_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.request import Request

__all__ = ["EncodedBody", "awaited_nowhere", "encoded_body", "known_length", "length_of", "octets"]

_json = JSONEncoder(allow_nan=False).encode


class EncodedBody(msgspec.Struct, frozen=True):
    """A body that is ready to be sent.

    Attributes:
        content: bytes, text (an authentication object may expect it), a file, or an iterable of bytes, which may be
            asynchronous.
        length: the number of bytes left; None if it is not known before the body is read.
        media_type: the `Content-Type`, unless the caller sets one; None for none.
    """

    content: Any
    length: int | None
    media_type: str | None = None


def encoded_body(request: Request) -> EncodedBody | None:
    """Return the body of a request; None if it has none.

    Raises:
        MalformedRequest: the body cannot be encoded.
        TypeError: the body is of a type that cannot be sent.
    """
    data = request.data
    if request.json is not None:
        return _of_json(request.json)
    if data is None and not request.files:
        return None
    form = is_listing(data) or is_mapping(data)
    if request.files:
        return _multipart(request.files, data if form else ())
    if form:
        return _whole(form_encoded(data, "data"), "application/x-www-form-urlencoded") if data else None
    if isinstance(data, str):
        return EncodedBody(data, len(_text(data))) if data else None
    if isinstance(data, bytes):
        return _whole(data) if data else None
    if hasattr(data, "__aiter__"):
        return EncodedBody(data, None)
    if hasattr(data, "__iter__") or hasattr(data, "read"):
        return EncodedBody(data, known_length(data))
    if not data:
        return None
    raise TypeError(f"data: expected bytes, a str, a form, a file, or an iterable of bytes, got {type(data).__name__}")


def known_length(body: Any) -> int | None:
    """Return how many bytes are left of a body; None if that is not known before it is read.

    The length of a list, a set or another iterable is its number of pieces: as `Content-Length` it would cut the body.
    """
    pieces = hasattr(body, "__iter__") and not isinstance(body, (bytes, str)) and not hasattr(body, "read")
    return None if pieces else length_of(body) or None


def octets(piece: Any) -> bytes:
    """Return the bytes of a piece of a body: text is encoded as UTF-8, an array as it is in memory.

    Raises:
        TypeError: the piece has no bytes.
    """
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, str):
        return _text(piece)
    try:
        return memoryview(piece).tobytes()
    except TypeError:
        raise TypeError(f"data: expected an iterable of bytes, got one of {type(piece).__name__}") from None


def awaited_nowhere(body: Any) -> TypeError | None:
    """Return the error for a body that must be awaited, which a blocking client cannot do; None for other bodies."""
    if hasattr(body, "__aiter__") and not hasattr(body, "__iter__"):
        return TypeError(f"data: expected an iterable of bytes, got {type(body).__name__}, which nothing awaits here")
    return None


def length_of(body: Any) -> int:
    """Return how many bytes are left of a body; 0 if it is empty, or if the length cannot be determined."""
    if isinstance(body, str):
        return len(_text(body))
    total = len(body) if hasattr(body, "__len__") else getattr(body, "len", None)  # `len`: requests-toolbelt
    if not hasattr(body, "tell"):
        return total if isinstance(total, int) else 0
    if isinstance(body, io.StringIO):
        return len(_text(body.getvalue()[body.tell() :]))
    if _reads_text(body):
        return 0  # the length of a text file is in characters, not in bytes
    try:
        position: int = body.tell()
        if not isinstance(total, int):
            body.seek(0, os.SEEK_END)
            total = body.tell()
            body.seek(position)
    except (AttributeError, OSError, ValueError):  # a pipe, or a file that cannot seek to its end
        return 0
    return max(0, total - position)


def _reads_text(body: Any) -> bool:
    mode = getattr(body, "mode", None)
    return isinstance(body, io.TextIOBase) or (isinstance(mode, str) and "b" not in mode)


def _of_json(value: Any) -> EncodedBody:
    try:
        content = _json(value).encode("ascii")
    except TypeError as error:
        raise TypeError(f"json: {error}; pass dicts, lists, strings, numbers, such as a model's dump") from None
    except ValueError as error:
        raise MalformedRequest(f"json: the value has no JSON form: {error}") from None
    return EncodedBody(content, len(content), "application/json")


def _whole(content: bytes | str, media_type: str | None = None) -> EncodedBody:
    return EncodedBody(content, len(content), media_type)


def _text(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise MalformedRequest("data: half of a surrogate pair has no UTF-8 form") from None


def _multipart(files: Any, form: Any) -> EncodedBody:
    """Return form fields and files as `multipart/form-data` (RFC 7578)."""
    from urllib3.fields import RequestField
    from urllib3.filepost import encode_multipart_formdata

    parts: list[Any] = [
        (_name(name), value if isinstance(value, bytes) else _text(str(value)))
        for name, value in flat_pairs(form, "data")
    ]
    for name, (filename, content, media_type, headers) in _files(files):
        if content is None:
            continue
        data = content.read() if hasattr(content, "read") else content
        part = RequestField(name=name, data=data, filename=filename, headers=headers)
        part.make_multipart(content_type=media_type)
        parts.append(part)
    with contextlib.suppress(UnicodeEncodeError):
        body, media_type = encode_multipart_formdata(parts)
        return _whole(body, media_type)
    # Raised here, because the suppressed error quotes the part.
    raise MalformedRequest("files: half of a surrogate pair has no UTF-8 form")


def _files(files: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Yield the name of each field, and the file's name, content, media type and headers."""
    for name, file in listed_pairs(files, "files"):
        if not is_listing(file):
            yield name, [_filename(file) or name, file, None, None]
            continue
        if not 2 <= len(file) <= 4:
            raise MalformedRequest("files: expected (name, content), with a media type and headers after it at most")
        yield name, [*file, None, None][:4]


def _filename(file: Any) -> str | None:
    """Return the name of an open file, unless it is one like `<stdin>`."""
    name = getattr(file, "name", None)
    if not isinstance(name, (str, bytes)) or not name or name[:1] in ("<", b"<") or name[-1:] in (">", b">"):
        return None
    return os.path.basename(os.fsdecode(name))


def _name(name: Any) -> Any:
    return name.decode() if isinstance(name, bytes) else name
