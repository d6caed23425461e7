"""Decides where a redirect leads and which parts of the request follow it (RFC 9110 15.4; stricter than Fetch)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast
from urllib.parse import quote, urljoin, urlsplit

from sse_client._http.escaped_text import shown
from sse_client.errors import RedirectRefused
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client._http.request_body import ReplayableBody
    from sse_client.request import Request

__all__ = [
    "MAX_LOCATION",
    "REDIRECTS",
    "AllowRedirects",
    "RedirectChain",
    "check_allow_redirects",
    "is_redirect",
    "read_as_utf8",
    "redirected",
]

AllowRedirects = bool | Literal["same-origin", "no-downgrade"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_BODY = frozenset({307, 308})
MAX_LOCATION = 32 * 1024
"""Bytes of the URL that a redirect leads to.

Each `Location` that is a relative path may add to the URL: 30 of 60 KiB made one of 1.8 MB, and took requests and
urllib3 10 s to encode.
"""


class RedirectChain:
    """A request and its redirects.

    A transport sends `begin()`, and then each request that `follow` returns. When `follow` returns None, the last
    response is the final one. If a request turns out to be malformed while it is sent, the transport passes the error
    to `refusal`, and raises the result.

    Args:
        request: the request to send.
        body: supplies the request's body, and supplies it again for a redirect that keeps it.
        most: how many redirects are followed.
        allow: which redirects are followed: all, none, those within the origin, or all except those from https to http.

    Attributes:
        request: the last request, its body ready to be read.
        url: the URL of the last request. The transport sets it to the full URL that it sent, parameters included;
            relative locations are resolved against it.
        followed: the number of redirects so far. From the first one on, the server has answered the caller's request,
            and may have processed it; no later failure or status proves otherwise.
        crossed_origin: whether a request has left the caller's origin. From then on credentials are left out, even if a
            later redirect leads back.
    """

    __slots__ = ("_allow", "_body", "_most", "crossed_origin", "followed", "request", "url")

    def __init__(self, request: Request, body: ReplayableBody, *, most: int = 30, allow: AllowRedirects = True) -> None:
        self.request = request
        self.url = request.url
        self.followed = 0
        self.crossed_origin = False
        self._body = body
        self._most = most
        self._allow: AllowRedirects = allow

    def begin(self) -> Request:
        """Return the first request.

        Raises:
            BodyNotReplayable: the body is used up.
        """
        request = self.request
        if request.data is None and not request.files:
            return request  # the usual case: no body
        return self._body.body_for(request)

    def follow(self, status: int, *locations: str | None) -> Request | None:
        """Return the next request after a redirect response; None if the response is not a redirect.

        Args:
            status: the response's status.
            locations: the response's `Location` fields, whose bytes are read as UTF-8. Several must be equal, because
                proxies and other clients may follow different ones.

        Raises:
            BodyNotReplayable: the body would have to be sent again, but is used up.
            RedirectRefused: there are too many redirects, the target is not usable, `allow` forbids it, or the body
                would have to be sent to another origin.
        """
        location = locations[0] if locations else None
        if not any(locations) or not is_redirect(status):
            return None
        if location is None or any(other != location for other in locations):
            raise RedirectRefused(
                f"expected one Location in a {status}, got several that differ, from {display_url(self.url)}"
            )
        if self._allow is not False and self.followed >= self._most:
            raise RedirectRefused(
                f"expected at most {self._most} redirects, got another {status} from {display_url(self.url)}"
            )
        request, leaves = redirected(self.request, self.url, status, location, self._allow)
        self.followed += 1
        self.crossed_origin = self.crossed_origin or leaves
        self.url = request.url
        self.request = request
        return self._body.body_for(request)

    def refusal(self, error: ValueError) -> Exception:
        """Return the error of a malformed request: the caller's ValueError, or the server's `RedirectRefused`."""
        if not self.followed:
            return ValueError(str(error))
        return RedirectRefused("expected a redirect to a URL that can be requested, got none")


def redirected(
    request: Request, url: str, status: int, location: str, allow: AllowRedirects = True
) -> tuple[Request, bool]:
    """Return the request that follows a redirect, and whether it goes to another origin.

    The method changes as in `requests`. Within an origin, all headers are kept. To another origin, only `Accept*`,
    `Cache-Control`, `User-Agent` and `Last-Event-ID` are sent, and no body.

    Args:
        request: the request that was answered.
        url: its full URL, with its parameters.
        status: one of 301, 302, 303, 307, 308.
        location: the `Location` header.
        allow: which redirects are followed.

    Raises:
        RedirectRefused: the target is not HTTP, `allow` forbids it, or the body would have to be sent to another
            origin.
    """
    target, origin, other = _target(url, location)
    _check_allowed(allow, origin, other, f"{status} to {other}, from {display_url(url)}")
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
                f"expected a redirect within {display_url(url)}'s origin, got one that would carry the body to {other}"
            )
        headers = {name: value for name, value in headers.items() if _goes_along(name.lower())}
        follow = replace(follow, auth=None, cookies=None)
    return replace(follow, headers=headers), origin != other


def read_as_utf8(locations: Iterable[str]) -> Iterator[str]:
    """Yield `Location` fields, given as Latin-1, decoded as UTF-8, as requests does."""
    return (location.encode("latin-1").decode("utf-8", "replace") for location in locations)


def is_redirect(status: int) -> bool:
    """Return whether a response of this status is a redirect, if it has a `Location`."""
    return status in REDIRECTS


def check_allow_redirects(value: Any) -> AllowRedirects:
    """Return a valid value of `allow_redirects`; refuse any other.

    Raises:
        TypeError: the value is neither a bool nor a str.
        ValueError: the value is an unknown str.
    """
    if not isinstance(value, (bool, str)):
        raise TypeError(f"allow_redirects: expected a bool or a str, got {type(value).__name__}")
    if isinstance(value, str) and value not in {"same-origin", "no-downgrade"}:
        raise ValueError(f"allow_redirects: expected True, False, 'same-origin' or 'no-downgrade', got {value!r}")
    return cast("AllowRedirects", value)


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int | None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return shown(f"{self.scheme}://{host}:{self.port}")


def _target(url: str, location: str) -> tuple[str, _Origin, _Origin]:
    """Return the URL that `location` means, and the two origins.

    Raises:
        RedirectRefused: the URL is not HTTP, or too long.
    """
    where = f"from {display_url(url)}"
    try:
        target = urljoin(url, quote(location[: MAX_LOCATION + 1], safe="!#$%&'()*+,/:;=?@[]~"))
        origin, other = _origin(url), _origin(target)
    except ValueError:
        raise RedirectRefused(f"expected a redirect to an HTTP URL, got one that cannot be read, {where}") from None
    if len(target) > MAX_LOCATION:
        raise RedirectRefused(f"expected a redirect to a URL of at most {MAX_LOCATION // 1024} KiB, got more, {where}")
    if not other.host or other.port == 0:
        raise RedirectRefused(f"expected a redirect to an HTTP URL, got one without a host, or to port 0, {where}")
    if other.scheme not in _DEFAULT_PORTS:
        raise RedirectRefused(
            f"expected a redirect to an http or https URL, got one to {shown(other.scheme)}:, {where}"
        )
    return target, origin, other


def _check_allowed(allow: AllowRedirects, origin: _Origin, other: _Origin, came: str) -> None:
    if allow is False:
        raise RedirectRefused(f"expected no redirect (allow_redirects=False), got {came}")
    if allow == "same-origin" and origin != other:
        raise RedirectRefused(f"expected a redirect within {origin} (allow_redirects='same-origin'), got {came}")
    if allow == "no-downgrade" and origin.scheme == "https" and other.scheme == "http":
        raise RedirectRefused(f"expected no redirect from https (allow_redirects='no-downgrade'), got {came}")


def _describes_body(name: str) -> bool:
    return name.startswith("content-") or name == "transfer-encoding"


def _goes_along(name: str) -> bool:
    return name.startswith("accept") or name in {"cache-control", "user-agent", "last-event-id"}


def _origin(url: str) -> _Origin:
    parts = urlsplit(url)
    port = _DEFAULT_PORTS.get(parts.scheme) if parts.port is None else parts.port
    return _Origin(parts.scheme, parts.hostname or "", port)
