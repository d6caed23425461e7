"""Bytes to the events of a chat stream, where old llama.cpp reports an error as a field of its own."""

from __future__ import annotations

from sse_client.events import Event
from sse_client.parser import Parser

__all__ = ["ChatParser"]


class ChatParser(Parser):
    """The parser of a chat stream: an `error: {...}` line is an event of the type `error`.

    The standard has a parser ignore a field that it does not know. llama.cpp until September 2025 reported
    every error that way, so that its clients saw a stream that ended for no reason.
    """

    def _ignored_field(self, name: str, value: str) -> Event | None:
        return Event(value, "error") if name == "error" else None
