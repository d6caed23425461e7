"""Streams that are resumed: no event is lost, and none comes twice."""

from __future__ import annotations

from typing import Any

import pytest

from sse_client.adapters.openai import ChatError
from sse_client.adapters.openai.responses import ResponseEvent
from sse_client.adapters.openai.responses._reader import ResponseReader

from .kit import TOOL, Payload, about, event, events, fed, lifecycle, numbered, partial_of, read

BACKGROUND = [lifecycle("queued", background=True), lifecycle("in_progress", background=True), *TOOL[1:]]
EVENTS = events(BACKGROUND)


def first(count: int) -> ResponseReader:
    return fed(*numbered(BACKGROUND)[:count])


@pytest.mark.parametrize("back", [0, 1, 3, 100], ids=["right behind", "one before", "three before", "from the start"])
@pytest.mark.parametrize("cut", range(1, len(BACKGROUND)))
def test_wherever_a_stream_is_cut_and_resumed_every_event_comes_once(cut: int, back: int) -> None:
    reader, found = ResponseReader(), list[ResponseEvent]()
    for each in EVENTS[:cut]:
        found += reader.feed(each)
    assert reader.resume == ("resp_1", cut - 1)
    reader.resumed()
    for each in EVENTS[max(0, cut - back) :]:
        found += reader.feed(each)
    whole, at_once = read(b"".join(each.encode() for each in EVENTS))
    assert found == whole
    assert reader.response == at_once.response
    assert reader.outcome == "complete"
    assert reader.resume is None


def test_a_stream_may_be_resumed_again_and_again() -> None:
    reader, found = ResponseReader(), list[ResponseEvent]()
    for at in range(len(EVENTS)):
        for each in EVENTS[max(0, at - 1) : at + 1]:
            found += reader.feed(each)
        reader.resumed()
    assert [each.sequence_number for each in found] == list(range(len(EVENTS)))


@pytest.mark.parametrize(
    "payloads",
    [
        pytest.param([], id="before its first event"),
        pytest.param(numbered(TOOL)[:4], id="of a response that is not made in the background"),
        pytest.param(BACKGROUND[:4], id="without numbers"),
        pytest.param([about("queued", response={"background": True}, sequence_number=0)], id="without an ID"),
        pytest.param(numbered(BACKGROUND), id="once it is over"),
        pytest.param(
            [{**payload, "sequence_number": -1} for payload in BACKGROUND[:4]], id="where every number is the same"
        ),
        pytest.param([*numbered(BACKGROUND[:3]), *numbered(BACKGROUND[:1])], id="where the numbers fall"),
    ],
)
def test_a_stream_cannot_be_resumed(payloads: list[Payload]) -> None:
    assert fed(*payloads).resume is None


def test_until_a_stream_is_resumed_its_numbers_drop_nothing() -> None:
    payloads: list[Any] = [{**payload, "sequence_number": 0} for payload in TOOL]
    reader = ResponseReader()
    assert sum(len(reader.feed(event(payload))) for payload in payloads) == len(TOOL)
    assert reader.response.output_text == "Hello"


def test_a_gap_in_the_numbers_is_counted_and_ends_nothing() -> None:
    reader = fed(*numbered(BACKGROUND[:2]), *numbered(BACKGROUND[2:4], 5))
    assert (reader.skipped, reader.outcome, reader.resume) == (3, None, ("resp_1", 6))
    reader.resumed()
    assert len(reader.feed(event({**BACKGROUND[4], "sequence_number": 9}))) == 1
    assert reader.skipped == 5


def test_the_numbers_may_start_anywhere() -> None:
    reader = fed(*numbered(BACKGROUND[:2], 7))
    assert (reader.skipped, reader.resume) == (0, ("resp_1", 8))


def test_a_gap_behind_a_reconnect_is_an_error_for_events_are_lost() -> None:
    reader = first(4)
    reader.resumed()
    lost = event({**BACKGROUND[5], "sequence_number": 5})
    with pytest.raises(ChatError) as caught:
        reader.feed(lost)
    assert caught.value.message == "expected the event with the sequence number 4 after the reconnect, got 5"
    assert (caught.value.raw, partial_of(caught.value)) == (lost.data, reader.response)
    assert reader.outcome == "error"
    assert reader.resume is None


def test_events_without_a_number_pass_a_resumed_stream() -> None:
    reader = first(4)
    reader.resumed()
    assert len(reader.feed(event({"type": "keepalive"}))) == 1
    assert reader.resume == ("resp_1", 3)
