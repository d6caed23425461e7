"""The arguments of a call that are no fields: `extra_headers`, `extra_query`, `extra_body`, as in OpenAI's SDK."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx2
import openai
import pydantic
import pytest
from both_clients import ASK, Chat
from both_clients import chat as chat
from test_client_kit import KEY, answer
from test_client_kit import surroundings as surroundings

from sse_client import SSEError
from sse_client.adapters.openai import AsyncChatClient, ChatClient
from sse_client.testing import Received, Server, stream

if TYPE_CHECKING:
    from collections.abc import Callable

EXTRA: dict[str, Any] = {
    "extra_headers": {"X-A": "call", "authorization": "Bearer other", "X-B": "call"},
    "extra_query": {"api-version": "2", "n": 1, "yes": True, "list": ["a", "b"], "gone": None},
    "extra_body": {"temperature": 1, "metadata": {"b": None}, "model": "other", "top_k": 5},
}
FIELDS: dict[str, Any] = {"temperature": 0, "metadata": {"a": "1"}, "seed": 7}
CLIENT: dict[str, Any] = {"X-A": "client", "X-C": "client"}
QUERY = {"api-version": "1", "kept": "yes", "gone": "no"}


def sent_by_the_sdk(url: str) -> None:
    # A transport of its own: the SDK reads the proxies of the environment otherwise.
    with httpx2.Client(transport=httpx2.HTTPTransport(), timeout=10) as transport:
        sdk = openai.OpenAI(
            api_key=KEY, base_url=url, default_headers=CLIENT, default_query=QUERY, http_client=transport, max_retries=0
        )
        for _ in sdk.chat.completions.create(**ASK, **FIELDS, **EXTRA, stream=True):
            pass


def seen(request: Received) -> tuple[Any, dict[str, Any], dict[str, list[str]], str]:
    """Return of a request what the extras have a say in."""
    url = httpx2.URL(f"http://h{request.path}")
    query = {name: url.params.get_list(name) for name in url.params}
    headers = {name: request.headers.get(name) for name in ("x-a", "x-b", "x-c", "authorization")}
    return request.json(), headers, query, url.path


def test_extras_are_merged_as_the_sdk_merges_them(chat: Chat) -> None:
    with Server(answer("Hi"), answer("Hi")) as server:
        sent_by_the_sdk(f"{server.url}/v1")
        options: dict[str, Any] = {"headers": CLIENT, "params": QUERY, "call": {**FIELDS, **EXTRA}}
        assert chat.ask(f"{server.url}/v1", **options).end == ("Hi", "complete", None)
        theirs, ours = map(seen, server.requests)
    assert ours == theirs
    body, headers, query, _ = ours
    assert body == {
        **ASK,
        "model": "other",
        "temperature": 1,
        "metadata": {"b": None},
        "seed": 7,
        "top_k": 5,
        "stream": True,
    }
    assert headers == {"x-a": "call", "x-b": "call", "x-c": "client", "authorization": "Bearer other"}
    assert query == {"api-version": ["2"], "kept": ["yes"], "n": ["1"], "yes": ["true"], "list[]": ["a", "b"]}


def test_extra_headers_are_sent_over_those_of_the_call(chat: Chat) -> None:
    with Server(answer("Hi")) as server:
        call = {"headers": {"X-A": "1", "X-B": "1"}, "extra_headers": {"x-a": "2"}}
        chat.ask(server.url, call=call)
        assert (server.requests[0].headers["X-A"], server.requests[0].headers["X-B"]) == ("2", "1")


def test_extra_query_replaces_what_is_in_the_base_url(chat: Chat) -> None:
    with Server(answer("Hi")) as server:
        chat.ask(f"{server.url}/v1?api-version=1&a=b", call={"extra_query": {"api-version": "2"}})
        assert server.requests[0].path == "/v1/chat/completions?a=b&api-version=2"


def test_a_number_of_choices_in_extra_body_counts(chat: Chat) -> None:
    chunks = [
        b'data: {"choices":[{"index":%d,"delta":{"content":"%d"},"finish_reason":"stop"}]}\n\n' % (n, n) for n in (0, 1)
    ]
    with Server(stream([*chunks, b"data: [DONE]\n\n"])) as server:
        came = chat.ask(server.url, call={"extra_body": {"n": 2}})
    assert [choice.index for choice in came.completion.choices] == [0, 1]


def test_the_legacy_api_and_responses_have_them_too() -> None:
    extra: dict[str, Any] = {"extra_headers": {"X-A": "1"}, "extra_query": {"q": "1"}, "extra_body": {"b": 1}}
    with Server(answer("Hi"), answer("Hi")) as server, ChatClient(api_key=KEY, base_url=server.url) as client:
        assert "".join(client.completions.stream(model="m", prompt="?", **extra).text()) == "Hi"
        with pytest.raises(SSEError):  # it is no stream of that API's
            list(client.responses.stream(model="m", input="?", **extra))
        for request in server.requests:
            assert request.path.endswith("?q=1")
            assert (request.headers["X-A"], request.json()["b"]) == ("1", 1)


def calls(kind: type[Any], **more: Any) -> list[Callable[[], object]]:
    """Return the calls of each API, with more arguments."""
    made = kind(api_key=KEY)
    return [
        partial(made.stream, **ASK, **more),
        partial(made.responses.stream, model="m", input="?", **more),
        partial(made.completions.stream, model="m", prompt="?", **more),
    ]


@pytest.mark.parametrize("kind", [ChatClient, AsyncChatClient])
@pytest.mark.parametrize("name", ["headers", "extra_headers", "extra_query", "extra_body"])
def test_what_is_no_mapping_is_a_type_error(kind: type[Any], name: str) -> None:
    for call in calls(kind, **{name: [("a", "b")]}):
        with pytest.raises(TypeError, match=f"{name}: expected a mapping, got list"):
            call()


@pytest.mark.parametrize("kind", [ChatClient, AsyncChatClient])
def test_extra_body_cannot_ask_for_what_is_no_stream(kind: type[Any]) -> None:
    with pytest.raises(ValueError, match="stream: what this returns is a stream"):
        kind(api_key=KEY).stream(**ASK, extra_body={"stream": False})


@pytest.mark.parametrize("kind", [ChatClient, AsyncChatClient])
@pytest.mark.parametrize(
    ("field", "message"),
    [("timout", "did you mean timeout"), ("reconnect", "a chat has retries of its own"), ("until", "knows its end")],
)
def test_a_mistaken_option_is_a_type_error_in_every_call(kind: type[Any], field: str, message: str) -> None:
    for call in calls(kind, **{field: 3}):
        with pytest.raises(TypeError, match=f"^{field}: .*{message}"):
            call()


def test_a_field_of_such_a_name_goes_out_in_extra_body(chat: Chat) -> None:
    with Server(answer("Hi")) as server:
        chat.ask(server.url, call={"top_k": 1, "extra_body": {"reconnect": True, "timout": 3}})
        body = server.requests[0].json()
    assert (body["top_k"], body["reconnect"], body["timout"]) == (1, True, 3)


class Question(pydantic.BaseModel):
    role: str = "user"
    content: str
    name: str | None = None


@dataclass
class Asked:
    role: str
    content: str
    name: str | None = None


@pytest.mark.parametrize("message", [Question(content="?"), Asked("user", "?")])
def test_messages_may_be_models_and_dataclasses(chat: Chat, message: object) -> None:
    with Server(answer("Hi")) as server:
        assert chat.ask(server.url, call={"messages": [message]}).text == "Hi"
        assert server.requests[0].json()["messages"] == [{"role": "user", "content": "?"}]


@pytest.mark.parametrize("kind", [ChatClient, AsyncChatClient])
def test_items_of_a_response_may_be_models_and_are_a_list(kind: type[Any]) -> None:
    responses = kind(api_key=KEY).responses
    assert responses.stream(model="m", input=[Question(content="?")]).outcome is None
    for one in ({"role": "user", "content": "?"}, Question(content="?")):
        with pytest.raises(TypeError, match=r"input: expected a list of items, got one (dict|Question)"):
            responses.stream(model="m", input=one)


@pytest.mark.parametrize("kind", [ChatClient, AsyncChatClient])
def test_a_class_as_response_format_is_refused_with_a_hint(kind: type[Any]) -> None:
    with pytest.raises(TypeError, match=r"response_format: .* the class Question: pass .*reply\.parse\(Question\)"):
        kind(api_key=KEY).stream(**ASK, response_format=Question)


def test_pydantic_is_not_imported() -> None:
    import subprocess
    import sys

    script = (
        "import sys; from sse_client.adapters.openai import ChatClient; "
        "ChatClient(api_key='k').stream(model='m', messages=[{'role': 'user'}], tools=[{}], top_k=1); "
        "print('pydantic' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert run.stdout.strip() == "False"
    assert json.dumps(run.stderr) == '""'
