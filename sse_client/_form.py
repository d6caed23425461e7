"""The form of the blocks that other streams are made of: the same fields, in the same order, with any values.

A regular expression made of the fields takes a block apart in C. Line by line, that costs three times as much.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, repeat
from typing import TYPE_CHECKING, Any

from sse_client.events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Form", "form_at"]

_LONGEST = 4096  # characters of a block that is looked at
_LF = "\n"
# An empty type is none; a reconnection time is digits only, and one of more than 15 of them is left to others.
_VALUES = {"data": ".*+", "event": ".++", "id": ".*+", "retry": "[0-9]{1,15}+"}
_HEADS = {name + end for name in _VALUES for end in (":", ": ")}


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a block. Lines end in LF, and there is no NUL.

    Attributes:
        match: matches one block as a whole, with its blank line; a group for each field.
        split: cuts blocks that begin and end with a blank line into those that fit and what is between: the latter,
            and the values of the next that fits, in turns. What is between is whole blocks, each behind its blank line.
        fields: how many groups there are; all lines of data are one.
        data: the number of the group of `data`.
        type: that of `event`; 0 if there is none.
        id: that of `id`; 0 if there is none.
        retry: that of `retry`; 0 if there is none.
        has_shape: whether there is one line of data, and nothing else but a type (see `Shape`).
        simple: whether there is one line of data, and no `retry`.
        joint: what stands between two lines of data, if there may be more than one.
    """

    match: Callable[[str], re.Match[str] | None]
    split: Callable[[str], list[str | Any]]
    fields: int
    data: int
    type: int
    id: int
    retry: int
    has_shape: bool
    simple: bool
    joint: str

    def event(self, match: re.Match[str], last_event_id: str) -> Event:
        """Return the event of a block that matched."""
        data = match[self.data]
        if self.joint:
            data = data.replace(self.joint, "\n")
        event_type = match[self.type] if self.type else "message"
        event_id = match[self.id] if self.id else last_event_id
        return Event(data, event_type, event_id, int(match[self.retry]) if self.retry else None)

    def events(self, columns: Sequence[Sequence[str]], last_event_id: str) -> list[Event]:
        """Return the events of many, from the values of each field."""
        data: Iterable[str] = columns[self.data - 1]
        if self.joint:
            data = [value.replace(self.joint, "\n") for value in data]
        types = columns[self.type - 1] if self.type else repeat("message")
        ids = columns[self.id - 1] if self.id else repeat(last_event_id)
        retries = map(int, columns[self.retry - 1]) if self.retry else repeat(None)
        return list(map(Event, data, types, ids, retries))


def form_at(text: str) -> Form | None:
    """Return the form of the block that a text begins with; None if it has none."""
    end = text.find("\n\n", 0, _LONGEST)
    if end <= 0:
        return None
    heads = [(head, len(list(lines)) > 1) for head, lines in groupby(text[:end].split("\n"), _head)]
    return _form_of(tuple(heads))


def _head(line: str) -> str:
    """Return what comes before the value."""
    name, colon, _ = line.partition(": ")
    if colon and ":" not in name:
        return name + colon
    name, colon, _ = line.partition(":")
    return name + colon


# All parsers share what they have learned.
@lru_cache(maxsize=256)
def _form_of(heads: tuple[tuple[str, bool], ...]) -> Form | None:
    """Return the form of a block of such lines; with each, whether there are several of them in a row."""
    names = [head.partition(":")[0] for head, _ in heads]
    if "data" not in names or len(set(names)) < len(names) or not {head for head, _ in heads} <= _HEADS:
        return None
    pattern, joint = "", ""
    for name, (head, several) in zip(names, heads, strict=True):
        value = _VALUES[name] if head.endswith(" ") else f"(?! ){_VALUES[name]}"
        if several:
            if name != "data":
                return None
            joint = f"\n{head}"
            value = f"{value}(?:{joint}{value})*+"
        pattern += f"{head}({value})\n"
    groups = {name: number for number, name in enumerate(names, 1)}
    return Form(
        re.compile(pattern + "\n").fullmatch,
        re.compile(f"\n\n{pattern.removesuffix(_LF)}(?=\n\n)").split,
        len(names),
        groups["data"],
        groups.get("event", 0),
        groups.get("id", 0),
        groups.get("retry", 0),
        not joint and groups.keys() <= {"data", "event"},
        not joint and "retry" not in groups,
        joint,
    )
