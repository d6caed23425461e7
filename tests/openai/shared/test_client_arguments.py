"""What a chat client is made with: keywords only, and what is mistaken for another argument is refused at once."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
from test_client_kit import KEY, answer
from test_client_kit import surroundings as surroundings

from sse_client import AsyncClient, Client, Timeout
from sse_client.adapters.openai import AsyncChatClient, ChatClient
from sse_client.adapters.openai._shared.endpoint import checked_base_url
from sse_client.adapters.openai.batch import ChatBatch
from sse_client.adapters.openai.chat._client import check_client
from sse_client.replies.client_arguments import checked_key
from sse_client.testing import Server

BOTH = pytest.mark.parametrize("kind", [ChatClient, AsyncChatClient])


@BOTH
@pytest.mark.parametrize("base_url", ["", " "])
def test_an_empty_base_url_is_not_openais(kind: type[Any], base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ValueError, match="base_url: expected a URL, got an empty text"):
        kind(base_url=base_url, api_key=KEY)


@pytest.mark.parametrize("kind", [ChatClient, AsyncChatClient, ChatBatch])
def test_all_arguments_are_keywords(kind: type[Any]) -> None:
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    assert {each.kind for each in parameters} <= {inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD}
    with pytest.raises(TypeError, match="positional"):
        kind("http://localhost:8000/v1")


@pytest.mark.parametrize(
    "key",
    [
        "http://localhost:8000/v1",
        "https://me:hidden@example.com/v1",
        " HTTPS://example.com",
        "unix:///tmp/socket",
        "//example.com/v1",
        "http:/localhost:8000/v1",
        "https//example.com/v1",
        "localhost",
        "localhost:8000",
        "localhost/v1",
        "127.0.0.1",
        "127.0.0.1:8000/v1",
        "[::1]:8000",
        "api.example.com/v1",
        "example.com/api/v2",
        "example.com:443",
        "gpu-1:8000",
        "gpu-1:8000/v1",
    ],
)
@pytest.mark.parametrize("kind", [ChatClient, AsyncChatClient, ChatBatch])
def test_a_key_that_looks_like_a_url_is_refused_and_not_shown(kind: type[Any], key: str) -> None:
    with pytest.raises(
        ValueError, match="api_key: expected a key, got what looks like a URL: pass it as base_url"
    ) as caught:
        kind(api_key=key)
    assert "hidden" not in str(caught.value)


@BOTH
def test_a_key_of_the_environments_that_looks_like_a_url_is_named(
    kind: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "http://localhost:8000")
    with pytest.raises(ValueError, match="OPENAI_API_KEY: expected a key"):
        kind()


@pytest.mark.parametrize(
    "key",
    [
        "",
        "sk-proj-Ab_c-123",
        "a1b2.c3d4",
        "eyJhbGciOi.eyJzdWIi.SflKxw",
        "id:secretsecret",
        "id:0123456789abcdef",
        "AIzaSy/+=",
        "v1.0-ab/cd",
        "anything at all",
        "https",
        "localhosts",
    ],
)
def test_other_keys_are_keys(key: str) -> None:
    assert checked_key(key) == key


@BOTH
def test_a_key_is_a_text(kind: type[Any]) -> None:
    with pytest.raises(TypeError, match="api_key: expected a str, got bytes"):
        kind(api_key=b"key")
    with pytest.raises(TypeError, match=r"api_key: expected a str, got function: tokens that change .*prepare"):
        kind(api_key=lambda: "token")


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("http://h/v1", "http://h/v1"),
        ("http://h/v1/", "http://h/v1"),
        ("http://h/v1/chat/completions", "http://h/v1"),
        ("http://h/v1/chat/completions/", "http://h/v1"),
        ("http://h/v1//chat/completions//", "http://h/v1"),
        ("http://h/v1/chat/completions?api-version=1", "http://h/v1?api-version=1"),
        ("http://h/v1/chat/completions/?api-version=1#part", "http://h/v1?api-version=1"),
        ("http://h/chat/completions", "http://h"),
        ("http://h/v1/responses", "http://h/v1"),
        ("http://h/v1/responses/?a=/chat/completions", "http://h/v1?a=/chat/completions"),
        ("http://h/v1/completions", "http://h/v1"),
        ("http://h/v1/chat", "http://h/v1/chat"),
        ("http://h/my-responses", "http://h/my-responses"),
        ("http://responses", "http://responses"),
    ],
)
def test_the_path_of_an_endpoint_is_no_part_of_a_base_url(base_url: str, expected: str) -> None:
    assert checked_base_url(base_url) == expected


@pytest.mark.parametrize("end", ["/chat/completions", "/chat/completions/", "/responses", "/completions?a=b"])
def test_requests_go_where_they_would_go_without_it(end: str) -> None:
    with Server(answer("Hi")) as server, ChatClient(api_key=KEY, base_url=f"{server.url}/v1{end}") as chat:
        with chat.stream(model="m", messages=[]) as reply:
            assert "".join(reply.text()) == "Hi"
        assert server.requests[0].path == f"/v1/chat/completions{'?a=b' if '?' in end else ''}"


@BOTH
def test_a_base_url_is_a_text(kind: type[Any]) -> None:
    with pytest.raises(TypeError, match="base_url: expected a str, got bytes"):
        kind(api_key=KEY, base_url=b"http://h")


@BOTH
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_retries": "2"}, TypeError, "max_retries: expected an int, got str"),
        ({"max_retries": None}, TypeError, "max_retries: expected an int, got NoneType"),
        ({"max_retries": True}, TypeError, "max_retries: expected an int, got bool"),
        ({"max_retries": -1}, ValueError, "max_retries must be 0 or more, not -1"),
        ({"timeout": "5"}, TypeError, "timeout: connect must be a number of seconds, or None, not str"),
        ({"timeout": 0}, ValueError, "timeout: connect must be more than 0 seconds"),
        ({"timeout": (1, 2, 3)}, ValueError, r"timeout: expected \(connect, read\), got 3 values"),
        ({"headers": [("a", "b")]}, TypeError, "headers: expected a mapping, got list"),
        ({"params": "a=b"}, TypeError, "params: expected a mapping, got str"),
        ({"params": {"a": 1}}, TypeError, "params: a must be a str, not int"),
    ],
)
def test_an_argument_of_another_type_is_refused_at_once(
    kind: type[Any], options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        kind(api_key=KEY, **options)


@pytest.mark.parametrize("timeout", [None, 5, 0.5, (1, None), Timeout(event=3)])
@BOTH
def test_every_timeout_of_a_stream_is_one_of_a_chat(kind: type[Any], timeout: Any) -> None:
    kind(api_key=KEY, timeout=timeout)


class Subclass(Client):
    """A client of the caller's own."""


def test_a_client_of_the_wrong_kind_is_a_type_error_at_once() -> None:
    session = requests.Session()
    wrong: list[tuple[type[Any], Any, str]] = [
        (AsyncClient, Client(), r"sse_client\.client\.Client: that is for ChatClient\(client=\.\.\.\)$"),
        (AsyncClient, Subclass(), r"Subclass: that is for ChatClient\(client=\.\.\.\)$"),
        (Client, AsyncClient(), r"sse_client\.aio\.AsyncClient: that is for AsyncChatClient\(client=\.\.\.\)$"),
        (Client, httpx2.Client(), r"httpx2\.Client: that is for ChatClient\(client=Client\(httpx2_client\)\)$"),
        (Client, httpx.AsyncClient(), r"that is for AsyncChatClient\(client=AsyncClient\(httpx_client\)\)$"),
        (Client, session, r"requests\.sessions\.Session: that is for ChatClient\(client=Client\(session\)\)$"),
        (AsyncClient, session, r"Session: that is for ChatClient\(client=Client\(session\)\)$"),
        (Client, Client, "the class Client: call it$"),
        (Client, print, r"builtins\.builtin_function_or_method$"),
        (AsyncClient, "http://localhost", r"builtins\.str$"),
    ]
    for kind, client, message in wrong:
        chat = ChatClient if kind is Client else AsyncChatClient
        with pytest.raises(TypeError, match=rf"client: expected an sse_client\.{kind.__name__}, got .*{message}"):
            chat(api_key=KEY, client=client)


def test_a_session_of_aiohttp_is_named_as_what_it_is() -> None:
    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            for kind in (Client, AsyncClient):
                with pytest.raises(TypeError, match=r"that is for AsyncChatClient\(client=AsyncClient\(session\)\)$"):
                    check_client(session, kind)

    asyncio.run(main())


def test_a_subclass_of_the_client_is_one() -> None:
    client = Subclass()
    assert ChatClient(api_key=KEY, client=client)._client is client
