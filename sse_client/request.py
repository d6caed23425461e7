"""The request of a stream, and the circumstances of each attempt (WHATWG HTML 9.2.3)."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from sse_client._patterns import portable
from sse_client._values import Value, replaced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sse_client.errors import SSEError

__all__ = [
    "Attempt",
    "Request",
    "check",
    "check_last_event_id",
    "display",
    "display_url",
    "resume_header",
    "snapshot",
    "with_headers",
]

_log = logging.getLogger("sse_client")

MAX_HEADER = 8 * 1024  # bytes; common servers answer longer headers with 400 or 431, on this attempt and all later ones

MAX_SHOWN = 200  # characters of a URL in a message; a server may redirect to a URL of any length

# Patterns for rare cases, kept as strings: they are compiled when first needed.
_BREAKS = r"[\0\r\n]"  # characters that would end the field
_SURROGATE = r"[\ud800-\udfff]"
_BLANK_OR_CONTROL = r"[\x00-\x20\x7f]"

_HOST = r"https?://[a-z0-9][a-z0-9._-]*+(?::(?:[1-5][0-9]{4}|[1-9][0-9]{0,3}))?+"
_CHARACTERS = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]*+"

_PLAIN_URL = re.compile(portable(rf"(?!.*/\.)({_HOST})(/{_CHARACTERS})?+(\?[?A-Za-z0-9._~!$&'()*+,;=:@/-]++)?+"))

_USUAL_METHODS = frozenset({"GET", "POST"})
_NO_HEADERS: Mapping[str, str | bytes | None] = {}  # each request without headers gets a dict of its own


class Request(Value):
    """A request, with the argument names of `requests`. Immutable: change it with `dataclasses.replace`.

    Its `repr` shows the method and the URL, without anything that may be secret: query, credentials, headers, body.

    Attributes:
        method: the HTTP method, in upper case.
        url: an absolute URL.
        params: parameters to add to the URL's query: a mapping, a list of pairs, or a string.
        headers: header fields; a value is a `str` of Latin-1 characters or `bytes`, and None removes a default.
        data: the body: bytes, a string, form fields, a file, an iterable of bytes, or a callable that returns one of
            these for each attempt. Of a `bytearray`, `memoryview` or `array`, the current bytes are copied.
        json: a value to send as a JSON body.
        files: files to send as multipart form data.
        auth: a pair of user and password, or a `requests` authentication object.
        cookies: a mapping or a cookie jar.
    """

    __slots__ = ("auth", "cookies", "data", "files", "headers", "json", "method", "params", "url")

    method: str
    url: str
    params: Any
    headers: Mapping[str, str | bytes | None]
    data: Any
    json: Any
    files: Any
    auth: Any
    cookies: Any

    def __init__(
        self,
        *,
        method: str,
        url: str,
        params: Any = None,
        headers: Mapping[str, str | bytes | None] = _NO_HEADERS,
        data: Any = None,
        json: Any = None,
        files: Any = None,
        auth: Any = None,
        cookies: Any = None,
    ) -> None:
        put = object.__setattr__
        name: Any = method  # `check` refuses other types
        put(self, "method", name.upper() if isinstance(name, str) else name)
        put(self, "url", url)
        put(self, "params", params)
        put(self, "headers", {} if headers is _NO_HEADERS else headers)
        put(self, "data", None if data is None else snapshot(data))
        put(self, "json", json)
        put(self, "files", list(files) if hasattr(files, "__next__") else files)
        put(self, "auth", auth)
        put(self, "cookies", cookies)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {display(self)}>"


class Attempt(Value):
    """A connection attempt that is about to begin.

    Attributes:
        number: the number of the attempt, from 1.
        last_event_id: the event ID after which it resumes; empty at the beginning of a stream.
        error: the error that ended the previous attempt; None for the first attempt.
    """

    __slots__ = ("error", "last_event_id", "number")

    number: int
    last_event_id: str
    error: SSEError | None

    def __init__(self, *, number: int, last_event_id: str, error: SSEError | None = None) -> None:
        put = object.__setattr__
        put(self, "number", number)
        put(self, "last_event_id", last_event_id)
        put(self, "error", error)


@lru_cache(maxsize=16)
def plain_url(url: str) -> re.Match[str] | None:
    """Match a URL as most are, with neither escapes nor dot segments, which is sent as it is.

    The groups are the origin, the path and the query, with its question mark. Cached, because each request asks when it
    is checked, prepared and sent, at 0.4 µs each, and a client sends most requests to few URLs.
    """
    return _PLAIN_URL.fullmatch(url)


def snapshot(data: Any) -> Any:
    """Return `data`, or a copy of its bytes if it is a buffer, so that every attempt sends the same.

    requests would send the buffer's number of items as its length, even if the items are not bytes.
    """
    if isinstance(data, (bytes, str)) or hasattr(data, "read"):  # a memory-mapped file is a file
        return data
    try:
        view = memoryview(data)
    except TypeError:
        return data
    return view.tobytes()


def display_url(url: str) -> str:
    """Return `url` as a message may show it, without user, password, query and fragment."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme and parts.hostname and parts.port != 0:
            shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
            return shown if len(shown) <= MAX_SHOWN else f"{shown[: MAX_SHOWN - 1]}…"
    # In a malformed URL, any part may be a password.
    return "a malformed URL"


def display(request: Request) -> str:
    """Return the method and the URL of `request`, as `display_url` shows it."""
    return f"{request.method} {display_url(str(request.url))}"  # a Request does not check its types


def check(request: Request) -> None:
    """Refuse a request that cannot be sent, or that would smuggle in a header.

    Raises:
        TypeError: a part of it has a type that cannot be sent.
        ValueError: the URL, the method or a header is malformed, or there is more than one body.
    """
    for text in (request.method, request.url):
        if not isinstance(text, str):
            raise TypeError(f"method and url must be str, not {type(text).__name__}")
    method = request.method
    if method not in _USUAL_METHODS and not (method.isascii() and method.replace("-", "").isalpha()):
        # A URL in the place of the method may contain a password.
        got = "a URL" if "//" in method else repr(method)
        raise ValueError(f"expected an HTTP method such as GET or POST, got {got}")
    if plain_url(request.url) is None:  # the closer check takes several times as long
        _check_url(request.url)
    # An exact type comparison takes a fraction of the time of an isinstance check with an abstract class.
    is_dict: bool = type(request.headers) is dict
    if not is_dict and not isinstance(request.headers, Mapping):
        raise TypeError(f"headers: expected a mapping, got {type(request.headers).__name__}")
    for name, value in request.headers.items():
        usual = value is None or (type(value) is str and value.isascii() and value.isprintable())
        if not (usual and type(name) is str and name.isascii() and name.replace("-", "").isalnum()):
            _check_header(name, value)  # nearly never: a call for each field would take longer
    if request.json is not None and (request.data is not None or request.files is not None):
        raise ValueError("expected one body, got json and another one")
    if request.files is not None:
        _check_files(request.files)
    is_body = request.data is not None and request.files is not None
    if is_body and not isinstance(request.data, (Mapping, list, tuple)):
        raise ValueError("expected one body, got files and data that is no form")


def _check_files(files: object) -> None:
    expected = "files: expected a mapping of names to files, or a list of pairs"
    got = type(files).__name__
    if not isinstance(files, Iterable):
        raise TypeError(f"{expected}, got {got}")
    pairs = cast("Iterable[Any]", files.items() if isinstance(files, Mapping) else files)
    for pair in pairs:
        if not isinstance(pair, (tuple, list)):
            raise TypeError(f"{expected}, got {got} of {type(pair).__name__}")
        _check_file(cast("Sequence[Any]", pair))


def _check_file(pair: Sequence[Any]) -> None:
    if len(pair) != 2:
        raise TypeError(f"files: expected pairs of a name and a file, got {len(pair)} values")
    name, file = pair
    if not isinstance(name, (str, bytes)):
        raise TypeError(f"files: expected the name of a file to be text, got {type(name).__name__}")
    if not isinstance(file, (tuple, list)):
        return
    parts = cast("Sequence[Any]", file)
    if not 2 <= len(parts) <= 4:
        raise ValueError("files: expected (name, content), with a media type and headers after it at most")
    filename, _, media_type, _ = [*parts, None, None][:4]
    for text in (filename, media_type):
        if not isinstance(text, (str, bytes, type(None))):
            raise TypeError(f"files: expected a file name and a media type of text, got {type(text).__name__}")
    if isinstance(media_type, str) and re.search(_BREAKS, media_type):
        raise ValueError("files: a media type holds a CR, LF or NUL")


def _check_url(url: str) -> None:
    if re.search(_BLANK_OR_CONTROL, url):
        raise ValueError("the URL holds a blank or a control character")
    complete = None
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        complete = bool(parts.scheme and parts.netloc and parts.hostname) and parts.port != 0
    if complete is None:  # raised here, because the suppressed error may quote the credentials before the @
        raise ValueError("the URL cannot be read: its host or port is malformed")
    if not complete:
        raise ValueError("expected an absolute URL such as https://example.com/events")


def _check_header(name: Any, value: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"a header's name must be a str, not {type(name).__name__}")
    if not (name.isascii() and name.isprintable()) or not name or " " in name or ":" in name:
        raise ValueError("the name of a header holds a character that no name can hold, or none at all")
    if value is None:
        return
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return  # nearly all values; the closer check takes several times as long
        # Tested instead of encoded, because a UnicodeEncodeError would contain the value.
        if not value.isascii() and max(value) > "\xff":
            raise ValueError(f"header {name}: a str must be of Latin-1 characters; send others as bytes")
        value = value.encode("latin-1")
    if not isinstance(value, bytes):
        raise TypeError(f"header {name}: expected str or bytes, got {type(value).__name__}")
    if b"\r" in value or b"\n" in value or b"\0" in value:
        raise ValueError(f"header {name}: the value holds a CR, LF or NUL")


def check_last_event_id(value: Any) -> str:
    """Return a valid last event ID; refuse any other value.

    Raises:
        TypeError: it is not a string.
        ValueError: it holds a CR, LF or NUL.
    """
    if not isinstance(value, str):
        raise TypeError(f"last_event_id: expected a str, got {type(value).__name__}")
    if re.search(_BREAKS, value):
        raise ValueError("last_event_id holds a CR, LF or NUL")
    if re.search(_SURROGATE, value):  # tested instead of encoded, because a UnicodeEncodeError would contain the ID
        raise ValueError("last_event_id holds half of a surrogate pair, which has no UTF-8 form")
    return value


def with_headers(request: Request, ambient: Mapping[str, Any], last_event_id: str) -> Request:
    """Return `request` with the headers that WHATWG 9.2.3 requires, unless they are already set.

    Args:
        request: the caller's request.
        ambient: headers that the transport adds by itself; its `Accept: */*` does not count.
        last_event_id: the last event ID string.
    """
    headers = dict(request.headers)
    given = {name.lower() for name in headers}
    around = {name.lower(): value for name, value in ambient.items()}
    if "accept" not in given and around.get("accept", "*/*") == "*/*":
        headers["Accept"] = "text/event-stream"
    if "cache-control" not in given | around.keys():
        headers["Cache-Control"] = "no-cache"
    # "If the EventSource object's last event ID string is not the empty string, then: let lastEventIDValue be the
    # EventSource object's last event ID string, encoded as UTF-8".
    if "last-event-id" not in given:
        resume = resume_header(last_event_id)
        if resume:
            headers["Last-Event-ID"] = resume
        elif resume is None:
            _log.warning(
                "the last event ID, of %d characters, cannot be sent as a header: connecting without it, %s",
                len(last_event_id),
                display(request),
                extra={"sse_request": display(request)},
            )
    return replaced(request, headers=headers)


def resume_header(last_event_id: str) -> bytes | None:
    """Return the value of the `Last-Event-ID` header.

    `b""` means that there is nothing to send: the ID is empty, or only blanks. None means that the ID cannot be sent:
    it is longer than `MAX_HEADER`, contains a NUL or a line end, or has no UTF-8 form. Other control characters are
    sent by transports that can; aiohttp's cannot.
    """
    # "Normalize" of the Fetch standard strips the blanks around a value.
    value = last_event_id.strip(" \t")
    if len(value) > MAX_HEADER or re.search(_BREAKS, value):
        return None
    try:
        header = value.encode()
    except UnicodeEncodeError:
        return None
    return header if len(header) <= MAX_HEADER else None
