"""Builds URLs as requests does: parameters are added, and characters that a URL cannot contain are percent-encoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlunsplit

from sse_client._http.shapes import is_mapping
from sse_client._patterns import portable
from sse_client.request import display_url

__all__ = ["MalformedRequest", "flat_pairs", "form_encoded", "is_plain", "listed_pairs", "request_url"]


class MalformedRequest(ValueError):
    """A request that cannot be sent as it is. The message holds no part of the URL that may be secret."""


# Percent-encodings in normal form: upper case, and not of letters, digits or `-._~`, which need none.
_CHARACTER = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]|%(?:[0189A-F][0-9A-F]|2[0-9ABCF]|3[A-F]|40|5[BCDE]|60|7[BCDF])"
# URLs that urllib3 and requests leave unchanged. Dot segments are not among them: they would be resolved.
_PLAIN = re.compile(
    portable(
        rf"(?!.*/\.)(https?://[a-z0-9][a-z0-9._-]*+(?::(?:[1-5][0-9]{{4}}|[1-9][0-9]{{0,3}}))?+)"
        rf"(/(?:{_CHARACTER})*+)?+"
        rf"(\?(?:[?]|{_CHARACTER})++)?+"
    )
)
# Of the rarer ways, and so texts: they are compiled when they are first needed.
_PLAIN_QUERY = portable(rf"(?:[?]|{_CHARACTER})*+")
_ESCAPE = r"%([^\W_]{2})"
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_RESERVED = "!#$&'()*+,/:;=?@[]~"


def request_url(url: str, params: Any = None, *, any_scheme: bool = False) -> str:
    """Return the URL that a request for `url` with `params` goes to, user, password and fragment included.

    Args:
        url: an absolute URL of http or https.
        params: what is added to its query: a mapping, pairs, or a string.
        any_scheme: whether it may be of another scheme. As with requests, one that does not begin with `http` stays as
            it is, and gets no parameters.

    Raises:
        MalformedRequest: there is no such URL.
        TypeError: `params` are of a type that cannot be encoded.
    """
    query = _query(params) if params else ""
    plain = _PLAIN.fullmatch(url)
    if plain is None or (query and not re.fullmatch(_PLAIN_QUERY, query)):
        return _normalized(url, query, any_scheme=any_scheme)
    origin, path, own = plain.groups()
    if path is None:
        url = f"{origin}/{own or ''}"
    if not query:
        return url
    return f"{url}&{query}" if own else f"{url}?{query}"


# Tells whether a URL needs no more than its parameters: others load urllib3 (15 ms) when they are first met.
is_plain = _PLAIN.fullmatch


def form_encoded(pairs: Any, what: str) -> str:
    """Return a mapping or pairs, as `flat_pairs` reads them, as `application/x-www-form-urlencoded`.

    Raises:
        MalformedRequest: they are no pairs, or hold half of a surrogate pair.
    """
    encoded = [(_utf8(name, what), _utf8(value, what)) for name, value in flat_pairs(pairs, what)]
    return urlencode(encoded, doseq=True)


def flat_pairs(pairs: Any, what: str) -> Iterator[tuple[Any, Any]]:
    """Yield a name and a value for each value of a mapping or of pairs: for each item where it is iterable.

    Args:
        pairs: names and values; None as a value gives nothing.
        what: the option that they are, for messages.

    Raises:
        MalformedRequest: they are no pairs.
    """
    for name, values in listed_pairs(pairs, what):
        single = isinstance(values, (str, bytes)) or not hasattr(values, "__iter__")
        for value in (values,) if single else values:
            if value is not None:
                yield name, value


def listed_pairs(pairs: Any, what: str) -> Iterator[tuple[Any, Any]]:
    """Yield the items of a mapping, or pairs.

    Raises:
        MalformedRequest: they are no pairs.
    """
    for item in pairs.items() if is_mapping(pairs) else pairs:
        if isinstance(item, (str, bytes)):  # of two characters, it would be taken for a pair
            hint = "; join the pieces of a body, or pass an iterator of them" if what == "data" else ""
            raise MalformedRequest(f"{what}: expected a mapping, or pairs of a name and a value{hint}")
        try:
            name, value = item
        except (TypeError, ValueError):
            raise MalformedRequest(f"{what}: expected a mapping, or pairs of a name and a value") from None
        yield name, value


def _query(params: Any) -> str:
    if isinstance(params, str):
        return params
    if isinstance(params, bytes):
        try:
            return params.decode("ascii")
        except UnicodeDecodeError:
            raise MalformedRequest("params: bytes must be of ASCII characters") from None
    if isinstance(params, Iterable):
        return form_encoded(params, "params")
    raise TypeError(f"params: expected a mapping, pairs, or a str, got {type(params).__name__}")


def _normalized(url: str, query: str, *, any_scheme: bool = False) -> str:
    """Return what requests and urllib3 make of a URL that is not plain: it takes both of their steps."""
    if any_scheme and not url.lower().startswith("http"):
        return url
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    try:
        scheme, user, host, port, path, own, fragment = parse_url(url.lstrip())
        if (scheme not in {"http", "https"} and not any_scheme) or not host:
            raise MalformedRequest(f"expected a URL of http or https, got {display_url(url)}")
        if host.startswith(("*", ".")):
            raise MalformedRequest(f"the host of {display_url(url)} begins with {host[0]!r}")
        authority = f"{user}@" if user else ""
        authority += f"{host}:{port}" if port else host
        joined = f"{own}&{query}" if own and query else own or query
        made = _requoted(urlunsplit((scheme, authority, path or "/", joined, fragment or "")))
        parsed = parse_url(made)  # once more: a query given as a string has not been normalised yet
        if "%" in (parsed.host or "").partition("[")[0]:  # which a zone of an IPv6 address may have
            raise MalformedRequest(f"the host of {display_url(url)} has a character that no host has")
        return parsed.url
    except LocationParseError:
        raise MalformedRequest(f"the URL {display_url(url)} is malformed: its host, or its port") from None


def _requoted(url: str) -> str:
    """Return `url` with its escapes in their normal form, and what has to be escaped."""
    try:
        return quote(re.sub(_ESCAPE, _unescaped, url), safe=_RESERVED + "%")
    except ValueError:  # "%zz": then no "%" begins an escape
        return quote(url, safe=_RESERVED)


def _unescaped(escape: re.Match[str]) -> str:
    """Return the character that is escaped, if it need not be.

    Raises:
        ValueError: it is no escape.
    """
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0]


def _utf8(value: Any, what: str) -> Any:
    try:
        return value.encode() if isinstance(value, str) else value
    except UnicodeEncodeError:
        raise MalformedRequest(f"{what}: half of a surrogate pair has no UTF-8 form") from None
