"""Decodes JSON that a model wrote: the arguments of a call, or an answer of the caller's own type."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from sse_client.adapters.openai._shared.shown_text import quoted
from sse_client.adapters.openai.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.adapters.openai.completion import Choice, Completion

__all__ = ["answer", "arguments", "decoded"]

_LANGUAGE = re.compile(r"\A[\w+-]+")  # the language of a code fence, such as `json`
_AROUND = 40  # characters of a broken text that are shown on each side of the mistake

# Finish reasons of an answer that was cut, whatever its text looks like.
_CUT = {"length": "the limit on its length", "content_filter": "the content filter"}


def arguments(name: str, text: str) -> Any:
    """Return the arguments of a call of the tool `name` from their text; see `ToolCall.parsed`."""
    if not text.strip():
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"expected the arguments of {name or 'the call'} in JSON, got {_broken(text, error)}"
        raise ChatError(message, raw=text) from error


def answer(completion: Completion, type: Any, index: int) -> Any:  # noqa: A002 - the API's own word
    """Return an answer as a value of `type`; see `Completion.parse`."""
    what = f"choice {index}"
    choice = next((choice for choice in completion.choices if choice.index == index), None)
    if choice is None:
        there = ", ".join(str(choice.index) for choice in completion.choices) or "none"
        return decoded("", type, what, f"is not there; the choices are: {there}", completion)
    text = choice.message.content or choice.message.refusal or ""
    return decoded(text, type, what, _obstacle(choice), completion)


def decoded(text: str, type: Any, what: str, obstacle: str | None, partial: object) -> Any:  # noqa: A002
    """Return a text that a model wrote as a value of `type`.

    Args:
        text: JSON, perhaps in a Markdown fence.
        type: any type that msgspec or pydantic decodes.
        what: a name for the text, for error messages.
        obstacle: why there is nothing to decode; empty if there is something.
        partial: the `partial` of an error.

    Raises:
        ChatError: there is nothing to decode, or `text` is not JSON, or not of that type.
        TypeError: `type` cannot be decoded.
    """

    def failed(why: str) -> ChatError:
        return ChatError(f"{what} {why}", raw=text, partial=partial)

    if obstacle:
        raise failed(obstacle)
    bare = _unfenced(text)
    try:
        return _decoder(type)(bare)
    except NotImplementedError as error:  # raised by `_nested`; msgspec wraps any other type of error
        raise TypeError(str(error)) from None
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        if broken := _json_error(bare):
            raise failed(f"is no JSON: {_broken(bare, broken)}") from error
        raise failed(f"is not of the type {getattr(type, '__name__', type)}: {error}") from error


def _obstacle(choice: Choice) -> str | None:
    """Return why there is nothing to decode, if so."""
    message, reason = choice.message, choice.finish_reason
    if message.refusal:
        return f"is a refusal: {message.refusal}"
    if reason in _CUT:
        return f"was cut by {_CUT[reason]} (finish reason {reason!r})"
    if not (message.content or "").strip():
        return f"has no text, but {len(message.tool_calls)} tool calls" if message.tool_calls else "has no text"
    if reason is None:
        # Some servers never send a finish reason. A final `}` shows that an object is whole, but `12` may become `123`.
        bare = _unfenced(message.content or "")
        if not bare.endswith(("}", "]", '"')) or _json_error(bare):
            return "is not finished"
    return None


def _unfenced(text: str) -> str:
    """Return `text` without a Markdown fence around it."""
    text = text.strip()
    if text.startswith("```"):
        text = _LANGUAGE.sub("", text[3:].removesuffix("```"), count=1).strip()
    return text


def _decoder(type: Any) -> Callable[[str], Any]:  # noqa: A002 - the API's own word
    # Recognised by its methods: pydantic need not be imported here.
    if known := _pydantic(type):
        return known
    return msgspec.json.Decoder(type, dec_hook=_nested).decode


def _pydantic(type: Any) -> Callable[[str], Any] | None:  # noqa: A002
    """Return the decoder for a pydantic model, a `TypeAdapter`, or a pydantic dataclass; None for any other type."""
    validator = getattr(type, "__pydantic_validator__", None)
    for owner, name in ((type, "model_validate_json"), (type, "validate_json"), (validator, "validate_json")):
        if decode := getattr(owner, name, None):
            known: Callable[[str], Any] = decode
            return known
    return None


def _nested(type: type, value: Any) -> Any:  # noqa: A002
    """Decode a pydantic model inside another type."""
    if known := _pydantic(type):
        return known(json.dumps(value))
    # msgspec requires this error of a hook that does not support a type.
    raise NotImplementedError(f"expected a type that msgspec or pydantic decodes, got {type.__name__}")


def _json_error(text: str) -> Exception | None:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return error
    return None


def _broken(text: str, error: Exception) -> str:
    """Return a description of the mistake in `text`, with the text around it."""
    if not isinstance(error, json.JSONDecodeError):  # too deep, or a number of thousands of digits
        return f"{quoted(text)} ({error})"
    start, end = max(0, error.pos - _AROUND), error.pos + _AROUND
    shown = "..." * (start > 0) + text[start:end] + "..." * (end < len(text))
    return f"{shown!r} ({error.msg}: character {error.pos} of {len(text)})"
