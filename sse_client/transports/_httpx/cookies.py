"""The cookies that the library has put into its client's jar, cut back to the limits of RFC 6265."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client._http.cookies import admitted, place_of

if TYPE_CHECKING:
    from collections.abc import Collection
    from http.cookiejar import Cookie, CookieJar

__all__ = ["limit_cookies"]


def limit_cookies(jar: CookieJar, before: Collection[Cookie], response: Any) -> None:
    """Take those cookies out of a jar which a response has set, and which are too long, or too many.

    Args:
        jar: the client's.
        before: the cookies in it before the response came.
        response: the library's.
    """
    if not response.headers.get("set-cookie"):
        return
    came: tuple[Cookie, ...] = tuple(response.cookies.jar)
    kept = {id(cookie) for cookie in admitted(before, came)}
    were = {place_of(cookie): cookie for cookie in before}
    for cookie in came:
        if id(cookie) in kept:
            continue
        replaced = were.get(place_of(cookie))
        if replaced is not None:
            jar.set_cookie(replaced)
        elif place_of(cookie) in {place_of(each) for each in jar}:
            jar.clear(*place_of(cookie))
