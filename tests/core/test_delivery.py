"""Events are counted, end with the last one wanted, and are saved as the place once they are handled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sse_client import Comment, Event, EventTooLarge
from sse_client._core.delivery import Delivery, named_last
from sse_client._core.stream_format import StreamFormat
from sse_client.options import DEFAULTS, merged
from sse_client.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Callable

ONE = b"id: 1\ndata: one\n\n"
TWO = b"id: 2\ndata: two\n\n"


class Memory:
    """A checkpoint that remembers all that is saved."""

    def __init__(self, place: Any = "") -> None:
        self.place = place
        self.loads = 0
        self.saved: list[str] = []

    def load(self) -> Any:
        self.loads += 1
        return self.place

    def save(self, last_event_id: str) -> None:
        self.saved.append(last_event_id)


def delivery(stream_format: StreamFormat | None = None, **options: Any) -> Delivery:
    return Delivery(merged(DEFAULTS, options), stream_format or StreamFormat())


def begun(**options: Any) -> Delivery:
    made = delivery(**options)
    made.begin()
    return made


def test_nothing_has_come_before_the_first_connection() -> None:
    made = delivery(last_event_id="7")
    assert (made.events, made.received, made.comments, made.bytes, made.last_event_at) == (0, 0, 0, 0, None)
    assert (made.last_event_id, made.reconnection_time, made.parser.tail) == ("7", None, "")


def test_streams_that_have_not_begun_share_a_parser_and_begun_ones_do_not() -> None:
    assert delivery().parser is delivery().parser
    assert begun().parser is not begun().parser
    assert begun().parser is not delivery().parser


def test_each_connection_has_a_parser_that_begins_at_the_place() -> None:
    made = begun()
    first = made.parser
    assert list(made.feed(ONE + b"id: half")) == [Event(data="one", id="1")]
    made.begin()
    assert made.parser is not first
    assert (made.place, made.parser.last_event_id, made.parser.tail) == ("1", "1", "")
    assert list(made.feed(b"data: next\n\n")) == [Event(data="next", id="1")]


def test_counts_go_on_and_received_begins_again() -> None:
    made = begun()
    made.feed(b": a\n" + ONE + TWO)
    assert (made.events, made.received, made.comments) == (2, 2, 1)
    made.begin()
    assert (made.events, made.received, made.comments) == (2, 0, 1)
    made.feed(b": b\n" + ONE)
    assert (made.events, made.received, made.comments) == (3, 1, 2)
    assert made.bytes == len(b": a\n" + ONE + TWO + b": b\n" + ONE)


def test_reconnection_time_outlives_its_connection() -> None:
    made = begun()
    made.feed(b"retry: 5\n\n")
    made.begin()
    assert made.reconnection_time == 5
    made.feed(b"retry: 6\n\n")
    assert made.reconnection_time == 6


def test_checkpoint_is_loaded_once_and_not_where_the_caller_gave_a_place() -> None:
    memory = Memory("7")
    made = begun(checkpoint=memory)
    made.begin()
    assert (made.place, memory.loads) == ("7", 1)
    assert begun(checkpoint=memory, last_event_id="8").place == "8"
    assert memory.loads == 1


@pytest.mark.parametrize(("place", "error"), [(None, TypeError), (7, TypeError), ("a\n", ValueError)])
def test_place_of_a_checkpoint_must_be_a_last_event_id(place: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="last_event_id"):
        begun(checkpoint=Memory(place))


def test_place_is_saved_when_the_consumer_comes_back() -> None:
    memory = Memory()
    made = begun(checkpoint=memory)
    events = made.feed(ONE + TWO)
    assert next(events).id == "1"
    assert memory.saved == []
    assert next(events).id == "2"
    assert memory.saved == ["1"]
    assert made.consumed() is None
    assert memory.saved == ["1", "2"]


@pytest.mark.parametrize(
    ("block", "saved"),
    [(b": hi\n\n", []), (ONE, ["1"]), (b"data: x\n\n", ["0"]), (b"id: 0\ndata: x\n\n", ["0"]), (b"id: 1\n\n", ["1"])],
)
def test_the_callers_own_place_is_not_saved_before_an_event_is_handled(block: bytes, saved: list[str]) -> None:
    memory = Memory()
    made = begun(checkpoint=memory, last_event_id="0")
    assert made.consumed() is None  # before the first read
    made.begin()  # after a connection that brought nothing
    assert memory.saved == []
    list(made.feed(block))
    assert made.consumed() is None
    assert memory.saved == saved


def test_next_connection_counts_as_the_consumer_coming_back() -> None:
    memory = Memory()
    made = begun(checkpoint=memory)
    list(made.feed(ONE))
    made.begin()
    assert memory.saved == ["1"]


def is_two(event: Event) -> bool:
    return event.data == "two"


@pytest.mark.parametrize("until", ["two", is_two])
@pytest.mark.parametrize("include_last", [False, True])
def test_events_end_at_the_last_one(until: str | Callable[[Event], bool], include_last: bool) -> None:
    made = begun(until=until, include_last=include_last)
    assert [event.data for event in made.feed(ONE + TWO + ONE)] == ["one", "two"][: 1 + include_last]
    made.consumed()
    assert made.last == Event(data="two", id="2")
    assert made.place == "2"


@pytest.mark.parametrize(("options", "watched"), [({}, False), ({"until": "x"}, False), ({"until": bool}, True)])
def test_delivery_is_watched_where_the_callers_code_runs(options: dict[str, Any], watched: bool) -> None:
    assert delivery(**options).watched is watched


def test_block_that_is_too_large_is_an_error_after_the_events_before_it() -> None:
    made = begun(max_event_size=20)
    assert [event.data for event in made.feed(ONE + b"data: " + b"x" * 30)] == ["one"]
    assert made.attentive
    assert isinstance(made.consumed(), EventTooLarge)


def test_format_says_which_parser_reads() -> None:
    class Loud(Parser):
        def feed(self, data: bytes) -> list[Event]:
            return super().feed(data.upper())

    made = delivery(StreamFormat(parser=Loud))
    made.begin()
    assert isinstance(made.parser, Loud)


def test_comments_are_no_events_of_the_count() -> None:
    made = begun(comments=True)
    assert list[Any](made.feed(b": a\n\n" + ONE)) == [Comment("a"), Event(data="one", id="1")]
    assert (made.events, made.comments, made.progressed) == (1, 1, True)


def test_last_one_is_named_by_its_text_or_its_predicate() -> None:
    assert named_last("[DONE]") == "the event that `until` names ('[DONE]')"
    assert named_last(is_two) == "the event that `until` names (is_two)"


@pytest.mark.parametrize("begin", [b"", b"data: 0\n\n"], ids=["at the begin", "after an event"])
@pytest.mark.parametrize("before", [b": alive\n\n", b"id: 1\n\n"])
def test_an_event_alone_leaves_nothing_to_do_whatever_came_before_it(begin: bytes, before: bytes) -> None:
    made = begun()
    for data in (begin, before, b"data: x\n\n"):
        for _ in made.feed(data):
            pass
        if made.attentive:
            assert made.consumed() is None
    assert not made.attentive
