"""The values of a chat completion, accumulated from a stream (API reference, "The chat completion object")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

import msgspec

if TYPE_CHECKING:
    from sse_client.adapters.openai._shared.structured_output import Validates

__all__ = [
    "Audio",
    "Choice",
    "Completion",
    "CompletionTokensDetails",
    "Message",
    "PromptTokensDetails",
    "ToolCall",
    "Usage",
]

T = TypeVar("T")


class PromptTokensDetails(msgspec.Struct, frozen=True, gc=False):
    """What the prompt's tokens were."""

    cached_tokens: int = 0
    audio_tokens: int = 0
    cache_write_tokens: int = 0
    image_tokens: int = 0
    text_tokens: int = 0


class CompletionTokensDetails(msgspec.Struct, frozen=True, gc=False):
    """What the completion's tokens were."""

    reasoning_tokens: int = 0
    audio_tokens: int = 0
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0
    text_tokens: int = 0


class Usage(msgspec.Struct, frozen=True, gc=False):
    """How many tokens were used; 0 if the server sent no such number."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_tokens_details: PromptTokensDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None


class ToolCall(msgspec.Struct, frozen=True, gc=False):
    """A call that the model asks for; the deprecated `function_call` is one without an `id`.

    Attributes:
        id: what the tool's answer refers to; "" where the server sent none.
        type: the kind of tool, `function` or `custom`.
        arguments: the JSON text that the model wrote, nothing guarantees that it is valid; for a custom tool, the
            text as it is.
    """

    id: str = ""
    type: str = "function"
    name: str = ""
    arguments: str = ""

    def json(self) -> dict[str, Any]:
        """Return it as an element of a message's `tool_calls`, as requests have them."""
        text = "input" if self.type == "custom" else "arguments"
        return {"id": self.id, "type": self.type, self.type: {"name": self.name, text: self.arguments}}

    def parsed(self) -> Any:
        """Return the decoded arguments; an empty `dict` if the model sent none.

        Raises:
            ChatError: they are not JSON, or only the beginning of it. Its `raw` is their text.
        """
        from sse_client.adapters.openai._shared.structured_output import (
            arguments,  # imported when first needed, as in `parse`
        )

        return arguments(self.name, self.arguments)


class Audio(msgspec.Struct, frozen=True, gc=False):
    """A spoken answer.

    Attributes:
        id: what a later request refers to it by.
        data: the sound, in base64.
        transcript: the words.
        expires_at: until when it can be referred to, in seconds since the epoch.
    """

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | None = None


class Message(msgspec.Struct, frozen=True, gc=False):
    """What the model said. A text that never came is None; one that came empty is ""."""

    role: str | None = None
    content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] = []
    audio: Audio | None = None

    def json(self) -> dict[str, Any]:
        """Return it as an element of the `messages` of the next request; thoughts do not go back."""
        message: dict[str, Any] = {"role": self.role or "assistant", "content": self.content}
        if self.refusal is not None:
            message["refusal"] = self.refusal
        if self.audio is not None and self.audio.id:
            message["audio"] = {"id": self.audio.id}
        calls = self.tool_calls
        if len(calls) == 1 and not calls[0].id:
            message["function_call"] = {"name": calls[0].name, "arguments": calls[0].arguments}
        elif calls:
            message["tool_calls"] = [call.json() for call in calls]
        return message


class Choice(msgspec.Struct, frozen=True, gc=False):
    """One of the `n` answers.

    Attributes:
        finish_reason: why the answer ended; an open set. None: it has not, or the server never said.
        logprobs: as the server sends them, the lists of all chunks joined.
    """

    index: int = 0
    message: Message = msgspec.field(default_factory=Message)
    finish_reason: str | None = None
    logprobs: Any = None


class Completion(msgspec.Struct, frozen=True):
    """Everything that has arrived of a completion.

    Attributes:
        created: seconds since the epoch.
        choices: by index; a choice of which nothing came is not there.
    """

    id: str | None = None
    model: str | None = None
    created: int | None = None
    choices: list[Choice] = []
    usage: Usage | None = None

    @overload
    def parse(self, type: type[T], index: int = 0) -> T: ...

    @overload
    def parse(self, type: Validates[T], index: int = 0) -> T: ...

    @overload
    def parse(self, type: Any, index: int = 0) -> Any: ...

    def parse(self, type: Any, index: int = 0) -> Any:  # noqa: A002 - the API's own word
        """Return the answer, a text in JSON, as a value of a type of yours.

        A Markdown fence around the JSON is taken off. An answer without a finish reason counts if its JSON is an
        object, an array or a string, which show by themselves that they are whole.

        Args:
            type: whatever msgspec decodes, as a `Struct`, a dataclass, a `TypedDict`, `list[int]`; a pydantic model,
                alone or inside one of those; or a `pydantic.TypeAdapter`.
            index: of the choice.

        Raises:
            ChatError: there is no such choice, the model refused, the answer is not whole or has no text, or the
                text is no JSON or not of that type. Its `raw` is the text, its `partial` the completion.
            TypeError: `type` is none that can be decoded.
        """
        from sse_client.adapters.openai._shared.structured_output import answer

        # Because of the link to this folder, pyright finds this module under two paths, and a class in each.
        return answer(cast("Any", self), type, index)
