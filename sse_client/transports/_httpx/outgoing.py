"""Builds the library's request from this package's, with the settings of the library's client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from sse_client._http.cookies import cookie_header, cookies_of_jar
from sse_client._http.optional_codings import brotli_module, zstd_module
from sse_client._http.outgoing import OutgoingRequest, SessionDefaults, outgoing
from sse_client._http.url import MalformedRequest
from sse_client._values import replaced
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.request import Request
    from sse_client.transports._httpx.library import Library
    from sse_client.transports.sent_body import AsyncBody, SyncBody

__all__ = ["Sendable", "sendable"]

_UNSENDABLE = re.compile(rb"[\x0b\x0c]")  # h11 treats these as the end of a value


class Sendable(NamedTuple):
    """A request that is ready to be sent.

    Attributes:
        sent: the request as it is sent.
        request: the library's request.
        auth: the authentication for the library to use; None for none.
        body: the body, which keeps the caller's own error.
    """

    sent: OutgoingRequest
    request: Any
    auth: Any
    body: SyncBody | AsyncBody


def _client_headers(client: Any) -> dict[str, str]:
    """Return the header fields that a client adds by itself, without codings that cannot be decoded here."""
    headers: dict[str, str] = dict(client.headers)
    accepted = headers.get("accept-encoding")
    if accepted:
        undone = {"br": brotli_module() is not None, "zstd": zstd_module() is not None}
        words = [word.strip() for word in accepted.split(",")]
        headers["accept-encoding"] = ", ".join(word for word in words if undone.get(word, True))
    return headers


def sendable(
    library: Library,
    client: Any,
    request: Request,
    resume: bytes,
    kind: Callable[[OutgoingRequest], SyncBody | AsyncBody],
    *,
    cross_origin: bool,
    followed: bool,
) -> Sendable:
    """Return `request` as a client of the library sends it.

    Args:
        library: the library of the client.
        client: the client whose headers, cookies, parameters and credentials are added.
        request: the request, its body ready to be read.
        resume: the value of `Last-Event-ID`, unless the request has one of its own; empty: there is none.
        kind: the class of its body.
        cross_origin: whether it goes to another origin than the caller's, without anything personal of the client.
        followed: whether it follows a redirect, whose location already has all parameters.

    Raises:
        MalformedRequest: the request cannot be sent.
        TypeError: a part of the request is of a type that cannot be sent.
    """
    auth = request.auth if hasattr(request.auth, "auth_flow") else None
    if auth is not None:
        request = replaced(request, auth=None)
    elif request.auth is None and not cross_origin and client.auth is not None:
        named = {name.lower() for name in (*request.headers, *client.headers)}
        auth = None if "authorization" in named else client.auth
    sent = outgoing(request, _defaults(client, cross_origin=cross_origin, followed=followed), resume)
    headers: list[tuple[bytes, bytes]] = []
    for name, value in sent.headers.values():
        if not isinstance(value, bytes) and not value.isascii() and max(value) > "\xff":
            # Tested instead of encoded, because a UnicodeEncodeError would contain the value.
            raise MalformedRequest(f"header {name}: a str must be of Latin-1 characters")
        octets = value if isinstance(value, bytes) else value.encode("latin-1")
        if _UNSENDABLE.search(octets):
            if name.lower() == "last-event-id":
                continue
            raise MalformedRequest(f"header {name}: {library.name} cannot send a VT or a form feed")
        headers.append((name.encode("ascii"), octets))
    body = kind(sent)
    try:
        made = library.module.Request(sent.method, _target(sent.url), headers=headers, content=body.data)
    except library.module.InvalidURL:
        raise MalformedRequest(f"the URL {display_url(sent.url)} is malformed") from None
    return Sendable(sent, made, auth, body)


def _defaults(client: Any, *, cross_origin: bool, followed: bool) -> SessionDefaults:
    def cookies(request: OutgoingRequest, own: Any) -> str:
        return cookie_header(request.url, cookies_of_jar(client.cookies.jar, request.url), own)

    own = client.params
    params = None if followed else {name: own.get_list(name) for name in own} or None
    has_cookies = any(client.cookies.jar)  # stops at the first cookie; `len` would count all
    defaults = SessionDefaults(headers=_client_headers(client), params=params, cookies=cookies if has_cookies else None)
    return defaults.across_origins() if cross_origin else defaults


def _target(url: str) -> str:
    """Return `url` without fragment, and without user and password, which are already in the headers.

    Raises:
        MalformedRequest: the host name cannot be looked up.
    """
    parts = urlsplit(url)
    try:
        (parts.hostname or "").encode("idna")
    except UnicodeError:
        raise MalformedRequest(f"the URL {display_url(url)} names a host that cannot be looked up") from None
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
