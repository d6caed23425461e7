"""Type guards for arguments that may be of several types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

__all__ = ["is_listing", "is_mapping", "is_pair"]


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Return whether `value` is a mapping."""
    return type(value) is dict or isinstance(value, Mapping)  # the exact type is checked in a fraction of the time


def is_listing(value: object) -> TypeGuard[tuple[Any, ...] | list[Any]]:
    """Return whether `value` is a tuple or a list."""
    return isinstance(value, (tuple, list))


def is_pair(value: object) -> TypeGuard[tuple[Any, Any]]:
    """Return whether `value` is a tuple of two items."""
    return is_listing(value) and isinstance(value, tuple) and len(value) == 2
