"""Chat completions as OpenAI streams them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from sse_client.testing._messages import LAST_CHUNK, chunk, head, reply
from sse_client.testing._steps import Pause, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sse_client.testing._received import Received

DEFAULT_ANSWER: Final = "Every token of this answer is an event of its own."
_CREATED: Final = 1_700_000_000  # the same every time, so that a test may compare whole answers


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """Answer a request that offers `tools` with a call of the tool `name`."""

    name: str
    arguments: Mapping[str, Any]


Answer: TypeAlias = str | ToolAnswer | Callable[[dict[str, Any]], str | ToolAnswer]


class Chat:
    """The route of `POST /v1/chat/completions`; `Server` says what its arguments mean."""

    def __init__(self, answer: Answer, *, pace: float, api_key: str | None) -> None:
        self._answer = answer
        self._pace = pace
        self._api_key = api_key
        self._numbers = count(1)

    def __call__(self, request: Received) -> Iterator[Step]:
        if self._api_key is not None and request.headers.get("authorization") != f"Bearer {self._api_key}":
            return _refused(401, "Incorrect API key provided.", code="invalid_api_key")
        try:
            body = request.json()
        except ValueError:
            return _refused(400, "We could not parse the JSON body of your request.")
        if not isinstance(body, dict):
            return _refused(400, "The body of your request must be a JSON object.")
        if not isinstance(cast("dict[str, Any]", body).get("messages"), list):
            return _refused(400, "Missing required parameter: 'messages'.", param="messages")
        return self._completion(cast("dict[str, Any]", body))

    def _completion(self, body: dict[str, Any]) -> Iterator[Step]:
        answer = self._answer(body) if callable(self._answer) else self._answer
        if isinstance(answer, ToolAnswer) and not body.get("tools"):
            answer = DEFAULT_ANSWER
        number = next(self._numbers)
        deltas, finish_reason = _deltas(answer, f"call_{number}")
        choices = range(body.get("n") or 1)
        usage = _usage(body["messages"], (len(deltas) - 1) * len(choices))
        frame = {"id": f"chatcmpl-{number}", "created": _CREATED, "model": body.get("model") or "test-model"}
        if not body.get("stream"):
            message = _message(answer, f"call_{number}")
            whole = [
                {"index": index, "message": message, "logprobs": None, "finish_reason": finish_reason}
                for index in choices
            ]
            return _json(200, {**frame, "object": "chat.completion", "choices": whole, "usage": usage})
        frame["object"] = "chat.completion.chunk"
        options: dict[str, Any] = body.get("stream_options") or {}
        if not options.get("include_usage"):
            return self._streamed(frame, choices, deltas, finish_reason, [])
        frame["usage"] = None
        return self._streamed(frame, choices, deltas, finish_reason, [{**frame, "choices": [], "usage": usage}])

    def _streamed(
        self,
        frame: dict[str, Any],
        choices: range,
        deltas: list[dict[str, Any]],
        finish_reason: str,
        last: list[dict[str, Any]],
    ) -> Iterator[Step]:
        def part(index: int, delta: dict[str, Any], reason: str | None = None) -> bytes:
            choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": reason}
            return _event({**frame, "choices": [choice]})

        yield head()
        for position, delta in enumerate(deltas):
            if position and self._pace:
                yield Pause(self._pace)
            for index in choices:
                yield part(index, delta)
        for index in choices:
            yield part(index, {}, finish_reason)
        for payload in last:
            yield _event(payload)
        yield chunk(b"data: [DONE]\n\n")
        yield LAST_CHUNK


def _deltas(answer: str | ToolAnswer, call_id: str) -> tuple[list[dict[str, Any]], str]:
    """Return the deltas of an answer, the first with its role, and the reason why it ends."""
    if isinstance(answer, str):
        texts = re.findall(r"\s*\S+|\s+", answer)
        return [
            {"role": "assistant", "content": "", "refusal": None},
            *({"content": text} for text in texts),
        ], "stop"
    arguments = json.dumps(answer.arguments)
    fragments = [arguments[start : start + 8] for start in range(0, len(arguments), 8)]
    start = {**_message(answer, call_id), "refusal": None}
    function = {"name": answer.name, "arguments": ""}
    start["tool_calls"] = [{"index": 0, "id": call_id, "type": "function", "function": function}]
    return [
        start,
        *({"tool_calls": [{"index": 0, "function": {"arguments": fragment}}]} for fragment in fragments),
    ], "tool_calls"


def _message(answer: str | ToolAnswer, call_id: str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {"role": "assistant", "content": answer, "refusal": None}
    function = {"name": answer.name, "arguments": json.dumps(answer.arguments)}
    calls = [{"id": call_id, "type": "function", "function": function}]
    return {"role": "assistant", "content": None, "tool_calls": calls, "refusal": None}


def _usage(messages: list[Any], completion_tokens: int) -> dict[str, int]:
    """Count words for tokens."""
    prompt_tokens = len(json.dumps(messages).split())
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def _event(payload: dict[str, Any]) -> bytes:
    return chunk(b"data: %b\n\n" % json.dumps(payload, separators=(",", ":")).encode())


def _refused(status: int, message: str, *, param: str | None = None, code: str | None = None) -> Iterator[Step]:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return _json(status, {"error": error})


def _json(status: int, payload: dict[str, Any]) -> Iterator[Step]:
    return iter(reply(status, json.dumps(payload).encode(), {"Content-Type": "application/json"}))
