"""Narrows untyped JSON: a value of an unexpected kind becomes an empty one, or None."""

from __future__ import annotations

import json
from typing import Any, TypeGuard, cast

__all__ = ["array", "joined", "json_object", "mapping", "number", "text"]

_MOST_DIGITS = 18  # the most digits of a number that is sent as a string


def json_object(written: str) -> dict[str, Any] | None:
    """Decode `written` as a JSON object; return None if it is not one."""
    try:
        value: object = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def mapping(value: object) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def array(value: object) -> list[Any]:
    """Return a copy of `value` if it is an array, else an empty one."""
    return [*value] if _is_array(value) else []


def text(value: object) -> str | None:
    """Return `value` if it is a string."""
    return value if isinstance(value, str) else None


def number(value: object) -> int | None:
    """Return `value` if it is a whole number; some gateways send it as a string, or as a float."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def joined(half: str, piece: str) -> tuple[str, str]:
    """Return `half` and `piece` joined, and separately a high surrogate at the end.

    Servers that count in UTF-16 may cut a character in two, and escape each half by itself.
    """
    whole = half + piece
    if whole.isascii():
        return whole, ""
    half = whole[-1] if "\ud800" <= whole[-1] <= "\udbff" else ""
    pairs = whole[: len(whole) - len(half)].encode("utf-16-le", "surrogatepass")
    return pairs.decode("utf-16-le", "replace"), half


def _is_array(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)
