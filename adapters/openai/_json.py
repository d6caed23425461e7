"""Untyped JSON, narrowed: what is not of the expected kind is empty, or None."""

from __future__ import annotations

from typing import Any, TypeGuard

__all__ = ["array", "is_array", "is_mapping", "mapping", "number", "text"]


def is_mapping(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether `value` is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Tell whether `value` is an array."""
    return isinstance(value, list)


def mapping(value: object) -> dict[str, Any]:
    """Return `value` if it is an object, else an empty one."""
    return value if is_mapping(value) else {}


def array(value: object) -> list[Any]:
    """Return `value` if it is an array, else an empty one."""
    return value if is_array(value) else []


def text(value: object) -> str | None:
    """Return `value` if it is a string."""
    return value if isinstance(value, str) else None


def number(value: object) -> int | None:
    """Return `value` as an integer if it is a number that has one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return int(value)
    except (OverflowError, ValueError):  # infinity, and not a number
        return None
