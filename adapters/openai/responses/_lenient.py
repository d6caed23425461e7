"""JSON text to the structs of a response, whatever the server made of a field.

A field of the wrong type is as good as absent, and so is an element of a list: one odd field of one vendor must
not end a stream. Each field is decoded by itself, which costs more than a decoder of the whole; the pieces of
text, nearly all that ever comes, do not go through here.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

import msgspec

from sse_client.adapters.openai.responses.response import (
    CustomToolCall,
    FunctionToolCall,
    OutputItem,
    OutputMessage,
    ReasoningItem,
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

# The elements as they are written, not decoded yet.
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_string = msgspec.json.Decoder(str).decode


def lenient(kind: type[S], text: str | bytes) -> S:
    """Return `text` as a struct; its `raw`, if it has one, is `text`.

    An `OutputItem` is of the subclass that its `type` names.

    Raises:
        msgspec.DecodeError: `text` is not JSON, or no object.
    """
    written = _object(text)
    if kind is OutputItem:
        named = _known(_string, written.get("type", b"null"))
        return _made(_ITEMS.get(named, kind), written, text)  # type: ignore[return-value]  # it is of a subclass of its own
    return _made(kind, written, text)


def _made(kind: type[S], written: dict[str, msgspec.Raw], text: str | bytes) -> S:
    known = {name: value for name, read in _fields(kind) if (value := _known(read, written.get(name))) is not None}
    if "raw" in kind.__struct_fields__:
        known["raw"] = text if isinstance(text, str) else str(text, "utf-8")
    return kind(**known)


def _known(read: Callable[[Any], Any], written: msgspec.Raw | bytes | None) -> Any:
    """Return what is `written` as `read` reads it; None where it is nothing, of another type, or nested too deep."""
    if written is None:
        return None
    try:
        return read(written)
    except (msgspec.ValidationError, RecursionError):
        return None


@cache
def _fields(kind: type[msgspec.Struct]) -> list[tuple[str, Callable[[Any], Any]]]:
    """Return the fields of `kind`, each with what reads it."""
    return [(field.name, _reader(field.type)) for field in msgspec.structs.fields(kind) if field.name != "raw"]


def _reader(annotation: Any) -> Callable[[Any], Any]:
    structs = [
        kind
        for kind in (annotation, *get_args(annotation))
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    ]
    if not structs:
        return msgspec.json.Decoder(annotation).decode
    one = partial(lenient, structs[0])
    if get_origin(annotation) is not list:
        return one
    return lambda written: [made for element in _array(written) if (made := _known(one, element)) is not None]
