"""What is undispatched: complete events, and lines that belong to no event stream."""

from __future__ import annotations

import pytest

from sse_client import Event, Parser
from sse_client.replies.parsing import TolerantParser, complete_events, tolerant_format, undispatched

LONG = "x" * 70_000
COMPLETE = [Event("{}"), Event("[1]"), Event('{"a": "\\ud800"}'), Event("[DONE]"), Event("no", "error")]
CUT = [Event("{"), Event("1"), Event("null"), Event(""), Event('{"a": 1'), Event("[DON"), Event("text")]


def test_errors_and_done_and_whole_json_are_complete() -> None:
    assert complete_events([*CUT, *COMPLETE, *CUT]) == COMPLETE


@pytest.mark.parametrize(
    ("tail", "events", "stray"),
    [
        ("", [], ""),
        ('data: {"a": 1}', [Event('{"a": 1}')], ""),
        ('event: e\ndata: {"a":\ndata: 1}\n', [Event('{"a":\n1}', "e")], ""),
        ('data: {"a": 1', [], ""),
        ("event: error\ndata: no", [Event("no", "error")], ""),
        ("error: no", [Event("no", "error")], ""),
        ("<html>\n<p>no", [], "<html>\n<p>no"),
        ('{"a": 1}\ndata: [DONE]', [Event("[DONE]")], '{"a": 1}'),
    ],
)
def test_events_and_stray_lines_are_told_apart(tail: str, events: list[Event], stray: str) -> None:
    assert undispatched(tail) == (events, stray)


@pytest.mark.parametrize(
    ("tail", "events", "stray"),
    [
        (f'data: {{"a": "{LONG}"}}', [Event(f'{{"a": "{LONG}"}}')], ""),
        (f'event: e\ndata: {{"a":\ndata: "{LONG}"}}', [Event(f' {{"a":\n "{LONG}"}}'.strip(), "e")], ""),
        (f'data: {{"a": "{LONG}', [], ""),
        (f'{{"a": "{LONG}"}}', [], f'{{"a": "{LONG}"}}'),
        (f'error: no\ndata: {{"a": "{LONG}"}}', [Event("no", "error"), Event(f'{{"a": "{LONG}"}}')], ""),
        (f'data\n\ndata: {{"a": "{LONG}"}}', [Event(f'{{"a": "{LONG}"}}')], ""),
    ],
)
def test_a_long_text_counts_as_one_event_or_as_stray_lines(tail: str, events: list[Event], stray: str) -> None:
    found, lines = undispatched(tail)
    assert [(each.event, each.data.strip()) for each in found] == [(each.event, each.data) for each in events]
    assert lines == stray


def test_the_format_reads_any_content_type_that_may_be_a_stream() -> None:
    form = tolerant_format(lambda event: event.event != "ping")
    assert form.parser is TolerantParser
    assert issubclass(form.parser, Parser)
    assert {"text/event-stream", "text/plain", ""} == form.media_types
    assert form.sniff is not None
    assert (form.sniff(b"data: 1\n"), form.sniff(b"<html>")) == (True, False)
    assert form.counts is not None
    assert [form.counts(Event("", kind)) for kind in ("message", "ping")] == [True, False]
