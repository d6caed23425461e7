"""Decodes JSON into the structs of a response, whatever a server has made of a field.

A field or a list element of the wrong type is treated as absent, because one vendor's odd field must not end a stream.
Each field is decoded by itself, which costs more than decoding the whole. The pieces of text, which are nearly all of a
stream, do not go through this module.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import replace

from sse_client.adapters.openai.responses.response import (
    ContentPart,
    CustomToolCall,
    FunctionToolCall,
    OutputItem,
    OutputMessage,
    ReasoningItem,
    ResponseUsage,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["lenient"]

S = TypeVar("S", bound=msgspec.Struct)

_ITEMS: dict[str, type[OutputItem]] = {
    "custom_tool_call": CustomToolCall,
    "function_call": FunctionToolCall,
    "message": OutputMessage,
    "reasoning": ReasoningItem,
}

# The types of the parts of an item's fields.
_PARTS: dict[type[msgspec.Struct], dict[str, str]] = {
    OutputMessage: {"content": "output_text"},
    ReasoningItem: {"summary": "summary_text", "content": "reasoning_text"},
}

# Fields whose text is JSON, which some servers send decoded.
_WRITTEN = frozenset({"arguments", "input"})

# Fields whose text some servers send as a number.
_LABELS = frozenset({"id", "item_id", "call_id"})

# The chat API's names for counts, which some gateways keep.
_COUNTS = {
    "input_tokens": "prompt_tokens",
    "output_tokens": "completion_tokens",
    "input_tokens_details": "prompt_tokens_details",
    "output_tokens_details": "completion_tokens_details",
}

# The elements as raw JSON, not decoded yet.
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_string = msgspec.json.Decoder(str).decode
_string_or_number = msgspec.json.Decoder(str | int).decode
_null = msgspec.Raw(b"null")


def lenient(kind: type[S], text: str | bytes) -> S:
    """Decode `text` as a struct, whose `raw` field, if it has one, becomes `text`.

    An `OutputItem` becomes the subclass for its `type`.

    Raises:
        msgspec.DecodeError: `text` is not JSON, or not an object.
    """
    written = _object(text)
    if kind is OutputItem:
        named = _known(_string, written.get("type", _null))
        return _made(_ITEMS.get(named, kind), written, text)  # type: ignore[return-value]  # it is of a subclass of its own
    if kind is ResponseUsage:
        return _with_total(_made(kind, _renamed(written), text))  # type: ignore[no-any-return]  # as it is made
    return _made(kind, written, text)


def _renamed(written: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    return {**{name: written[other] for name, other in _COUNTS.items() if other in written}, **written}


def _with_total(usage: Any) -> Any:
    """Return a usage with the total that the server did not send."""
    asked, said = usage.input_tokens, usage.output_tokens
    return replace(usage, total_tokens=asked + said) if asked and said and not usage.total_tokens else usage


def _made(kind: type[S], written: dict[str, msgspec.Raw], text: str | bytes) -> S:
    known = {name: value for name, read in _fields(kind) if (value := _known(read, written.get(name))) is not None}
    if "raw" in kind.__struct_fields__:
        known["raw"] = text if isinstance(text, str) else str(text, "utf-8")
    return kind(**known)


def _known(read: Callable[[Any], Any], written: msgspec.Raw | bytes | None) -> Any:
    """Decode `written` with `read`; None if it is missing, of another type, or nested too deeply."""
    if written is None:
        return None
    try:
        return read(written)
    except (msgspec.ValidationError, RecursionError):
        return None


@cache
def _fields(kind: type[msgspec.Struct]) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return the fields of `kind`, each with its decoder."""
    readers = {field.name: _reader(field.type) for field in msgspec.structs.fields(kind) if field.name != "raw"}
    for name in readers.keys() & _WRITTEN:
        readers[name] = _json_text
    for name in readers.keys() & _LABELS:
        readers[name] = _label
    for name, part in _PARTS.get(kind, {}).items():
        readers[name] = partial(_parts, readers[name], part)
    return list(readers.items())


def _json_text(written: Any) -> str | None:
    """Return a text; anything else as its JSON."""
    found = _known(_string, written)
    plain = bytes(written)
    return str(plain, "utf-8") if found is None and plain != b"null" else found


def _reader(annotation: Any) -> Callable[[Any], Any]:
    structs = [
        kind
        for kind in (annotation, *get_args(annotation))
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    ]
    if not structs:
        # Some servers send numbers as strings.
        return msgspec.json.Decoder(annotation, strict=str in get_args(annotation)).decode
    one = partial(lenient, structs[0])
    if get_origin(annotation) is not list:
        return one
    return lambda written: [made for element in _elements(written) if (made := _known(one, element)) is not None]


def _label(written: Any) -> str:
    return str(_string_or_number(written))


def _elements(written: Any) -> list[Any]:
    """Return the elements of a list.

    Some servers send a single element without a list; those written in PHP, an object whose keys are the indexes.
    """
    try:
        return _array(written)
    except msgspec.ValidationError:
        fields = _object(written)  # raises the same error if it is not an element either
        return list(fields.values()) if fields and all(name.isdecimal() for name in fields) else [written]


def _parts(several: Callable[[Any], Any], kind: str, written: Any) -> Any:
    """Return the parts of a content; some servers send a single text instead."""
    said = _known(_string, written)
    return several(written) if said is None else [ContentPart(kind, said)]
