"""What a chat client sends: settings, headers, the body; and whose connections it uses."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests
from test_client_kit import DONE, HANGS, KEY, Log, answer, ask, background, chatting, piece, printed, read
from test_client_kit import surroundings as surroundings

from sse_client import Client, RedirectRefused, Timeout
from sse_client.adapters.openai import AsyncChatClient, ChatClient
from sse_client.testing import Received, Server, reply, stream

if TYPE_CHECKING:
    from pathlib import Path


def sent(chat: ChatClient, server: Server, **options: Any) -> Received:
    """Ask once; return what the server got."""
    with chat:
        assert read(ask(chat, **options)) == ("Hi", None)
    return server.requests[-1]


def test_everything_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answer("Hi")) as server:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("OPENAI_ORG_ID", "org")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "project")
        request = sent(ChatClient(), server)
    assert (request.method, request.path) == ("POST", "/v1/chat/completions")
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["OpenAI-Organization"] == "org"
    assert request.headers["OpenAI-Project"] == "project"


def test_arguments_beat_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/never")
    with Server(answer("Hi")) as server:
        request = sent(chatting(server, organization="org", project="project"), server)
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["OpenAI-Organization"] == "org"
    assert request.headers["OpenAI-Project"] == "project"


def test_empty_arguments_count_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answer("Hi")) as server:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_ORG_ID", "org")
        monkeypatch.setenv("OPENAI_PROJECT_ID", "project")
        request = sent(ChatClient(api_key=None, base_url="", organization="", project=""), server)
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["OpenAI-Organization"] == "org"
    assert request.headers["OpenAI-Project"] == "project"


def test_an_empty_key_is_none_so_that_the_environments_goes_to_no_other_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with Server(answer("Hi")) as server:
        assert "authorization" not in sent(ChatClient(api_key="", base_url=server.url), server).headers


@pytest.mark.parametrize("kind", [ChatClient, AsyncChatClient])
def test_messages_that_are_one_text_are_a_type_error(kind: type[Any]) -> None:
    with pytest.raises(TypeError, match="messages: expected a list of messages, got one str"):
        kind(api_key=KEY).stream(model="m", messages="Hi")


def test_an_empty_environment_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "")
    assert ChatClient(api_key=KEY).base_url == "https://api.openai.com/v1"
    with Server(answer("Hi")) as server:
        request = sent(ChatClient(base_url=server.url), server)
    assert not {"authorization", "openai-organization", "openai-project"} & set(request.headers)


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_a_base_url_may_end_in_a_slash(end: str) -> None:
    with Server(answer("Hi")) as server:
        assert sent(ChatClient(api_key=KEY, base_url=f"{server.url}/v1{end}"), server).path == "/v1/chat/completions"


@pytest.mark.parametrize("key", [None, ""])
@pytest.mark.parametrize("base_url", [None, "https://api.openai.com/v1", "https://api.openai.com/v1/"])
def test_openai_itself_needs_a_key(key: str | None, base_url: str | None) -> None:
    with pytest.raises(ValueError, match="expected a key for OpenAI: pass api_key, or set OPENAI_API_KEY"):
        ChatClient(api_key=key, base_url=base_url)


def test_a_server_without_keys_is_sent_none() -> None:
    with Server(answer("Hi")) as server:
        assert "authorization" not in sent(ChatClient(base_url=server.url), server).headers


@pytest.mark.parametrize("end", ["\n", "\r\n", "\N{BULLET}"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(end: str) -> None:
    with Server() as server, ChatClient(api_key=KEY + end, base_url=server.url) as chat:
        with pytest.raises(ValueError, match="header Authorization") as caught:
            ask(chat)
        assert server.requests == []
    assert KEY not in printed(caught.value)
    assert KEY not in repr(chat)


def test_a_malformed_base_url_is_refused_and_not_shown() -> None:
    with (
        ChatClient(api_key=KEY, base_url="localhost:8000/v1?key=hidden") as chat,
        pytest.raises(ValueError, match="URL") as caught,
    ):
        ask(chat)
    assert "hidden" not in str(caught.value)


def test_the_number_of_retries_is_not_negative() -> None:
    with pytest.raises(ValueError, match="max_retries must be 0 or more, not -1"):
        ChatClient(api_key=KEY, max_retries=-1)


def test_headers_of_a_call_beat_those_of_the_chat_and_these_those_of_its_client() -> None:
    with Server(answer("Hi")) as server, Client(headers={"A": "1", "b": "1", "c": "1", "X-D": "1"}) as client:
        chat = chatting(server, client=client, organization="org", headers={"B": "2", "C": "2", "authorization": "Me"})
        request = sent(chat, server, headers={"c": "3", "OPENAI-ORGANIZATION": "other"})
    named = [name.decode() for name, _ in request.raw_headers]
    assert len({name.lower() for name in named}) == len(named)
    expected = {"a": "1", "b": "2", "c": "3", "x-d": "1", "authorization": "Me", "openai-organization": "other"}
    assert {name: request.headers[name] for name in expected} == expected


def test_the_body_holds_what_the_caller_gave_and_asks_for_a_stream() -> None:
    with Server(answer("Hi"), answer("Hi")) as server, chatting(server) as chat:
        messages = ({"role": "user", "content": text} for text in ("\N{GRINNING FACE}", "\ud83d"))
        replying = chat.stream(model="m", messages=messages, temperature=0.5, stop=None, vendor={"x": [1]}, stream=True)
        assert read(replying) == ("Hi", None)
        assert server.requests[0].json() == {
            "model": "m",
            "messages": [{"role": "user", "content": "\N{GRINNING FACE}"}, {"role": "user", "content": "\ud83d"}],
            "temperature": 0.5,
            "stop": None,
            "vendor": {"x": [1]},
            "stream": True,
        }
        assert server.requests[0].headers["Content-Type"] == "application/json"
        assert server.requests[0].headers["Accept"] == "text/event-stream"
        assert read(ask(chat)) == ("Hi", None)
        assert server.requests[1].json() == {
            "model": "m",
            "messages": [{"role": "user", "content": "?"}],
            "stream": True,
        }


@pytest.mark.parametrize("value", [False, None, 0, 1, "true"])
def test_an_answer_that_is_no_stream_cannot_be_asked_for(value: object) -> None:
    with Server() as server, chatting(server) as chat:
        with pytest.raises(ValueError, match="stream: what this returns is a stream; leave it out"):
            ask(chat, stream=value)
        assert server.requests == []


def test_a_body_that_is_no_json_is_the_callers_mistake() -> None:
    with Server() as server, chatting(server) as chat:
        with pytest.raises(TypeError, match="logit_bias: expected JSON, got set: pass a list"):
            ask(chat, logit_bias={1, 2})
        with pytest.raises(ValueError, match="temperature: expected a finite number, got nan"):
            ask(chat, temperature=float("nan"))
        assert server.requests == []


def test_nothing_is_sent_before_the_reply_is_entered_or_iterated_over() -> None:
    with Server() as server, chatting(server) as chat:
        replying = ask(chat)
        assert (replying.outcome, replying.events.state) == (None, "connecting")
        replying.close()
        assert list(replying) == []
        assert replying.outcome == "cancelled"
        assert server.connections == 0


def test_a_password_in_netrc_does_not_replace_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with Server(answer("Hi")) as server:
        assert sent(chatting(server), server).headers["Authorization"] == f"Bearer {KEY}"


def test_neither_the_key_nor_the_body_goes_to_another_origin() -> None:
    with Server() as other, Server(reply(307, headers={"Location": other.url})) as server, chatting(server) as chat:
        replying = ask(chat)
        with pytest.raises(RedirectRefused):
            next(replying)
        assert replying.outcome == "error"
        assert other.connections == 0


# The client that is used.


@pytest.mark.parametrize(
    ("defaults", "given", "of_the_call", "used"),
    [
        pytest.param(None, None, None, Timeout(10, 600), id="ten minutes of silence by default"),
        pytest.param(None, 5, None, Timeout(5, 5), id="one number is both"),
        pytest.param(None, (1, None), None, Timeout(1, None), id="a pair is connect and read"),
        pytest.param(None, 5, Timeout(total=3), Timeout(total=3), id="the call's beats the chat's"),
        pytest.param(7, None, None, Timeout(7, 7), id="the client's, if there is one"),
        pytest.param(7, 5, None, Timeout(5, 5), id="the chat's beats the client's"),
    ],
)
def test_the_timeout_is_the_nearest_one(defaults: Any, given: Any, of_the_call: Any, used: Timeout) -> None:
    client = None if defaults is None else Client(timeout=defaults)
    with ChatClient(api_key=KEY, client=client, timeout=given) as chat:
        assert ask(chat, timeout=of_the_call).events._loop.session._options.timeout == used


def test_a_client_of_the_callers_is_used_with_its_options_and_session() -> None:
    log = Log()
    session = requests.Session()
    session.headers["X-Session"] = "yes"
    beats = stream([b": beat\n\n", piece("Hi", "stop"), DONE])
    with Server(beats) as server, Client(session, observer=log, comments=True, params={"a": "b"}) as client:
        request = sent(chatting(server, client=client), server)
    assert request.headers["X-Session"] == "yes"
    assert request.path == "/chat/completions?a=b"
    assert log.names == ["Opened", "Closed"]


def test_closing_a_chat_closes_its_own_connections_only() -> None:
    with Server(answer("Hi"), answer("Hi")) as server, Client() as client:
        chat = chatting(server, client=client)
        read(ask(chat))
        chat.close()
        assert read(ask(chat)) == ("Hi", None)
        assert server.connections == 1
        own = chatting(server)
        own.close()
        own.close()
        with pytest.raises(RuntimeError, match="this client is closed"):
            ask(own)


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_one_connection_serves_several_replies(framing: Any) -> None:
    script = stream([piece("Hi"), piece(None, "stop"), DONE], framing=framing)
    with Server(*[script] * 3) as server, chatting(server) as chat:
        for _ in range(3):
            assert read(ask(chat)) == ("Hi", None)
        assert server.connections == 1


def test_a_connection_is_used_again_after_an_error_and_after_a_stream_without_done() -> None:
    no_done = stream([piece("Hi", "stop")])
    with Server(reply(400, b"no"), no_done, reply(204), answer("Hi")) as server, chatting(server) as chat:
        for _ in range(4):
            read(ask(chat))
        assert server.connections == 1


@pytest.mark.parametrize(
    "late", [pytest.param(b": bye\n\n", id="a comment"), pytest.param(piece("more"), id="a chunk"), b"rubbish"]
)
def test_late_bytes_behind_done_are_not_interpreted_and_do_not_cost_the_connection(late: bytes) -> None:
    with Server(stream([piece("Hi"), DONE, late]), answer("Hi")) as server, chatting(server) as chat:
        replying = ask(chat)
        assert read(replying) == ("Hi", None)
        assert replying.outcome == "complete"
        assert [choice.message.content for choice in replying.completion.choices] == ["Hi"]
        assert read(ask(chat)) == ("Hi", None)
        assert server.connections == 1


def test_threads_may_share_a_chat() -> None:
    together = threading.Barrier(4, timeout=HANGS)

    def echo(request: Received) -> list[Any]:
        together.wait()  # all of them are being answered at once
        return answer(*request.json()["user"])

    with Server(*[echo] * 8) as server, chatting(server) as chat:

        def talk(user: str) -> list[str]:
            return [read(ask(chat, user=user * 5))[0] for _ in range(2)]

        talks = {user: background(partial(talk, user)) for user in "abcd"}
        for user, texts in talks.items():
            assert texts.result(HANGS) == [user * 5] * 2
