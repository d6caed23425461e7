"""Converts the body of a request to JSON, values of the caller's own types included."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, TypeGuard, cast

from sse_client.replies.json_values import is_array

__all__ = ["encodable", "is_any_mapping", "is_listing", "listed", "plain"]

_AS_THEY_ARE = frozenset({str, int, bool, type(None)})
_NAMES = frozenset({str})


def encodable(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return `body` converted to values that the `json` module encodes.

    Pydantic models, dataclasses, `msgspec.Struct`s, attrs classes, named tuples, and this package's `Message` and
    `ToolCall` become dicts. A field that is None because it was never set is left out, because APIs refuse some nulls.

    Raises:
        TypeError: a value has no JSON form; the message says where it is, and what to pass instead.
        ValueError: a number is not finite, or the values contain themselves.
    """
    try:
        return {name: value if type(value) in _AS_THEY_ARE else plain(value, name) for name, value in body.items()}
    except RecursionError:
        raise ValueError("the body of the request is nested too deep, or contains itself") from None


def listed(name: str, values: Any, what: str) -> list[Any]:
    """Return the elements of an argument that should be a list of dicts.

    Raises:
        TypeError: the argument is a str or a single element, which as a list would be its characters or field names;
            or an element is a str or a number.
    """
    # Checked first, because it is nearly always a list.
    if type(values) is not list and (
        isinstance(values, (str, bytes)) or is_any_mapping(values) or not _is_several(values)
    ):
        raise TypeError(f"{name}: expected a list of {what}, got one {_kind(values)}")
    elements: list[Any] = list(cast("Any", values))
    for number, element in enumerate(elements):
        if type(element) is dict:
            continue
        if element is None or is_array(element) or isinstance(element, (str, bytes, int, float)):
            raise TypeError(f"{name}[{number}]: expected one of the {what}, a dict, got {_kind(element)}")
    return elements


def is_any_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Return whether `value` is a mapping of any kind."""
    return type(value) is dict or isinstance(value, Mapping)  # the exact type is checked in a fraction of the time


def is_listing(value: object) -> TypeGuard[tuple[Any, ...] | list[Any]]:
    """Return whether `value` is a list or a tuple."""
    return isinstance(value, (list, tuple))


def _is_several(values: object) -> TypeGuard[Iterable[Any]]:
    return not hasattr(values, "model_dump") and isinstance(values, Iterable)  # a model yields its fields


def plain(value: Any, where: str) -> Any:
    """Return a value as one that the `json` module encodes; `where` is its place in the body, for messages."""
    # Most values are leaves. They are checked here, so that no path is built for them.
    if type(value) in _AS_THEY_ARE:
        return value
    if is_listing(value) and not hasattr(value, "_asdict"):
        return [
            each if type(each) in _AS_THEY_ARE
            else each.copy() if _is_flat(each)
            else plain(each, f"{where}[{number}]")
            for number, each in enumerate(value)
        ]  # fmt: skip
    if is_any_mapping(value):
        return {
            _key(key, where): each if type(each) in _AS_THEY_ARE else plain(each, f"{where}.{key}")
            for key, each in value.items()
        }
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where}: expected a finite number, got {value}")
        return float(value)
    from sse_client.adapters.openai._shared.json_conversion import converted  # loaded with the first such value

    return plain(converted(value, where), where)


def _is_flat(value: Any) -> bool:
    """Return whether a value is a dict of leaves, as most messages are, whose conversion is a copy."""
    fields: Mapping[Any, Any] = value
    return (
        type(value) is dict
        and _NAMES.issuperset(map(type, fields))
        and _AS_THEY_ARE.issuperset(map(type, fields.values()))
    )


def _kind(value: object) -> str:
    return type(value).__name__


def _key(key: Any, where: str) -> str:
    if type(key) is str:
        return key
    if isinstance(key, Enum):
        key = key.value
    if isinstance(key, int) and not isinstance(key, bool):
        return str(int(key))  # as in `logit_bias`
    if not isinstance(key, str):
        raise TypeError(f"{where}: expected a str as a key, got {_kind(key)}")
    return str(key)
