"""What is asked of the server, attempt by attempt: its headers, its body once more, where a redirect leads."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urljoin, urlsplit

from sse_client.errors import BodyNotReplayable, RedirectRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sse_client.errors import SSEError

__all__ = [
    "Attempt",
    "Replay",
    "Request",
    "check",
    "check_last_event_id",
    "display_url",
    "leads_on",
    "redirected",
    "with_headers",
]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_BODY = frozenset({307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, in the words of `requests`. Immutable: change it with `dataclasses.replace`.

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
        if hasattr(self.files, "__next__"):
            object.__setattr__(self, "files", list(self.files))


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
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


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
    if any(char <= " " or char == "\x7f" for char in request.url):
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
    if not name.isascii() or not name or any(char <= " " or char in ":\x7f" for char in name):
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
    if not {"cache-control"} & (given | around.keys()):
        headers["Cache-Control"] = "no-cache"
    # "If the EventSource object's last event ID string is not the empty string, then: let lastEventIDValue be the
    # EventSource object's last event ID string, encoded as UTF-8"; the Fetch standard then strips blanks around it.
    resume = last_event_id.strip(" \t").encode()
    if resume and "last-event-id" not in given:
        headers["Last-Event-ID"] = resume
    return replace(request, headers=headers)


class Replay:
    """Sends the same body again, from where it stood at first; or refuses to."""

    def __init__(self) -> None:
        # By identity, and no longer than the object lives: a callable may make a new one for each attempt, for weeks.
        self._seen: dict[int, tuple[object, int | None]] = {}

    def body_for(self, request: Request) -> Request:
        """Return `request` with a body that is ready to be read from its beginning.

        Raises:
            BodyNotReplayable: it was read by an earlier attempt, and cannot be read again.
        """
        if callable(request.data) and (isinstance(request.data, type) or not hasattr(request.data, "read")):
            request = replace(request, data=request.data())
        for stream in _streams(request):
            key = id(stream)
            if key not in self._seen:
                self._seen[key] = self._held(stream), _position(stream)
                continue
            position = self._seen[key][1]
            if position is None:
                raise BodyNotReplayable(
                    f"expected a body that can be sent a second time, got a {type(stream).__name__} that is used up; "
                    "pass bytes, a seekable file, or data=callable to make it anew for each attempt"
                )
            stream.seek(position)
        return request

    def _held(self, stream: Any) -> object:
        """Return what keeps the identity of `stream` its own."""
        key = id(stream)
        try:
            return weakref.ref(stream, lambda _: self._seen.pop(key, None))
        except TypeError:
            return stream


def _streams(request: Request) -> list[Any]:
    """Return the parts of the body that are used up by reading them."""
    files: Any = request.files or ()
    pairs: Iterable[tuple[str, Any]] = files.items() if hasattr(files, "items") else files
    parts = [request.data, *(_content(file) for _, file in pairs)]
    return [part for part in parts if hasattr(part, "read") or hasattr(part, "__next__")]


def _content(file: Any) -> Any:
    """Return the second of `(name, content, ...)`, or the content alone."""
    return cast("Sequence[Any]", file)[1] if isinstance(file, (tuple, list)) else file


def _position(stream: Any) -> int | None:
    try:
        position: int = stream.tell()
        stream.seek(position)
    except (AttributeError, OSError):  # a generator, a pipe: io.UnsupportedOperation is an OSError
        return None
    return position


def redirected(request: Request, url: str, status: int, location: str) -> tuple[Request, bool]:
    """Return the request that follows a redirect, and whether it goes to another origin.

    The method changes as `requests` changes it. Within an origin every header stays. To another one go only
    `Accept*`, `Cache-Control`, `User-Agent` and `Last-Event-ID`, and no body.

    Args:
        request: the request that was answered.
        url: its URL in full, with its parameters.
        status: one of 301, 302, 303, 307, 308.
        location: the `Location` header.

    Raises:
        RedirectRefused: it leads to something else than HTTP, or would carry the body to another origin.
    """
    try:
        target = urljoin(url, quote(location, safe="!#$%&'()*+,/:;=?@[]~"))
        origin, other = _origin(url), _origin(target)
    except ValueError:
        raise RedirectRefused("expected a redirect to an HTTP URL, got one that cannot be read") from None
    if not other[1]:
        raise RedirectRefused("expected a redirect to an HTTP URL, got one without a host")
    if other[0] not in _DEFAULT_PORTS:
        raise RedirectRefused(f"expected a redirect to an http or https URL, got one to {other[0]}:")
    method = request.method
    if (status in {302, 303} and method != "HEAD") or (status == 301 and method == "POST"):
        method = "GET"
    user, at, _ = urlsplit(url).netloc.rpartition("@")
    parts = urlsplit(target)
    if origin == other and at and "@" not in parts.netloc:
        target = parts._replace(netloc=f"{user}@{parts.netloc}").geturl()
    follow = replace(request, method=method, url=target, params=None)
    headers = follow.headers
    if status not in _KEEP_BODY:
        follow = replace(follow, data=None, json=None, files=None)
        headers = {name: value for name, value in headers.items() if not _describes_body(name.lower())}
    if origin != other:
        if any(body is not None for body in (follow.data, follow.json, follow.files)):
            raise RedirectRefused(
                f"expected a redirect within {display_url(url)}'s origin, got one that would carry the body to "
                f"{other[0]}://{other[1]}:{other[2]}"
            )
        headers = {name: value for name, value in headers.items() if _goes_along(name.lower())}
        follow = replace(follow, auth=None, cookies=None)
    return replace(follow, headers=headers), origin != other


def leads_on(status: int) -> bool:
    """Return whether a response of this status is a redirect, if it has a `Location`."""
    return status in _REDIRECTS


def _describes_body(name: str) -> bool:
    return name.startswith("content-") or name == "transfer-encoding"


def _goes_along(name: str) -> bool:
    return name.startswith("accept") or name in {"cache-control", "user-agent", "last-event-id"}


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)
