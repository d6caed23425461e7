"""Parses headers written on a command line or in a file: one `Name: value` each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sse_client.cli.exits import Failure
from sse_client.cli.files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["parsed"]

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 5.6.2, "token"


def parsed(given: Iterable[str]) -> dict[str, str | bytes | None]:
    """Return headers by name; a value of None removes a default header. Values of equal names are joined with commas.

    Raises:
        Failure: a header is malformed, or a file of headers cannot be read.
    """
    headers: dict[str, str | bytes | None] = {}
    spelled: dict[str, str] = {}
    for name, value in (each for text in given for each in _fields(text)):
        known = spelled.setdefault(name.lower(), name)
        before = headers.get(known)
        headers[known] = _joined(known, before, value) if before and value else value
    return headers


def _joined(name: str, before: str | bytes, value: str | bytes) -> str | bytes:
    separator = "; " if name.lower() == "cookie" else ", "
    if isinstance(before, str) and isinstance(value, str):
        return before + separator + value
    return _bytes(before) + separator.encode() + _bytes(value)


def _bytes(value: str | bytes) -> bytes:
    return value.encode("latin-1") if isinstance(value, str) else value


def _fields(text: str) -> Iterator[tuple[str, str | bytes | None]]:
    if not text.startswith("@"):
        yield _field(text, "-H")
        return
    path = text[1:]
    for number, line in enumerate(re.split(r"\r\n|\r|\n", read_text(path, "-H")), 1):
        if line.strip() and not line.startswith("#"):
            yield _field(line, f"-H: {path}, line {number}")


def _field(text: str, where: str) -> tuple[str, str | bytes | None]:
    name, colon, value = text.partition(":")
    name = name.strip()
    # The argument is not repeated, because it may be a key without its header name.
    if not colon:
        raise Failure(f"{where}: expected a header such as 'Name: value', got a text without a colon")
    if not _NAME.fullmatch(name):
        raise Failure(f"{where}: expected a header such as 'Name: value', got a name that no header can have")
    value = value.strip(" \t")
    if any(char in value for char in "\r\n\0"):
        raise Failure(f"{where}: the value of {name} holds a line end or a NUL")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return name, value.encode("utf-8", "surrogateescape")
    return name, value or None
