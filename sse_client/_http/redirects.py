"""Follows the redirects of a request: how many, which ones, and with which body (RFC 9110 15.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sse_client.errors import RedirectRefused
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client._http.request_body import ReplayableBody
    from sse_client.request import Request

__all__ = [
    "REDIRECTS",
    "AllowRedirects",
    "RedirectChain",
    "is_redirect",
    "read_as_utf8",
]

AllowRedirects = bool | Literal["same-origin", "no-downgrade"]

REDIRECTS = frozenset({301, 302, 303, 307, 308})


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
        from sse_client._http.redirect_target import redirected  # loaded with the first redirect

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


def read_as_utf8(locations: Iterable[str]) -> Iterator[str]:
    """Yield `Location` fields, given as Latin-1, decoded as UTF-8, as requests does."""
    return (location.encode("latin-1").decode("utf-8", "replace") for location in locations)


def is_redirect(status: int) -> bool:
    """Return whether a response of this status is a redirect, if it has a `Location`."""
    return status in REDIRECTS
