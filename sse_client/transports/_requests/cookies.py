"""Keeps the cookies of responses within the limits of RFC 6265."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests.cookies import RequestsCookieJar, extract_cookies_to_jar

from sse_client._http.cookies import cookies_in, limit_cookies

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    import requests

__all__ = ["keep_cookies"]


def keep_cookies(jar: CookieJar, response: requests.Response) -> None:
    """Add the cookies that a response sets to a jar, except those that exceed a limit on length or number."""
    if getattr(response.raw, "_original_response", None) is None:
        return
    came: Any = RequestsCookieJar()  # requests' type stub says that iterating yields names
    extract_cookies_to_jar(came, response.request, response.raw)
    before = cookies_in(jar)
    extract_cookies_to_jar(jar, response.request, response.raw)
    limit_cookies(jar, before, tuple(came))
