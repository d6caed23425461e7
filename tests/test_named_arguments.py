"""Calls whose arguments are missing, misspelled or without their names: the error says which word was meant."""

from __future__ import annotations

import inspect
import re
from operator import attrgetter
from typing import Any

import pytest

from sse_client.adapters.anthropic import AsyncMessagesClient, MessagesClient
from sse_client.adapters.openai import AsyncChatClient, ChatClient

CHATS: list[Any] = [ChatClient, AsyncChatClient]
MESSAGES: list[Any] = [MessagesClient, AsyncMessagesClient]


@pytest.mark.parametrize("kind", CHATS)
@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("stream", {"model": "m", "message": []}, "expected messages=..., got message=...; did you mean messages?"),
        ("stream", {"model": "m", "Messages": []}, "expected messages=..., got Messages=...; did you mean messages?"),
        ("stream", {"modle": "m", "messages": []}, "expected model=..., got modle=...; did you mean model?"),
        ("stream", {"model": "m", "top_k": 3}, "messages: missing; pass model=..., messages=..."),
        ("stream", {}, "model and messages: missing; pass model=..., messages=..."),
        ("completions.stream", {"model": "m", "promt": ""}, "expected prompt=..., got promt=...; did you mean prompt?"),
        ("responses.stream", {"model": "m", "inputs": ""}, "expected input=..., got inputs=...; did you mean input?"),
    ],
)  # fmt: skip
def test_a_required_argument_that_is_missing_is_named(
    kind: Any, method: str, arguments: dict[str, Any], message: str
) -> None:
    call = attrgetter(method)(kind(api_key="k"))
    with pytest.raises(TypeError, match=rf"^\w+\.stream: {re.escape(message)}$"):
        call(**arguments)


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ({"model": "m", "max_tokens": 1, "message": []}, "messages"),
        ({"model": "m", "max_token": 1, "messages": []}, "max_tokens"),
        ({"models": "m", "max_tokens": 1, "messages": []}, "model"),
    ],
)
def test_a_message_request_names_the_argument_that_is_missing(kind: Any, arguments: dict[str, Any], meant: str) -> None:
    with pytest.raises(TypeError, match=f"{kind.__name__}.stream: expected {meant}=.*did you mean {meant}"):
        kind(api_key="k").stream(**arguments)


@pytest.mark.parametrize("kind", CHATS + MESSAGES)
def test_a_client_names_the_argument_that_was_meant(kind: Any) -> None:
    with pytest.raises(TypeError, match=f"^{kind.__name__}: expected api_key=..., got api_kye=...; did you mean api_k"):
        kind(api_kye="k")
    with pytest.raises(TypeError, match=f"^{kind.__name__}: there is no argument 'colour'; pass api_key=..., .*base_u"):
        kind(api_key="k", colour="red")


@pytest.mark.parametrize("kind", CHATS + MESSAGES)
def test_arguments_without_their_names_are_refused(kind: Any) -> None:
    refused = f"^{kind.__name__}%s: expected named arguments, got a positional one; pass %s=..., "
    with pytest.raises(TypeError, match=refused % ("", "api_key")):
        kind("http://localhost:8000/v1")
    with pytest.raises(TypeError, match=refused % (r"\.stream", "model")):
        kind(api_key="k").stream([{"role": "user", "content": "Hi"}])


@pytest.mark.parametrize("kind", CHATS + MESSAGES)
def test_the_signature_is_that_of_the_method(kind: Any) -> None:
    parameters = inspect.signature(kind.stream).parameters
    assert [name for name, each in parameters.items() if each.default is each.empty][:2] == ["self", "model"]
    assert "api_key" in inspect.signature(kind).parameters
