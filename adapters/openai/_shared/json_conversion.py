"""Converts values of other types to JSON: enums, dates, models, dataclasses, structs, and this package's own."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import msgspec

from sse_client.adapters.openai._shared.json_body import is_any_mapping, is_listing, plain
from sse_client.adapters.openai.completion import Choice, Completion, Message, ToolCall
from sse_client.replies.json_values import is_array, is_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["converted"]

# Types that msgspec would encode as strings, but that are refused here.
_OTHERS = (bytes, bytearray, memoryview, Decimal, timedelta)

_SCHEMA = (
    "{{'type': 'json_schema', 'json_schema': {{'name': {name!r}, 'schema': ...}}}}, "
    "and read the answer with reply.parse({name})"
)
_TOOL = "{{'type': 'function', 'function': {{'name': {name!r}, 'parameters': ...}}}}"


def converted(value: Any, where: str) -> Any:
    """Convert a value of another type to a JSON value, or to a container of such values."""
    if isinstance(value, Enum):  # checked before `str` and `int`, which an enum may also be
        return value.value
    if isinstance(value, (str, int)):
        return str.__str__(value) if isinstance(value, str) else int(value)
    if isinstance(value, (Message, ToolCall)):
        return value.json()
    if not isinstance(value, type):
        if callable(dump := getattr(value, "model_dump", None)):
            return _without_nulls(
                dump(mode="json", by_alias=True), dump(mode="json", by_alias=True, exclude_unset=True)
            )
        if dataclasses.is_dataclass(value):
            return _set(value, dataclasses.fields(value))
        if attributes := getattr(value, "__attrs_attrs__", None):
            return _set(value, attributes)
        if isinstance(value, (Completion, Choice)):
            message = "choices[0].message" if isinstance(value, Completion) else "message"
            raise TypeError(f"{where}: expected a message, got the {_kind(value)} around it: pass its {message}")
        if isinstance(value, msgspec.Struct):
            hook = partial(_in_struct, where=where)
            return _pruned(msgspec.to_builtins(value, builtin_types=_OTHERS, enc_hook=hook), value)
        if hasattr(value, "_asdict"):
            return value._asdict()
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{where}: {_refusal(value, where)}")


def _set(value: Any, fields: Iterable[Any]) -> dict[str, Any]:
    """Return the fields of a dataclass or an attrs class, without those that are None by default."""
    pairs = ((each, getattr(value, each.name)) for each in fields)
    return {each.name: content for each, content in pairs if content is not None or each.default is not None}


def _pruned(plain: Any, value: Any) -> Any:
    """Return msgspec's form of a struct, or of a value in one, without fields that are None by default."""
    if is_listing(plain) and is_listing(value):
        return [_pruned(*pair) for pair in zip(plain, value, strict=True)]
    if not is_mapping(plain):
        return plain
    if is_any_mapping(value):
        return {name: _pruned(*pair) for name, *pair in zip(plain, plain.values(), value.values(), strict=True)}
    fields: Iterable[Any] = ()
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
    elif dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
    for each in fields:
        name, content = getattr(each, "encode_name", each.name), getattr(value, each.name, None)
        if content is None and each.default is None:
            plain.pop(name, None)
        elif name in plain:
            plain[name] = _pruned(plain[name], content)
    return plain


def _in_struct(value: Any, where: str) -> Any:
    """Convert a value inside a struct that msgspec does not support."""
    return plain(converted(value, where), where)


def _without_nulls(full: Any, given: Any) -> Any:
    """Return a model's fields without those that are None because they were never set.

    Args:
        full: all fields of the model.
        given: the fields that were set.
    """
    if is_mapping(full) and is_mapping(given):
        return {
            name: _without_nulls(value, given.get(name, value))
            for name, value in full.items()
            if value is not None or name in given
        }
    if is_array(full) and is_array(given) and len(full) == len(given):
        return [_without_nulls(*pair) for pair in zip(full, given, strict=True)]
    return cast("Any", full)


def _refusal(value: Any, where: str) -> str:
    """Return why a value cannot be sent, and what to pass instead."""
    name = getattr(value, "__name__", None)
    if name is not None and (isinstance(value, type) or callable(value)):
        kind = "class" if isinstance(value, type) else "function"
        advice = _TOOL if where.startswith("tools") else _SCHEMA if kind == "class" else None
        hint = "" if advice is None else f": pass {advice.format(name=name)}"
        return f"expected JSON, got the {kind} {name}{hint}"
    kind = _kind(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"expected JSON, got {kind}: decode them, or send them in base64"
    if isinstance(value, (set, frozenset)) or hasattr(value, "__next__"):
        return f"expected JSON, got {kind}: pass a list"
    return f"expected JSON, got {kind}: pass a dict, a list, a text or a number"


def _kind(value: object) -> str:
    return type(value).__name__
