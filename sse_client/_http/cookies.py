"""The value of a `Cookie` header (RFC 6265 5.4)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sse_client._http.shapes import is_mapping
from sse_client._http.url import MalformedRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from http.cookiejar import Cookie

__all__ = ["admitted", "cookie_header", "cookies_of_jar", "place_of"]

# RFC 6265 6.1 asks for at least as much: beyond it, a server that sets another cookie on each reconnect would have the
# requests grow without limit.
_MAX_SIZE = 4096  # bytes of a cookie's name and value
_MAX_PER_DOMAIN = 50
_MAX_SIZE_PER_DOMAIN = 8 * 1024  # bytes: a longer header is answered 400 or 431 by common servers


def cookie_header(url: str, session: Iterable[tuple[str, Any]], own: Any) -> str:
    """Return the `Cookie` value of a request; empty where there are no cookies for it.

    Args:
        url: where the request goes: a jar's cookies are bound to hosts and paths.
        session: names and values of the session's cookies for that URL.
        own: the request's own, which replace the session's of the same name: a mapping, or an `http.cookiejar`.

    Raises:
        MalformedRequest: one holds a character that no header can.
        TypeError: `own` is neither.
    """
    cookies = dict(session)
    if is_mapping(own):
        cookies.update(own)
    elif hasattr(own, "add_cookie_header"):
        cookies.update(cookies_of_jar(own, url))
    elif own:
        raise TypeError(f"cookies: expected a mapping or a cookie jar, got {type(own).__name__}")
    header = "; ".join(f"{name}={_text(value)}" if value is not None else name for name, value in cookies.items())
    if any(character in header for character in "\r\n\0"):
        raise MalformedRequest("cookies: a name or a value holds a CR, LF or NUL")
    return header


def cookies_of_jar(jar: Any, url: str) -> Iterable[tuple[str, str | None]]:
    """Yield names and values of the cookies that an `http.cookiejar` has for a URL; None: a name alone."""
    from urllib.request import Request  # aiohttp and http.cookiejar have loaded it already

    asking = Request(url)  # noqa: S310  (it asks the jar, not the network)
    jar.add_cookie_header(asking)
    header: str = asking.get_header("Cookie", "")
    for pair in header.split("; ") if header else ():
        name, equals, value = pair.partition("=")
        yield name, value if equals else None


def admitted(jar: Iterable[Cookie], came: Iterable[Cookie]) -> Iterator[Cookie]:
    """Yield those of the cookies that a response sets which a jar may take; too long, or too many, are left out.

    Args:
        jar: the cookies that are there already.
        came: those of the response.
    """
    known: set[tuple[str, str, str]] = set()
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for each in jar:
        known.add(place_of(each))
        counts[each.domain] += 1
        sizes[each.domain] += _size(each)
    for cookie in came:
        size = _size(cookie)
        if size > _MAX_SIZE:
            continue
        if place_of(cookie) not in known:
            if counts[cookie.domain] >= _MAX_PER_DOMAIN or sizes[cookie.domain] + size > _MAX_SIZE_PER_DOMAIN:
                continue
            sizes[cookie.domain] += size
            counts[cookie.domain] += 1
            known.add(place_of(cookie))
        yield cookie


def place_of(cookie: Cookie) -> tuple[str, str, str]:
    """Return what a cookie replaces another one of."""
    return cookie.domain, cookie.path, cookie.name


def _size(cookie: Cookie) -> int:
    return len(cookie.name) + len(cookie.value or "")


def _text(value: Any) -> str:
    """Return the value of a cookie as requests sends it; of `http.cookies` as it was received."""
    text = str(getattr(value, "coded_value", value))
    return text.replace('\\"', "") if text.startswith('"') and text.endswith('"') else text
