"""The values of a chat completion, accumulated from a stream (API reference, "The chat completion object")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

import msgspec

if TYPE_CHECKING:
    from sse_client.adapters.openai._shared.validator import Validates

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
    """The prompt's tokens by kind; 0 for numbers that the server did not send.

    Attributes:
        cached_tokens: tokens read from the server's prompt cache.
        audio_tokens: tokens of sound.
        cache_write_tokens: tokens written to the prompt cache.
        image_tokens: tokens of images.
        text_tokens: tokens of text.
    """

    cached_tokens: int = 0
    audio_tokens: int = 0
    cache_write_tokens: int = 0
    image_tokens: int = 0
    text_tokens: int = 0


class CompletionTokensDetails(msgspec.Struct, frozen=True, gc=False):
    """The completion's tokens by kind; 0 for numbers that the server did not send.

    Attributes:
        reasoning_tokens: tokens of the model's reasoning.
        audio_tokens: tokens of sound.
        accepted_prediction_tokens: tokens of the request's `prediction` that became part of the answer.
        rejected_prediction_tokens: tokens of the `prediction` that did not.
        text_tokens: tokens of text.
    """

    reasoning_tokens: int = 0
    audio_tokens: int = 0
    accepted_prediction_tokens: int = 0
    rejected_prediction_tokens: int = 0
    text_tokens: int = 0


class Usage(msgspec.Struct, frozen=True, gc=False):
    """The numbers of tokens used; 0 for numbers that the server did not send.

    Attributes:
        prompt_tokens: tokens of the prompt.
        completion_tokens: tokens of the answer, its reasoning included.
        total_tokens: the sum, as the server sends it.
        prompt_tokens_details: the prompt's tokens by kind; None if the server did not send them.
        completion_tokens_details: the answer's tokens by kind; None if the server did not send them.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_tokens_details: PromptTokensDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None


class ToolCall(msgspec.Struct, frozen=True, gc=False):
    """A call that the model asks for; the deprecated `function_call` becomes one without an `id`.

    Attributes:
        id: the ID to which the tool's result refers; "" if the server sent none.
        type: the kind of tool, `function` or `custom`.
        name: the function or the tool; "" if the server sent none.
        arguments: the JSON text that the model wrote, which may be invalid; for a custom tool, its plain text.
    """

    id: str = ""
    type: str = "function"
    name: str = ""
    arguments: str = ""

    def json(self) -> dict[str, Any]:
        """Return the call as an element of a message's `tool_calls` in a request."""
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
        id: the ID by which a later request can refer to it.
        data: the sound, in base64.
        transcript: the spoken words.
        expires_at: the time until which it can be referred to, in seconds since the epoch.
    """

    id: str | None = None
    data: str | None = None
    transcript: str | None = None
    expires_at: int | None = None


class Message(msgspec.Struct, frozen=True, gc=False):
    """The model's message. A text that never came is None; one that came empty is "".

    Attributes:
        role: who speaks, usually `assistant`; None if the server did not send it.
        content: the answer's text.
        reasoning: the text of the model's reasoning, under whatever name the server sends it.
        refusal: the text with which the model refuses to answer.
        tool_calls: the calls that the model asks for, in the order of their indexes.
        audio: a spoken answer; None if there is none.
    """

    role: str | None = None
    content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] = []
    audio: Audio | None = None

    def json(self) -> dict[str, Any]:
        """Return the message as an element of the next request's `messages`, without its reasoning."""
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
        index: the number of the answer, from 0.
        message: the answer itself.
        finish_reason: why the answer ended, an open set of words; None if it has not ended, or the server gave none.
        logprobs: the log probabilities as the server sends them, with the lists of all chunks joined.
    """

    index: int = 0
    message: Message = msgspec.field(default_factory=Message)
    finish_reason: str | None = None
    logprobs: Any = None


class Completion(msgspec.Struct, frozen=True):
    """Everything that has arrived of a completion.

    Attributes:
        id: the ID of the completion; None if the server sent none.
        model: the model that answers, as the server names it.
        created: seconds since the epoch.
        choices: in the order of their indexes; a choice of which nothing arrived is absent.
        usage: the tokens used; None if the server has not sent it.
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
        """Decode an answer in JSON as a value of `type`.

        A Markdown fence around the JSON is removed. An answer without a finish reason is accepted if its JSON is an
        object, an array or a string, because the end of these shows that they are complete.

        Args:
            type: any type that msgspec decodes, such as a `Struct`, a dataclass, a `TypedDict` or `list[int]`; a
                pydantic model, alone or inside one of those; or a `pydantic.TypeAdapter`.
            index: the index of the choice.

        Raises:
            ChatError: there is no such choice, the model refused, the answer is incomplete or has no text, or the
                text is not JSON or not of that type. Its `raw` is the text, its `partial` the completion.
            TypeError: `type` cannot be decoded.
        """
        from sse_client.adapters.openai._shared.structured_output import answer

        # Because of the link to this folder, pyright finds this module under two paths, and a class in each.
        return answer(cast("Any", self), type, index)
