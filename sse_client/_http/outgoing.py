"""Builds the request to send, for every transport: session settings, encoded body, framing (RFC 9112 6)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from sse_client._http.credentials import basic, netrc_credentials, url_credentials
from sse_client._http.media_types import EVENT_STREAM
from sse_client._http.type_guards import is_mapping, is_pair
from sse_client._http.url import MalformedRequest, request_url
from sse_client.request import Request, display_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sse_client._http.encoded_body import EncodedBody

__all__ = ["HeaderFields", "OutgoingRequest", "SessionDefaults", "outgoing"]

HeaderFields = dict[str, tuple[str, str | bytes]]
"""Header fields by their names in lower case: the name as it is sent, and the value."""

# Compiled when first needed, which is rare.
_TEXT_VALUE = r"(?![ \t])[^\r\n\0]*+"
_BYTES_VALUE = rb"(?![ \t])[^\r\n\0]*+"
# Headers of a session that reveal nothing about the caller.
_IMPERSONAL = frozenset({"accept", "accept-encoding", "accept-language", "cache-control", "user-agent"})


# Structs, like `Options`, because each request creates one of both.
class SessionDefaults(msgspec.Struct, frozen=True, kw_only=True):
    """What a session adds to every request.

    Attributes:
        headers: header fields; a request's own replace those of the same name.
        params: parameters. If both are mappings, a request's own replace those of the same name; otherwise they replace
            all.
        cookies: returns the `Cookie` value of a request, built from the session's cookies and the request's own; empty
            if there are none for it. None: the session has no cookies.
        auth: like `Request.auth`; used if the request has none.
        netrc: whether ~/.netrc is used if neither the request nor the session has credentials.
        any_scheme: whether the session also sends URLs of other schemes than http and https.
    """

    headers: Mapping[str, Any] = msgspec.field(default_factory=dict[str, Any])
    params: Any = None
    cookies: Callable[[OutgoingRequest, Any], str] | None = None
    auth: Any = None
    netrc: bool = False
    any_scheme: bool = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # headers and credentials are secret

    def across_origins(self) -> SessionDefaults:
        """Return the defaults that may be sent to another origin than the caller's: nothing personal.

        Cookies are left out, because they may be bound to a host, but never to a port.
        """
        impersonal = {name: value for name, value in self.headers.items() if name.lower() in _IMPERSONAL}
        return SessionDefaults(headers=impersonal, any_scheme=self.any_scheme)


class OutgoingRequest(msgspec.Struct, frozen=True):
    """A request as it is sent. Its `repr` shows the method and the URL, without anything that may be secret.

    Attributes:
        method: the HTTP method, in upper case.
        url: the full URL with its parameters, including user, password and fragment, which are not sent.
        headers: the header fields, with `Content-Length` or `Transfer-Encoding`, and without `Host`.
        body: bytes, text, a file, an iterable of bytes, which may be asynchronous, or None.
        prepared: the `requests.PreparedRequest` on which an authentication object made for requests was called.
    """

    method: str
    url: str
    headers: HeaderFields
    body: Any = None
    prepared: Any = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} {display_url(self.url)}>"


def outgoing(request: Request, defaults: SessionDefaults, resume: bytes = b"") -> OutgoingRequest:
    """Return `request` as a session with these defaults sends it, and as requests would.

    Args:
        request: a request that `sse_client.request.check` has passed, its body ready to be read.
        defaults: what the session adds.
        resume: the value of `Last-Event-ID`, if the request has none of its own; empty: there is none.

    Raises:
        MalformedRequest: the request cannot be sent.
        TypeError: a part of the request is of a type that cannot be sent.
    """
    params = _params(request.params, defaults.params) if defaults.params else request.params
    url = request_url(request.url, params, any_scheme=defaults.any_scheme)
    headers, named_authorization = _merged(defaults.headers, request.headers, resume)
    body = None
    if request.data is not None or request.json is not None or request.files:
        body = _encoded_body()(request)
    made = OutgoingRequest(request.method, url, headers, None if body is None else body.content)
    if (request.cookies or defaults.cookies is not None) and "cookie" not in headers:
        from sse_client._http.cookies import cookie_header  # loaded with the first cookie

        own = request.cookies
        cookies = cookie_header(url, (), own) if defaults.cookies is None else defaults.cookies(made, own)
        if not cookies.isascii() and max(cookies) > "\xff":  # a UnicodeEncodeError would quote them
            raise MalformedRequest("cookies: a name or a value holds a character beyond Latin-1")
        if cookies:
            headers["cookie"] = "Cookie", cookies
    _frame(headers, request.method, body)
    if body is not None and body.media_type is not None and "content-type" not in headers:
        headers["content-type"] = "Content-Type", body.media_type
    auth = request.auth or None
    if auth is None and not named_authorization:
        auth = defaults.auth or (netrc_credentials(url) if defaults.netrc else None)
        auth = auth or (url_credentials(url) if "@" in url else None)
    return made if auth is None else _authorized(made, auth)


@cache
def _encoded_body() -> Callable[[Request], EncodedBody | None]:
    """Import `encoded_body` with the first body, which a GET has not; cached, because an import takes 2 µs."""
    from sse_client._http.encoded_body import encoded_body

    return encoded_body


def _params(own: Any, session: Any) -> Any:
    if not own:
        return session
    return {**session, **own} if is_mapping(session) and is_mapping(own) else own


def _merged(
    session: Mapping[str, Any], own: Mapping[str, str | bytes | None], resume: bytes
) -> tuple[HeaderFields, bool]:
    """Return the header fields of a session and a request, and whether they say anything about `Authorization`.

    None as a value removes the field of that name, which also counts as saying something. The headers that WHATWG 9.2.3
    requires are added unless one of them is set; a session's `Accept: */*` and its `Last-Event-ID` do not count.
    """
    headers: dict[str, tuple[str, Any]] = {}
    removed: list[str] = []
    for name, value in session.items():
        headers[name.lower()] = name, value
        if value is None:
            removed.append(name.lower())
    accept, last_event_id = headers.get("accept"), headers.get("last-event-id")
    for name, value in own.items():
        headers[name.lower()] = name, value
        if value is None:
            removed.append(name.lower())
    if headers.get("accept") is accept and (accept is None or accept[1] == "*/*"):
        headers["accept"] = "Accept", EVENT_STREAM
    if "cache-control" not in headers:
        headers["cache-control"] = "Cache-Control", "no-cache"
    if resume and headers.get("last-event-id") is last_event_id:
        headers["last-event-id"] = "Last-Event-ID", resume
    named_authorization = "authorization" in headers
    for key in removed:
        if key in headers and headers[key][1] is None:
            del headers[key]
    fields: Any = headers.values()
    try:
        # One look at all values: nearly all are printable, and begin with no blank.
        text = "|".join(dict(fields).values())
        sound = text.isprintable() and "| " not in text and not text.startswith(" ")
    except TypeError:  # some are bytes
        sound = False
    if not sound:
        for name, value in headers.values():
            _check_field(name, value)
    return headers, named_authorization


def _check_field(name: str, value: Any) -> None:
    """Refuse a field that could be read as another field, or as two.

    Raises:
        MalformedRequest: the value contains a CR, LF or NUL, or begins with a blank.
        TypeError: the value is neither a string nor bytes.
    """
    if isinstance(value, str):
        sound = re.fullmatch(_TEXT_VALUE, value) is not None
    elif isinstance(value, bytes):
        sound = re.fullmatch(_BYTES_VALUE, value) is not None
    else:
        raise TypeError(f"header {name}: expected str or bytes, got {type(value).__name__}")
    if not sound:
        raise MalformedRequest(f"header {name}: the value holds a CR, LF or NUL, or begins with a blank")


def _frame(headers: HeaderFields, method: str, body: EncodedBody | None) -> None:
    """Set the header for the body's framing: the caller's counts only if the length is not known, and never both do.

    "A sender MUST NOT send a Content-Length header field in any message that contains a Transfer-Encoding header
    field." (RFC 9112 6.2)
    """
    headers.pop("transfer-encoding", None)
    if body is None:
        if "content-length" in headers:
            _check_length(headers["content-length"][1], empty=True)
        elif method not in {"GET", "HEAD"}:
            headers["content-length"] = "Content-Length", "0"
    elif body.length is not None:
        headers["content-length"] = "Content-Length", str(body.length)
    elif "content-length" in headers:
        _check_length(headers["content-length"][1], empty=False)
    else:
        headers["transfer-encoding"] = "Transfer-Encoding", "chunked"


def _check_length(value: str | bytes, *, empty: bool) -> None:
    """Check a `Content-Length` of the caller's; the bytes of a body are counted while they are sent.

    Raises:
        MalformedRequest: it is not a number, or there is no body.
    """
    from sse_client._http.declared_length import declared_length  # nearly all lengths are computed

    if declared_length(value) and empty:
        raise MalformedRequest("header Content-Length: expected a body of that length, got none")


def _authorized(request: OutgoingRequest, auth: Any) -> OutgoingRequest:
    """Return `request` with credentials.

    Raises:
        MalformedRequest: the credentials cannot be sent.
        TypeError: the credentials are neither a pair nor an authentication object.
    """
    if is_pair(auth):
        if None in auth:  # converted to text, it would be sent as "None"
            raise TypeError("auth: expected a user and a password, got None for one of them")
        request.headers["authorization"] = "Authorization", basic(*auth)
        return request
    if not callable(auth):
        raise TypeError(
            "auth: expected a pair of user and password, or an authentication object as requests has them, "
            f"got {type(auth).__name__}"
        )
    # Loaded with the first such object, which may have to change the framing, too.
    from sse_client._http.encoded_body import EncodedBody, known_length
    from sse_client._http.requests_auth import apply_auth

    prepared = apply_auth(auth, request.method, request.url, dict(request.headers.values()), request.body)
    method, url, body = str(prepared.method), str(prepared.url), prepared.body
    headers: HeaderFields = {}
    for name, value in prepared.headers.items():
        _check_field(name, value)
        headers[name.lower()] = name, value
    if body is not request.body:
        headers.pop("content-length", None)
        _frame(headers, method, None if body is None else EncodedBody(body, known_length(body)))
    return OutgoingRequest(method, url, headers, body, prepared)
