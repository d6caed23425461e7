"""The values of any iterable of events, also of an asynchronous one."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Literal

import pytest

from sse_client import ConnectionFailed, Event, EventTooLarge, SSEError, StreamTruncated
from sse_client.adapters.openai import ChatError, adeltas, deltas
from sse_client.replies.iterables import aread_events, read_events

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence

DONE = Event("[DONE]")


class Numbers:
    """Reads a list of numbers from each event, until `[DONE]`."""

    def __init__(self) -> None:
        self.outcome: Literal["complete", "truncated", "error"] | None = None
        self.partial: list[int] = []

    @property
    def empty(self) -> bool:
        return not self.partial

    def feed(self, event: Event) -> Sequence[int]:
        if event.data == "[DONE]":
            self.outcome = "error" if self.empty else "complete"
            if self.empty:
                raise SSEError("nothing came before [DONE]")
            return ()
        numbers: list[int] = json.loads(event.data)
        self.partial += numbers
        return numbers

    def conclude(self, events: list[Event], stray: str = "") -> Iterator[int]:
        if self.empty and stray:
            yield from self.whole(stray)
            return
        for event in events:
            yield from self.feed(event)
        if self.outcome is None:
            self.outcome = "truncated"
            raise StreamTruncated("cut off", partial=self.partial)

    def finish(self, stray: str = "") -> Sequence[int]:
        raise NotImplementedError  # never called: only a stream with `until` calls it

    def whole(self, body: str, status: int = 200) -> Sequence[int]:
        self.outcome = "complete"
        return self.feed(Event(body))


class Source:
    """Events, blocking or asynchronous, that end as a stream does."""

    def __init__(self, *events: Any, tail: str = "", error: Exception | None = None) -> None:
        self.events = events
        self.tail = tail
        self.error = error
        self.taken = 0

    def __iter__(self) -> Iterator[Any]:
        for event in self.events:
            self.taken += 1
            yield event
        if self.error is not None:
            raise self.error

    async def __aiter__(self) -> AsyncIterator[Any]:
        for event in self:
            yield event


async def collected(items: AsyncIterator[Any], into: list[Any]) -> None:
    async for item in items:
        into.append(item)


def blocking(source: Any, into: list[Any]) -> None:
    into.extend(read_events(source, Numbers()))


def asynchronous(source: Any, into: list[Any]) -> None:
    asyncio.run(collected(aread_events(source, Numbers()), into))


@pytest.fixture(params=[blocking, asynchronous])
def read(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_values_come_until_the_outcome_is_known(read: Any) -> None:
    source, found = Source(Event("[1, 2]"), Event("[3]"), DONE, Event("[4]")), list[int]()
    read(source, found)
    assert (found, source.taken) == ([1, 2, 3], 3)


@pytest.mark.parametrize("tail", ["data: [DONE]", "data: [4]\n\ndata: [DONE]\n"])
def test_events_without_their_blank_line_count(read: Any, tail: str) -> None:
    found: list[int] = []
    read(Source(Event("[1]"), tail=tail), found)
    assert found == ([1, 4] if "4" in tail else [1])


def test_events_that_end_too_early_are_truncated(read: Any) -> None:
    found: list[int] = []
    with pytest.raises(StreamTruncated) as caught:
        read(Source(Event("[1]"), tail="data: [2"), found)
    assert (found, caught.value.partial, caught.value.__cause__) == ([1], [1], None)


def test_a_connection_that_is_lost_is_judged_by_what_has_come(read: Any) -> None:
    lost, found = ConnectionFailed("reset"), list[int]()
    read(Source(Event("[1]"), tail="data: [DONE]", error=lost), found)
    assert found == [1]
    with pytest.raises(StreamTruncated) as caught:
        read(Source(Event("[1]"), error=lost), found)
    assert caught.value.__cause__ is lost
    with pytest.raises(ConnectionFailed) as alone:
        read(Source(error=lost), found)
    assert alone.value is lost


def test_another_error_of_the_source_tells_what_has_come(read: Any) -> None:
    error = EventTooLarge("too large")
    with pytest.raises(EventTooLarge):
        read(Source(Event("[1]"), error=error), [])
    assert error.partial == [1]


def test_lines_before_the_end_marker_may_be_the_whole_answer(read: Any) -> None:
    found: list[int] = []
    read(Source(DONE, tail="[1, 2]"), found)
    assert found == [1, 2]
    with pytest.raises(SSEError, match="nothing came before"):
        read(Source(DONE), found)


@pytest.mark.parametrize(("source", "kind"), [("data: 1", "str"), (None, "NoneType"), (5, "int")])
def test_what_is_no_iterable_of_events_is_named(read: Any, source: object, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"events: expected an iterable of Event, got {kind}; .*sse_client\.a?read\("):
        read(source, [])


def test_what_is_no_event_is_named(read: Any) -> None:
    with pytest.raises(TypeError, match="expected an iterable of Event, got bytes"):
        read(Source(b"data: 1"), [])


def test_an_attribute_error_of_the_source_is_its_own(read: Any) -> None:
    with pytest.raises(AttributeError, match="mine"):
        read(Source(Event("[1]"), error=AttributeError("mine")), [])


def chat(source: Any) -> None:
    list(deltas(source))


def chat_asynchronous(source: Any) -> None:
    asyncio.run(collected(adeltas(source), []))


@pytest.mark.parametrize("read", [chat, chat_asynchronous])
@pytest.mark.parametrize("pending", ["", "da", "ev", ": hi", "data: {"])
def test_an_error_is_raised_whatever_part_of_the_next_event_has_come(
    read: Callable[[Iterable[Event]], None], pending: str
) -> None:
    source: Any = Source(Event('{"error":{"message":"overloaded"}}'), tail=pending)
    with pytest.raises(ChatError, match="overloaded"):
        read(source)
