"""The attributes of a span that describe a request to a model (GenAI conventions)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.util.types import AttributeValue

__all__ = ["Question", "of_chat", "of_completion", "of_response", "to_json"]

_PARAMETERS = {
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "max_output_tokens": "gen_ai.request.max_tokens",
    "max_tokens": "gen_ai.request.max_tokens",
    "n": "gen_ai.request.choice.count",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "seed": "gen_ai.request.seed",
    "temperature": "gen_ai.request.temperature",
    "top_k": "gen_ai.request.top_k",
    "top_p": "gen_ai.request.top_p",
}


class Question:
    """The request of one call to a model, as attributes of its span.

    Args:
        operation: The value of `gen_ai.operation.name`.
        fields: The fields of the request's JSON body; `model` must be among them.
        messages: The value of `gen_ai.input.messages`, not yet JSON.
        instructions: The text of `gen_ai.system_instructions`; None if the request has none.
    """

    def __init__(self, operation: str, fields: Mapping[str, Any], messages: Any, instructions: Any = None) -> None:
        self.operation = operation
        self.model = str(fields["model"])
        self._fields = fields
        self._messages = messages
        self._instructions = instructions

    def parameters(self) -> dict[str, AttributeValue]:
        """Return the attributes that hold no content: the parameters of the request."""
        known: dict[str, AttributeValue] = {
            _PARAMETERS[name]: value
            for name, value in self._fields.items()
            if name in _PARAMETERS and isinstance(value, (int, float)) and not isinstance(value, bool)
        }
        if known.get("gen_ai.request.choice.count") == 1:
            del known["gen_ai.request.choice.count"]  # "if the choice count is not 1"
        stop = self._fields.get("stop")
        if stop:
            known["gen_ai.request.stop_sequences"] = [stop] if isinstance(stop, str) else [str(each) for each in stop]
        return known

    def content(self) -> dict[str, AttributeValue]:
        """Return the attributes that hold content: the messages and the instructions, as JSON."""
        found: dict[str, AttributeValue] = {"gen_ai.input.messages": to_json(self._messages)}
        if self._instructions is not None:
            found["gen_ai.system_instructions"] = to_json([_text(self._instructions)])
        return found


def of_chat(fields: Mapping[str, Any]) -> Question:
    """Return the question of a chat."""
    return Question("chat", fields, list(fields["messages"]))


def of_completion(fields: Mapping[str, Any]) -> Question:
    """Return the question of a legacy completion: a text, several, or tokens."""
    prompt: Any = fields["prompt"]
    several = isinstance(prompt, list) and all(isinstance(each, str) for each in cast("list[object]", prompt))
    prompts: list[Any] = cast("list[Any]", prompt) if several else [prompt]
    return Question("text_completion", fields, [{"role": "user", "parts": [_text(each)]} for each in prompts])


def of_response(fields: Mapping[str, Any]) -> Question:
    """Return the question of the Responses API: a text, or items."""
    asked = fields["input"]
    items: Any = [{"role": "user", "parts": [_text(asked)]}] if isinstance(asked, str) else list(asked)
    return Question("chat", fields, items, fields.get("instructions"))


def _text(content: Any) -> dict[str, Any]:
    return {"type": "text", "content": content}


def to_json(value: object) -> str:
    """Return `value` as JSON; like a request, it may contain pydantic models, dataclasses and structs."""
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)  # pydantic's
    return dump(mode="json") if callable(dump) else msgspec.to_builtins(value, enc_hook=repr)
