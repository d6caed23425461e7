"""Decides where a redirect leads and which parts of the request follow it (RFC 9110 15.4; stricter than Fetch)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from sse_client._http.escaped_text import shown
from sse_client._values import replaced
from sse_client.errors import RedirectRefused
from sse_client.request import display_url

if TYPE_CHECKING:
    from sse_client._http.redirects import AllowRedirects
    from sse_client.request import Request

__all__ = ["MAX_LOCATION", "redirected"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_KEEP_BODY = frozenset({307, 308})
MAX_LOCATION = 32 * 1024
"""Bytes of the URL that a redirect leads to.

Each `Location` that is a relative path may add to the URL: 30 of 60 KiB made one of 1.8 MB, and took requests and
urllib3 10 s to encode.
"""


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
    follow = replaced(request, method=method, url=target, params=None)
    headers = follow.headers
    if status not in _KEEP_BODY:
        follow = replaced(follow, data=None, json=None, files=None)
        headers = {name: value for name, value in headers.items() if not _describes_body(name.lower())}
    if origin != other:
        if any(body is not None for body in (follow.data, follow.json, follow.files)):
            raise RedirectRefused(
                f"expected a redirect within {display_url(url)}'s origin, got one that would carry the body to {other}"
            )
        headers = {name: value for name, value in headers.items() if _goes_along(name.lower())}
        follow = replaced(follow, auth=None, cookies=None)
    return replaced(follow, headers=headers), origin != other


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
