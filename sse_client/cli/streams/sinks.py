"""The output forms of events: plain for pipes, JSON, one field of the data, coloured for a terminal, or raw bytes."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec

from sse_client import Comment, Event
from sse_client.cli.exits import Failure
from sse_client.cli.screen.terminal import escaped_json, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sse_client.cli.screen.stdout import Stdout
    from sse_client.cli.streams.event_line import EventLine

__all__ = ["FieldValues", "JsonLines", "OnTerminal", "Plain", "Silent", "Sink", "count_events", "path_of"]

_ENCODER = msgspec.json.Encoder()
_DECODE = msgspec.json.Decoder().decode
_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode


class Sink(Protocol):
    """Shows events at once."""

    def write(self, events: Sequence[Event | Comment]) -> int:
        """Show `events`, which arrived together; return how many were shown."""
        ...


def count_events(events: Sequence[Event | Comment]) -> int:
    """Return how many of `events` are not comments."""
    return sum([type(event) is Event for event in events])


class Plain:
    """The data of each event, and a line feed."""

    def __init__(self, out: Stdout, *, comments: bool = False) -> None:
        self._out = out
        self._comments = comments

    def write(self, events: Sequence[Event | Comment]) -> int:
        """Write the data of `events`; a comment is a line that begins with a colon, as in the stream."""
        if not self._comments:
            # Leaving out the test for comments saves a tenth of the time per event.
            lines = [event.data for event in cast("Sequence[Event]", events)]
            lines.append("")
            self._out.write("\n".join(lines).encode())
            return len(events)
        lines = [event.data if isinstance(event, Event) else f": {event.text}" for event in events]
        lines.append("")
        self._out.write("\n".join(lines).encode())
        return count_events(events)


class _Line(msgspec.Struct, gc=False, omit_defaults=True):
    """An event as `JsonLines` shows it: a third of the time of a dictionary."""

    event: str
    data: str
    id: str
    retry: int | None = None


class JsonLines:
    """One JSON object per line; with `timing`, it has the time of arrival and the seconds since the previous event.

    With `safe`, control characters that JSON does not escape, such as U+009B, are escaped in JSON's form.
    """

    def __init__(self, out: Stdout, *, timing: bool = False, comments: bool = False, safe: bool = False) -> None:
        self._out = out
        self._safe = safe
        self._timing = timing
        self._events_alone = not timing and not comments
        self._before: float | None = None

    def write(self, events: Sequence[Event | Comment]) -> int:
        """Write `events` as JSON."""
        if self._events_alone:
            lines = [_Line(each.event, each.data, each.id, each.retry) for each in cast("Sequence[Event]", events)]
            self._write(_ENCODER.encode_lines(lines))
            return len(lines)
        self._write(_ENCODER.encode_lines([self._object(event) for event in events]))
        return count_events(events)

    def _write(self, lines: bytes) -> None:
        self._out.write(escaped_json(lines.decode()).encode() if self._safe else lines)

    def _object(self, event: Event | Comment) -> dict[str, Any]:
        if isinstance(event, Comment):
            shown: dict[str, Any] = {"comment": event.text}
        else:
            shown = {"event": event.event, "data": event.data, "id": event.id}
            if event.retry is not None:
                shown["retry"] = event.retry
        if self._timing:
            now = time.monotonic()
            shown["time"] = round(time.time(), 6)
            shown["gap"] = None if self._before is None else round(now - self._before, 6)
            self._before = now
        return shown


def path_of(text: str) -> list[str]:
    """Return the steps of a path such as `choices.0.delta.content`.

    Raises:
        Failure: a step is empty.
    """
    steps = text.removeprefix(".").replace("[", ".").replace("]", "").split(".")
    if not all(steps):
        raise Failure(f"--field: expected a path such as choices.0.delta.content, got {text!r}")
    return steps


class FieldValues:
    """One value of each event's JSON; events without it are skipped.

    Args:
        out: the output.
        path: the path of the value in the JSON.
        safe: whether control characters are escaped, for a terminal.
    """

    def __init__(self, out: Stdout, path: Sequence[str], *, safe: bool = False) -> None:
        self._out = out
        self._safe = safe
        self._path = path
        self._came = self._found = False

    @property
    def missed(self) -> bool:
        """Whether events arrived, but none had the value."""
        return self._came and not self._found

    def write(self, events: Sequence[Event | Comment]) -> int:
        """Write the values: a string as its text, anything else as JSON."""
        self._came = True  # no test for comments, which cannot be combined with --field
        values = [found for event in events if isinstance(event, Event) for found in self._values(event.data)]
        if values:
            self._found = True
            text = "".join(values)
            self._out.write((printable(text) if self._safe else text).encode("utf-8", "backslashreplace"))
        return len(values)

    def _values(self, data: str) -> list[str]:
        try:
            value: Any = _decoded(data)
            for step in self._path:
                value = value[_key(value, step)]
            return [(value if isinstance(value, str) else str(value) if type(value) is int else _AS_JSON(value)) + "\n"]
        except (ValueError, LookupError, TypeError, RecursionError):
            return []


def _decoded(data: str) -> Any:
    try:
        return _DECODE(data)  # takes a tenth of the time of `json.loads`, with the same result if it succeeds
    except (msgspec.DecodeError, ValueError, RecursionError):
        return json.loads(data)  # also accepts NaN, infinite numbers and lone surrogates


def _key(value: object, step: str) -> Any:
    return int(step) if isinstance(value, list) else step


class OnTerminal:
    """A coloured line for each event."""

    def __init__(self, out: Stdout, line: EventLine, encoding: str) -> None:
        self._out = out
        self._line = line
        self._encoding = encoding

    def write(self, events: Sequence[Event | Comment]) -> int:
        """Write `events`, each with its time."""
        text = "".join([self._line(event) for event in events])
        self._out.write(text.encode(self._encoding, "backslashreplace"))
        return count_events(events)


class Silent:
    """Shows nothing, because the bytes have already been written."""

    def write(self, events: Sequence[Event | Comment]) -> int:
        """Count `events`."""
        return count_events(events)
