"""Reads the head and the pieces of the body of other HTTP libraries' open responses.

The libraries are recognised by their responses' attributes: most are not installed, and none is imported here.
"""

from __future__ import annotations

import http.client
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_RECEIVE: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseHead:
    """The properties of an open response before its body is read.

    Attributes:
        errors: the exceptions with which its library reports that the connection broke.
        decoded: the content codings that its library decodes.
    """

    status: int
    headers: list[tuple[str, str]]
    errors: tuple[type[Exception], ...]
    method: str = "GET"
    url: str = ""
    request_headers: list[tuple[str, str]]
    decoded: str = ""


def opened(response: Any) -> tuple[ResponseHead, Iterator[bytes]]:
    """Return the head of a response, and the pieces of its body, with their content coding.

    Raises:
        TypeError: the object is not a response of a known library.
        ValueError: the body has already been read.
    """
    if hasattr(response, "iter_raw"):  # httpx, httpx2
        if response.is_stream_consumed or not hasattr(response.stream, "__iter__"):
            raise ValueError("expected a response of a blocking client, with its body unread")
        return _head_of_httpx(response), response.iter_raw()
    raw = getattr(response, "raw", None)
    if hasattr(raw, "read1"):  # requests, niquests
        asked = response.request
        # A test library's replacement (VCR.py) does not know about codings: its body is already decoded.
        coding = "" if hasattr(raw, "decode_content") else response.headers.get("Content-Encoding", "")
        head = ResponseHead(
            status=response.status_code,
            headers=_decoded_headers(getattr(raw, "headers", response.headers), coding),
            decoded=coding,
            errors=_errors("urllib3.exceptions", "HTTPError"),
            method=asked.method or "GET",
            url=response.url,
            request_headers=_pairs(asked.headers),
        )
        return head, _read_urllib3(raw)
    if hasattr(response, "read1"):  # urllib3, http.client
        known = isinstance(response, http.client.HTTPResponse)
        head = ResponseHead(
            status=response.status,
            headers=_pairs(response.headers),
            errors=_errors("urllib3.exceptions", "HTTPError"),
            url=getattr(response, "url", None) or "",
            request_headers=[],
        )
        return head, iter(lambda: response.read1(_RECEIVE), b"") if known else _read_urllib3(response)
    raise TypeError(
        "expected a URL, or an open response of requests, urllib3, http.client, httpx or httpx2 (one of asyncio "
        f"goes to arecord); got {_name(response)}"
    )


def aopened(response: Any, *, auto_decompress: bool) -> tuple[ResponseHead, AsyncIterator[bytes]]:
    """Return the same for a response of an asyncio library.

    Args:
        response: an open response, whose body has not been read.
        auto_decompress: the `auto_decompress` of the aiohttp session.

    Raises:
        TypeError: the object is not a response of a known library.
        ValueError: the body has already been read.
    """
    if hasattr(response, "aiter_raw"):  # httpx, httpx2
        if response.is_stream_consumed or not hasattr(response.stream, "__aiter__"):
            raise ValueError("expected a response of an asyncio client, with its body unread")
        return _head_of_httpx(response), response.aiter_raw()
    content: Any = getattr(response, "content", None)
    if hasattr(content, "iter_any"):  # aiohttp
        if content.at_eof() and content.total_bytes:
            raise ValueError("expected a response with its body unread")
        coding = response.headers.get("Content-Encoding", "") if auto_decompress else ""
        head = ResponseHead(
            status=response.status,
            headers=_decoded_headers(response.headers, coding),
            errors=_errors("aiohttp", "ClientError"),
            method=response.method,
            url=str(response.url),
            request_headers=_pairs(response.request_info.headers),
            decoded=coding,
        )
        return head, content.iter_any()
    raise TypeError(
        "expected an open response of aiohttp, or of an asyncio client of httpx or httpx2 (one that is blocking goes "
        f"to record); got {_name(response)}"
    )


def _head_of_httpx(response: Any) -> ResponseHead:
    return ResponseHead(
        status=response.status_code,
        headers=response.headers.multi_items(),
        errors=_errors(type(response).__module__.partition(".")[0], "HTTPError"),
        method=response.request.method,
        url=str(response.request.url),
        request_headers=response.request.headers.multi_items(),
    )


def _read_urllib3(raw: Any) -> Iterator[bytes]:
    """Return the pieces of a urllib3 response, read with `read1`, the only method that is prompt with every framing."""
    if raw.tell():
        raise ValueError("expected a response with its body unread; requests needs stream=True")
    as_it_came = {"decode_content": False} if hasattr(raw, "decode_content") else {}
    return iter(lambda: raw.read1(_RECEIVE, **as_it_came), b"")


def _errors(module: str, name: str) -> tuple[type[Exception], ...]:
    """Return a library's exceptions for a broken connection; `module` is loaded if a response comes from it."""
    own = getattr(sys.modules.get(module), name, OSError)
    return (OSError, http.client.HTTPException, own)


def _pairs(headers: Any) -> list[tuple[str, str]]:
    return [(name, value if isinstance(value, str) else value.decode("latin-1")) for name, value in headers.items()]


def _decoded_headers(headers: Any, coding: str) -> list[tuple[str, str]]:
    """Return the headers of a body after its `coding`, if it had one, has been decoded."""
    return [(name, value) for name, value in _pairs(headers) if not coding or name.lower() != "content-encoding"]


def _name(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
