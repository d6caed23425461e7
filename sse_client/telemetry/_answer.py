"""The attributes of a span that describe a model's answer (GenAI conventions)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sse_client.adapters.openai.responses import CustomToolCall, FunctionToolCall, OutputMessage, ReasoningItem

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

    from sse_client.adapters.openai import Choice, Completion, CompletionTokensDetails, PromptTokensDetails
    from sse_client.adapters.openai.responses import InputTokensDetails, OutputItem, OutputTokensDetails, Response

__all__ = ["Answer", "of_completion", "of_response"]

_REASONS = {"max_output_tokens": "length"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, as far as it has arrived.

    Attributes:
        id: the server's ID of the answer.
        model: the model that answered.
        reasons: the finish reason of each choice.
        tokens: the numbers of input and output tokens; None if the server sent none.
        details: attributes with the numbers of special tokens.
        messages: the elements of `gen_ai.output.messages`.
    """

    id: str | None
    model: str | None
    reasons: list[str]
    messages: list[dict[str, Any]]
    tokens: tuple[int, int] | None = None
    details: dict[str, AttributeValue] = field(default_factory=dict[str, "AttributeValue"])

    def attributes(self) -> dict[str, AttributeValue]:
        """Return the attributes without content."""
        found: dict[str, AttributeValue] = {}
        if self.id:
            found["gen_ai.response.id"] = self.id
        if self.reasons:
            found["gen_ai.response.finish_reasons"] = self.reasons
        if self.tokens is not None:
            found["gen_ai.usage.input_tokens"], found["gen_ai.usage.output_tokens"] = self.tokens
        return {**found, **self.details}


def of_completion(completion: Completion) -> Answer:
    """Return the answer of a chat, or of a legacy completion."""
    reasons = [choice.finish_reason for choice in completion.choices if choice.finish_reason]
    messages = list(map(_choice, completion.choices))
    used = completion.usage
    if used is None:
        return Answer(completion.id, completion.model, reasons, messages)
    details = _details(used.prompt_tokens_details, used.completion_tokens_details)
    tokens = used.prompt_tokens, used.completion_tokens
    return Answer(completion.id, completion.model, reasons, messages, tokens, details)


def of_response(response: Response) -> Answer:
    """Return the answer of a response, which is one choice, whatever the number of its items."""
    called = any(isinstance(item, (FunctionToolCall, CustomToolCall)) for item in response.output)
    reason = _reason(response, called=called)
    parts = [part for item in response.output for part in _parts(item)]
    messages: list[dict[str, Any]] = [{"role": "assistant", "parts": parts, "finish_reason": reason}] if parts else []
    used = response.usage
    reasons = [reason] if reason else []
    if used is None:
        return Answer(response.id, response.model, reasons, messages)
    details = _details(used.input_tokens_details, used.output_tokens_details)
    return Answer(response.id, response.model, reasons, messages, (used.input_tokens, used.output_tokens), details)


def _details(
    asked: PromptTokensDetails | InputTokensDetails | None,
    answered: CompletionTokensDetails | OutputTokensDetails | None,
) -> dict[str, AttributeValue]:
    found: dict[str, AttributeValue] = {}
    if asked is not None:
        found["gen_ai.usage.cache_read.input_tokens"] = asked.cached_tokens
    if answered is not None:
        found["gen_ai.usage.reasoning.output_tokens"] = answered.reasoning_tokens
    return found


def _reason(response: Response, *, called: bool) -> str:
    """Return the conventions' finish reason; empty while the response is in progress."""
    if response.status == "completed":
        return "tool_call" if called else "stop"
    if response.status == "incomplete" and response.incomplete_details is not None:
        reason = response.incomplete_details.reason or "length"
        return _REASONS.get(reason, reason)
    return "error" if response.status == "failed" else ""


def _choice(choice: Choice) -> dict[str, Any]:
    """Return a choice as an element of `gen_ai.output.messages`: a role, and parts."""
    message = choice.message
    parts: list[dict[str, Any]] = []
    if message.reasoning:
        parts.append({"type": "reasoning", "content": message.reasoning})
    if message.content:
        parts.append({"type": "text", "content": message.content})
    parts += [
        {"type": "tool_call", "id": call.id, "name": call.name, "arguments": call.arguments}
        for call in message.tool_calls
    ]
    return {"role": message.role or "assistant", "parts": parts, "finish_reason": choice.finish_reason or ""}


def _parts(item: OutputItem) -> list[dict[str, Any]]:
    if isinstance(item, OutputMessage):
        return [{"type": "text", "content": part.text or part.refusal or ""} for part in item.content]
    if isinstance(item, ReasoningItem):
        return [{"type": "reasoning", "content": part.text or ""} for part in (*item.summary, *item.content)]
    if isinstance(item, FunctionToolCall):
        return [{"type": "tool_call", "id": item.call_id, "name": item.name, "arguments": item.arguments}]
    if isinstance(item, CustomToolCall):
        return [{"type": "tool_call", "id": item.call_id, "name": item.name, "arguments": item.input}]
    return []
