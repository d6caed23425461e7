"""The chat route of a plain server, which gives every request the same answer."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from sse_client.testing._chat.answers import DEFAULT_ANSWER, Answer, ChatAnswer, ChatFailure, chosen
from sse_client.testing._chat.endpoint import CHAT, Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sse_client.testing._received import Received
    from sse_client.testing._steps import Step


def chat(answer: Answer, *, pace: float, api_key: str | None) -> Callable[[Received], Iterable[Step]]:
    """Return the route of `POST /v1/chat/completions`; `Server` documents the arguments."""

    def choose(body: dict[str, Any]) -> ChatAnswer | ChatFailure:
        whole = chosen(answer, body)
        if isinstance(whole, ChatAnswer) and whole.tools and not body.get("tools"):
            return ChatAnswer(text=DEFAULT_ANSWER)
        return whole

    return Endpoint(CHAT, choose, numbers=count(1), pace=lambda: pace, api_key=api_key)
