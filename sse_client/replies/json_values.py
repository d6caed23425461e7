"""Narrows untyped JSON: a value of an unexpected kind becomes an empty one, or None."""

from __future__ import annotations

import json
from typing import Any, TypeGuard

__all__ = [
    "array",
    "is_array",
    "is_mapping",
    "json_object",
    "json_value",
    "label",
    "listed",
    "mapping",
    "number",
    "text",
    "whole_number",
]

_MOST_DIGITS = 18  # the most digits of a number that is sent as a string


def json_value(written: str) -> object:
    """Decode `written` as JSON; return None if it is not JSON."""
    try:
        value: object = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return value


def json_object(written: str) -> dict[str, Any] | None:
    """Decode `written` as a JSON object; return None if it is not one."""
    try:
        value: dict[str, Any] | None = json.loads(written)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether `value` is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether `value` is an array."""
    return isinstance(value, list)


def mapping(value: Any) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    fields: dict[str, Any] | None = value
    return fields if isinstance(fields, dict) else {}


def array(value: object) -> list[Any]:
    """Return `value` if it is an array, else an empty one."""
    return value if is_array(value) else []


def listed(value: object) -> list[Any]:
    """Return `value` if it is an array; the only element if it is a text or an object alone, and not empty; else none.

    Some gateways leave out the array around a single element.
    """
    return [value] if value and isinstance(value, str | dict) else array(value)


def text(value: object) -> str | None:
    """Return `value` if it is a string."""
    return value if isinstance(value, str) else None


def label(value: object) -> str | None:
    """Return an ID or a name if it is a string; some servers send a finite number, which is returned as text."""
    return str(value) if number(value) is not None else text(value)


def number(value: object) -> int | None:
    """Return `value` as an integer if it is a finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return int(value)
    except (OverflowError, ValueError):  # infinity, and not a number
        return None


def whole_number(value: object) -> int | None:
    """Return `value` if it is a whole number, else None; some gateways send it as a string, or as a float."""
    if isinstance(value, str) and value.isdecimal() and len(value) <= _MOST_DIGITS:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None
