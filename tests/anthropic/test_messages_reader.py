"""Events to deltas and messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from messages_kit import WHOLE, began, block, delta, ended, event, said, written
from sseclient import SSEClient

from sse_client import ConnectionFailed, Event, Parser, StreamTruncated
from sse_client.adapters.anthropic import ContentBlock, Message, MessageDelta, MessagesError, Usage, deltas
from sse_client.adapters.anthropic._reader import MessageReader

if TYPE_CHECKING:
    from collections.abc import Iterator

CITATION = {"type": "char_location", "cited_text": "G"}
USAGE = Usage(25, 15, None, 7, {"input_tokens": 25, "cache_read_input_tokens": 7, "output_tokens": 15})
MESSAGE = Message(
    "msg_1",
    "m-1",
    [
        ContentBlock("thinking", thinking="It is raining.", signature="EqQBCgIYAhIM"),
        ContentBlock("redacted_thinking", fields={"data": "EmwKAhgB"}),
        ContentBlock("text", "Grüße 👋", citations=[CITATION]),
        ContentBlock(
            "tool_use", input_json='{"place": "Zürich"}', fields={"id": "toolu_1", "name": "weather", "input": {}}
        ),
    ],
    "tool_use",
    None,
    USAGE,
)


def read(events: list[Event]) -> MessageReader:
    reader = MessageReader()
    for each in events:
        reader.feed(each)
    return reader


def test_a_whole_stream_is_a_message() -> None:
    reader = read(WHOLE)
    assert (reader.outcome, reader.message) == ("complete", MESSAGE)


def test_each_event_is_a_delta() -> None:
    found = [(each.index, each.type, each.thinking, each.text, each.input_json) for each in deltas(WHOLE)]
    assert found == [
        (None, None, None, None, None),
        (0, "thinking", None, None, None),
        (0, "thinking", "It is ", None, None),
        (0, "thinking", "raining.", None, None),
        (0, "thinking", None, None, None),
        (1, "redacted_thinking", None, None, None),
        (2, "text", None, None, None),
        (2, "text", None, "Grüße", None),
        (2, "text", None, " 👋", None),
        (2, "text", None, None, None),
        (3, "tool_use", None, None, None),
        (3, "tool_use", None, None, ""),
        (3, "tool_use", None, None, '{"place": "Zü'),
        (3, "tool_use", None, None, 'rich"}'),
        (None, None, None, None, None),
    ]
    first, *_, last = deltas(WHOLE)
    assert first.usage == Usage(25, 1, None, 7, {"input_tokens": 25, "cache_read_input_tokens": 7, "output_tokens": 1})
    assert (last.stop_reason, last.usage) == ("tool_use", USAGE)
    assert json.loads(first.raw)["message"]["id"] == "msg_1"


def test_it_is_read_alike_however_it_is_cut() -> None:
    data = b"".join(written(WHOLE))
    for size in range(1, 80):
        parser = Parser()
        events = [each for at in range(0, len(data), size) for each in parser.feed(data[at : at + size])]
        assert read(events).message == MESSAGE


def test_the_message_goes_back_into_the_next_request() -> None:
    assert MESSAGE.param() == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "It is raining.", "signature": "EqQBCgIYAhIM"},
            {"type": "redacted_thinking", "data": "EmwKAhgB"},
            {"type": "text", "text": "Grüße 👋", "citations": [CITATION]},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"place": "Zürich"}},
        ],
    }


def test_a_tool_use_has_its_input() -> None:
    (use,) = MESSAGE.tool_uses
    assert (use.id, use.name, use.input) == ("toolu_1", "weather", {"place": "Zürich"})
    assert ContentBlock("tool_use", fields={"input": {"a": 1}}).input == {"a": 1}
    assert ContentBlock("tool_use", fields={"input": None}).input == {}
    assert ContentBlock("tool_use", fields={"id": 7}).id == "7"
    assert ContentBlock("tool_use", fields={"id": True}).id is None
    assert ContentBlock("tool_use", fields={"name": {}}).name is None
    with pytest.raises(json.JSONDecodeError):
        _ = ContentBlock("tool_use", input_json='{"place": "Zü').input


def test_the_type_is_in_the_data_where_no_event_names_it() -> None:
    assert read([Event(each.data) for each in WHOLE]).message == MESSAGE


@pytest.mark.parametrize("name", ["chunk", "message_start", "content_block_delta", "vertex_event"])
def test_a_known_type_in_the_data_counts_under_any_name(name: str) -> None:
    assert read([Event(each.data, name) for each in WHOLE]).message == MESSAGE


def test_the_name_counts_where_the_data_has_no_type() -> None:
    fields = [(each.event, json.loads(each.data)) for each in WHOLE]
    events = [Event(json.dumps({k: v for k, v in data.items() if k != "type"}), name) for name, data in fields]
    assert read(events).message == MESSAGE


def test_a_message_may_begin_without_the_object_around_it() -> None:
    start: dict[str, Any] = {"type": "message", "id": "m", "content": [], "usage": {"input_tokens": 3}}
    reader = read([Event(json.dumps(start), "message_start"), *said("Hi")[1:]])
    assert (reader.message.id, reader.message.text, reader.outcome) == ("m", "Hi", "complete")


def test_a_start_without_a_message_does_not_begin_another() -> None:
    start = event("message_start")
    reader = read([began(), *said("Hi")[1:3], start, *ended()])
    assert (reader.message.id, reader.message.text) == ("msg_1", "Hi")


def test_a_start_that_comes_again_adds_nothing_to_the_blocks_before_it() -> None:
    again = began(content=[{"type": "text", "text": "Hi"}])
    reader = read([began(), block(0, "text", text=""), delta(0, "text_delta", text="H"), again])
    assert reader.message.text == "H"
    reader.feed(delta(0, "text_delta", text="i"))
    assert reader.message.text == "Hi"


@pytest.mark.parametrize("name", ["message", "error", "exception", "content_block_delta", "message_start"])
@pytest.mark.parametrize(
    "data",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}},
        {"type": "overloaded_error", "message": "busy"},
        {"error": {"message": "busy"}},
        {"error": "busy"},
        {"object": "error", "message": "busy"},
        {"detail": "busy"},
    ],
)
def test_an_error_is_one_under_any_name(name: str, data: dict[str, Any]) -> None:
    reader = read([began()])
    with pytest.raises(MessagesError) as caught:
        reader.feed(Event(json.dumps(data), name))
    assert (caught.value.message, reader.outcome) == ("busy", "error")


@pytest.mark.parametrize("form", [str, float])
def test_numbers_may_be_texts_or_floats(form: type[str] | type[float]) -> None:
    pieces = [(0, "a"), (1, "A"), (0, "b"), (1, "B")]
    reader = read(
        [
            began(usage={"input_tokens": form(25), "output_tokens": form(1)}),
            *(event("content_block_start", index=form(at), content_block={"type": "text"}) for at in (0, 1)),
            *(
                event("content_block_delta", index=form(at), delta={"type": "text_delta", "text": text})
                for at, text in pieces
            ),
            *ended(),
        ]
    )
    assert [each.text for each in reader.message.content] == ["ab", "AB"]
    assert reader.message.usage is not None
    assert (reader.message.usage.input_tokens, reader.message.usage.output_tokens) == (25, 15)


def test_a_piece_may_be_a_number_or_lack_the_object_around_it() -> None:
    pieces = [
        delta(0, "text_delta", text=6),
        event("content_block_delta", index=0, delta=" x "),
        delta(0, "text_delta", text=7),
    ]
    reader = read([began(), block(0, "text", text=""), *pieces, *ended()])
    assert reader.message.text == "6 x 7"


@pytest.mark.parametrize("content", ["Hi", {"type": "text", "text": "Hi"}, ["Hi"], [{"type": "text", "text": "Hi"}]])
def test_a_complete_message_may_have_its_text_in_any_form(content: object) -> None:
    whole = {"type": "message", "id": "m", "role": "assistant", "content": content, "stop_reason": "end_turn"}
    reader = MessageReader()
    assert "".join(each.text or "" for each in reader.whole(json.dumps(whole))) == "Hi"
    assert (reader.message.text, reader.outcome) == ("Hi", "complete")
    started = read([began(content=content), *ended()])
    assert started.message.text == "Hi"


def test_a_complete_message_adds_what_is_missing() -> None:
    content = [
        {"type": "text", "text": "Hi there"},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"x": 1}},
        {"type": "text", "text": "other"},
    ]
    reader = read(
        [
            began(),
            block(0, "text", text=""),
            delta(0, "text_delta", text="Hi"),
            block(1, "tool_use", id="t", name="f", input={}),
            delta(2, "text_delta", text="another"),
        ]
    )
    found = reader.whole(json.dumps({"type": "message", "content": content, "stop_reason": "end_turn"}))
    assert [(each.index, each.text) for each in found if each.text] == [(0, " there")]
    assert [each.text for each in reader.message.content] == ["Hi there", "", "another"]
    assert reader.message.tool_uses[0].input == {"x": 1}


def test_a_summary_of_the_conversation_goes_back_into_the_next_request() -> None:
    pieces = [
        delta(0, "compaction_delta", content=None),
        delta(0, "compaction_delta", content="They ", encrypted_content="old"),
        delta(0, "compaction_delta", content="met.", encrypted_content="new"),
    ]
    reader = read([began(), block(0, "compaction", content=None), *pieces, *ended("compaction")])
    assert reader.message.param()["content"] == [
        {"type": "compaction", "content": "They met.", "encrypted_content": "new"}
    ]


def test_a_character_cut_in_two_in_a_summary_is_joined() -> None:
    pieces = [delta(0, "compaction_delta", content=half) for half in ("a\ud83d", "\ude00b")]
    reader = read([began(), block(0, "compaction", content=None), *pieces, *ended("compaction")])
    assert reader.message.content[0].fields["content"] == "a\U0001f600b"


def test_a_complete_message_adds_to_its_blocks_in_their_order() -> None:
    content = [{"type": "text", "text": "Hi there"}, {"type": "text", "text": "You"}]
    reader = read([began(), block(0, "text", text=""), delta(0, "text_delta", text="Hi")])
    found = reader.whole(json.dumps({"type": "message", "content": content}))
    assert [(each.index, each.text) for each in found] == [(None, None), (0, " there"), (1, "You")]


def test_a_stop_without_a_message_is_an_error() -> None:
    reader = read([event("ping")])
    with pytest.raises(MessagesError, match="expected a message before message_stop, got none"):
        reader.feed(event("message_stop"))
    assert reader.outcome == "error"


def test_the_end_of_a_foreign_stream_shows_what_came() -> None:
    with pytest.raises(StreamTruncated, match=r'before message_stop; what came was {"choices": \[\]}'):
        list(deltas([event("ping"), Event('{"choices": []}'), Event("{}")]))


def test_null_is_no_error() -> None:
    assert read([began(), Event("null"), *said("Hi")[1:]]).message.text == "Hi"


def test_a_stream_may_be_framed_twice() -> None:
    blocks = [f"event: {each.event}\ndata: {each.data}\n\n" for each in WHOLE]
    assert read([Event(each) for each in blocks]).message == MESSAGE
    assert read([Event("".join(blocks))]).message == MESSAGE
    with pytest.raises(MessagesError):
        read([Event("data: data: {}")])


def test_the_blank_lines_between_events_may_be_missing() -> None:
    frames = "".join(f"event: {each.event}\ndata: {each.data}\n" for each in WHOLE)
    assert read(Parser().feed(f"{frames}\n".encode())).message == MESSAGE


def test_what_is_unknown_is_passed_over() -> None:
    strange = [
        event("content_block_hint", index=0),
        delta(0, "hologram_delta", hologram="x"),
        event("content_block_delta", index=0),
        event("content_block_delta", index=0, delta={"type": ["text_delta"], "text": "x"}),
        delta(0, "text_delta", text=None),
        delta(0, "text_delta", text=["x"]),
        event("vendor_event", type="x"),
        Event("", "content_block_delta"),
        event("content_block_stop", index=7),
        Event('{"type": "ping"}'),
        Event("{}"),
    ]
    reader = read([began(), block(0, "text", text=""), *strange, delta(0, "text_delta", text="Hi"), *ended()])
    assert (reader.outcome, reader.message.text) == ("complete", "Hi")


@pytest.mark.parametrize("index", [None, "x", True, 1.5])
def test_a_piece_without_an_index_belongs_to_the_last_block(index: object) -> None:
    events = [began(), block(0, "text", text=""), block(1, "text", text="")]
    reader = read([*events, event("content_block_delta", index=index, delta={"type": "text_delta", "text": "Hi"})])
    assert [each.text for each in reader.message.content] == ["", "Hi"]


def test_the_end_of_a_block_does_not_attract_pieces_without_an_index() -> None:
    stop = event("content_block_stop", index=0)
    piece = event("content_block_delta", delta={"type": "text_delta", "text": "Hi"})
    reader = read([began(), block(0, "text", text=""), block(1, "text", text=""), stop, piece])
    assert [each.text for each in reader.message.content] == ["", "Hi"]


def test_a_block_whose_beginning_is_missing_is_made() -> None:
    pieces = [
        delta(0, "thinking_delta", thinking="t"),
        delta(1, "text_delta", text="x"),
        delta(2, "input_json_delta", partial_json="{}"),
        delta(3, "citations_delta", citation=CITATION),
    ]
    kinds = [each.type for each in read(pieces).message.content]
    assert kinds == ["thinking", "text", "tool_use", "text"]


def test_blocks_are_in_the_order_of_their_indexes() -> None:
    reader = read([block(1, "text", text="second"), block(0, "text", text="first ")])
    assert reader.message.text == "first second"


@pytest.mark.parametrize(
    "events",
    [
        [delta(0, "text_delta", text="He"), block(0, "text", text=""), delta(0, "text_delta", text="llo")],
        [delta(0, "text_delta", text="llo"), block(0, "text", text="He")],
        [block(0, "text", text="He"), block(0, "text", text="He"), delta(0, "text_delta", text="llo")],
        [block(0, "text"), delta(0, "text_delta", text="He"), block(0, "text"), delta(0, "text_delta", text="llo")],
    ],
    ids=["piece first", "text in the late beginning", "begun twice with a text", "begun again"],
)
def test_a_beginning_takes_away_nothing_that_has_come(events: list[Event]) -> None:
    reader = read([began(), *events, event("content_block_stop", index=0), *ended()])
    assert reader.message.content == [ContentBlock("text", "Hello")]


def test_a_citation_that_comes_before_its_block_stays() -> None:
    other = {**CITATION, "cited_text": "H"}
    piece = delta(0, "citations_delta", citation=CITATION)
    reader = read([began(), piece, block(0, "text", citations=[other]), *ended()])
    assert reader.message.content[0].citations == [other, CITATION]


@pytest.mark.parametrize("index", [0, None])
def test_blocks_that_share_an_index_are_told_apart(index: int | None) -> None:
    where: dict[str, Any] = {} if index is None else {"index": index}

    def begin(kind: str, **fields: Any) -> Event:
        return event("content_block_start", content_block={"type": kind, **fields}, **where)

    def piece(kind: str, **fields: Any) -> Event:
        return event("content_block_delta", delta={"type": kind, **fields}, **where)

    stop = event("content_block_stop", **where)
    events = [
        began(),
        *(begin("text"), piece("text_delta", text="Hi"), stop, begin("text"), piece("text_delta", text="!"), stop),
        *(begin("tool_use", id="a", name="f", input={}), piece("input_json_delta", partial_json='{"x":1}'), stop),
        *(begin("tool_use", id="b", name="f", input={}), piece("input_json_delta", partial_json='{"y":2}'), stop),
        *ended("tool_use"),
    ]
    message = read(events).message
    assert [each.text for each in message.content] == ["Hi", "!", "", ""]
    assert [(each.id, each.input) for each in message.tool_uses] == [("a", {"x": 1}), ("b", {"y": 2})]
    assert [each.index for each in deltas(events) if each.index is not None] == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_block_whose_index_is_taken_moves_to_the_next_free_one() -> None:
    again = [block(0, "tool_use", id="a"), block(1, "tool_use", id="b"), delta(1, "input_json_delta", partial_json="1")]
    message = read(
        [began(), block(0, "text", text="Hi"), *again, delta(0, "input_json_delta", partial_json="2")]
    ).message
    assert [(each.type, each.id, each.input_json) for each in message.content] == [
        ("text", None, ""),
        ("tool_use", "a", "2"),
        ("tool_use", "b", "1"),
    ]


def test_a_block_of_another_kind_does_not_take_the_pieces_before_it() -> None:
    tool = [block(0, "server_tool_use", id="a"), delta(0, "input_json_delta", partial_json="{}")]
    for events in ([delta(0, "text_delta", text="Hi"), *tool], [*tool[::-1], block(0, "text", text="Hi")]):
        message = read([began(), *events]).message
        assert message.text == "Hi"
        assert [(each.id, each.input) for each in message.content if each.type != "text"] == [("a", {})]


def test_a_piece_may_not_say_its_type() -> None:
    pieces = [(0, {"text": "Hi"}), (1, {"thinking": "hm"}), (2, {"partial_json": "{}"}), (3, {"new": 1})]
    content = read([event("content_block_delta", index=at, delta=piece) for at, piece in pieces]).message.content
    assert content == [
        ContentBlock("text", "Hi"),
        ContentBlock("thinking", thinking="hm"),
        ContentBlock("tool_use", input_json="{}"),
    ]


def test_an_input_that_is_an_object_is_kept_as_json() -> None:
    pieces = [block(0, "tool_use", id="a", input={}), delta(0, "input_json_delta", partial_json={"city": "Köln"})]
    (use,) = read(pieces).message.tool_uses
    assert (use.input_json, use.input) == ('{"city": "Köln"}', {"city": "Köln"})


def test_a_whole_message_after_its_deltas_ends_it_and_doubles_nothing() -> None:
    content = [{"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}]
    usage = {"output_tokens": 9}
    last = event("message", id="msg_2", content=content, stop_reason="tool_use", usage=usage)
    for events in (said("Hi")[:3], said("Hi")[:4]):
        found = list(deltas([*events, last]))
        message = read([*events, last]).message
        assert "".join(each.text or "" for each in found) == message.text == "Hi"
        assert [each.input for each in message.tool_uses] == [{"a": 1}]
        assert (message.stop_reason, found[-2].usage) == ("tool_use", message.usage)
        assert message.usage is not None
        assert message.usage.output_tokens == 9


def test_a_tool_that_begins_again_keeps_its_input() -> None:
    start = block(0, "tool_use", id="a", name="f", input={})
    pieces = [delta(0, "input_json_delta", partial_json=piece) for piece in ('{"x"', ":1}")]
    (use,) = read([began(), start, pieces[0], start, pieces[1], *ended()]).message.tool_uses
    assert use.input == {"x": 1}


def test_another_message_replaces_the_one_that_was_begun() -> None:
    second = [began(id="msg_2"), block(0, "text"), delta(0, "text_delta", text="Hello")]
    assert read([*said("Hel")[:3], *second]).message.text == "Hello"
    assert read([*said("Hel")[:3], began(), delta(0, "text_delta", text="lo")]).message.text == "Hello"


def test_what_comes_after_the_end_is_not_read() -> None:
    taken: list[Event] = []

    def events() -> Iterator[Event]:
        for each in [*said("Hi"), event("error", error={"message": "late"})]:
            taken.append(each)
            yield each

    assert "".join(each.text or "" for each in deltas(events())) == "Hi"
    assert taken[-1].event == "message_stop"
    reader = read(said("Hi"))
    assert list(reader.feed(delta(0, "text_delta", text="more"))) == []


def test_an_error_event_is_raised_with_what_has_come() -> None:
    report = event("error", error={"type": "overloaded_error", "message": "Over\nloaded"}, request_id="req_1")
    with pytest.raises(MessagesError) as caught:
        list(deltas([*said("Hi")[:3], report]))
    error = caught.value
    assert (error.message, error.type) == ("Over\nloaded", "overloaded_error")
    assert (error.request_id, error.status) == ("req_1", None)
    assert (error.partial.text, error.raw) == ("Hi", report.data)
    assert str(error) == "Over\\nloaded (type overloaded_error, request req_1)"


@pytest.mark.parametrize("line", ["message", "completion", "message_stop"])
def test_a_whole_message_in_one_event_is_the_message(line: str) -> None:
    payload = {"type": "message", "id": "m", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
    reader = MessageReader()
    found = list(reader.feed(Event(json.dumps(payload), line)))
    assert ("".join(each.text or "" for each in found), reader.outcome) == ("Hi", "complete")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"error":{"message":"no","type":"x"}}', "no"),
        ('{"error":"no"}', "no"),
        ('[{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}]', "no"),
        ("[1]", "[1]"),
    ],
)
def test_an_error_without_a_type_is_an_error(data: str, message: str) -> None:
    reader = MessageReader()
    with pytest.raises(MessagesError) as caught:
        reader.feed(Event(data))
    assert (caught.value.message, reader.outcome) == (message, "error")


@pytest.mark.parametrize(
    "data", ['{"error":null}', '{"error":{}}', '{"error":""}', "{}", '{"type":"new","error":{"a":1}}']
)
def test_an_object_that_reports_nothing_is_passed_over(data: str) -> None:
    reader = MessageReader()
    assert list(reader.feed(Event(data))) == []
    assert reader.outcome is None


@pytest.mark.parametrize("data", ["nonsense", "[]", "1", '{"type": ', "[" * 100_000])
def test_what_is_no_object_of_json_is_an_error(data: str) -> None:
    with pytest.raises(MessagesError) as caught:
        list(deltas([Event(data)]))
    assert (caught.value.raw, caught.value.partial) == (data, None)
    assert len(str(caught.value)) <= 200


@pytest.mark.parametrize("marker", [": PROCESSING", " ", "ping", "keep-alive"])
def test_a_marker_that_a_gateway_puts_in_is_passed_over(marker: str) -> None:
    events = said("Hi")
    assert read([events[0], Event(marker), *events[1:]]).message.text == "Hi"


@pytest.mark.parametrize("done", ["[DONE]", " [DONE] ", '"[DONE]"'])
def test_done_ends_a_message(done: str) -> None:
    events = said("Hi")[:-1]
    assert read([*events, Event(done)]).outcome == "complete"
    reader = read(events[:-1])
    with pytest.raises(StreamTruncated) as caught:
        reader.feed(Event(done))
    assert (reader.outcome, caught.value.partial) == ("truncated", reader.message)
    with pytest.raises(StreamTruncated):
        list(deltas([Event(done)]))


def test_done_before_the_stop_reason_ends_the_deltas_with_an_error() -> None:
    found: list[MessageDelta] = []
    with pytest.raises(StreamTruncated) as caught:
        found.extend(deltas([*said("Hi")[:3], Event("[DONE]")]))
    assert ("".join(each.text or "" for each in found), caught.value.partial.text) == ("Hi", "Hi")


@pytest.mark.parametrize("tail", ["event: error\ndata: upstream failed", 'data: [{"error": {"message": "no"}}]'])
def test_an_error_counts_without_its_blank_line(tail: str) -> None:
    events = Stream(said("Hi")[:3])
    events.tail = tail
    with pytest.raises(MessagesError, match=r"^(upstream failed|no)$"):
        list(deltas(events))


@pytest.mark.parametrize("count", range(len(WHOLE) - 2))
def test_a_stream_that_ends_before_the_stop_reason_is_cut_off(count: int) -> None:
    with pytest.raises(StreamTruncated) as caught:
        list(deltas(WHOLE[:count]))
    assert caught.value.partial == read(WHOLE[:count]).message


def test_a_stop_reason_is_enough() -> None:
    assert read(WHOLE[:-1]).outcome is None
    *_, last = deltas(WHOLE[:-1])
    assert last.stop_reason == "tool_use"


class Stream(list[Event]):
    """Events, and what no blank line has ended."""

    tail = ""
    error: ConnectionFailed | None = None

    def __iter__(self) -> Iterator[Event]:
        yield from super().__iter__()
        if self.error is not None:
            raise self.error


def test_the_last_event_counts_without_its_blank_line() -> None:
    events = Stream(WHOLE[:-2])
    events.tail = written(WHOLE[-2:-1])[0].decode().rstrip("\n")
    *_, last = deltas(events)
    assert last.stop_reason == "tool_use"
    events.tail = events.tail[:-1]
    with pytest.raises(StreamTruncated):
        list(deltas(events))


@pytest.mark.parametrize("done", ["", "\n\ndata: [DONE]\n"])
def test_a_body_that_is_no_stream_is_read_as_what_it_is(done: str) -> None:
    events = Stream([])
    message = {"type": "message", "id": "m", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
    events.tail = json.dumps(message, indent=1) + done
    assert [each.text for each in deltas(events)] == [None, "Hi"]
    events.tail = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}' + done
    with pytest.raises(MessagesError) as caught:
        list(deltas(events))
    assert (caught.value.message, caught.value.type) == ("Overloaded", "overloaded_error")
    events.tail = "<html>down</html>" + done
    with pytest.raises(MessagesError):
        list(deltas(events))


def test_a_connection_that_is_lost_is_judged_by_what_has_come() -> None:
    events = Stream(WHOLE[:-1])
    events.error = lost = ConnectionFailed("reset")
    assert [*deltas(events)][-1].stop_reason == "tool_use"
    events = Stream(said("Hi")[:3])
    events.error = lost
    with pytest.raises(StreamTruncated) as caught:
        list(deltas(events))
    assert caught.value.__cause__ is lost
    events = Stream([])
    events.error = lost
    with pytest.raises(ConnectionFailed) as alone:
        list(deltas(events))
    assert alone.value is lost


def test_events_of_another_library_are_read() -> None:
    theirs: Any = SSEClient(iter(written(said("Hi")))).events()
    assert "".join(each.text or "" for each in deltas(theirs)) == "Hi"


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ("data: {}", "str"),
        (None, "NoneType"),
        (requests.Response(), "Response"),
        ([b"data: {}"], "bytes"),
        ([1], "int"),
    ],
)
def test_what_is_no_event_is_named(events: Any, kind: str) -> None:
    with pytest.raises(TypeError, match=rf"events: expected an iterable of Event, got {kind}; .*sse_client\.read\("):
        list(deltas(events))


def test_an_error_of_the_source_is_its_own() -> None:
    def broken() -> Iterator[Event]:
        yield began()
        raise AttributeError("mine")

    with pytest.raises(AttributeError, match="mine"):
        list(deltas(broken()))


def test_a_complete_message_is_read_as_one() -> None:
    content = [{"type": "text", "text": "Hi", "citations": None}, {"type": "tool_use", "id": "t", "input": {"a": 1}}]
    body = {
        "type": "message",
        "id": "msg_1",
        "model": "m",
        "content": content,
        "stop_reason": "tool_use",
    }
    reader = MessageReader()
    found = reader.whole(json.dumps(body))
    assert [(each.index, each.text) for each in found] == [(None, None), (0, "Hi"), (1, None)]
    assert (reader.outcome, reader.message.text, reader.message.tool_uses[0].input) == ("complete", "Hi", {"a": 1})
    assert reader.message.stop_reason == "tool_use"


def test_a_delta_keeps_the_beginning_of_a_block() -> None:
    (found,) = MessageReader().feed(block(0, "tool_use", id="toolu_1", name="weather", input={}))
    assert found.block == {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
    assert isinstance(found, MessageDelta)


def test_the_halves_of_characters_of_several_blocks_are_kept_apart() -> None:
    first, second = "\ud83d", "\ude00"
    pieces = [(0, "a" + first), (1, "b" + first), (0, second), (1, second), (0, "!" + first), (1, "?")]
    events = [delta(index, "text_delta", text=text) for index, text in pieces]
    assert [each.text for each in read(events).message.content] == ["a\U0001f600!", "b\U0001f600?"]
    begun = [block(0, "text", text="a" + first), delta(0, "text_delta", text=second + "!")]
    assert read(begun).message.text == "a\U0001f600!"
    late = [delta(0, "text_delta", text="!"), block(0, "text", text="a" + first)]
    assert read(late).message.text == "a!"
    both = [
        delta(0, "thinking_delta", thinking="a" + first),
        delta(0, "signature_delta", signature="s"),
        delta(0, "thinking_delta", thinking="b"),
    ]
    assert [(each.thinking, each.signature) for each in read(both).message.content] == [("ab", "s")]


def test_a_character_that_is_cut_in_two_is_whole() -> None:
    halves = json.dumps("👋")[1:-1]
    pieces = [Event(delta(0, "text_delta", text="@").data.replace("@", half)) for half in (halves[:6], halves[6:])]
    found = [each.text for each in deltas([began(), block(0, "text", text=""), *pieces, *ended()])]
    assert found == [None, None, "", "👋", None]
    assert read(pieces[:1]).message.text == ""
