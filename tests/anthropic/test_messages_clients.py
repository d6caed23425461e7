"""Both clients of the Messages API: what they send, what they make of answers, and what they refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from messages_kit import ASK, KEY, WHOLE, ask, event, said, written

from sse_client import Client, ConnectionFailed, DeadlineExceeded, SSEError, StreamTruncated, Timeout
from sse_client.adapters import anthropic
from sse_client.adapters.anthropic import AsyncMessagesClient, MessagesClient, MessagesError
from sse_client.aio import AsyncClient
from sse_client.policy import Policy
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Server, chunk, head, reply, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from sse_client.testing import Step

BOTH = ["blocking", "asyncio"]
CLIENTS = [MessagesClient, AsyncMessagesClient]
HELLO = stream(written(said("Hel", "lo")))
HI = written(said("Hi"))
BEGUN = [head(), chunk(b"".join(HI[:3]))]
CUT = ("Hi", "truncated", StreamTruncated)
VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL")


@pytest.fixture(params=BOTH)
def kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    original = Policy.delay

    def delay(self: Policy, error: SSEError, **loss: Any) -> float | None:
        return None if original(self, error, **loss) is None else 0.0

    monkeypatch.setattr(Policy, "delay", delay)


def refused(status: int, kind: str = "api_error", **headers: str) -> list[Step]:
    body = json.dumps({"type": "error", "error": {"type": kind, "message": "no"}, "request_id": "req_1"}).encode()
    return reply(status, body, headers={"Content-Type": "application/json", "Retry-After": "0", **headers})


def test_a_reply_is_read_to_its_end(kind: str) -> None:
    with Server(stream(written(WHOLE))) as server:
        answer = ask(kind, server.url)
        (request,) = server.requests
    assert answer.end == ("Grüße 👋", "complete", None)
    assert answer.message.usage is not None
    assert answer.message.usage.output_tokens == 15
    assert (request.method, request.path) == ("POST", "/v1/messages")
    assert json.loads(request.body) == {**ASK, "stream": True}
    assert (request.headers["x-api-key"], request.headers["anthropic-version"]) == (KEY, "2023-06-01")
    assert "authorization" not in request.headers


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/messages"])
def test_the_url_may_say_more(kind: str, path: str) -> None:
    with Server(HELLO) as server:
        assert ask(kind, server.url + path).end == ("Hello", "complete", None)
        assert server.requests[0].path == "/v1/messages"


def test_headers_and_fields_of_a_call(kind: str) -> None:
    with Server(HELLO) as server:
        call = {"system": "Be kind.", "headers": {"anthropic-beta": "b"}, "timeout": 5}
        ask(kind, server.url, auth_token="token", api_key="", headers={"Anthropic-Version": "x"}, call=call)
        (request,) = server.requests
    assert json.loads(request.body)["system"] == "Be kind."
    assert request.headers["authorization"] == "Bearer token"
    assert (request.headers["anthropic-version"], request.headers["anthropic-beta"]) == ("x", "b")
    assert "x-api-key" not in request.headers


def test_the_environment_has_keys_and_the_url(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(HELLO) as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "from-there")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        assert ask(kind, "", api_key=None).end == ("Hello", "complete", None)
        assert server.requests[0].headers["x-api-key"] == "from-there"


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        pytest.param([*BEGUN, CLOSE], CUT, id="cut"),
        pytest.param([*BEGUN, RESET], CUT, id="reset"),
        pytest.param(stream(HI[:3]), CUT, id="ended"),
        pytest.param(stream(HI[:-1]), ("Hi", "complete", None), id="without message_stop"),
        pytest.param([head(), chunk(b"".join(HI[:-1])), CLOSE], ("Hi", "complete", None), id="cut after its reason"),
        pytest.param(
            stream([*HI[:-2], HI[-2].rstrip(b"\n")]), ("Hi", "complete", None), id="without the last blank line"
        ),
        pytest.param(
            stream([*HI[:3], event("error", error={"message": "no"}).encode()]), ("Hi", "error", MessagesError),
            id="error",
        ),
        pytest.param(stream([]), ("", "truncated", StreamTruncated), id="empty"),
        pytest.param([CLOSE], ("", "error", ConnectionFailed), id="no answer"),
    ],
)  # fmt: skip
def test_how_a_reply_ends(kind: str, steps: list[Step], end: tuple[Any, ...]) -> None:
    with Server(steps) as server:
        answer = ask(kind, server.url)
        assert (answer.end, len(server.requests)) == (end, 1)
    if answer.error is not None and answer.message.content:
        assert answer.error.partial == answer.message


def test_a_complete_message_in_json_is_read(kind: str) -> None:
    body = {"type": "message", "id": "m", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
    with Server(reply(200, json.dumps(body).encode(), headers={"Content-Type": "application/json"})) as server:
        assert ask(kind, server.url).end == ("Hi", "complete", None)


@pytest.mark.parametrize("content_type", ["text/event-stream", "text/plain", "application/json", None])
@pytest.mark.parametrize("done", [b"", b"\n", b"\n\ndata: [DONE]\n\n"])
def test_a_body_of_json_counts_under_any_content_type(kind: str, content_type: str | None, done: bytes) -> None:
    message = {"type": "message", "id": "m", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}
    report = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    bodies = [json.dumps(message, indent=1).encode() + done, json.dumps(report).encode() + done]
    begin = head(content_type=content_type)
    with Server(*[[begin, chunk(body), LAST_CHUNK] for body in bodies]) as server:
        assert ask(kind, server.url).end == ("Hi", "complete", None)
        answer = ask(kind, server.url)
    assert (answer.end, getattr(answer.error, "message", "")) == (("", "error", MessagesError), "Overloaded")


def test_done_in_place_of_message_stop_is_the_end(kind: str) -> None:
    done = b"data: [DONE]\n\n"
    with Server([*BEGUN, chunk(b"".join(HI[3:-1]) + done), STALL], stream([*HI[:3], done])) as server:
        assert ask(kind, server.url).end == ("Hi", "complete", None)
        assert ask(kind, server.url).end == CUT


def test_a_page_is_an_error(kind: str) -> None:
    with Server(reply(200, b"<html>Sign in", headers={"Content-Type": "text/html"})) as server:
        answer = ask(kind, server.url)
    assert answer.end == ("", "error", MessagesError)
    assert str(answer.error) == "<html>Sign in (status 200)"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_a_refused_request_is_an_error_and_not_sent_again(kind: str, status: int) -> None:
    with Server(refused(status, "invalid_request_error")) as server:
        answer = ask(kind, server.url)
        assert len(server.requests) == 1
    assert isinstance(answer.error, MessagesError)
    assert (answer.error.status, answer.error.type, answer.error.request_id) == (
        status,
        "invalid_request_error",
        "req_1",
    )
    assert str(answer.error) == f"no (status {status}, type invalid_request_error, request req_1)"


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_what_is_refused_for_a_while_is_sent_again(kind: str, status: int) -> None:
    with Server(refused(status), refused(status), HELLO) as server:
        assert ask(kind, server.url).end == ("Hello", "complete", None)
        assert len(server.requests) == 3


def test_retries_are_counted(kind: str) -> None:
    with Server(refused(529), refused(529), HELLO) as server:
        answer = ask(kind, server.url, max_retries=1)
        assert (answer.end[1], len(server.requests)) == ("error", 2)


@pytest.mark.parametrize(("said", "status", "count"), [("false", 529, 1), ("true", 400, 2)])
def test_the_server_may_say_whether_to_retry(kind: str, said: str, status: int, count: int) -> None:
    with Server(refused(status, **{"x-should-retry": said}), HELLO) as server:
        ask(kind, server.url)
        assert len(server.requests) == count


def test_who_asks_for_too_long_a_wait_is_not_waited_for(kind: str) -> None:
    with Server(refused(429, **{"Retry-After": "3600"}), HELLO) as server:
        answer = ask(kind, server.url)
        assert (answer.end[1], len(server.requests)) == ("error", 1)


def test_a_wait_may_be_asked_for_in_milliseconds(kind: str) -> None:
    with Server(refused(429, **{"retry-after-ms": "3600000"}), HELLO) as server:
        assert ask(kind, server.url).end[1] == "error"
        assert len(server.requests) == 1


def test_an_error_without_its_blank_line_is_reported(kind: str) -> None:
    with Server(stream([*HI[:3], b'event: error\ndata: {"type":"error","error":{"type":"over'])) as server:
        assert ask(kind, server.url).end == ("Hi", "error", MessagesError)


@pytest.mark.parametrize("argument", ["headers", "client"])
def test_headers_that_are_no_mapping_are_named(argument: str) -> None:
    headers: Any = [("a", "b")]
    with pytest.raises(TypeError, match="headers: expected a mapping, got list"):
        MessagesClient(api_key=KEY, headers=headers) if argument == "client" else MessagesClient(api_key=KEY).stream(
            **ASK, headers=headers
        )


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"Retry-After": "7"}, 7.0, 7.7),
        ({"Retry-After": "7", "retry-after-ms": "250"}, 0.25, 0.275),
        ({"Retry-After": "7", "retry-after-ms": "soon"}, 7.0, 7.7),
        ({"Retry-After": "7", "retry-after-ms": "-1"}, 7.0, 7.7),
        ({"Retry-After": "7", "retry-after-ms": "inf"}, 7.0, 7.7),
        ({"Retry-After": "soon"}, 0.375, 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 500, 529])
def test_the_server_may_say_how_long_to_wait(
    kind: str, status: int, headers: dict[str, str], least: float, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays: list[float | None] = []
    original = Policy._wait

    def wait(self: Policy) -> Callable[[RetryCallState], float]:
        chosen = original(self)

        def chosen_and_kept(state: RetryCallState) -> float:
            delays.append(chosen(state))
            return 0.0

        return chosen_and_kept

    monkeypatch.setattr(Policy, "_wait", wait)
    with Server(refused(status, **headers), HELLO) as server:
        assert ask(kind, server.url).end == ("Hello", "complete", None)
    (delay,) = delays
    assert delay is not None
    assert least <= delay <= most


@pytest.mark.parametrize("asked", [{"Retry-After": "0", "retry-after-ms": "120001"}, {"Retry-After": "121"}])
def test_a_wait_of_more_than_two_minutes_is_not_waited_for(kind: str, asked: dict[str, str]) -> None:
    with Server(refused(529, **asked), HELLO) as server:
        answer = ask(kind, server.url)
        assert (answer.end[1], len(server.requests)) == ("error", 1)


def test_a_deadline_keeps_what_has_come(kind: str) -> None:
    with Server([*BEGUN, STALL]) as server:
        answer = ask(kind, server.url, timeout=Timeout(total=0.5))
    assert answer.end == ("Hi", "truncated", DeadlineExceeded)
    assert answer.error is not None
    assert answer.error.partial.text == "Hi"


def test_text_alone() -> None:
    with Server(HELLO) as server, MessagesClient(api_key=KEY, base_url=server.url) as client:
        assert list(client.stream(**ASK).text()) == ["Hel", "lo"]


@pytest.mark.parametrize("client", CLIENTS)
def test_arguments_that_mislead_are_refused(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError):
        client("http://localhost:8000")
    for name, url in (("api_key", "http://localhost:8000"), ("api_key", "localhost:8000"), ("auth_token", "//a/v1")):
        with pytest.raises(ValueError, match=f"{name}: expected a key, got what looks like a URL: pass it as base_url"):
            client(**{name: url})
    with pytest.raises(ValueError, match="expected a key for Anthropic"):
        client()
    monkeypatch.setenv("ANTHROPIC_API_KEY", "http://localhost:8000")
    with pytest.raises(ValueError, match="ANTHROPIC_API_KEY: expected a key"):
        client()
    with pytest.raises(ValueError, match="max_retries must be 0 or more, not -1"):
        client(api_key=KEY, max_retries=-1)
    ours = client(api_key=KEY)
    assert KEY not in repr(ours)
    assert repr(ours) == f"<{client.__name__} of https://api.anthropic.com/v1/messages>"
    for messages in ("Hi", {"role": "user", "content": "Hi"}):
        with pytest.raises(TypeError, match="messages must be a list"):
            ours.stream(**{**ASK, "messages": messages})
    with pytest.raises(TypeError, match="reconnect is no field of the API"):
        ours.stream(**ASK, reconnect=True)
    with pytest.raises(TypeError, match="did you mean 'timeout'"):
        ours.stream(**ASK, timout=3)
    with pytest.raises(ValueError, match="stream: what this returns is a stream"):
        ours.stream(**ASK, stream=False)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("argument", "value"),
    [("api_key", 5), ("auth_token", b"x"), ("base_url", 5), ("max_retries", 1.5), ("timeout", "5"), ("headers", 5)],
)
def test_an_argument_of_the_wrong_type_is_refused_at_once(client: Any, argument: str, value: object) -> None:
    with pytest.raises(TypeError):
        client(**{"api_key": KEY, argument: value})


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("reconect", "did you mean 'reconnect'"),
        ("untill", "did you mean 'until'"),
        ("api_key", "an argument of MessagesClient and AsyncMessagesClient"),
        ("api_keys", "did you mean 'api_key'"),
        ("max_retries", "an argument of MessagesClient and AsyncMessagesClient"),
        ("extra_headers", "pass headers="),
        ("default_headers", "pass headers="),
        ("default_query", r"pass client=Client\(params="),
        ("http_client", r"pass client=Client\(session"),
        ("extra_body", "pass each as an argument"),
        ("extra_query", r"pass client=Client\(params="),
    ],
)
def test_an_argument_that_belongs_elsewhere_is_no_field(client: Any, argument: str, said: str) -> None:
    with pytest.raises(TypeError, match=f"{argument}.*{said}"):
        client(api_key=KEY).stream(**ASK, **{argument: "x"})


def test_fields_that_are_not_known_are_sent(kind: str) -> None:
    fields: dict[str, Any] = {
        "cache_control": {},
        "inference_geo": "eu",
        "speed": "fast",
        "file": 1,
        "date": 1,
        "betas": [],
    }
    with Server(HELLO) as server:
        ask(kind, server.url, call=fields)
        (request,) = server.requests
    assert json.loads(request.body) == {**ASK, **fields, "stream": True}


def test_a_client_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(TypeError, match=r"client must be an sse_client\.Client, not AsyncClient"):
        MessagesClient(api_key=KEY, client=AsyncClient())  # type: ignore[arg-type]
    with (
        Client() as client,
        pytest.raises(TypeError, match=r"client must be an sse_client\.aio\.AsyncClient, not Client"),
    ):
        AsyncMessagesClient(api_key=KEY, client=client)  # type: ignore[arg-type]


def test_a_given_client_is_not_closed() -> None:
    with Server(HELLO, HELLO) as server, Client(headers={"X-Team": "a"}) as client:
        for _ in range(2):
            with MessagesClient(api_key=KEY, base_url=server.url, client=client) as messages:
                assert "".join(messages.stream(**ASK).text()) == "Hello"
        assert [request.headers["x-team"] for request in server.requests] == ["a", "a"]


def test_no_other_name_is_public() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Other'"):
        _ = anthropic.Other
