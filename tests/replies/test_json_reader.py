"""Readers of events that are JSON objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sse_client import Event, SSEError, StreamTruncated
from sse_client.replies.iterables import read_events
from sse_client.replies.json_reader import JSONReader
from sse_client.replies.json_values import json_object

if TYPE_CHECKING:
    from collections.abc import Sequence


class Words(JSONReader[str]):
    """Reads a word from each object, until one has `end`; after the word `stop`, the end may be missing."""

    def __init__(self) -> None:
        super().__init__()
        self.partial: list[str] = []

    @property
    def empty(self) -> bool:
        return not self.partial

    def feed(self, event: Event, *, inner: bool = False) -> Sequence[str]:
        payload = json_object(event.data)
        if payload is None:
            return self._unstructured(event, inner=inner)
        if "end" in payload:
            self._end("complete")
        elif "word" not in payload:
            self._ignored(event.data)
        else:
            self.partial.append(payload["word"])
            return self.partial[-1:]
        return ()

    def whole(self, body: str, status: int = 200) -> Sequence[str]:
        payload = json_object(body)
        if payload is None or "words" not in payload:
            raise self._failed(body, status)
        self._end("complete")
        return list(payload["words"])

    def _stop(self) -> None:
        if self.partial[-1:] != ["stop"]:
            raise self._truncated("the words ended early", self.partial)
        self._end("complete")

    def _failed(self, raw: str, status: int | None = None) -> SSEError:
        self._end("error")
        return SSEError(f"{status}: {raw}")


def word(written: str) -> Event:
    return Event(f'{{"word": "{written}"}}')


END = Event('{"end": 1}')


class Tailed(list[Event]):
    """Events, and the text that no blank line has ended."""

    tail = ""


def read(*events: Event, tail: str = "") -> tuple[list[str], Words]:
    reader, source = Words(), Tailed(events)
    source.tail = tail
    return list(read_events(source, reader)), reader


@pytest.mark.parametrize("data", [": PROCESSING", " ", "ping", "null"])
def test_what_gateways_add_is_passed_over(data: str) -> None:
    found, reader = read(word("a"), Event(data), word("b"), END)
    assert (found, reader.outcome) == (["a", "b"], "complete")


def test_events_that_were_framed_twice_are_read() -> None:
    found, reader = read(Event('data: {"word": "a"}\n\ndata: {"word": "b"}\n\n'), Event('{"word": "c"}\n{"end": 1}'))
    assert (found, reader.outcome) == (["a", "b", "c"], "complete")


@pytest.mark.parametrize("event", [Event("nonsense"), Event("data: data: {}"), Event("[DONE]", "error")])
def test_what_is_none_of_these_is_an_error(event: Event) -> None:
    reader = Words()
    with pytest.raises(SSEError, match=r"^None: "):
        list(read_events([word("a"), event], reader))
    assert reader.outcome == "error"


def test_done_and_the_end_of_the_stream_complete_a_reply_that_has_stopped() -> None:
    for events in ([word("stop")], [word("stop"), Event("[DONE]")]):
        found, reader = read(*events)
        assert (found, reader.outcome) == (["stop"], "complete")


@pytest.mark.parametrize("last", [[], [Event("[DONE]")]])
def test_a_reply_that_has_not_stopped_is_truncated(last: list[Event]) -> None:
    reader = Words()
    with pytest.raises(StreamTruncated, match=r"^the words ended early$") as caught:
        list(read_events([Event("{}"), word("a"), *last], reader))
    partial: Any = caught.value.partial
    assert (reader.outcome, partial) == ("truncated", ["a"])


def test_the_error_shows_what_came_instead_of_a_reply() -> None:
    with pytest.raises(StreamTruncated, match=r'^the words ended early; what came was {"x": 1}$'):
        read(Event('{"x": 1}'), Event("[DONE]"), Event("{}"))
    with pytest.raises(StreamTruncated, match=r"came was x{79}…$"):
        read(tail="x" * 1000)
    with pytest.raises(StreamTruncated, match=r"^the words ended early$"):
        read()


def test_a_complete_reply_may_come_instead_of_a_stream() -> None:
    found, reader = read(tail='{"words": ["a", "b"]}')
    assert (found, reader.outcome) == (["a", "b"], "complete")
    with pytest.raises(SSEError, match=r"^200: <html>$"):
        read(tail="<html>")


def test_the_last_events_count_without_their_blank_line() -> None:
    for last in ('{"word": "stop"}', '{"word": "stop"}\n\ndata: {"end": 1}'):
        found, reader = read(word("a"), tail=f"data: {last}")
        assert (found, reader.outcome) == (["a", "stop"], "complete")


def test_the_end_that_the_stream_has_found_completes_a_reply() -> None:
    reader = Words()
    assert (list(reader.finish()), reader.outcome) == ([], "complete")
