"""Every type of event, from its JSON to its class."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from sse_client import Event
from sse_client.adapters.openai.responses import (
    ContentPart,
    OutputItem,
    OutputMessage,
    ResponseAnnotationEvent,
    ResponseDeltaEvent,
    ResponseEvent,
    ResponseImageEvent,
    ResponseItemEvent,
    ResponseLifecycleEvent,
    ResponsePartEvent,
    ResponseProgressEvent,
    ResponseShellOutputEvent,
    ResponseTextDeltaEvent,
    ResponseTextEvent,
    ResponseUsage,
)
from sse_client.adapters.openai.responses._event_decoder import KINDS
from sse_client.adapters.openai.responses._reader import ResponseReader

from .kit import MESSAGE, RESPONSE, USAGE, event, fed, lifecycle

AT: dict[str, Any] = {"item_id": "i", "output_index": 1}
IN: dict[str, Any] = {**AT, "content_index": 2}
SUMMARY: dict[str, Any] = {**AT, "summary_index": 2}
COMMAND: dict[str, Any] = {"output_index": 1, "command_index": 2}

# Each type, with the fields that the API gives it beside `type` and `sequence_number`.
TYPES: list[tuple[type[ResponseEvent], str, dict[str, Any]]] = [
    (ResponseTextDeltaEvent, "output_text.delta", {**IN, "delta": "t", "logprobs": [{"token": "t", "logprob": -1.5}]}),
    (ResponseTextEvent, "output_text.done", {**IN, "text": "t", "logprobs": []}),
    (
        ResponseAnnotationEvent,
        "output_text.annotation.added",
        {**IN, "annotation": {"type": "file_path", "index": 0}, "annotation_index": 3},
    ),
    (ResponseDeltaEvent, "refusal.delta", {**IN, "delta": "t"}),
    (ResponseTextEvent, "refusal.done", {**IN, "refusal": "t"}),
    (ResponseDeltaEvent, "reasoning_text.delta", {**IN, "delta": "t"}),
    (ResponseTextEvent, "reasoning_text.done", {**IN, "text": "t"}),
    (ResponseDeltaEvent, "reasoning_summary_text.delta", {**SUMMARY, "delta": "t"}),
    (ResponseTextEvent, "reasoning_summary_text.done", {**SUMMARY, "text": "t"}),
    (ResponseDeltaEvent, "function_call_arguments.delta", {**AT, "delta": "t"}),
    (ResponseTextEvent, "function_call_arguments.done", {**AT, "arguments": "t"}),
    (ResponseDeltaEvent, "custom_tool_call_input.delta", {**AT, "delta": "t"}),
    (ResponseTextEvent, "custom_tool_call_input.done", {**AT, "input": "t"}),
    (ResponseDeltaEvent, "mcp_call_arguments.delta", {**AT, "delta": "t"}),
    (ResponseTextEvent, "mcp_call_arguments.done", {**AT, "arguments": "t"}),
    (ResponseDeltaEvent, "code_interpreter_call_code.delta", {**AT, "delta": "t"}),
    (ResponseTextEvent, "code_interpreter_call_code.done", {**AT, "code": "t"}),
    (ResponseTextEvent, "shell_call_command.added", {**COMMAND, "command": ""}),
    (ResponseDeltaEvent, "shell_call_command.delta", {**COMMAND, "delta": "t"}),
    (ResponseTextEvent, "shell_call_command.done", {**COMMAND, "command": "t"}),
    (ResponseShellOutputEvent, "shell_call_output_content.delta", {**COMMAND, **AT, "delta": {"stdout": "t"}}),
    (ResponseShellOutputEvent, "shell_call_output_content.done", {**COMMAND, **AT, "output": [{"stdout": "t"}]}),
    (ResponseDeltaEvent, "audio.delta", {"delta": "t"}),
    (ResponseEvent, "audio.done", {}),
    (ResponseDeltaEvent, "audio.transcript.delta", {"delta": "t"}),
    (ResponseEvent, "audio.transcript.done", {}),
    (
        ResponseImageEvent,
        "image_generation_call.partial_image",
        {**AT, "partial_image_b64": "t", "partial_image_index": 3},
    ),
    *(
        (ResponseProgressEvent, f"{tool}.{state}", AT)
        for tool, states in {
            "mcp_call": "in_progress completed failed",
            "mcp_list_tools": "in_progress completed failed",
            "code_interpreter_call": "in_progress interpreting completed",
            "file_search_call": "in_progress searching completed",
            "web_search_call": "in_progress searching completed",
            "image_generation_call": "in_progress generating completed",
            "compaction": "compacting",
        }.items()
        for state in states.split()
    ),
]  # fmt: skip
NESTED = """
    response.created response.queued response.in_progress response.completed response.incomplete response.failed
    response.output_item.added response.output_item.done response.content_part.added response.content_part.done
    response.reasoning_summary_part.added response.reasoning_summary_part.done
"""


@pytest.mark.parametrize("named", [True, False], ids=["by its event line", "by its payload"])
@pytest.mark.parametrize(("kind", "name", "fields"), [pytest.param(*row, id=row[1]) for row in TYPES])
def test_an_event_has_the_class_and_the_fields_of_its_type(
    kind: type[ResponseEvent], name: str, fields: dict[str, Any], named: bool
) -> None:
    known: dict[str, Any] = {"type": f"response.{name}", "sequence_number": 4, **fields}
    raw = json.dumps({**known, "obfuscation": "x"})
    (found,) = ResponseReader().feed(Event(raw, known["type"] if named else "message"))
    assert found == kind(raw=raw, **known)
    assert type(found) is kind
    assert found.raw is raw
    assert found.json() == {**known, "obfuscation": "x"}
    assert msgspec.json.decode(msgspec.json.encode(found), type=kind) == found


def test_the_types_that_are_tested_are_those_that_are_known() -> None:
    assert sorted([*(f"response.{name}" for _, name, _ in TYPES), *NESTED.split()]) == sorted(KINDS)


@pytest.mark.parametrize("kind", ["created", "queued", "in_progress", "completed", "incomplete"])
def test_a_lifecycle_event_has_the_response(kind: str) -> None:
    payload = lifecycle(kind, usage=USAGE, output=[MESSAGE], previous_response_id="resp_0", vendor=1)
    (found,) = ResponseReader().feed(event(payload))
    assert isinstance(found, ResponseLifecycleEvent)
    assert found.type == f"response.{kind}"
    response = found.response
    assert (response.id, response.model, response.created_at) == ("resp_1", "m", 1_900_000_000)
    assert (response.previous_response_id, response.background, response.error) == ("resp_0", False, None)
    assert response.usage is not None
    assert response.usage == msgspec.convert(USAGE, ResponseUsage)
    assert response.usage.input_tokens_details is not None
    assert response.usage.input_tokens_details.cached_tokens == 2
    assert response.output_text == "Hello"
    assert response.json() == payload["response"]


@pytest.mark.parametrize("kind", ["output_item.added", "output_item.done"])
def test_an_item_event_has_the_item(kind: str) -> None:
    (found,) = ResponseReader().feed(event({"type": f"response.{kind}", "item": MESSAGE, "output_index": 1}))
    assert isinstance(found, ResponseItemEvent)
    message = OutputMessage(
        "message", "msg_1", "completed", json.dumps(MESSAGE), "assistant", None,
        [ContentPart("output_text", "Hello", None, [], [])],
    )  # fmt: skip
    assert (found.item, found.output_index) == (message, 1)
    assert found.item.json() == MESSAGE


@pytest.mark.parametrize(
    ("kind", "index"),
    [
        ("content_part.added", "content_index"),
        ("content_part.done", "content_index"),
        ("reasoning_summary_part.added", "summary_index"),
        ("reasoning_summary_part.done", "summary_index"),
    ],
)
def test_a_part_event_has_the_part(kind: str, index: str) -> None:
    payload = {"type": f"response.{kind}", "part": {"type": "x", "text": "t"}, **AT, index: 2}
    (found,) = ResponseReader().feed(event(payload))
    expected: dict[str, Any] = {"type": f"response.{kind}", "part": ContentPart("x", "t"), **AT, index: 2}
    assert found == ResponsePartEvent(raw=json.dumps(payload), **expected)


@pytest.mark.parametrize("name", ["text", "refusal", "arguments", "input", "code", "command"])
def test_a_whole_text_can_be_had_by_any_name(name: str) -> None:
    assert ResponseTextEvent(**{name: ""}).value == ""  # type: ignore[arg-type]  # each of them takes a text
    assert ResponseTextEvent().value is None


@pytest.mark.parametrize(
    ("line", "payload", "named"),
    [
        pytest.param(
            "response.created", {"type": "response.queued"}, "response.queued", id="the payload's type counts"
        ),
        pytest.param("response.created", {"response": {}}, "response.created", id="the line's, where it has none"),
        pytest.param("response.created", {"type": "response.new"}, "response.new", id="an unknown type counts too"),
        pytest.param("thing", {"a": 1}, "thing", id="an unknown line"),
        pytest.param("response.created", {"type": 5}, "response.created", id="a type that is none"),
        pytest.param("error", {"type": "response.created"}, "response.created", id="a known type under the line error"),
        pytest.param("message", {"type": "keepalive"}, "keepalive", id="the payload's alone"),
    ],
)
def test_the_type_is_the_payloads_or_else_the_lines(line: str, payload: dict[str, Any], named: str) -> None:
    (found,) = ResponseReader().feed(Event(json.dumps(payload), line))
    assert found.type == named
    assert type(found) is KINDS.get(named, ResponseEvent)


def test_an_unknown_type_passes_through() -> None:
    raw = '{"type":"response.new_tool.error_seen","sequence_number":3,"error":{"message":"of the tool"},"a":[1]}'
    reader = ResponseReader()
    (found,) = reader.feed(Event(raw, "response.new_tool.error_seen"))
    assert found == ResponseEvent("response.new_tool.error_seen", 3, raw)
    assert found.json()["a"] == [1]
    assert (reader.outcome, reader.empty) == (None, False)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        pytest.param(
            {"type": "response.output_text.delta", "delta": "t", "output_index": "x", "content_index": 0},
            ResponseTextDeltaEvent("response.output_text.delta", delta="t", content_index=0),
            id="an odd index is none",
        ),
        pytest.param(
            {"type": "response.output_text.delta", "delta": {"text": "t"}, "output_index": "1", "sequence_number": "7"},
            ResponseTextDeltaEvent("response.output_text.delta", 7, delta="t", output_index=1),
            id="numbers that are texts, and a text in an object",
        ),
        pytest.param(
            {"type": "response.output_text.delta", "delta": None, "sequence_number": [7], "item_id": [5]},
            ResponseTextDeltaEvent("response.output_text.delta"),
            id="an odd number, an odd id and no text",
        ),
        pytest.param(
            {"type": "response.output_text.delta", "delta": "t", "raw": 5},
            ResponseTextDeltaEvent("response.output_text.delta", delta="t"),
            id="a field by the name of one of ours",
        ),
        pytest.param(
            {"type": "response.output_item.done", "item": "x", "output_index": 1},
            ResponseItemEvent("response.output_item.done", output_index=1),
            id="an item that is none",
        ),
        pytest.param(
            {"type": "response.output_item.done", "item": {"type": 5, "id": "i", "status": []}},
            ResponseItemEvent(
                "response.output_item.done", item=OutputItem(id="i", raw='{"type": 5, "id": "i", "status": []}')
            ),
            id="an item of an odd type",
        ),
        pytest.param(
            {"type": "response.content_part.added", "part": None},
            ResponsePartEvent("response.content_part.added"),
            id="no part",
        ),
        pytest.param(
            {"type": "response.in_progress"}, ResponseLifecycleEvent("response.in_progress"), id="no response"
        ),
    ],
)
def test_a_field_of_an_unexpected_type_is_as_good_as_absent(payload: dict[str, Any], expected: ResponseEvent) -> None:
    raw = json.dumps(payload)
    for line in (payload["type"], "message"):
        assert list(ResponseReader().feed(Event(raw, line))) == [msgspec.structs.replace(expected, raw=raw)]


def test_one_odd_field_of_a_response_leaves_the_others() -> None:
    message = {**MESSAGE, "role": 5, "content": ["x", {"type": "output_text", "text": "Hi", "annotations": 5}]}
    odd = {**RESPONSE, "model": 5, "created_at": "now", "usage": {"input_tokens": [5], "total_tokens": 7}}
    response = fed({"type": "response.completed", "response": {**odd, "output": [5, None, message]}}).response
    assert (response.id, response.model, response.created_at) == ("resp_1", None, None)
    assert response.usage == ResponseUsage(total_tokens=7)
    assert response.output_text == "Hi"
    assert [item.id for item in response.output] == ["msg_1"]
    assert response.json()["output"][0] == 5


def test_numbers_that_json_does_not_have_are_none() -> None:
    (found,) = ResponseReader().feed(Event('{"type":"response.queued","response":{"created_at":NaN,"id":"r"}}'))
    assert isinstance(found, ResponseLifecycleEvent)
    assert (found.response.created_at, found.response.id) == (None, "r")
