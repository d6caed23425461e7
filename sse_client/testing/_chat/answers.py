"""A model's answers, independent of the endpoint that sends them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from sse_client.testing._messages import check_status, reply

if TYPE_CHECKING:
    from sse_client.testing._steps import End, Step

DEFAULT_ANSWER: Final = "Every token of this answer is an event of its own."
CREATED: Final = 1_700_000_000  # always the same, so that tests can compare whole answers

FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """Answers a request that offers `tools` with a call of one of them.

    Attributes:
        name: the tool.
        arguments: the arguments of the call, which are sent as JSON.
    """

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswer:
    """A model's complete answer.

    Attributes:
        text: the answer's text.
        reasoning: the reasoning before the text.
        refusal: the text of a refusal.
        tools: tool calls, in parallel if there are several.
        finish_reason: None stands for `stop`, or `tool_calls` if there are tool calls.
        error: the message of an error inside the stream, after everything else, instead of its end.
        end: RESET, CLOSE or STALL, instead of the end.
    """

    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tools: tuple[ToolAnswer, ...] = ()
    finish_reason: FinishReason | None = None
    error: str | None = None
    end: End | None = None

    @property
    def breaks_off(self) -> bool:
        """Whether the answer has no end."""
        return self.error is not None or self.end is not None

    @property
    def finished(self) -> FinishReason:
        """The finish reason."""
        return self.finish_reason or ("tool_calls" if self.tools else "stop")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFailure:
    """An error instead of an answer, in OpenAI's form.

    Attributes:
        status: HTTP status code.
        message: the error's message.
        kind: the error's `type`.
        code: the error's `code`.
        param: the name of the wrong parameter.
        headers: further headers, such as `Retry-After`.
    """

    status: int
    message: str
    kind: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        check_status(self.status)

    def steps(self) -> list[Step]:
        """Return the response."""
        error = {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}
        return json_reply(self.status, {"error": error}, self.headers)


Fixed: TypeAlias = str | ToolAnswer | ChatAnswer | ChatFailure
Answer: TypeAlias = Fixed | Callable[[dict[str, Any]], Fixed]
"""What the model says; or what makes that from the request's JSON."""


def checked(answer: Any) -> Any:
    """Return `answer`.

    Raises:
        TypeError: it is neither an answer nor a function.
    """
    if not callable(answer) and not isinstance(answer, str | ToolAnswer | ChatAnswer | ChatFailure):
        kind = type(answer).__name__
        raise TypeError(f"expected a text, a ToolAnswer, a ChatAnswer, a ChatFailure or a function; got {kind}")
    return answer


def chosen(answer: Answer, body: dict[str, Any]) -> ChatAnswer | ChatFailure:
    """Return the answer to a request, in its full form.

    Raises:
        TypeError: a function did not return an answer.
    """
    fixed = checked(answer(body)) if callable(answer) else answer
    if callable(fixed):
        raise TypeError("expected an answer of the function, got another function")
    if isinstance(fixed, str):
        return ChatAnswer(text=fixed)
    return ChatAnswer(tools=(fixed,)) if isinstance(fixed, ToolAnswer) else fixed


def tokens(text: str) -> list[str]:
    """Return the words of a text, each with the blanks before it."""
    return re.findall(r"\s*\S+|\s+", text)


def fragments(arguments: str) -> list[str]:
    """Return the arguments of a call as JSON, split into the pieces that are sent."""
    return [arguments[start : start + 8] for start in range(0, len(arguments), 8)]


def json_reply(status: int, payload: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> list[Step]:
    """Return a response of JSON."""
    return reply(status, json.dumps(payload).encode(), {"Content-Type": "application/json", **(headers or {})})
