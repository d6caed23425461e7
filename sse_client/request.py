"""What is asked of the server, attempt by attempt (WHATWG HTML 9.2.3)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from sse_client.errors import SSEError

__all__ = [
    "Attempt",
    "Request",
    "check",
    "check_last_event_id",
    "display",
    "display_url",
    "with_headers",
]

_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_FIELD_NAME = re.compile(r"[!-9;-~]+")  # ASCII that can be seen, without the colon


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Request:
    """A request, in the words of `requests`. Immutable: change it with `dataclasses.replace`.

    Its `repr` is the method and the URL, without what may be secret: query, credentials, headers, body.

    Attributes:
        method: the HTTP method, in upper case.
        url: an absolute URL.
        params: what is added to the URL's query: a mapping, a list of pairs, or a string.
        headers: header fields; a value is a `str` of Latin-1 characters or `bytes`, and None takes a default away.
        data: the body: bytes, a string, form fields, a file, an iterable of bytes, or a callable that returns one of
            these for each attempt.
        json: a value to send as a JSON body.
        files: files to send as multipart form data.
        auth: a pair of user and password, or a `requests` authentication object.
        cookies: a mapping or a cookie jar.
    """

    method: str
    url: str
    params: Any = None
    headers: Mapping[str, str | bytes | None] = field(default_factory=dict[str, "str | bytes | None"])
    data: Any = None
    json: Any = None
    files: Any = None
    auth: Any = None
    cookies: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.method, str):
            object.__setattr__(self, "method", self.method.upper())
        if hasattr(self.files, "__next__"):
            object.__setattr__(self, "files", list(self.files))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {display(self)}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One connection that is about to be made.

    Attributes:
        number: how many it is, from 1.
        last_event_id: where it resumes; empty at the beginning of a stream.
        error: how the connection before it was lost; None for the first.
    """

    number: int
    last_event_id: str
    error: SSEError | None = None


def display_url(url: str) -> str:
    """Return `url` without user, password, query and fragment: what a message may show."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme and parts.hostname and parts.port != 0:
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    # Of a URL that is none, it cannot be told which part of it is a password.
    return "a malformed URL"


def display(request: Request) -> str:
    """Return the method and the URL of `request`, as `display_url` shows it."""
    return f"{request.method} {display_url(str(request.url))}"  # nothing is checked yet when one is made


def check(request: Request) -> None:
    """Refuse what cannot be sent, or would smuggle a header in.

    Raises:
        TypeError: something is not of a type that can be sent.
        ValueError: a malformed URL, method, or header; or more than one body.
    """
    for text in (request.method, request.url):
        _check_text(text)
    if not request.method.isascii() or not request.method.replace("-", "").isalpha():
        raise ValueError(f"expected an HTTP method such as GET or POST, got {request.method!r}")
    if _BLANK_OR_CONTROL.search(request.url):
        raise ValueError("the URL holds a blank or a control character")
    try:
        parts = urlsplit(request.url)
        complete = bool(parts.scheme and parts.netloc and parts.hostname) and parts.port != 0
    except ValueError:  # its words may hold what stands before the @
        raise ValueError("the URL cannot be read: its host or port is malformed") from None
    if not complete:
        raise ValueError("expected an absolute URL such as https://example.com/events")
    if not isinstance(request.headers, Mapping):
        raise TypeError(f"headers: expected a mapping, got {type(request.headers).__name__}")
    for name, value in request.headers.items():
        _check_header(name, value)
    form = isinstance(request.data, (Mapping, list, tuple))
    if request.json is not None and (request.data is not None or request.files is not None):
        raise ValueError("expected one body, got json and another one")
    if request.files is not None and request.data is not None and not form:
        raise ValueError("expected one body, got files and data that is no form")


def _check_text(value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"method and url must be str, not {type(value).__name__}")


def _check_header(name: Any, value: Any) -> None:
    if not isinstance(name, str):
        raise TypeError(f"a header's name must be a str, not {type(name).__name__}")
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError("the name of a header holds a character that no name can hold, or none at all")
    if value is None:
        return
    if isinstance(value, str):
        try:
            value = value.encode("latin-1")
        except UnicodeEncodeError:
            raise ValueError(f"header {name}: a str must be of Latin-1 characters; send others as bytes") from None
    if not isinstance(value, bytes):
        raise TypeError(f"header {name}: expected str or bytes, got {type(value).__name__}")
    if b"\r" in value or b"\n" in value or b"\0" in value:
        raise ValueError(f"header {name}: the value holds a CR, LF or NUL")


def check_last_event_id(value: Any) -> None:
    """Refuse what can be no last event ID.

    Raises:
        TypeError: it is not a string.
        ValueError: it holds a CR, LF or NUL.
    """
    if not isinstance(value, str):
        raise TypeError(f"last_event_id: expected a str, got {type(value).__name__}")
    if any(char in value for char in "\r\n\0"):
        raise ValueError("last_event_id holds a CR, LF or NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("last_event_id holds half of a surrogate pair, which has no UTF-8 form") from None


def with_headers(request: Request, ambient: Mapping[str, Any], last_event_id: str) -> Request:
    """Return `request` with the headers that WHATWG 9.2.3 asks for, where nobody has set them.

    Args:
        request: what the caller asks for.
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
    # EventSource object's last event ID string, encoded as UTF-8"; the Fetch standard then strips blanks around it.
    resume = last_event_id.strip(" \t").encode()
    if resume and "last-event-id" not in given:
        headers["Last-Event-ID"] = resume
    return replace(request, headers=headers)
