"""Decides what `get` and `post` show: which events, how many, in which form, and their timing."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from sse_client import Comment, Event
from sse_client.cli.exits import Failure
from sse_client.cli.http.masking import credentials
from sse_client.cli.screen.gaps import Gaps, summary
from sse_client.cli.screen.news import say
from sse_client.cli.screen.stdout import Stdout
from sse_client.cli.screen.terminal import is_terminal, short, style_for
from sse_client.cli.streams.memory import keep_freed_memory
from sse_client.cli.streams.plain_bulk import PlainInBulk
from sse_client.cli.streams.sinks import FieldValues, JsonLines, OnTerminal, Plain, Silent, Sink, count_events, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import requests

    from sse_client.cli.http.wire import Wire
    from sse_client.cli.options import OutputOptions
    from sse_client.cli.streams.raw import RawOutput

__all__ = ["Output"]

_MOST_TYPES = 5  # types of other events that are named if none was of a wanted type


class Output:
    """Shows the events of one stream.

    Args:
        options: the output options.
        each: whether each event is needed for a checkpoint, whatever the output.

    Raises:
        Failure: the options contradict each other, or there is no output.
    """

    def __init__(self, options: OutputOptions, *, each: bool = False) -> None:
        _check(options)
        self._options = options
        self._types = frozenset(options.event)
        self._matched = False  # whether an event was of one of the types
        self._others: list[str] = []  # the first few types of the events that were not
        self._left = options.count
        self._out = Stdout()
        bulk = not (each or options.event or options.count or options.comments or options.timing or options.until)
        self._raw = _raw(self._out, options, bulk=bulk)
        self._sink = _sink(self._out, options, bulk=bulk)
        self._gaps = Gaps(time.monotonic()) if options.timing else None
        keep_freed_memory()

    def wire(self, unix_socket: Path | None) -> Wire | None:
        """Return the `Wire` that the connection must use for this output; None if it needs none."""
        received: Callable[[requests.Response], Callable[[bytes], bytes | None] | None] | None = None
        if self._raw is not None:
            received = self._raw.of
        elif isinstance(self._sink, PlainInBulk):
            received = self._sink.of
        if unix_socket is None and received is None and not self._options.verbose:
            return None
        from sse_client.cli.http.heads import Heads
        from sse_client.cli.http.wire import Wire

        return Wire(
            heads=Heads(credentials, say) if self._options.verbose else None,
            received=received,
            unix_socket=unix_socket,
        )

    def write(self, events: Sequence[Event | Comment]) -> bool:
        """Show the wanted ones among `events`, and return whether the output is complete."""
        if self._types:
            events = self._of_types(events)
        if self._left is not None:
            events = _first(events, self._left)
        if self._gaps is not None and (count := count_events(events)):
            self._gaps.add(time.monotonic(), count)
        shown = self._sink.write(events) if events else 0
        if self._left is not None:
            self._left -= shown
        return self._left == 0

    def _of_types(self, events: Sequence[Event | Comment]) -> list[Event | Comment]:
        wanted = [event for event in events if isinstance(event, Comment) or event.event in self._types]
        if not self._matched:
            self._matched = any(isinstance(event, Event) for event in wanted)
            others = (short(event.event) for event in events if isinstance(event, Event))
            self._others = list(dict.fromkeys((*self._others, *others)))[:_MOST_TYPES]
        return wanted

    def finish(self) -> None:
        """Report on the whole stream: the timing, or a type or a field that no event had."""
        if self._others and not self._matched:
            wanted, others = " or ".join(self._options.event), ", ".join(self._others)
            say(f"sse-client: no event was of type {wanted}; there were: {others}")
        if isinstance(self._sink, FieldValues) and self._sink.missed:
            say(f"sse-client: no event had a value at {self._options.field}")
        if self._gaps is not None:
            for line in summary(self._gaps, "event", time.monotonic()):
                say(line)


def _check(options: OutputOptions) -> None:
    forms = [
        name for name, given in (("--json", options.json), ("--raw", options.raw), ("--field", options.field)) if given
    ]
    if len(forms) > 1:
        raise Failure(
            f"expected one of {' and '.join(forms)}, got both"
            if len(forms) == 2
            else "expected one of --json, --raw and --field, got all"
        )
    if options.raw and (options.event or options.comments):
        other = "--event" if options.event else "--comments"
        raise Failure(f"{other} does not go with --raw, which writes every byte")
    if options.field is not None and options.comments:
        raise Failure("--comments does not go with --field, which writes values of events alone")
    if "" in options.event:
        raise Failure("--event: expected a type, got nothing; events without one have the type message")
    if options.include_last and options.until is None:
        raise Failure("--include-last: expected the event that is the last one, with --until")
    if options.count is not None and options.count < 1:
        raise Failure(f"-n: expected 1 event or more, got {options.count}")


def _first(events: Sequence[Event | Comment], most: int) -> Sequence[Event | Comment]:
    """Return `events` up to number `most` of the stream."""
    seen = 0
    for number, event in enumerate(events):
        seen += isinstance(event, Event)
        if seen == most:
            return events[: number + 1]
    return events


def _sink(out: Stdout, options: OutputOptions, *, bulk: bool) -> Sink:
    if options.raw:
        return Silent()
    if options.json:
        return JsonLines(out, timing=options.timing, comments=options.comments, safe=is_terminal(sys.stdout))
    if options.field is not None:
        return FieldValues(out, path_of(options.field), safe=is_terminal(sys.stdout))
    if not is_terminal(sys.stdout):
        return PlainInBulk(out) if bulk else Plain(out, comments=options.comments)
    from sse_client.cli.streams.event_line import EventLine

    return OnTerminal(out, EventLine(style_for(sys.stdout), timing=options.timing), sys.stdout.encoding or "ascii")


def _raw(out: Stdout, options: OutputOptions, *, bulk: bool) -> RawOutput | None:
    if not options.raw:
        return None
    from sse_client.cli.streams.raw import PrintableBytes, RawOutput

    writer = PrintableBytes(out, sys.stdout.encoding or "ascii") if is_terminal(sys.stdout) else out
    return RawOutput(writer, until=options.until, include_last=options.include_last, count=options.count, bulk=bulk)
