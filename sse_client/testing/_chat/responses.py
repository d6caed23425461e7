"""Formats answers as responses of the Responses API, streamed or whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sse_client.testing._chat.answers import CREATED, ChatAnswer, fragments, json_reply, tokens
from sse_client.testing._chat.completions import call_id, usage_of
from sse_client.testing._messages import LAST_CHUNK, chunk, head
from sse_client.testing._steps import Pause, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Payload: TypeAlias = dict[str, Any]

_CONTENT: Final = {"reasoning": "summary", "message": "content", "function_call": "arguments"}
"""Which field of an item comes bit by bit."""


def response(body: Mapping[str, Any], answer: ChatAnswer, number: int, pace: float) -> Iterator[Step]:
    """Answer a request of `/responses`."""
    base = _response(body, number)
    items = _items(answer, number)
    done = {**base, **_end(answer), "output": items, "usage": _usage(body["input"], answer)}
    if not body.get("stream"):
        yield from json_reply(200, done)
        return
    yield head()
    for sequence_number, payload in enumerate(_payloads(base, done, items, answer)):
        if pace and payload["type"].endswith(".delta"):
            yield Pause(pace)
        yield _frame({**payload, "sequence_number": sequence_number})
    yield answer.end or LAST_CHUNK


def _payloads(base: Payload, done: Payload, items: list[Payload], answer: ChatAnswer) -> Iterator[Payload]:
    """Yield all events of a response, in their order."""
    begun: Payload = {**base, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    of_items = [payload for index, item in enumerate(items) for payload in _of_item(item, index)]
    while answer.breaks_off and of_items and of_items[-1]["type"].endswith(".done"):
        of_items.pop()
    yield from of_items
    if answer.error is not None:
        yield {"type": "error", "code": "server_error", "message": answer.error, "param": None}
        error = {"code": "server_error", "message": answer.error}
        yield {"type": "response.failed", "response": {**done, "status": "failed", "error": error, "usage": None}}
    elif answer.end is None:
        yield {"type": f"response.{done['status']}", "response": done}


def _of_item(item: Payload, index: int) -> Iterator[Payload]:
    """Yield the events of one item of the output."""
    at = {"item_id": item["id"], "output_index": index}
    kind = item["type"]
    begun: Payload = {**item, _CONTENT[kind]: "" if kind == "function_call" else []}
    if "status" in item:
        begun["status"] = "in_progress"
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    if kind == "function_call":
        whole = {"arguments": item["arguments"], "name": item["name"]}
        for fragment in fragments(item["arguments"]):
            yield {"type": "response.function_call_arguments.delta", "delta": fragment, **at}
        yield {"type": "response.function_call_arguments.done", **whole, **at}
    elif kind == "reasoning":
        yield from _of_part(item["summary"][0], "reasoning_summary_part", "reasoning_summary_text", "summary_index", at)
    else:
        for number, part in enumerate(item["content"]):
            word = "output_text" if part["type"] == "output_text" else "refusal"
            yield from _of_part(part, "content_part", word, "content_index", at, number)
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _of_part(
    part: Payload, part_events: str, text_events: str, index_name: str, at: Payload, index: int = 0
) -> Iterator[Payload]:
    """Yield the events of a part of an item."""
    field = "refusal" if part["type"] == "refusal" else "text"
    at = {**at, index_name: index}
    more: Payload = {"logprobs": []} if text_events == "output_text" else {}
    yield {"type": f"response.{part_events}.added", "part": {**part, field: ""}, **at}
    for token in tokens(part[field]):
        yield {"type": f"response.{text_events}.delta", "delta": token, **at, **more}
    yield {"type": f"response.{text_events}.done", field: part[field], **at, **more}
    yield {"type": f"response.{part_events}.done", "part": part, **at}


def _items(answer: ChatAnswer, number: int) -> list[Payload]:
    """Return the output: the answer's reasoning, message and function calls, if it has them."""
    items: list[Payload] = []
    if answer.reasoning:
        summary = [{"type": "summary_text", "text": answer.reasoning}]
        items.append({"type": "reasoning", "id": f"rs_{number}", "summary": summary})
    content: list[Payload] = []
    if answer.text or not (answer.tools or answer.refusal):
        content.append({"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []})
    if answer.refusal:
        content.append({"type": "refusal", "refusal": answer.refusal})
    if content:
        message = {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": content}
        items.append({**message, "status": "completed"})
    for index, tool in enumerate(answer.tools):
        call = {"type": "function_call", "id": f"fc_{call_id(number, index)}", "call_id": call_id(number, index)}
        arguments = json.dumps(tool.arguments)
        items.append({**call, "name": tool.name, "arguments": arguments, "status": "completed"})
    return items


def _response(body: Mapping[str, Any], number: int) -> Payload:
    """Return the response object for events about the whole response."""
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": CREATED,
        "model": body.get("model") or "test-model",
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "metadata": body.get("metadata") or {},
        "parallel_tool_calls": True,
        "previous_response_id": body.get("previous_response_id"),
        "temperature": 1.0,
        "tool_choice": body.get("tool_choice") or "auto",
        "tools": body.get("tools") or [],
        "top_p": 1.0,
    }


def _end(answer: ChatAnswer) -> Payload:
    if answer.finished == "length":
        return {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    if answer.finished == "content_filter":
        return {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}
    return {"status": "completed"}


def _usage(prompt: Any, answer: ChatAnswer) -> Payload:
    reasoning = len(tokens(answer.reasoning))
    output = reasoning + len(tokens(answer.text)) + len(tokens(answer.refusal))
    output += sum(len(fragments(json.dumps(tool.arguments))) for tool in answer.tools)
    counted = usage_of(prompt, output)
    return {
        "input_tokens": counted["prompt_tokens"],
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": counted["total_tokens"],
    }


def _frame(payload: Payload) -> bytes:
    data = json.dumps(payload, separators=(",", ":"))
    return chunk(f"event: {payload['type']}\ndata: {data}\n\n".encode())
