"""Builds URLs as requests does: parameters are added, and characters that a URL cannot contain are percent-encoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlunsplit

from sse_client._http.type_guards import is_mapping
from sse_client._patterns import portable
from sse_client.request import display_url, plain_url

__all__ = ["MalformedRequest", "flat_pairs", "form_encoded", "is_plain", "listed_pairs", "request_url"]


class MalformedRequest(ValueError):
    """A request that cannot be sent. The message contains no part of the URL that may be secret."""


# Normalised percent-encodings: upper case, and only of characters that need encoding (not letters, digits or `-._~`).
_ENCODED = r"%(?:[0189A-F][0-9A-F]|2[0-9ABCF]|3[A-F]|40|5[BCDE]|60|7[BCDF])"
_CHARACTERS = r"[A-Za-z0-9._~!$&'()*+,;=:@/-]"  # matched in runs: one at a time, a URL takes 1.1 µs instead of 0.4
# Patterns for rarer cases, kept as strings: they are compiled when first needed.
# URLs that urllib3 and requests leave unchanged. Those with dot segments are excluded, because these are resolved.
_PLAIN = portable(
    rf"(?!.*/\.)(https?://[a-z0-9][a-z0-9._-]*+(?::(?:[1-5][0-9]{{4}}|[1-9][0-9]{{0,3}}))?+)"
    rf"(/{_CHARACTERS}*+(?:{_ENCODED}{_CHARACTERS}*+)*+)?+"
    rf"(\?(?:[?]|{_CHARACTERS}++|{_ENCODED})++)?+"
)
_PLAIN_QUERY = portable(rf"(?:[?]|{_CHARACTERS}++|{_ENCODED})*+")
_ESCAPE = r"%([^\W_]{2})"
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_RESERVED = "!#$&'()*+,/:;=?@[]~"


def request_url(url: str, params: Any = None, *, any_scheme: bool = False) -> str:
    """Return the URL of a request for `url` with `params`, including user, password and fragment.

    Args:
        url: an absolute URL of http or https.
        params: parameters to add to its query: a mapping, pairs, or a string.
        any_scheme: whether other schemes are allowed. As in requests, a URL that does not begin with `http` is not
            changed, and gets no parameters.

    Raises:
        MalformedRequest: the URL is malformed.
        TypeError: `params` are of a type that cannot be encoded.
    """
    query = _query(params) if params else ""
    plain = plain_url(url) or ("%" in url and re.fullmatch(_PLAIN, url)) or None
    if plain is None or (query and not re.fullmatch(_PLAIN_QUERY, query)):
        return _normalized(url, query, any_scheme=any_scheme)
    origin, path, own = plain.groups()
    if path is None:
        url = f"{origin}/{own or ''}"
    if not query:
        return url
    return f"{url}&{query}" if own else f"{url}?{query}"


def is_plain(url: str) -> bool:
    """Return whether only parameters need to be added to a URL. The first other one loads urllib3, taking 15 ms."""
    return bool(plain_url(url) or ("%" in url and re.fullmatch(_PLAIN, url)))


def form_encoded(pairs: Any, what: str) -> str:
    """Encode a mapping or pairs, as `flat_pairs` reads them, as `application/x-www-form-urlencoded`.

    Raises:
        MalformedRequest: the argument is not pairs, or contains a lone surrogate.
    """
    encoded = [(_utf8(name, what), _utf8(value, what)) for name, value in flat_pairs(pairs, what)]
    return urlencode(encoded, doseq=True)


def flat_pairs(pairs: Any, what: str) -> Iterator[tuple[Any, Any]]:
    """Yield a name and a value for each value of a mapping or of pairs; for each item if the value is iterable.

    Args:
        pairs: names and values; a value of None is left out.
        what: the name of the option, for messages.

    Raises:
        MalformedRequest: the argument is not pairs.
    """
    for name, values in listed_pairs(pairs, what):
        single = isinstance(values, (str, bytes)) or not hasattr(values, "__iter__")
        for value in (values,) if single else values:
            if value is not None:
                yield name, value


def listed_pairs(pairs: Any, what: str) -> Iterator[tuple[Any, Any]]:
    """Yield the items of a mapping, or pairs.

    Raises:
        MalformedRequest: the argument is not pairs.
    """
    for item in pairs.items() if is_mapping(pairs) else pairs:
        if isinstance(item, (str, bytes)):  # a string of two characters would count as a pair
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
    """Normalise a URL that is not plain, with the steps of both requests and urllib3."""
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
        parsed = parse_url(made)  # a second time, because a query given as a string has not been normalised yet
        if "%" in (parsed.host or "").partition("[")[0]:  # the zone of an IPv6 address may have one
            raise MalformedRequest(f"the host of {display_url(url)} has a character that no host has")
        return parsed.url
    except LocationParseError:
        raise MalformedRequest(f"the URL {display_url(url)} is malformed: its host, or its port") from None


def _requoted(url: str) -> str:
    """Return `url` with its escapes in normal form, and with everything escaped that must be."""
    try:
        return quote(re.sub(_ESCAPE, _unescaped, url), safe=_RESERVED + "%")
    except ValueError:  # such as "%zz": then no "%" counts as an escape
        return quote(url, safe=_RESERVED)


def _unescaped(escape: re.Match[str]) -> str:
    """Return the escaped character if it need not be escaped.

    Raises:
        ValueError: the text is not an escape.
    """
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0]


def _utf8(value: Any, what: str) -> Any:
    try:
        return value.encode() if isinstance(value, str) else value
    except UnicodeEncodeError:
        raise MalformedRequest(f"{what}: half of a surrogate pair has no UTF-8 form") from None
