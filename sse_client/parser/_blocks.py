"""Parses whole blocks by regular expressions for the usual fields; other blocks are interpreted line by line.

Every quantifier is possessive or bounded, so no expression backtracks, and each takes linear time.
"""

from __future__ import annotations

from itertools import accumulate, compress, count, repeat
from typing import TYPE_CHECKING, Any

from sse_client._patterns import when_needed
from sse_client.events import Event
from sse_client.parser._line_ends import CR

if TYPE_CHECKING:
    import re
    from collections.abc import Callable
    from typing import Protocol

    class _Parser(Protocol):
        last_event_id: str


__all__ = ["match_block", "match_deferrable", "match_prefix", "whole_blocks"]

# The bytes before the value in a block of one data line and at most an event line, if the next block begins alike.
match_prefix = when_needed(rb"((?:event: ?+([^\r\n]{0,100}+)\r?\n)?+data:( ?+))[^\n]++\n\r?\n(?=\1|\Z)", "match")

# Lines that have no effect before their block is complete, and the unfinished line after them.
_DEFERRABLE = r"(?:(?:data|event|id):.*+\n)*+.*+"
match_deferrable = when_needed(_DEFERRABLE.encode(), "fullmatch")

# The fields of a block whose lines end in LF, in any order. `(?(1)(?!)|...)` refuses data in a second place, and
# `(?(1)|(?!))` a block without data. Empty types and ids, and ids with a NUL, have special rules: they do not match.
_FIELD = r"data: ?+(?(1)(?!)|(.*+(?:\ndata: .*+)*+))|event: ?+(.++)|id: ?+([^\n\0]++)"
match_block = when_needed(rf"(?:(?:{_FIELD})\n)*+(?(1)|(?!))\n({_DEFERRABLE})", "fullmatch")
_split_blocks = when_needed(rf"\n(?:\n(?:{_FIELD}))*+(?(1)|(?!))(?=\n\n)", "split")


def whole_blocks(data: bytes, blank: bytes, parser: _Parser, interpret: Callable[[bytes], list[Any]]) -> list[Any]:
    """Return the events of whole blocks, and set the last event ID of `parser`.

    `blank` is the end of the last block (see `blank_line`); `interpret` returns the events of blocks line by line.
    """
    prefix = match_prefix()(data)
    try:
        events = _alike(data, prefix, blank, parser, interpret) if prefix else None
        if events is not None:
            return events
        text = data.decode()
    except UnicodeDecodeError:
        return interpret(data)
    if CR in data:
        text = text.replace("\r\n", "\n")
    return interpret(data) if "\r" in text else _varied(text, parser, interpret)


def _alike(
    data: bytes, match: re.Match[bytes], blank: bytes, parser: _Parser, interpret: Callable[[bytes], list[Any]]
) -> list[Any] | None:
    """Return the events of blocks that differ only in their values; None if more than a quarter differ otherwise."""
    prefix, name, space = match.groups()
    event_type = (name or b"").decode() or "message"
    values, between = data[len(prefix) : -len(blank)], blank + prefix
    if not space and between + b" " in values:
        return None
    # `rsplit` searches for the LF, which is rare; `split` would search for the last byte: 50 against 110 ns a chat
    # event. Decoding ASCII before splitting saves another 30 ns.
    try:
        pieces = values.decode("ascii").rsplit(between.decode("ascii"))
    except UnicodeDecodeError:
        pieces = [piece.decode() for piece in values.rsplit(between)]
    text = "|".join(pieces)
    plain = "\n" not in text and "\r" not in text
    odd = [] if plain else [at for at, piece in enumerate(pieces) if "\n" in piece or "\r" in piece]
    if 4 * len(odd) > len(pieces):
        return None
    events, start = list[Any](), 0
    for at in odd:
        events += map(Event, pieces[start:at], repeat(event_type), repeat(parser.last_event_id))
        events += interpret(prefix + pieces[at].encode() + blank)
        start = at + 1
    events += map(Event, pieces[start:], repeat(event_type), repeat(parser.last_event_id))
    return events


def _varied(text: str, parser: _Parser, interpret: Callable[[bytes], list[Any]]) -> list[Any]:
    """Return the events of blocks whose lines end in LF."""
    # Alternates between text that does not match and the groups of a block that does. A blank line precedes each block.
    parts = _split_blocks()("\n\n" + text)
    parts[-1] = parts[-1].removesuffix("\n\n")
    others, data, types, ids = parts[::4], parts[1::4], parts[2::4], parts[3::4]
    events, start = list[Any](), 0
    for at in compress(count(), others):
        events += _matched(data[start:at], types[start:at], ids[start:at], parser)
        events += interpret(others[at][2:].encode() + b"\n\n")
        start = at
    if start:
        data, types, ids = data[start:], types[start:], ids[start:]
    return events + _matched(data, types, ids, parser)


def _matched(data: list[str], types: list[str], ids: list[str], parser: _Parser) -> list[Any]:
    """Return the events of blocks that match, from the groups of `_FIELD`; a field that a block lacks is None."""
    if "\n" in "|".join(data):
        data = [value.replace("\ndata: ", "\n") for value in data]
    if not all(types):
        types = [name or "message" for name in types]
    if not any(ids):
        return list(map(Event, data, types, repeat(parser.last_event_id)))
    if not all(ids):
        ids = list(accumulate(ids, lambda last, new: new or last, initial=parser.last_event_id))[1:]
    parser.last_event_id = ids[-1]
    return list(map(Event, data, types, ids))
