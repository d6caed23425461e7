"""Where a redirect leads, and what goes along (RFC 9110 15.4; credentials as in the Fetch standard, and stricter)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from sse_client.errors import RedirectRefused
from sse_client.request import display_url

if TYPE_CHECKING:
    from sse_client.request import Request

__all__ = ["leads_on", "redirected"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEEP_BODY = frozenset({307, 308})


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
