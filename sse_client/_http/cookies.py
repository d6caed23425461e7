"""Builds the value of a `Cookie` header, and limits the cookies of a jar (RFC 6265 5.4 and 6.1)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from sse_client._http.type_guards import is_mapping
from sse_client._http.url import MalformedRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from http.cookiejar import Cookie, CookieJar

__all__ = ["cookie_header", "cookies_in", "cookies_of_jar", "limit_cookies"]

# RFC 6265 6.1 requires at least these sizes. Without limits, a server that sets a new cookie on each reconnect could
# make the requests grow forever.
_MAX_SIZE = 4096  # bytes of a cookie's name, value and attributes
# Of all domains together, because a redirect chain may lead through any number of hosts. Each response that sets
# cookies has to go through all cookies of the jar, at 3 µs each.
_MAX_COOKIES = 1000
_MAX_PER_DOMAIN = 50
_MAX_SIZE_PER_DOMAIN = 8 * 1024  # bytes; common servers answer a longer header with 400 or 431


def cookie_header(url: str, session: Iterable[tuple[str, Any]], own: Any) -> str:
    """Return the `Cookie` value of a request; empty if there are no cookies for it.

    Args:
        url: the request's URL, because a jar's cookies are bound to hosts and paths.
        session: names and values of the session's cookies for that URL.
        own: the request's own cookies, which replace the session's of the same name: a mapping, or an `http.cookiejar`.

    Raises:
        MalformedRequest: a cookie contains a character that a header cannot.
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
    from urllib.request import Request  # aiohttp and http.cookiejar have already imported it

    asking = Request(url)  # noqa: S310  (it asks the jar, not the network)
    jar.add_cookie_header(asking)
    header: str = asking.get_header("Cookie", "")
    for pair in header.split("; ") if header else ():
        name, equals, value = pair.partition("=")
        yield name, value if equals else None


def limit_cookies(jar: CookieJar, before: Collection[Cookie], came: Collection[Cookie]) -> None:
    """Remove from a jar the cookies that exceed the limits after a response; restore those that they replaced.

    Call it after the jar has extracted the response's cookies: the jar's policy decides which it accepts, and the jar
    deletes expired ones.

    Args:
        jar: the session's jar. Other threads may use it at the same time.
        before: the cookies that were in the jar before the response.
        came: the cookies that the response sets.
    """
    refused = {_place(cookie) for cookie in _refused(before, came)}
    if not refused:
        return
    replaced = {place: cookie for cookie in before if (place := _place(cookie)) in refused}
    for place in refused:
        if place in replaced:
            jar.set_cookie(replaced[place])
        else:
            with contextlib.suppress(KeyError):  # the jar has not accepted it
                jar.clear(*place)


def cookies_in(jar: Iterable[Cookie | None]) -> list[Cookie]:
    """Return the cookies in an `http.cookiejar`, without the None that it yields for cookies removed meanwhile."""
    return [cookie for cookie in jar if cookie is not None]


def _refused(before: Collection[Cookie], came: Collection[Cookie]) -> Iterator[Cookie]:
    """Yield those cookies of a response that exceed a limit on length or number."""
    domains = {cookie.domain for cookie in came}
    total = len(before)
    lengths: dict[str, dict[_Place, int]] = {domain: {} for domain in domains}
    for cookie in before:
        if cookie.domain in domains:
            lengths[cookie.domain][_place(cookie)] = _length(cookie)
    sizes = {domain: sum(each.values()) for domain, each in lengths.items()}
    for cookie in came:
        of_domain, place, length = lengths[cookie.domain], _place(cookie), _length(cookie)
        size = sizes[cookie.domain] + length - of_domain.get(place, 0)
        new = place not in of_domain
        if (
            _size(cookie) > _MAX_SIZE
            or size > max(_MAX_SIZE_PER_DOMAIN, sizes[cookie.domain])
            or (new and (len(of_domain) >= _MAX_PER_DOMAIN or total >= _MAX_COOKIES))
        ):
            yield cookie
            continue
        total += new
        sizes[cookie.domain] = size
        of_domain[place] = length


_Place = tuple[str, str, str]


def _place(cookie: Cookie) -> _Place:
    """Return the key of a cookie: a cookie replaces another one with the same key."""
    return cookie.domain, cookie.path, cookie.name


def _length(cookie: Cookie) -> int:
    """Return the length of a cookie in a `Cookie` header."""
    return len(cookie.name) + len(cookie.value or "")


def _size(cookie: Cookie) -> int:
    """Return the length of name, value and all attributes, even meaningless ones, because the jar keeps them all."""
    return sum(len(str(value)) for value in vars(cookie).values() if value is not None)


def _text(value: Any) -> str:
    """Return the value of a cookie as requests sends it; that of an `http.cookies` morsel as it was received."""
    text = str(getattr(value, "coded_value", value))
    return text.replace('\\"', "") if text.startswith('"') and text.endswith('"') else text
