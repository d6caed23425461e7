"""What a stream is made of: events and comments (WHATWG HTML 9.2.6)."""

from __future__ import annotations

import json
from typing import Any, final

import msgspec

__all__ = ["Comment", "Event"]


# A msgspec struct, because the type of the event decides the speed of everything that handles events: it is created in
# C in 60 ns, a frozen dataclass in 500. It holds only strings and an int, so the garbage collector need not track it.
class Event(msgspec.Struct, frozen=True, gc=False):
    """A dispatched event. Immutable, hashable, equal by value.

    Attributes:
        data: the data lines, joined by LF.
        event: the event's type; `"message"` if the stream named none.
        id: the last event ID: that of this event, or of the last event before it that had one.
        retry: the reconnection time in milliseconds, if this event's block contained a valid one; else None.
    """

    data: str = ""
    event: str = "message"
    id: str = ""
    retry: int | None = None

    def json(self) -> Any:
        """Return `data` decoded as JSON.

        Raises:
            json.JSONDecodeError: `data` is not JSON.
        """
        return json.loads(self.data)

    def encode(self) -> bytes:
        """Return a block that a fresh parser reads back as this event.

        Raises:
            ValueError: the event cannot be encoded: it has a CR in `data`, a line end in `event` or `id`, a NUL in
                `id`, an empty `event`, a negative `retry`, or a surrogate.
        """
        if not self.event or "\n" in self.event or "\r" in self.event:
            raise ValueError(f"an event's type must be a line of text, not {self.event!r}")
        if "\n" in self.id or "\r" in self.id or "\0" in self.id:
            raise ValueError(f"an event's id must hold no CR, LF or NUL, but is {self.id!r}")
        if "\r" in self.data:
            raise ValueError("an event's data must hold no CR: it would be read back as LF")
        if self.retry is not None and self.retry < 0:
            raise ValueError(f"retry must be 0 or more milliseconds, not {self.retry}")
        fields: list[str] = []
        if self.event != "message":
            fields.append(f"event: {self.event}\n")
        if self.id:
            fields.append(f"id: {self.id}\n")
        if self.retry is not None:
            fields.append(f"retry: {self.retry}\n")
        fields += [f"data: {line}\n" for line in self.data.split("\n")]
        return "".join([*fields, "\n"]).encode()


@final
class Comment(msgspec.Struct, frozen=True, gc=False):
    """A comment line; servers send them as heartbeats.

    Attributes:
        text: the text after the colon, without one leading space.
    """

    text: str

    def encode(self) -> bytes:
        """Return a comment line, which a parser reads back as this comment, and a blank line.

        Raises:
            ValueError: `text` holds a line end, or a surrogate.
        """
        if "\n" in self.text or "\r" in self.text:
            raise ValueError(f"a comment must be a line of text, not {self.text!r}")
        return f": {self.text}\n\n".encode()
