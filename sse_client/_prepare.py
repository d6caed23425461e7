"""Requests to what is sent: one request and its redirects, prepared by `requests`, for whatever sends them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, getproxies_environment

import requests

from sse_client._redirect import leads_on, redirected
from sse_client.errors import RedirectRefused
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sse_client._replay import Replay
    from sse_client.request import Request

__all__ = ["Journey", "Malformed", "Prepared", "joined", "may_have_proxies", "prepared", "prepared_abroad"]

# Of a session's own headers, those that say nothing about the caller.
_IMPERSONAL = frozenset({"accept", "accept-encoding", "accept-language", "cache-control", "user-agent"})


class Malformed(ValueError):
    """A request that cannot be sent as it is: the caller's mistake, or after a redirect the server's."""


class Prepared(requests.PreparedRequest):
    """Without cookies, requests still has http.cookiejar look for some."""

    def prepare_cookies(self, cookies: Any) -> None:
        """Add the header of `cookies`, a jar; where there are none, keep it alone, for authentication to fill."""
        if cookies:
            super().prepare_cookies(cookies)
        else:
            self._cookies = cookies


class Journey:
    """A request, and where its redirects lead.

    A shell sends `begin()`, then what `follow` returns, until that is None: then it has the answer. What it finds
    malformed while sending, it gives to `refusal`, and raises what that returns.

    Args:
        request: what to send.
        replay: what makes its body ready, and ready once more for a redirect that keeps it.
        most: how many redirects are followed.
        at_home: prepares a request to the caller's origin.
        abroad: prepares one to another origin: without what is personal in the session.

    Attributes:
        foreign: whether it has left the caller's origin, for good.
        url: where the last request went.
    """

    def __init__(
        self,
        request: Request,
        replay: Replay,
        most: int,
        at_home: Callable[[Request], requests.PreparedRequest],
        abroad: Callable[[Request], requests.PreparedRequest],
    ) -> None:
        self.foreign = False
        self.url = request.url
        self._request = request
        self._replay = replay
        self._most = most
        self._followed = 0
        self._at_home = at_home
        self._abroad = abroad

    def begin(self) -> requests.PreparedRequest:
        """Return the first request.

        Raises:
            BodyNotReplayable: its body is used up.
            ValueError: it is malformed.
        """
        try:
            prepared = self._at_home(self._replay.body_for(self._request))
        except Malformed as error:
            raise self.refusal(error) from None
        self.url = prepared.url or ""
        return prepared

    def follow(self, status: int, location: str | None) -> requests.PreparedRequest | None:
        """Return the request that an answer redirects to; None if it is no redirect.

        Args:
            status: the answer's status.
            location: its `Location` header, whose bytes are read as UTF-8.

        Raises:
            BodyNotReplayable: the body would have to be sent again, and is used up.
            RedirectRefused: it leads too far, or to nowhere, or would carry the body to another origin.
        """
        if location is None or not leads_on(status):
            return None
        if self._followed == self._most:
            raise RedirectRefused(f"expected at most {self._most} redirects, to {display_url(self.url)}")
        self._followed += 1
        self._request, leaves = redirected(self._request, self.url, status, location)
        self.foreign = self.foreign or leaves
        ready = self._replay.body_for(self._request)
        try:
            prepared = self._abroad(ready) if self.foreign else self._at_home(ready)
            prepared.prepare_url(self._request.url, None)  # the location has all the parameters that it needs
        except (Malformed, requests.exceptions.InvalidURL) as error:
            raise self.refusal(error) from None
        self.url = prepared.url or ""
        return prepared

    def refusal(self, error: ValueError) -> Exception:
        """Return whose mistake a malformed request is: a ValueError, or `RedirectRefused`."""
        if not self._followed:
            return ValueError(str(error))
        return RedirectRefused("expected a redirect to a URL that can be requested, got none")


def prepared(
    request: Request, ambient: Mapping[str, Any], prepare: Callable[[requests.Request], requests.PreparedRequest]
) -> requests.PreparedRequest:
    """Return `request` as a session sends it.

    Args:
        request: its body ready to be read.
        ambient: the session's headers.
        prepare: adds what is the session's.

    Raises:
        Malformed: it cannot be sent.
    """
    headers: dict[str, Any] = dict(request.headers)
    auth = request.auth
    if auth is None and "authorization" in {name.lower() for name in (*headers, *ambient)}:
        # A password in ~/.netrc would take the place of the caller's own key.
        auth = _no_auth
    # requests refuses an ID that begins with a form feed; the standard does not.
    resume = headers.pop("Last-Event-ID", None)
    try:
        result = prepare(requests.Request(**_arguments(request), headers=headers, auth=auth, cookies=request.cookies))
    except requests.RequestException as error:
        raise _malformed(request, error) from None
    if resume is not None:
        result.headers["Last-Event-ID"] = resume
    for name, value in result.headers.lower_items():
        if "\0" in value if isinstance(value, str) else b"\0" in value:
            raise Malformed(f"header {name}, of the session, holds a NUL")
    return result


def prepared_abroad(request: Request, ambient: Mapping[str, Any], hooks: Any = None) -> requests.PreparedRequest:
    """Return `request` as it goes to an origin that is not the caller's: without what is personal in the session.

    Without cookies too: they may be bound to a host, but never to a port.

    Args:
        request: its body ready to be read.
        ambient: the session's headers.
        hooks: the session's.

    Raises:
        Malformed: it cannot be sent.
    """
    headers: dict[str, Any] = dict(request.headers)
    given = {name.lower() for name in headers}
    ambient = {name: value for name, value in ambient.items() if name.lower() in _IMPERSONAL - given}
    result = requests.PreparedRequest()
    try:
        result.prepare(**_arguments(request), headers=ambient | headers, cookies={}, hooks=hooks)
    except requests.RequestException as error:
        raise _malformed(request, error) from None
    return result


def joined(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Return our header fields, and theirs, which replace those of the same name."""
    return dict({name.lower(): (name, value) for name, value in (*ours.items(), *theirs.items())}.values())


def may_have_proxies() -> bool:
    """Return whether the environment may name a proxy, whatever for; on some platforms there are other places too."""
    if getproxies is not getproxies_environment:
        return True
    names = b"\0".join(os.environb).lower()
    return names.count(b"_proxy") > names.count(b"no_proxy")


def _arguments(request: Request) -> dict[str, Any]:
    names = ("method", "url", "params", "data", "json", "files")
    return {name: getattr(request, name) for name in names}


def _malformed(request: Request, error: requests.RequestException) -> Malformed:
    # Their own words show the URL with its query.
    return Malformed(f"the request to {display_url(request.url)} is malformed: {type(error).__name__}")


def _no_auth(prepared: requests.PreparedRequest) -> requests.PreparedRequest:
    return prepared
