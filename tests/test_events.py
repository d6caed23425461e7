"""Events and comments as values: what they hold, equal, refuse and write."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from sse_client.events import Comment, Event
from sse_client.parser import Parser

FULL = Event(data='{"a": [1]}', event="e", id="1", retry=5)


def test_an_event_is_empty_by_default_and_of_type_message() -> None:
    event = Event()
    assert (event.data, event.event, event.id, event.retry) == ("", "message", "", None)


def test_an_event_holds_what_it_was_made_of() -> None:
    assert (FULL.data, FULL.event, FULL.id, FULL.retry) == ('{"a": [1]}', "e", "1", 5)
    assert Comment(text="hi").text == "hi"


@pytest.mark.parametrize("name", ["data", "event", "id", "retry"])
def test_an_event_is_immutable(name: str) -> None:
    event = Event(data="a")
    with pytest.raises(AttributeError):
        setattr(event, name, "b")
    with pytest.raises(AttributeError):
        delattr(event, name)
    assert event == Event(data="a")


def test_a_comment_is_immutable() -> None:
    comment = Comment(text="a")
    with pytest.raises(AttributeError):
        setattr(comment, "text", "b")  # noqa: B010  (a type checker refuses the plain assignment)
    assert comment.text == "a"


@pytest.mark.parametrize("value", [Event(), Comment(text="a")])
def test_a_value_takes_no_further_attribute(value: Event | Comment) -> None:
    with pytest.raises(AttributeError):
        setattr(value, "other", 1)  # noqa: B010  (a type checker refuses the plain assignment)


def test_a_name_that_is_no_field_is_refused() -> None:
    with pytest.raises(TypeError):
        Event(type="e")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError):
        Comment()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_equal_values_are_equal_and_hash_alike() -> None:
    assert Event(data="a", event="e", id="1", retry=5) == Event(data="a", event="e", id="1", retry=5)
    assert hash(Event(data="a", event="e", id="1", retry=5)) == hash(Event(data="a", event="e", id="1", retry=5))
    assert Comment(text="a") == Comment(text="a")
    assert hash(Comment(text="a")) == hash(Comment(text="a"))
    assert len({Event(data="a"), Event(data="a"), Event(data="b"), Comment(text="a"), Comment(text="a")}) == 3


@pytest.mark.parametrize(
    "other",
    [
        Event(data="b", event="e", id="1", retry=5),
        Event(data="a", event="f", id="1", retry=5),
        Event(data="a", event="e", id="2", retry=5),
        Event(data="a", event="e", id="1", retry=6),
        Event(data="a", event="e", id="1"),
        Comment(text="a"),
        "a",
        None,
    ],
)
def test_a_difference_in_any_field_makes_events_unequal(other: object) -> None:
    event: object = Event(data="a", event="e", id="1", retry=5)
    assert event != other
    assert not event == other  # noqa: SIM201  (both operators)


def test_an_event_is_no_comment() -> None:
    event: object = Event(data="a")
    assert event != Comment(text="a")
    assert not isinstance(event, Comment)
    assert not isinstance(Comment(text="a"), Event)


@pytest.mark.parametrize("value", [Event(), FULL, Event(data="a\n'\"\u2028"), Comment(text="a")])
def test_repr_can_be_read_back(value: Event | Comment) -> None:
    assert eval(repr(value), {"Event": Event, "Comment": Comment}) == value


def test_repr_names_the_fields() -> None:
    assert repr(FULL) == "Event(data='{\"a\": [1]}', event='e', id='1', retry=5)"
    assert repr(Comment(text="a")) == "Comment(text='a')"


@pytest.mark.parametrize("value", [Event(), FULL, Comment(text="a")])
def test_a_value_can_be_pickled_and_copied(value: Event | Comment) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert copy.copy(value) == value
    assert copy.deepcopy(value) == value


@pytest.mark.parametrize(
    ("value", "branch"),
    [
        (Event(data="[DONE]"), "done"),
        (Event(event="error", data="x"), "error x"),
        (Event(id="1", data="y"), "1 y"),
        (Comment(text="z"), "comment z"),
    ],
)
def test_a_value_matches_by_keyword(value: Event | Comment, branch: str) -> None:
    match value:
        case Event(data="[DONE]"):
            found = "done"
        case Event(event="error", data=data):
            found = f"error {data}"
        case Event(id=number, data=data):
            found = f"{number} {data}"
        case Comment(text=text):
            found = f"comment {text}"
    assert found == branch


# --- json ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        ("1", 1),
        ('"ñ\\u20ac"', "ñ€"),
        ("[\n1\n]", [1]),
        ("null", None),
    ],
)
def test_json_is_the_data_decoded(text: str, value: object) -> None:
    assert Event(data=text).json() == value


@pytest.mark.parametrize("text", ["", "[DONE]", "{", "{'a': 1}", "1 2"])
def test_data_that_is_no_json_is_a_json_decode_error(text: str) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        Event(data=text).json()
    assert isinstance(caught.value, ValueError)


# --- encode ---


@pytest.mark.parametrize(
    ("event", "block"),
    [
        pytest.param(Event(), b"data: \n\n", id="an event without data has an empty data line"),
        pytest.param(Event(data="a"), b"data: a\n\n", id="data alone is one line"),
        pytest.param(Event(data="a\nb"), b"data: a\ndata: b\n\n", id="each line of the data is a line"),
        pytest.param(Event(data="\n"), b"data: \ndata: \n\n", id="an LF is two empty data lines"),
        pytest.param(Event(data="ñ\u2028"), "data: ñ\u2028\n\n".encode(), id="it is UTF-8"),
        pytest.param(Event(event="e"), b"event: e\ndata: \n\n", id="the type comes first"),
        pytest.param(Event(id="1", retry=0), b"id: 1\nretry: 0\ndata: \n\n", id="id and retry come before the data"),
    ],
)
def test_encode_writes_a_block(event: Event, block: bytes) -> None:
    assert event.encode() == block


@pytest.mark.parametrize(
    "event",
    [
        Event(),
        Event(data="a"),
        Event(data="a\nb\n"),
        Event(data="\n\n\n"),
        Event(data=" a"),
        Event(data=":a"),
        Event(data="\0\ufeff\u2028\u0085\x0b\x0c"),
        Event(event=" e "),
        Event(event="a\0b"),
        Event(event=":"),
        Event(event="\ufeff"),
        Event(id=" 1 "),
        Event(id="日本:\u2028"),
        Event(retry=0),
        Event(retry=10**17),
        FULL,
    ],
)
def test_a_fresh_parser_reads_the_block_back_as_the_event(event: Event) -> None:
    assert Parser().feed(event.encode()) == [event]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(Event(data="a\rb"), id="a CR in the data"),
        pytest.param(Event(data="a\r\nb"), id="a CRLF in the data"),
        pytest.param(Event(event=""), id="an empty type"),
        pytest.param(Event(event="a\nb"), id="a LF in the type"),
        pytest.param(Event(event="a\rb"), id="a CR in the type"),
        pytest.param(Event(id="a\nb"), id="a LF in the id"),
        pytest.param(Event(id="a\rb"), id="a CR in the id"),
        pytest.param(Event(id="a\0b"), id="a NUL in the id"),
        pytest.param(Event(retry=-1), id="a negative retry"),
        pytest.param(Event(data="\ud800"), id="a surrogate in the data"),
        pytest.param(Event(event="\udfff"), id="a surrogate in the type"),
        pytest.param(Event(id="\udc80"), id="a surrogate in the id"),
    ],
)
def test_what_could_not_be_read_back_is_a_value_error(event: Event) -> None:
    with pytest.raises(ValueError, match=r"."):
        event.encode()


@pytest.mark.parametrize("text", ["", "hi", " hi ", ":", "ü\u2028", "\0"])
def test_an_encoded_comment_reads_back_as_itself_and_ends_no_event(text: str) -> None:
    block = Comment(text).encode()
    parser = Parser(comments=True)
    found: list[Event | Comment] = [*parser.feed(Event("before").encode() + block + Event("after").encode())]
    assert found == [Event("before"), Comment(text), Event("after")]
    assert parser.tail == ""


@pytest.mark.parametrize("text", ["a\nb", "a\r", "\ud800"])
def test_a_comment_that_is_no_line_of_text_is_not_encoded(text: str) -> None:
    with pytest.raises(ValueError, match=r"line of text|surrogates"):
        Comment(text).encode()
