"""Formats answers as legacy completions, streamed or whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client.testing._chat.answers import CREATED, ChatAnswer, json_reply, tokens
from sse_client.testing._chat.completions import DONE, broken, frame_of, usage_of
from sse_client.testing._messages import head
from sse_client.testing._steps import Pause, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def text_completion(body: Mapping[str, Any], answer: ChatAnswer, number: int, pace: float) -> Iterator[Step]:
    """Answer a request of `/completions`, only with the answer's text."""
    texts = tokens(answer.text)
    frame = {
        "id": f"cmpl-{number}",
        "object": "text_completion",
        "created": CREATED,
        "model": body.get("model") or "test-model",
    }
    usage = usage_of(body["prompt"], len(texts))

    def part(text: str, reason: str | None = None) -> dict[str, Any]:
        return {**frame, "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": reason}]}

    if not body.get("stream"):
        yield from json_reply(200, {**part(answer.text, answer.finished), "usage": usage})
        return
    yield head()
    for position, text in enumerate(texts):
        if position and pace:
            yield Pause(pace)
        yield frame_of(part(text))
    if answer.breaks_off:
        yield from broken(answer)
        return
    yield frame_of(part("", answer.finished))
    options: dict[str, Any] = body.get("stream_options") or {}
    if options.get("include_usage"):
        yield frame_of({**frame, "choices": [], "usage": usage})
    yield from DONE
