"""Replaces credentials in headers and URLs by `***`, so that a recording can be shared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = "***"

# `author` and `max_tokens` do not match, but `authority` does: masking a name too many is better than leaking a key.
_SECRET = re.compile(
    r"auth(?!or(?!i))|cookie|token(?!s)|secret|passw|passphrase|pwd|credential|signature|session|jwt|bearer|csrf|xsrf"
    r"|key(\[\])?$|^sig$|^code$|^pass$",
    re.IGNORECASE,
)
_USER = re.compile(r'(?<=://)[^/?#\s"<>]*@')
_QUERY = re.compile(r'[?#][^\s"<>]*')
_SEPARATOR = re.compile(r"([?&#;])")


def is_secret(name: str) -> bool:
    """Return whether a header or query parameter of this name has a secret value."""
    return _SECRET.search(name) is not None


class Credentials:
    """Masks the secret values of headers and query parameters.

    Args:
        names: names of further headers and parameters with secret values; upper and lower case do not matter.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = {name.lower() for name in names}

    def url(self, url: str) -> str:
        """Return `url` without fragment, user and password, and with secret query values masked."""
        address, mark, query = url.partition("#")[0].partition("?")
        return _USER.sub("", address) + self._query(mark + query)

    def headers(self, headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return `headers` with secret values masked, including those in URLs inside other values."""
        return [(name, MASK if self._is_secret(name) else self._text(value)) for name, value in headers]

    def _text(self, text: str) -> str:
        return _QUERY.sub(lambda found: self._query(found[0]), _USER.sub("", text))

    def _query(self, query: str) -> str:
        """Mask the secret values of a query or a fragment; values may contain semicolons."""
        masked: list[str] = []
        hidden = False
        for number, part in enumerate(_SEPARATOR.split(query)):
            name, equals, _ = part.partition("=")
            if number % 2:  # a separator
                hidden = hidden and part == ";"
            elif equals:
                hidden = self._is_secret(unquote(name))
                part = f"{name}={MASK}" if hidden else part
            elif hidden:
                part = MASK
            masked.append(part)
        return "".join(masked)

    def _is_secret(self, name: str) -> bool:
        return name.lower() in self._names or is_secret(name)
