"""Streams of the Responses API as other servers and gateways send them: what they add up to, and their text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import Event
from sse_client.adapters.openai import ChatError
from sse_client.adapters.openai.responses import FunctionToolCall, OutputMessage, ReasoningItem, ResponseFailure
from sse_client.adapters.openai.responses._reader import ResponseReader
from sse_client.testing import Server, Step, stream

from .asking import asker as asker
from .kit import CALL, MESSAGE, REASONING, Payload, about, begun, event, fed, lifecycle, said

if TYPE_CHECKING:
    from .asking import Asker

TEXT: Payload = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
DELTA = about("output_text.delta", delta="Hel", **TEXT)
LO = about("output_text.delta", delta="lo", **TEXT)
EMPTY: Payload = {**MESSAGE, "content": []}
PART: Payload = {"type": "output_text", "text": "Hello", "annotations": []}
NO_TEXT: Payload = {**MESSAGE, "content": [{**PART, "text": ""}]}


def called(name: str, **more: Any) -> Payload:
    return {"type": "function_call", "id": name, "call_id": f"call_{name}", "name": name, "arguments": "", **more}


def arguments(payloads: list[Payload]) -> list[tuple[str, str]]:
    calls = fed(lifecycle("created"), *payloads, lifecycle("completed", output=[])).response.output
    return [(call.name, call.arguments) for call in calls if isinstance(call, FunctionToolCall)]


def answered(*payloads: Payload) -> list[Step]:
    """Return an answer that is a stream of these events, each in a chunk of its own."""
    return stream([event(each).encode() for each in payloads])


def piece(text: str, **where: Any) -> Payload:
    return about("function_call_arguments.delta", delta=text, **where)


F1, F2 = called("f1"), called("f2")
BOTH = [("f1", {"a": 1}), ("f2", {"b": 2})]


@pytest.mark.parametrize(
    "payloads",
    [
        pytest.param(
            [about("output_item.added", item=F1), about("output_item.added", item=F2),
             piece('{"a"', item_id="f1"), piece('{"b":2}', item_id="f2"), piece(":1}", item_id="f1")],
            id="their IDs alone",
        ),
        pytest.param(
            [about("output_item.added", item=F1, output_index=0), about("output_item.added", item=F2, output_index=0),
             piece('{"a"', item_id="f1", output_index=0), piece('{"b":2}', item_id="f2", output_index=0),
             piece(":1}", item_id="f1", output_index=0)],
            id="one number for both",
        ),
        pytest.param(
            [about("output_item.added", item=F1, output_index=0), about("output_item.added", item=F2, output_index=1),
             piece('{"a"', output_index=0), piece('{"b":2}', output_index=1), piece(":1}", output_index=0)],
            id="their numbers alone",
        ),
        pytest.param(
            [about("output_item.added", item=F1, output_index=0), about("output_item.added", item=F2, output_index=1),
             piece('{"a"', output_index=0, item_id="x"), piece('{"b":2}', output_index=1, item_id="y"),
             piece(":1}", output_index=0, item_id="z")],
            id="another ID in each event",
        ),
        pytest.param(
            [about("output_item.added", item=F1), about("output_item.added", item=F2),
             piece('{"a":1}', item_id="call_f1"), piece('{"b":2}', item_id="call_f2")],
            id="the IDs of the calls",
        ),
        pytest.param(
            [about("output_item.added", item={**F1, "id": None}), piece('{"a":1}'),
             about("output_item.added", item={**F2, "id": None}), piece('{"b":2}')],
            id="neither, one after the other",
        ),
        pytest.param(
            [about("output_item.done", item=called("f1", arguments='{"a":1}'), output_index=0),
             about("output_item.done", item=called("f2", arguments='{"b":2}'), output_index=1)],
            id="only the complete items",
        ),
        pytest.param(
            [about("output_item.added", item=F1), about("output_item.added", item=F2),
             about("function_call_arguments.done", arguments='{"b":2}', item_id="f2"),
             about("function_call_arguments.done", arguments='{"a":1}', item_id="f1")],
            id="only the complete arguments",
        ),
        pytest.param(
            [about("function_call_arguments.done", arguments='{"a":1}', item_id="f1", name="f1"),
             about("function_call_arguments.done", arguments='{"b":2}', item_id="f2", name="f2")],
            id="only the complete arguments, and the names beside them",
        ),
        pytest.param(
            [about("output_item.added", item=F1, output_index=0), about("output_item.added", item=F2, output_index=1),
             piece('{"a":1}', item_id="f1", output_index=0), piece('{"b":2}', item_id="f2", output_index=1),
             about("function_call_arguments.done", arguments="", item_id="f1", output_index=0),
             about("output_item.done", item=F1, output_index=0), about("output_item.done", item=F2, output_index=1)],
            id="complete items that have lost their arguments",
        ),
        pytest.param(
            [about("output_item.added", item=F1), about("output_item.added", item=F2),
             piece('{"a":1}', call_id="call_f1"), piece('{"b":2}', call_id="call_f2")],
            id="the IDs of the calls, as such",
        ),
        pytest.param(
            [about("output_item.added", item=F1, output_index="0"),
             about("output_item.added", item=F2, output_index="1"),
             piece('{"b":2}', output_index="1"), piece('{"a":1}', output_index="0")],
            id="their numbers alone, as texts",
        ),
        pytest.param(
            [about("output_item.done", item=called("f1", arguments='{"a":1}'), output_index=0),
             about("output_item.done", item=called("f2", arguments='{"b":2}'), output_index=0)],
            id="only the complete items, with one number for both",
        ),
        pytest.param(
            [about("output_item.done", item={**called("f1", arguments='{"a":1}'), "id": None}),
             about("output_item.done", item={**called("f2", arguments='{"b":2}'), "id": None})],
            id="only the complete items, without IDs and numbers",
        ),
        pytest.param(
            [about("output_item.added", item={**F1, "id": None}), about("output_item.added", item={**F2, "id": None}),
             about("output_item.done", item={**called("f2", arguments='{"b":2}'), "id": None}),
             about("output_item.done", item={**called("f1", arguments='{"a":1}'), "id": None})],
            id="complete items with the IDs of the calls alone",
        ),
        pytest.param(
            [about("output_item.added", item=called("f1", arguments="{}")), piece('{"a":1}', item_id="f1"),
             about("output_item.added", item=called("f2", arguments='{"b":2}')), piece('{"b"', item_id="f2"),
             piece(":2}", item_id="f2")],
            id="arguments that are there before their pieces",
        ),
        pytest.param(
            [about("output_item.added", item=F1), about("output_item.added", item=F2),
             about("function_call_arguments.done", arguments={"b": 2}, item_id="f2"),
             about("output_item.done", item=called("f1", arguments={"a": 1}))],
            id="arguments that are objects",
        ),
    ],
)  # fmt: skip
def test_two_calls_have_their_own_arguments(payloads: list[Payload]) -> None:
    assert [(name, json.loads(written)) for name, written in arguments(payloads)] == BOTH


def test_without_id_and_number_a_piece_belongs_to_the_latest_item_of_its_type() -> None:
    items = [about("output_item.added", item={**begun(each), "id": None}) for each in (MESSAGE, CALL)]
    message, call = fed(*items, about("output_text.delta", delta="Hi"), piece("{}")).response.output
    assert isinstance(message, OutputMessage)
    assert isinstance(call, FunctionToolCall)
    assert (message.content[0].text, call.arguments) == ("Hi", "{}")


SPARSE = [
    pytest.param([about("output_text.done", text="Hello", **TEXT)], id="the end of the text alone"),
    pytest.param([about("output_text.done", text="Hello")], id="the end of the text, without an item"),
    pytest.param([about("content_part.done", part=PART, **TEXT)], id="the end of the part alone"),
    pytest.param([about("output_item.done", item=MESSAGE, output_index=0)], id="the end of the item alone"),
    pytest.param([about("output_item.added", item=MESSAGE, output_index=0)], id="an item that begins whole"),
    pytest.param(
        [about("output_text.done", text="Hello", **TEXT), about("content_part.done", part=PART, **TEXT),
         about("output_item.done", item=MESSAGE, output_index=0)],
        id="the ends alone",
    ),
    pytest.param([DELTA, about("output_text.done", text="Hello", **TEXT)], id="the last piece only at the end"),
    pytest.param([DELTA, about("output_item.done", item=MESSAGE, output_index=0)], id="a piece only in the item"),
    pytest.param(
        [*said(MESSAGE, 0, "Hel", "lo")[:4], about("output_text.done", text="", **TEXT),
         about("content_part.done", part={**PART, "text": ""}, **TEXT),
         about("output_item.done", item=EMPTY, output_index=0)],
        id="ends that have lost the text",
    ),
    pytest.param(
        [*said(MESSAGE, 0, "Hel", "lo")[:4], about("output_item.done", item=NO_TEXT, output_index=0)],
        id="an item that has lost the text of its part",
    ),
    pytest.param(
        [about("output_item.done", item={**MESSAGE, "content": "Hello"}, output_index=0)],
        id="a content that is a text",
    ),
    pytest.param(
        [about("output_item.done", item={**MESSAGE, "content": [{"type": "text", "text": "Hello"}]}, output_index=0)],
        id="a part of another type",
    ),
    pytest.param(
        [about("output_item.added", item=CALL, output_index=0),
         about("output_text.delta", delta="Hello", item_id="msg_1", output_index=0, content_index=0)],
        id="the number of a call",
    ),
    pytest.param(
        [about("output_item.added", item=REASONING, output_index=0),
         about("output_text.delta", delta={"text": "Hello"}, output_index=0)],
        id="the number of the reasoning, and no ID",
    ),
]  # fmt: skip


@pytest.mark.parametrize("payloads", SPARSE)
@pytest.mark.parametrize("output", [[], [MESSAGE], [EMPTY]], ids=["no output", "the output", "an empty message"])
def test_a_text_is_there_once_wherever_the_server_sends_it(
    asker: Asker, payloads: list[Payload], output: list[Payload]
) -> None:
    with Server(answered(lifecycle("created"), *payloads, lifecycle("completed", output=output))) as server:
        came = asker.ask(server.url, read="text")
    assert came.error is None
    assert "".join(came.pieces) == "Hello"
    assert (came.reply.outcome, came.response.output_text) == ("complete", "Hello")


@pytest.mark.parametrize(
    "payloads",
    [
        [DELTA, about("output_text.done", text="Hello", **TEXT), LO],
        [about("output_text.done", text="Hello", **TEXT), {**DELTA, "delta": ""}, DELTA, LO],
        [DELTA, about("content_part.done", part=PART, **TEXT), LO],
        [DELTA, about("output_text.done", text="Hello", **TEXT), about("content_part.done", part=PART, **TEXT), LO],
        [DELTA, about("output_item.done", item=MESSAGE, output_index=0), LO],
        [LO, about("output_text.done", text="Hello", **TEXT), DELTA],
        [about("output_item.done", item=MESSAGE, output_index=0), DELTA, LO],
    ],
    ids=["text", "text first", "part", "text and part", "item", "reversed", "item first"],
)
@pytest.mark.parametrize("begun_first", [True, False])
def test_a_piece_after_its_whole_text_adds_nothing(payloads: list[Payload], begun_first: bool, asker: Asker) -> None:
    begin = [about("output_item.added", item=EMPTY, output_index=0)] if begun_first else []
    events = [lifecycle("created"), *begin, *payloads, lifecycle("completed", output=[])]
    with Server(answered(*events)) as server:
        came = asker.ask(server.url, read="text")
    assert came.response.output_text == "Hello"
    # What has been handed out of a reversed text cannot be taken back.
    assert "".join(came.pieces) == ("lo" if payloads[0] is LO else "Hello")


def test_a_text_may_go_on_after_it_was_whole() -> None:
    more = about("output_text.delta", delta=", you", **TEXT)
    events = [DELTA, about("output_text.done", text="Hel", **TEXT), LO, more]
    assert fed(lifecycle("created"), *events).response.output_text == "Hello, you"


@pytest.mark.parametrize("kind", ["function_call_arguments", "item", "new item"])
def test_arguments_after_the_whole_of_them_add_nothing(kind: str) -> None:
    where: Payload = {"item_id": "f1", "output_index": 0}
    last = about("output_item.done", item=called("f1", arguments='{"a":1}'), output_index=0)
    if kind == "function_call_arguments":
        last = about("function_call_arguments.done", arguments='{"a":1}', **where)
    begin = [about("output_item.added", item=F1, output_index=0)] if kind != "new item" else []
    pieces = [piece('{"a"', **where), piece(":1}", **where)]
    for payloads in ([*begin, last, *pieces], [*begin, pieces[0], last, pieces[1]]):
        assert arguments(payloads) == [("f1", '{"a":1}')]


def test_the_last_event_alone_has_the_text(asker: Asker) -> None:
    with Server(stream([event(lifecycle("completed", output=[REASONING, MESSAGE])).encode()])) as server:
        came = asker.ask(server.url, read="text")
    assert (came.error, came.pieces, came.response.output_text) == (None, ["Hello"], "Hello")


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed", "cancelled", None])
def test_a_whole_response_in_one_event_counts(status: str | None, asker: Asker) -> None:
    body = {**lifecycle("completed", output=[MESSAGE])["response"], "status": status}
    whole = b"data: " + event({"type": "", **body}).data.encode() + b"\n\ndata: [DONE]\n\n"
    with Server(stream([whole])) as server:
        came = asker.ask(server.url, read="text")
    assert came.response.output_text == "Hello"
    failed = status in ("failed", "cancelled")
    assert (came.pieces, came.reply.outcome) == (([], "error") if failed else (["Hello"], "complete"))


def test_a_text_that_the_server_changes_is_not_added_to_its_pieces(asker: Asker) -> None:
    changed = about("output_text.done", text="Goodbye", **TEXT)
    with Server(answered(lifecycle("created"), DELTA, changed, lifecycle("completed", output=[]))) as server:
        came = asker.ask(server.url, read="text")
    assert (came.pieces, came.response.output_text) == (["Hel"], "Goodbye")


def test_a_whole_response_that_is_sent_as_a_stream_counts_with_done_after_it(asker: Asker) -> None:
    body = lifecycle("completed", output=[MESSAGE])["response"]
    whole = event({"type": "", **body}).data.encode() + b"\n\ndata: [DONE]\n\n"
    with Server(stream([whole])) as server:
        came = asker.ask(server.url, read="text")
    assert (came.error, came.pieces, came.reply.outcome) == (None, ["Hello"], "complete")


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("web_search_call", ["in_progress", "searching", "completed"]),
        ("file_search_call", ["in_progress", "searching", "completed"]),
        ("code_interpreter_call", ["in_progress", "interpreting", "completed"]),
        ("image_generation_call", ["in_progress", "generating", "completed"]),
        ("mcp_call", ["in_progress", "failed"]),
        ("mcp_list_tools", ["in_progress", "failed"]),
        ("web_search_call", ["searching", "failed"]),
        ("code_interpreter_call", ["interpreting", "failed"]),
        ("computer_call", ["in_progress", "incomplete"]),
    ],
)
@pytest.mark.parametrize("where", [{"item_id": "i"}, {"output_index": 3}, {}], ids=["its ID", "its number", "its type"])
def test_progress_moves_the_status_of_its_item(kind: str, statuses: list[str], where: Payload) -> None:
    reader = fed(about("output_item.added", item={"type": kind, "id": "i"}, output_index=3))
    found: list[str | None] = []
    for status in statuses:
        reader.feed(event(about(f"{kind}.{status}", **where)))
        found.append(reader.response.output[0].status)
    assert found == statuses


def test_progress_of_another_type_of_item_changes_nothing() -> None:
    reader = fed(about("output_item.added", item=begun(CALL), output_index=0))
    reader.feed(event(about("web_search_call.failed", output_index=0)))
    assert reader.response.output[0].status == "in_progress"


def test_a_whole_output_with_other_ids_and_in_another_order_is_not_added_to_what_came() -> None:
    payloads = [
        about("output_item.added", item=begun(MESSAGE), output_index=0),
        about("output_text.delta", delta="Hello", **TEXT),
        about("output_item.added", item=begun(REASONING), output_index=1),
    ]
    reader = fed(lifecycle("created"), *payloads)
    reader.feed(event(lifecycle("completed", output=[{**REASONING, "id": "rs_2"}, {**MESSAGE, "id": "msg_2"}])))
    assert (reader.unsent, reader.response.output_text) == ("", "Hello")
    assert [item.id for item in reader.response.output] == ["rs_2", "msg_2"]


@pytest.mark.parametrize("ending", ["completed", "done"])
def test_a_response_may_end_under_another_name(ending: str) -> None:
    reader = fed(lifecycle("created"), DELTA, about(ending, response={"id": "resp_1", "output": []}))
    assert (reader.outcome, reader.response.status, reader.response.output_text) == ("complete", "completed", "Hel")


def test_a_response_that_is_cancelled_is_an_error(asker: Asker) -> None:
    cancelled = about("cancelled", response={"id": "resp_1", "status": "cancelled", "output": []})
    with Server(answered(lifecycle("created"), DELTA, cancelled)) as server:
        came = asker.ask(server.url)
    assert str(came.error) == "the response was cancelled, and the server does not say why (code cancelled)"
    assert (came.response.status, came.response.output_text) == ("cancelled", "Hel")


@pytest.mark.parametrize("kind", ["reasoning", "reasoning_text", "reasoning_summary", "reasoning_summary_text"])
def test_reasoning_may_come_under_names_that_it_had_once(kind: str) -> None:
    reader = fed(about(f"{kind}.delta", delta="h", item_id="r"), about(f"{kind}.done", text="hm", item_id="r"))
    (item,) = reader.response.output
    assert isinstance(item, ReasoningItem)
    assert [part.text for part in (*item.summary, *item.content)] == ["hm"]


def test_an_annotation_may_come_under_a_name_that_it_had_once() -> None:
    source = {"type": "url_citation", "url": "https://example.com"}
    reader = fed(DELTA, about("output_text_annotation.added", annotation=source, **TEXT))
    (message,) = reader.response.output
    assert isinstance(message, OutputMessage)
    assert message.content[0].annotations == [source]


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"input_tokens": 1, "output_tokens": 2}, (1, 2, 3)),
        ({"input_tokens": "1", "output_tokens": 2.0, "total_tokens": 3}, (1, 2, 3)),
        ({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 9}, (1, 2, 9)),
        ({"input_tokens": 1, "output_tokens": None}, (1, 0, 0)),
    ],
)
def test_usage_may_have_the_names_of_chats_and_no_total(usage: Payload, counts: tuple[int, ...]) -> None:
    found = fed(lifecycle("completed", output=[], usage=usage)).response.usage
    assert found is not None
    assert (found.input_tokens, found.output_tokens, found.total_tokens) == counts


@pytest.mark.parametrize("line", ["response.failed", "message"])
def test_a_failure_after_an_error_is_the_responses_with_its_event_line_and_without(line: str) -> None:
    reader = ResponseReader()
    with pytest.raises(ChatError, match="no money"):
        reader.feed(event({"type": "error", "error": {"message": "no money"}}))
    failed = lifecycle("failed", error={"code": "quota", "message": "no money at all"})
    assert list(reader.feed(Event(json.dumps(failed), line))) == []
    assert reader.response.error == ResponseFailure("quota", "no money at all")
    completed = lifecycle("completed", output=[MESSAGE])
    assert list(reader.feed(Event(json.dumps(completed), "message"))) == []
    assert reader.response.status == "failed"


def test_the_failure_in_the_same_read_as_an_error_is_the_responses(asker: Asker) -> None:
    error: Payload = {"type": "error", "error": {"message": "no money", "code": "quota"}}
    failed = lifecycle("failed", error={"code": "quota", "message": "no money at all"}, model="m-2")
    with Server(stream([b"".join(event(each).encode() for each in (lifecycle("created"), error, failed))])) as server:
        came = asker.ask(server.url)
    assert str(came.error) == "no money (code quota)"
    assert came.response.error is not None
    assert (came.response.status, came.response.model) == ("failed", "m-2")
    assert came.response.error.message == "no money at all"
    assert came.error is not None
    assert came.error.partial == came.response


def test_an_item_keeps_texts_that_the_server_forgets_only_a_few_times() -> None:
    reader = fed(DELTA)
    for _ in range(4):
        reader.feed(event(about("output_item.done", item=EMPTY, output_index=0)))
        assert reader.response.output_text == "Hel"
    reader.feed(event(about("output_item.done", item=EMPTY, output_index=0)))
    assert reader.response.output_text == ""


def test_arguments_may_come_decoded_in_their_piece() -> None:
    added = about("output_item.added", item=F1, output_index=0)
    assert arguments([added, piece({"text": 1}, output_index=0)]) == [("f1", '{"text": 1}')]  # type: ignore[arg-type]


def test_a_piece_of_text_may_be_a_number() -> None:
    pieces = [{**DELTA, "delta": value} for value in ("6 x ", 7, " is ", 42.0)]
    reader = fed(lifecycle("created"), *pieces, lifecycle("completed", output=[]))
    assert reader.response.output_text == "6 x 7 is 42.0"


def test_a_piece_of_text_may_be_a_list_of_parts() -> None:
    lists: list[list[object]] = [[{"type": "output_text", "text": "He"}], ["l", {"text": "lo"}, None]]
    pieces = [{**DELTA, "delta": value} for value in lists]
    reader = fed(lifecycle("created"), *pieces, lifecycle("completed", output=[]))
    assert reader.response.output_text == "Hello"


def test_ids_may_be_numbers() -> None:
    calls = [{**called(name), "id": at, "call_id": 7 + at} for at, name in enumerate(("f1", "f2"))]
    added = [about("output_item.added", item=call) for call in calls]
    pieces = [piece('{"b":2}', item_id=1), piece('{"a":1}', item_id=0)]
    done = [about("output_item.done", item={**call, "arguments": ""}) for call in calls]
    reader = fed(lifecycle("created"), *added, *pieces, *done, lifecycle("completed", output=[]))
    found = [(call.id, call.call_id, call.arguments) for call in reader.response.function_calls]
    assert found == [("0", "7", '{"a":1}'), ("1", "8", '{"b":2}')]
    of_calls = [piece('{"b":2}', call_id=8), piece('{"a":1}', call_id=7)]
    assert arguments([*added, *of_calls]) == [("f1", '{"a":1}'), ("f2", '{"b":2}')]


@pytest.mark.parametrize(
    "output",
    [
        {"0": {**MESSAGE, "content": [PART]}},
        {**MESSAGE, "content": [PART]},
        [{**MESSAGE, "content": PART}],
        {**MESSAGE, "content": PART},
    ],
)
def test_output_and_content_may_come_without_the_list_around_them(output: object) -> None:
    with_output = lifecycle("completed", output=output)
    assert fed(lifecycle("created"), with_output).response.output_text == "Hello"
    done = about("output_item.done", item={**MESSAGE, "content": PART}, output_index=0)
    assert fed(lifecycle("created"), done, lifecycle("completed", output=[])).response.output_text == "Hello"


def test_a_stream_may_be_framed_twice(asker: Asker) -> None:
    payloads = [lifecycle("created"), DELTA, about("output_text.done", text="Hello", **TEXT), lifecycle("completed")]
    frames = [Event(event(each).encode().decode()).encode() for each in payloads]
    with Server(stream([*frames, b"data: data: [DONE]\n\n"])) as server:
        came = asker.ask(server.url, read="text")
    assert ("".join(came.pieces), came.reply.outcome) == ("Hello", "complete")
