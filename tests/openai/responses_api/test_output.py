"""What the events add up to before the response is whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_client import Event
from sse_client.adapters.openai import ChatError
from sse_client.adapters.openai.responses import (
    ContentPart,
    CustomToolCall,
    FunctionToolCall,
    OutputItem,
    OutputMessage,
    ReasoningItem,
    Response,
)
from sse_client.adapters.openai.responses._reader import ResponseReader

from .kit import CALL, MESSAGE, REASONING, TOOL, Payload, about, begun, event, fed, lifecycle, said

TEXT: Payload = {"item_id": "msg_1", "output_index": 0, "content_index": 0}


def output(*payloads: Payload) -> list[OutputItem]:
    return fed(*payloads).response.output


def outline(items: list[OutputItem]) -> list[Any]:
    return [{name: value for name, value in item.json().items() if name != "status"} for item in items]


def test_at_any_point_of_a_stream_what_has_arrived_is_there() -> None:
    reader, texts = ResponseReader(), list[tuple[str, list[str]]]()
    for payload in TOOL[:-1]:
        reader.feed(event(payload))
        response = reader.response
        texts.append((response.output_text, [call.arguments for call in response.function_calls]))
    assert texts == [
        ("", []),  # created
        ("", []),  # item
        ("", []),  # part
        ("Hel", []),
        ("Hello", []),
        ("Hello", []),  # text done
        ("Hello", []),  # part done
        ("Hello", []),  # item done
        ("Hello", [""]),  # item
        ("Hello", ['{"a"']),
        ("Hello", ['{"a":1}']),
        ("Hello", ['{"a":1}']),  # arguments done
        ("Hello", ['{"a":1}']),  # item done
    ]
    assert outline(reader.response.output) == outline(fed(*TOOL).response.output)


def test_a_response_does_not_change_when_more_comes() -> None:
    reader = fed(*TOOL[:4])
    before = reader.response
    reader.feed(event(TOOL[4]))
    assert (before.output_text, reader.response.output_text) == ("Hel", "Hello")


@pytest.mark.parametrize("done", [False, True], ids=["from its pieces", "from the whole text"])
@pytest.mark.parametrize(
    ("name", "whole", "item"),
    [
        ("output_text", "text", {"type": "message", "content": [{"type": "output_text", "text": "abc"}]}),
        ("refusal", "refusal", {"type": "message", "content": [{"type": "refusal", "refusal": "abc"}]}),
        ("reasoning_text", "text", {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "abc"}]}),
        ("reasoning_summary_text", "text", {"type": "reasoning", "summary": [{"type": "summary_text", "text": "abc"}]}),
        ("function_call_arguments", "arguments", {"type": "function_call", "arguments": "abc"}),
        ("mcp_call_arguments", "arguments", {"type": "mcp_call", "arguments": "abc"}),
        ("custom_tool_call_input", "input", {"type": "custom_tool_call", "input": "abc"}),
        ("code_interpreter_call_code", "code", {"type": "code_interpreter_call", "code": "abc"}),
    ],
)
def test_a_text_goes_where_its_type_says_even_if_its_item_never_began(
    name: str, whole: str, item: Payload, done: bool
) -> None:
    index = {"summary_index": 0} if "summary" in item else {"content_index": 0} if "content" in item else {}
    at: Payload = {"item_id": "i", "output_index": 0, **index}
    events = [about(f"{name}.delta", delta="a", **at), about(f"{name}.delta", delta="bc", **at)]
    events = [about(f"{name}.done", **{whole: "abc"}, **at)] if done else events
    assert [each.json() for each in output(*events)] == [{"id": "i", **item}]


def test_texts_that_belong_to_no_item_are_not_kept() -> None:
    events = [
        about("audio.delta", delta="eA=="),
        about("shell_call_command.delta", delta="ls", output_index=0, command_index=0),
        about("shell_call_command.done", command="ls", output_index=0, command_index=0),
        about("output_text.done", **TEXT),
        about("web_search_call.searching", item_id="ws_1", output_index=0),
        about("output_item.added", output_index=0),
    ]
    assert output(*events) == []


def test_pieces_append_to_what_the_item_began_with() -> None:
    call = {**CALL, "arguments": '{"a"'}
    events = [about("output_item.added", item=call, output_index=0)]
    events.append(about("function_call_arguments.delta", delta=":1}", item_id="fc_1", output_index=0))
    assert [item.json()["arguments"] for item in output(*events)] == ['{"a":1}']


def test_a_text_of_many_pieces_is_whole() -> None:
    pieces = [str(number % 10) for number in range(5000)]
    (message,) = output(*(about("output_text.delta", delta=piece, **TEXT) for piece in pieces))
    assert isinstance(message, OutputMessage)
    assert message.content == [ContentPart("output_text", "".join(pieces))]


def test_the_whole_text_replaces_its_pieces_and_the_whole_item_its_parts() -> None:
    item, part, *pieces = said(MESSAGE, 0, "Hel", "lo")[:4]
    whole = about("output_text.done", text="Hi", **TEXT)
    assert fed(item, part, *pieces, whole).response.output_text == "Hi"
    more = about("output_text.delta", delta="!", **TEXT)
    assert fed(item, part, *pieces, whole, more).response.output_text == "Hi!"
    last = about("content_part.done", part={"type": "output_text", "text": "Ho"}, **TEXT)
    assert fed(item, part, *pieces, last).response.output_text == "Ho"
    done = about("output_item.done", item={**MESSAGE, "id": "msg_other"}, output_index=0)
    assert output(item, part, *pieces, done) == output(done)


def test_parts_stand_in_the_order_of_their_indexes() -> None:
    second = about("output_text.delta", delta="b", item_id="m", output_index=0, content_index=7)
    first = about("output_text.delta", delta="a", item_id="m", output_index=0, content_index=2)
    assert fed(second, first).response.output_text == "ab"


def test_items_stand_in_the_order_of_their_indexes() -> None:
    events = [
        about("output_item.done", item=CALL, output_index=900_000_000),
        about("output_item.done", item=MESSAGE, output_index=1),
    ]
    assert [item.type for item in output(*events)] == ["message", "function_call"]


@pytest.mark.parametrize(
    ("other", "count"),
    [
        pytest.param({**MESSAGE, "id": "msg_2"}, 2, id="another ID"),
        pytest.param(CALL, 2, id="another type"),
        pytest.param({**MESSAGE, "id": None}, 1, id="no ID"),
        pytest.param(MESSAGE, 1, id="the same"),
    ],
)
def test_an_item_that_begins_where_another_one_is_comes_after_it(other: Payload, count: int) -> None:
    first = about("output_text.delta", delta="a", **TEXT)
    begins = about("output_item.added", item=begun(other), output_index=0)
    items = output(first, begins, about("output_text.delta", delta="b", **TEXT))
    assert len(items) == count


def test_an_item_that_ends_under_another_id_is_the_same_item() -> None:
    ended = {**MESSAGE, "id": "msg_2"}
    events = [*said(MESSAGE, 0, "Hello")[:-1], about("output_item.done", item=ended, output_index=0)]
    assert [item.json() for item in output(*events)] == [ended]


def test_without_an_index_the_id_says_which_item_it_is() -> None:
    items = [about("output_item.added", item=begun(each)) for each in (MESSAGE, CALL)]
    text = about("output_text.delta", item_id="msg_1", delta="a")
    arguments = about("function_call_arguments.delta", delta="{}")
    message, call = output(*items, text, arguments)
    assert isinstance(message, OutputMessage)
    assert isinstance(call, FunctionToolCall)
    assert (message.content[0].text, call.arguments) == ("a", "{}")


def test_annotations_and_log_probabilities_append() -> None:
    note = about("output_text.annotation.added", annotation={"type": "file_path"}, annotation_index=0, **TEXT)
    likely = about("output_text.delta", delta="a", logprobs=[{"token": "a"}], **TEXT)
    (message,) = output(likely, note, likely, note)
    assert isinstance(message, OutputMessage)
    assert message.content == [
        ContentPart("output_text", "aa", None, [{"type": "file_path"}] * 2, [{"token": "a"}] * 2)
    ]


def test_parts_of_a_summary_and_of_thoughts_belong_to_reasoning() -> None:
    at = {"item_id": "rs_1", "output_index": 0}
    summary = about("reasoning_summary_part.added", part={"type": "summary_text", "text": "a"}, summary_index=0, **at)
    thought = about("content_part.added", part={"type": "reasoning_text", "text": "b"}, content_index=0, **at)
    for events in ([summary, thought], [thought, summary]):
        (item,) = output(*events)
        assert isinstance(item, ReasoningItem)
        assert (item.summary[0].text, item.content[0].text) == ("a", "b")


def test_an_output_that_comes_with_a_response_in_progress_is_kept() -> None:
    reader = fed(about("output_item.done", item=MESSAGE, output_index=0))
    reader.feed(event(lifecycle("in_progress", output=[CALL, REASONING])))
    assert [item.json() for item in reader.response.output] == [MESSAGE, REASONING]


def test_a_character_that_is_cut_in_two_is_made_whole() -> None:
    start, end = (
        Event(
            f'{{"type":"response.output_text.delta","delta":"{half}","output_index":0,"content_index":0}}',
            "response.output_text.delta",
        )
        for half in (r"a\ud83d", r"\ude00b")
    )
    reader = ResponseReader()
    found = [*reader.feed(start), *reader.feed(end)]
    assert [each.json()["delta"] for each in found] == ["a\ud83d", "\ude00b"]
    assert reader.response.output_text == "a\N{GRINNING FACE}b"


def test_half_a_character_elsewhere_is_replaced() -> None:
    reader = ResponseReader()
    item = r'{"type":"message","id":"m","content":[{"type":"output_text","text":"a\ud83d"}]}'
    reader.feed(Event(f'{{"type":"response.output_item.done","output_index":0,"item":{item}}}'))
    assert reader.response.output_text == "a\ufffd"


def test_items_have_the_class_of_their_type() -> None:
    custom: Payload = {"type": "custom_tool_call", "id": "c", "call_id": "call_2", "name": "sql", "input": "select 1"}
    search: Payload = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}}
    items = [MESSAGE, CALL, REASONING, custom, search]
    response = fed(lifecycle("completed", output=items)).response
    assert response.output == [
        OutputMessage(
            "message", "msg_1", "completed", json.dumps(MESSAGE), "assistant", None,
            [ContentPart("output_text", "Hello", None, [], [])],
        ),
        FunctionToolCall("function_call", "fc_1", "completed", json.dumps(CALL), "call_1", "add", '{"a":1}'),
        ReasoningItem("reasoning", "rs_1", None, json.dumps(REASONING), [ContentPart("summary_text", "Hmm.")], [], "x"),
        CustomToolCall("custom_tool_call", "c", None, json.dumps(custom), "call_2", "sql", "select 1"),
        OutputItem("web_search_call", "ws_1", "completed", json.dumps(search)),
    ]  # fmt: skip
    assert [type(item) for item in response.output] == [
        OutputMessage, FunctionToolCall, ReasoningItem, CustomToolCall, OutputItem,
    ]  # fmt: skip
    assert [item.json() for item in response.output] == items
    assert response.function_calls == response.output[1:2]


def test_the_text_of_a_response_is_that_of_its_messages_and_no_refusal() -> None:
    parts = [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "no"}, {"type": "output_text"}]
    response = fed(lifecycle("completed", output=[{**MESSAGE, "content": parts}, REASONING, MESSAGE])).response
    assert response.output_text == "aHello"
    assert Response().output_text == ""


@pytest.mark.parametrize(
    ("arguments", "value"),
    [('{"a":[1]}', {"a": [1]}), ("", {}), (" ", {}), ("5", 5)],
    ids=["JSON", "none", "blanks", "a number"],
)
def test_the_arguments_of_a_call_can_be_had_as_objects(arguments: str, value: object) -> None:
    assert FunctionToolCall(arguments=arguments).parsed() == value


@pytest.mark.parametrize(("name", "called"), [("add", "add"), ("", "the call")])
def test_arguments_that_are_no_json_are_an_error_that_shows_them(name: str, called: str) -> None:
    with pytest.raises(ChatError) as caught:
        FunctionToolCall(name=name, arguments='{"a":').parsed()
    assert caught.value.message.startswith(f"expected the arguments of {called} in JSON, got '{{\"a\":' (")
    assert caught.value.raw == '{"a":'
