"""Where requests go and what goes with them: Azure's ways, other servers' keys, paths beside the chat's, no secrets."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from uuid import RFC_4122, UUID

import pytest
from both_clients import ASK
from both_clients import chat as chat
from test_client_kit import KEY, answer, printed
from test_client_kit import surroundings as surroundings

from sse_client import Client, ConnectionFailed, RedirectRefused, SSEError, StreamTruncated
from sse_client.adapters.openai import ChatClient, ChatError
from sse_client.adapters.openai._shared.endpoint import Endpoint
from sse_client.adapters.openai.aio import AsyncChatClient
from sse_client.aio import AsyncClient
from sse_client.testing import RESET, Received, Server, reply, stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from both_clients import Chat

AZURE = "https://x.openai.azure.com"
WHOLE = ("Hi", "complete", None)


def endpoint(base_url: str | None = f"{AZURE}/openai/v1", key: str | None = KEY, **options: Any) -> Endpoint:
    others = ("organization", "project", "timeout", "headers")
    return Endpoint(key, base_url, own=True, max_retries=2, **{**dict.fromkeys(others), **options})


def headers_of(made: Endpoint, headers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the headers of a request, their names in lower case; those that are taken away are None."""
    sent: Mapping[str, Any] = made.request_options({}, headers)["headers"]
    assert len({name.lower() for name in sent}) == len(sent)
    return {name.lower(): value for name, value in sent.items()}


# Where.


@pytest.mark.parametrize(
    ("base_url", "params", "expected"),
    [
        pytest.param(None, None, "https://api.openai.com/v1/chat/completions", id="OpenAI's own"),
        pytest.param("http://h:1", None, "http://h:1/chat/completions", id="no path"),
        pytest.param("http://h:1/", None, "http://h:1/chat/completions", id="a slash"),
        pytest.param("http://h/v1//", None, "http://h/v1/chat/completions", id="slashes behind a path"),
        pytest.param("http://h/v1#part", None, "http://h/v1/chat/completions", id="a fragment"),
        pytest.param("http://h/v1?", None, "http://h/v1/chat/completions", id="an empty query"),
        pytest.param(
            f"{AZURE}/openai/v1?api-version=preview",
            None,
            f"{AZURE}/openai/v1/chat/completions?api-version=preview",
            id="a query stays behind the path",
        ),
        pytest.param(
            f"{AZURE}/openai/v1/?api-version=preview",
            None,
            f"{AZURE}/openai/v1/chat/completions?api-version=preview",
            id="a slash before a query",
        ),
        pytest.param(
            f"{AZURE}/openai/deployments/NAME",
            {"api-version": "2024-10-21"},
            f"{AZURE}/openai/deployments/NAME/chat/completions?api-version=2024-10-21",
            id="a deployment",
        ),
        pytest.param(
            "http://h/v1?a=%2fx/&&b",
            {"c": "d e&f", "ü": "="},
            "http://h/v1/chat/completions?a=%2fx/&b&c=d+e%26f&%C3%BC=%3D",
            id="parameters are escaped, and the base URL's stay as they are",
        ),
        pytest.param(
            "http://h/v1?api-version=1&x=y&api%2Dversion=2",
            {"api-version": "3"},
            "http://h/v1/chat/completions?x=y&api-version=3",
            id="a parameter replaces that of the base URL",
        ),
        pytest.param("http://h/v1?a=b", {}, "http://h/v1/chat/completions?a=b", id="no parameters"),
    ],
)
def test_requests_go_to_the_path_behind_the_base_url(
    base_url: str | None, params: dict[str, str] | None, expected: str
) -> None:
    made = endpoint(base_url, params=params)
    assert made.url("/chat/completions") == made.url("chat/completions") == expected


def test_the_base_url_is_as_it_was_given_without_a_slash_at_the_end_of_its_path() -> None:
    assert endpoint("http://h/v1/?a=b").base_url == "http://h/v1?a=b"
    assert endpoint("http://h/v1/").base_url == "http://h/v1"


def test_a_request_may_have_parameters_of_its_own() -> None:
    made = endpoint("http://h/v1?a=1", params={"b": "2", "c": "3"})
    url = made.url("/responses/r_1", {"stream": "true", "c": "4"})
    assert url == "http://h/v1/responses/r_1?a=1&b=2&stream=true&c=4"
    assert made.url("/responses") == "http://h/v1/responses?a=1&b=2&c=3"


@pytest.mark.parametrize("value", [None, 1, b"x", ["x"]])
def test_a_parameter_is_a_text(value: Any) -> None:
    with pytest.raises(TypeError, match="params: api-version must be a str"):
        endpoint(params={"api-version": value})
    if value in (None, 1, ["x"]):
        return
    with pytest.raises(TypeError, match="after: a parameter of the query must be"):
        endpoint().url("/responses", {"after": value})


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("/openai/v1?api-version=preview", "/openai/v1/chat/completions?api-version=preview"),
        (
            "/openai/deployments/a%20b/?api-version=2024-10-21&x=%2F",
            "/openai/deployments/a%20b/chat/completions?api-version=2024-10-21&x=%2F",
        ),
    ],
)
def test_azure_is_asked_at_its_own_urls_with_its_own_key(
    chat: Chat, base: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-server")
    with Server(reply(429, headers={"retry-after-ms": "1"}), answer("Hi")) as server:
        assert chat.ask(server.url + base, None, headers={"api-key": KEY}).end == WHOLE
        for request in server.requests:
            assert (request.method, request.path) == ("POST", path)
            assert request.headers["api-key"] == KEY
            assert "authorization" not in request.headers


def test_the_api_version_may_be_a_parameter(chat: Chat) -> None:
    with Server(answer("Hi")) as server:
        base = f"{server.url}/openai/deployments/NAME"
        came = chat.ask(base, None, params={"api-version": "2024-10-21"}, headers={"api-key": KEY})
        assert came.end == WHOLE
        assert server.requests[0].path == "/openai/deployments/NAME/chat/completions?api-version=2024-10-21"


def test_headers_of_the_client_underneath_count(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-server")
    with Server(answer("Hi")) as server:
        assert chat.ask(server.url, None, under={"headers": {"Api-Key": KEY, "idempotency-key": "x"}}).end == WHOLE
        sent = server.requests[0].headers
        assert (sent["api-key"], sent["idempotency-key"]) == (KEY, "x")
        assert "authorization" not in sent


def test_parameters_of_the_client_underneath_are_added(chat: Chat) -> None:
    with Server(answer("Hi")) as server:
        assert chat.ask(f"{server.url}/v1?a=1", under={"params": {"b": "2"}}).end == WHOLE
        assert server.requests[0].path == "/v1/chat/completions?a=1&b=2"


# With which key.


@pytest.mark.parametrize("name", ["api-key", "Api-Key", "x-api-key", "X-API-KEY"])
def test_a_key_in_a_header_of_its_own_is_the_only_one(name: str) -> None:
    for made, headers in [
        (endpoint(headers={name: "mine"}), None),
        (endpoint(), {name: "mine"}),
        (endpoint(shared={name: "mine"}), None),
    ]:
        assert "authorization" not in headers_of(made, headers)
    assert headers_of(endpoint(), {name: "mine"})[name.lower()] == "mine"


def test_a_key_header_that_is_taken_away_is_none() -> None:
    made = endpoint(headers={"api-key": "mine"}, shared={"x-api-key": "mine"})
    sent = headers_of(made, {"API-KEY": None, "x-api-key": None})
    assert sent["authorization"] == f"Bearer {KEY}"
    assert (sent["api-key"], sent["x-api-key"]) == (None, None)


def test_an_authorization_of_the_callers_is_sent_beside_a_key_header() -> None:
    sent = headers_of(endpoint(headers={"authorization": "Basic x", "api-key": "y"}))
    assert (sent["authorization"], sent["api-key"]) == ("Basic x", "y")


@pytest.mark.parametrize("name", ["api-key", "X-Api-Key", "Authorization"])
@pytest.mark.parametrize("of", ["headers", "shared"])
def test_with_a_key_in_a_header_no_other_one_is_demanded(of: str, name: str) -> None:
    assert endpoint(None, None, **{of: {name: "mine"}}).url("/x") == "https://api.openai.com/v1/x"


@pytest.mark.parametrize("headers", [None, {}, {"X-Mine": "1"}, {"api-key": None}])
@pytest.mark.parametrize("base_url", [None, "https://api.openai.com/v1/?x=y"])
def test_without_any_key_openai_is_not_asked(base_url: str | None, headers: Any) -> None:
    with pytest.raises(ValueError, match="expected a key for OpenAI"):
        endpoint(base_url, None, headers=headers)


def test_a_key_header_does_not_leave_the_origin(chat: Chat) -> None:
    with Server() as other, Server(reply(307, headers={"Location": other.url})) as server:
        came = chat.ask(server.url, None, headers={"api-key": KEY})
        assert type(came.error) is RedirectRefused
        assert other.connections == 0


def test_extra_headers_an_organization_and_a_project_go_along(chat: Chat) -> None:
    with Server(answer("Hi")) as server:
        chat.ask(
            server.url, organization="org", project="pro", headers={"X-Title": "mine"}, call={"headers": {"X-One": "1"}}
        )
        sent = server.requests[0].headers
        expected = {"openai-organization": "org", "openai-project": "pro", "x-title": "mine", "x-one": "1"}
        assert {name: sent[name] for name in expected} == expected


# The key of a call.


def test_a_key_of_a_call_that_the_client_underneath_sends_is_not_replaced() -> None:
    assert "idempotency-key" not in headers_of(endpoint(shared={"Idempotency-Key": "x"}))
    assert headers_of(endpoint(), {"idempotency-Key": "y"})["idempotency-key"] == "y"
    assert headers_of(endpoint()) != headers_of(endpoint())


def test_each_call_has_a_random_uuid_as_its_key() -> None:
    asked = endpoint()
    keys = [headers_of(asked)["idempotency-key"] for _ in range(100)]
    assert {(UUID(key).version, UUID(key).variant, str(UUID(key)) == key) for key in keys} == {(4, RFC_4122, True)}
    assert len(set(keys)) == len(keys)


def test_a_call_may_do_without_a_key() -> None:
    assert headers_of(endpoint(), {"idempotency-key": None})["idempotency-key"] is None
    assert headers_of(endpoint(headers={"Idempotency-Key": None}))["idempotency-key"] is None


# What else may be asked.


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/completions", {"model": "m", "prompt": "Say"}),
        ("/responses", {"model": "m", "input": "Hi", "background": True}),
    ],
)
def test_anything_can_be_asked_at_any_path(path: str, body: dict[str, Any]) -> None:
    with Server(stream([b"data: 1\n\n"])) as server, Client() as client:
        made = endpoint(f"{server.url}/v1?api-version=preview")
        options = made.request_options(body, {"X-Mine": "1"}, 5.0)
        assert [event.data for event in client.post(made.url(path), **options)] == ["1"]
        (request,) = server.requests
    assert request.path == f"/v1{path}?api-version=preview"
    assert request.json() == {**body, "stream": True}
    assert (request.headers["X-Mine"], request.headers["Authorization"]) == ("1", f"Bearer {KEY}")


def test_a_stream_can_be_gone_on_with_by_a_get() -> None:
    with Server(reply(204)) as server, Client() as client:
        made = endpoint(server.url, organization="org")
        url = made.url("/responses/r_1", {"stream": "true", "starting_after": "7"})
        assert list(client.get(url, **made.request_options(None))) == []
        (request,) = server.requests
    assert (request.method, request.path) == ("GET", "/responses/r_1?stream=true&starting_after=7")
    assert (request.body, request.headers["OpenAI-Organization"]) == (b"", "org")
    assert "idempotency-key" not in request.headers


@pytest.mark.parametrize("value", [False, None, 1])
def test_what_is_no_stream_cannot_be_asked_for(value: object) -> None:
    with pytest.raises(ValueError, match="stream: what this returns is a stream; leave it out"):
        endpoint().request_options({"prompt": "x", "stream": value})


# One pool for all.


def test_chats_and_other_streams_share_the_connections_of_one_client() -> None:
    with Server(answer("Hi"), stream([b"data: 1\n\n"]), answer("Hi")) as server, Client() as client:
        for _ in range(2):
            with ChatClient(api_key=KEY, base_url=server.url, client=client) as chat, chat.stream(**ASK) as replying:
                assert "".join(replying.text()) == "Hi"
            if len(server.requests) == 1:
                assert [event.data for event in client.get(server.url, reconnect=False)] == ["1"]
        assert [request.method for request in server.requests] == ["POST", "GET", "POST"]
        assert server.connections == 1


def test_they_do_with_asyncio_too() -> None:
    async def main() -> None:
        async with AsyncClient() as client:
            for _ in range(2):
                async with (
                    AsyncChatClient(api_key=KEY, base_url=server.url, client=client) as chat,
                    chat.stream(**ASK) as replying,
                ):
                    assert [text async for text in replying.text()] == ["Hi"]
            async with client.get(server.url, reconnect=False) as events:
                assert [event.data async for event in events] == ["1"]

    with Server(answer("Hi"), answer("Hi"), stream([b"data: 1\n\n"])) as server:
        asyncio.run(main())
        assert server.connections == 1


# Secrets.


@pytest.mark.parametrize(
    ("base_url", "shown"),
    [
        (f"https://user:{KEY}@h:8/v1/?key={KEY}#{KEY}", "<ChatClient of https://h:8/v1>"),
        (f"user:{KEY}@h/v1", "<ChatClient of a malformed URL>"),
        (f"http://[{KEY}", "<ChatClient of a malformed URL>"),
        ("https://@h/@v1", "<ChatClient of https://h/@v1>"),
    ],
)
def test_a_client_shows_where_it_asks_and_no_secret(base_url: str, shown: str) -> None:
    with ChatClient(api_key=KEY, base_url=base_url, headers={"api-key": KEY}) as made:
        assert repr(made) == str(made) == shown
    assert repr(AsyncChatClient(api_key=KEY, base_url=base_url)) == shown.replace("Chat", "AsyncChat")


def test_a_reply_shows_its_stream_and_how_it_ended(chat: Chat) -> None:
    with Server(answer("Hi")) as server:
        came = chat.ask(f"{server.url}?key={KEY}")
        kind = type(came.reply).__name__
        events = f"<{kind.replace('Chat', 'Event')} closed (until): POST {server.url}/chat/completions>"
        assert repr(came.reply) == f"<{kind} of {events}, complete>"


def test_a_reply_that_runs_shows_no_outcome() -> None:
    with ChatClient(api_key=KEY, base_url="http://127.0.0.1:9/v1") as chat:
        url = "http://127.0.0.1:9/v1/chat/completions"
        assert repr(chat.stream(model="m", messages=[])) == f"<ChatStream of <EventStream connecting: POST {url}>>"


def test_no_message_and_no_log_shows_a_key(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def refused(request: Received) -> Any:
        return reply(401, b'{"error":{"message":"wrong key"}}', {"X-Was": request.headers["api-key"]})

    scripts: list[tuple[Any, type[SSEError]]] = [
        (refused, ChatError),
        ([RESET], ConnectionFailed),
        (stream([b"data: {}\n\n"]), StreamTruncated),
        (reply(307, headers={"Location": "http://u:hidden@127.0.0.1:1/?hidden"}), RedirectRefused),
    ]
    with Server() as server:
        for script, kind in scripts:
            server.script(script)
            url = f"{server.url.replace('//', '//user:hidden@')}/v1?key=hidden"
            came = chat.ask(url, max_retries=0, headers={"api-key": KEY, "X-Other": KEY})
            assert came.error is not None
            assert type(came.error) is kind
            assert KEY not in printed(came.error)
            assert "hidden" not in printed(came.error)
    assert KEY not in caplog.text
    # At the level DEBUG, urllib3 itself logs each request's path with its query.
    ours = [record.getMessage() for record in caplog.records if record.name == "sse_client"]
    assert ours
    assert "hidden" not in "".join(ours)


def test_a_key_that_cannot_be_sent_is_not_shown(chat: Chat) -> None:
    for options in ({"headers": {"api-key": KEY + "\n"}}, {"key": KEY + "\n"}):
        arguments: dict[str, Any] = {"url": "http://127.0.0.1:9", **options}
        with pytest.raises(ValueError, match="header") as caught:
            chat.ask(**arguments)
        assert KEY not in printed(caught.value)
