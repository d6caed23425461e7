"""Recognises what servers and gateways add to a vendor's events: `[DONE]`, heartbeats, comments; and whole payloads."""

from __future__ import annotations

import json

import msgspec

from sse_client.events import Event
from sse_client.parser import Parser

__all__ = ["inner_events", "is_comment", "is_done", "is_heartbeat", "is_whole", "without_done"]

_LONGEST = 64  # characters of a marker or heartbeat, with the quotes and blanks around it
_BLANKS = 64  # characters at each end of JSON that may be blanks before its bracket

_FIELDS = ("data:", "event:", "id:", "retry:")
_MOST_INNER = 10_000  # lines; each may become an object of its own

_HEARTBEATS = frozenset({"ping", "heartbeat", "keepalive", "keep-alive", "keep_alive"})

# Checks the syntax without creating objects.
_scan = msgspec.json.Decoder(msgspec.Raw).decode


def is_done(data: str) -> bool:
    """Return whether `data` is `[DONE]`, which some servers quote."""
    return len(data) < _LONGEST and data.strip().strip('"').strip().upper() == "[DONE]"


def without_done(body: str) -> str:
    """Return the text of a body that is not a stream, without the `[DONE]` that some servers append."""
    head, _, last = body.rstrip().rpartition("\n")
    return head if head and is_done(last.removeprefix("data:")) else body


def is_comment(data: str) -> bool:
    """Return whether `data` is empty, or a comment that a gateway wrapped (`data: : PROCESSING`)."""
    return data.lstrip()[:1] in ("", ":")


def is_heartbeat(event: Event) -> bool:
    """Return whether an event only keeps the connection open, judging by its type or all of its data."""
    return event.event in _HEARTBEATS or (len(event.data) < _LONGEST and event.data.strip().lower() in _HEARTBEATS)


def inner_events(event: Event) -> list[Event]:
    """Return the events in the data of an event that is not JSON; none if it is something else.

    Some servers frame a stream twice (`data: data: {...}`), and some leave out the blank lines between events, so that
    each line of the data is an event.
    """
    data = event.data.strip()
    if data.count("\n") >= _MOST_INNER:
        return []
    if data.startswith(_FIELDS):
        found = Parser(max_event_size=None).feed(f"{data}\n\n".encode(errors="replace"))
        return [each if each.event != "message" else Event(each.data, event.event) for each in found]
    lines = data.split("\n")
    if len(lines) == 1 or not all(is_done(line) or is_whole(line) for line in lines):
        return []
    # The name is that of the last line.
    return [*map(Event, lines[:-1]), Event(lines[-1], event.event)]


def is_whole(data: str) -> bool:
    """Return whether `data` is a JSON object or array; other values do not show where they end."""
    if data[:_BLANKS].lstrip()[:1] not in ("{", "[") or data[-_BLANKS:].rstrip()[-1:] not in ("}", "]"):
        return False
    try:
        _scan(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _is_json(data)
    return True


def _is_json(data: str) -> bool:
    """Return whether Python's decoder accepts `data`; it also accepts lone surrogates and `NaN`."""
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
