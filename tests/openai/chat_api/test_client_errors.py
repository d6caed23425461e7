"""What goes wrong with a reply: answers that are no stream, errors inside a stream, and streams that are cut off."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from test_client_kit import DONE, KEY, ask, chatting, event, failure, piece, printed, read
from test_client_kit import surroundings as surroundings

from sse_client import Client, ConnectionFailed, ContentTypeError, ResponseError, StatusError, StreamTruncated
from sse_client.adapters.openai import ChatError, Choice, Completion, Message
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Server, Step, Wait, chunk, head, reply, stream

HI = Completion("c", "m", 1, [Choice(0, Message(None, "Hi"))])
WHOLE = {"id": "c", "created": 1, "model": "m", "choices": [{"index": 0, "message": {"content": "Hi"}}]}


def refused(status: int, body: bytes, headers: dict[str, str] | None = None, **options: Any) -> ChatError:
    """Return the error of a bad answer, which is the same whether the reply is entered or iterated over."""
    errors: list[ChatError] = []
    for entered in (True, False):
        with Server(reply(status, body, headers)) as server, chatting(server, max_retries=0, **options) as chat:
            replying = ask(chat)
            with pytest.raises(ChatError) as caught:
                replying.__enter__() if entered else next(replying)
            assert replying.outcome == "error"
            assert replying.completion == Completion()
            assert list(replying) == []
            assert replying.outcome == "error"
            errors.append(caught.value)
    assert vars(errors[0]) == vars(errors[1])
    return errors[0]


# Answers with a bad status.


def test_an_error_has_what_the_server_says() -> None:
    body = b'{"error":{"message":"Wrong key","type":"invalid","param":null,"code":"invalid_api_key"}}'
    error = refused(401, body, {"Content-Type": "application/json"})
    assert (error.message, error.status, error.code) == ("Wrong key", 401, "invalid_api_key")
    assert (error.type, error.param, error.raw, error.partial) == ("invalid", None, body.decode(), None)
    assert str(error) == "Wrong key (status 401, code invalid_api_key, type invalid)"
    assert isinstance(error.__cause__, StatusError)
    assert error.__cause__.body == body
    assert error.__cause__.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "body", "message", "code", "param"),
    [
        pytest.param(
            400, b'{"error":{"message":"no","param":"messages","code":7}}', "no", 7, "messages", id="as OpenAI does"
        ),
        pytest.param(404, b'{"error":"model \\"m\\" not found"}', 'model "m" not found', None, None, id="a string"),
        pytest.param(400, b'[{"error":{"code":400,"message":"no"}}]', "no", 400, None, id="an array"),
        pytest.param(422, b'{"detail":[{"msg":"short"}]}', '[{"msg": "short"}]', None, None, id="a detail"),
        pytest.param(400, b'{"object":"error","message":"no"}', "no", None, None, id="an object"),
        pytest.param(
            502, b"<html><title>502 Bad Gateway</title>", "an HTML page: 502 Bad Gateway", None, None, id="HTML"
        ),
        pytest.param(403, b"go away\n", "go away", None, None, id="plain text"),
        pytest.param(503, b"", "an empty answer (503 Service Unavailable)", None, None, id="nothing"),
        pytest.param(599, b"", "an empty answer (599)", None, None, id="nothing, with a status of their own"),
        pytest.param(302, b"", "an empty answer (302 Found)", None, None, id="a redirect that leads nowhere"),
        pytest.param(304, b"", "an empty answer (304 Not Modified)", None, None, id="not modified"),
    ],
)
def test_a_bad_answer_is_an_error_in_the_servers_words(
    status: int, body: bytes, message: str, code: object, param: str | None
) -> None:
    error = refused(status, body)
    assert (error.message, error.status, error.code, error.param) == (message, status, code, param)
    assert error.raw == body.decode()


def test_a_huge_error_is_not_printed_in_full() -> None:
    error = refused(413, b"too large " * 200_000)
    assert error.status == 413
    assert error.message.startswith("too large too large")
    assert len(str(error)) < 300


def test_an_error_whose_body_breaks_off_keeps_what_came() -> None:
    with Server([head(400, framing="length", length=99), b"not like", CLOSE]) as server, chatting(server) as chat:
        error = failure(ask(chat))
    assert isinstance(error, ChatError)
    assert (error.message, error.status) == ("not like", 400)


def test_no_error_shows_the_key_or_the_query() -> None:
    scripts: list[list[Step]] = [
        reply(401, b"no"),
        reply(200, b"<html>", {"Content-Type": "text/html"}),
        reply(307, headers={"Location": "ftp://elsewhere/?token=hidden"}),
        stream([piece("Hi"), event({"error": "no"})]),
        stream([piece("Hi")]),
        [head(), chunk(piece("Hi")), b"zz\r\n", CLOSE],
        [RESET],
        [STALL],
    ]
    with Server() as server, Client(params={"token": "hidden"}) as client:
        for script in scripts:
            server.script(script)
            chat = chatting(server, client=client, max_retries=0, timeout=0.2)
            error = failure(ask(chat))
            assert "hidden" not in printed(error)
            assert KEY not in printed(error)
        assert [request.path for request in server.requests] == ["/chat/completions?token=hidden"] * len(scripts)
        server.close()
        error = failure(ask(chatting(server, client=client, max_retries=0)))
    assert isinstance(error, ConnectionFailed)
    assert isinstance(error.__cause__, ConnectionRefusedError)
    assert "hidden" not in printed(error)


# A 200 that is no stream.


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        pytest.param(b"<html><title>Log in</title>", "text/html", "an HTML page: Log in", id="an HTML page"),
        pytest.param(b'{"error":{"message":"no"}}', "application/json", "no", id="an error in JSON"),
        pytest.param(b'[{"error":{"message":"no"}}]', "application/json", "no", id="an error in an array"),
        pytest.param(b'{"error":"no","choices":[]}', "application/json", "no", id="an error beside choices"),
        pytest.param(b"", "application/json", "an empty answer (200 OK)", id="nothing"),
    ],
)
def test_a_200_that_is_no_stream_is_an_error(body: bytes, content_type: str, message: str) -> None:
    error = refused(200, body, {"Content-Type": content_type})
    assert (error.message, error.status, error.raw) == (message, 200, body.decode())
    assert isinstance(error.__cause__, ContentTypeError)


def test_a_coding_that_cannot_be_undone_is_an_error_that_names_it() -> None:
    headers = {"Content-Type": "text/event-stream", "Content-Encoding": "compress"}
    with Server(reply(200, b"?", headers)) as server, chatting(server) as chat:
        error = failure(ask(chat))
    assert type(error) is ResponseError
    assert "compress" in str(error)


@pytest.mark.parametrize("entered", [True, False])
@pytest.mark.parametrize("size", [2, 100_000])
def test_a_whole_completion_is_one_delta(size: int, entered: bool) -> None:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x" * size}}
    body = json.dumps({**WHOLE, "choices": [choice]}).encode()
    with Server(reply(200, body, {"Content-Type": "application/json"})) as server, chatting(server) as chat:
        replying = ask(chat)
        if entered:
            replying.__enter__()
        assert list(replying.text()) == ["x" * size]
        expected = Completion("c", "m", 1, [Choice(0, Message("assistant", "x" * size), "stop")])
        assert replying.completion == expected
        assert replying.outcome == "complete"
        assert list(replying) == []
        assert len(server.requests) == 1


def test_leaving_before_the_delta_of_a_whole_completion_ends_the_iteration() -> None:
    body = json.dumps(WHOLE).encode()
    with Server(reply(200, body, {"Content-Type": "application/json"})) as server, chatting(server) as chat:
        with ask(chat) as replying:
            pass
        assert list(replying) == []
        assert replying.completion == HI


@pytest.mark.parametrize("content_type", ["text/plain", "TEXT/EVENT-STREAM; charset=latin-1", None])
def test_a_stream_is_read_though_it_is_named_otherwise(content_type: str | None) -> None:
    with Server() as server, chatting(server) as chat:
        body = chunk(piece("\N{BULLET}", "stop")) + chunk(DONE)
        server.script([head(content_type=content_type), body, LAST_CHUNK])
        replying = ask(chat)
        assert read(replying) == ("\N{BULLET}", None)
        assert replying.outcome == "complete"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(stream([]), id="of no length"),
        pytest.param(stream([b": beat\n\n", event({"choices": []}), b"event: ping\ndata: {}\n\n"]), id="but beats"),
        pytest.param(reply(200), id="without a type"),
        pytest.param(reply(204), id="and says so"),
        pytest.param(reply(200, b"nothing of that kind\n"), id="but plain text"),
    ],
)
def test_an_empty_stream_is_truncated_and_not_retried(script: list[Step]) -> None:
    with Server(script) as server, chatting(server) as chat:
        replying = ask(chat)
        error = failure(replying)
        assert len(server.requests) == 1
    assert isinstance(error, StreamTruncated)
    assert error.partial == Completion()
    assert replying.outcome == "truncated"
    assert list(replying) == []


@pytest.mark.parametrize("before", [[], [event({"choices": [], "usage": {}})]], ids=["alone", "with usage"])
def test_done_without_a_choice_is_an_error(before: list[bytes]) -> None:
    with Server(stream([*before, DONE])) as server, chatting(server) as chat:
        replying = ask(chat)
        error = failure(replying)
        assert len(server.requests) == 1
    assert isinstance(error, ChatError)
    assert error.message.startswith("expected a choice before [DONE], got ")
    assert replying.outcome == "error"


# Errors inside a stream.


@pytest.mark.parametrize("rest", [[DONE], [], [piece("more", "stop"), DONE]], ids=["DONE", "nothing", "more"])
@pytest.mark.parametrize(
    ("reported", "message", "code", "status"),
    [
        pytest.param(event({"error": {"message": "no", "code": 400}}), "no", 400, None, id="an error"),
        pytest.param(event({"error": "no"}), "no", None, None, id="a string"),
        pytest.param(
            b'data: {"error":{"message":"no","code":"x"},"choices":[{"index":0,"delta":{}}]}\n\n',
            "no", "x", None, id="beside choices",
        ),
        pytest.param(
            b'event: error\ndata: {"error":{"message":"no","status_code":400}}\n\n', "no", None, 400, id="event: error"
        ),
        pytest.param(b"event: error\ndata: no\n\n", "no", None, None, id="event: error, of a text"),
        pytest.param(event({"object": "error", "message": "no", "code": 1}), "no", 1, None, id="an object"),
        pytest.param(event({"type": "error", "message": "no", "code": "x"}), "no", "x", None, id="a type"),
        pytest.param(
            event({"type": "error", "error": {"message": "no", "code": "x"}}), "no", "x", None, id="a type, nested"
        ),
        pytest.param(b'error: {"code":400,"message":"no"}\n\n', "no", 400, None, id="a field of its own"),
        pytest.param(event([{"error": {"message": "no", "code": 5}}]), "no", 5, None, id="an array"),
    ],
)  # fmt: skip
def test_an_error_inside_a_stream_ends_it(
    reported: bytes, message: str, code: object, status: int | None, rest: list[bytes]
) -> None:
    with Server(stream([piece("Hi"), reported, *rest])) as server, chatting(server) as chat:
        replying = ask(chat)
        text, error = read(replying)
        assert len(server.requests) == 1
    assert text == "Hi"
    assert isinstance(error, ChatError)
    assert (error.message, error.code, error.status) == (message, code, status)
    assert error.raw in reported.decode()
    assert error.partial == replying.completion == HI
    assert replying.outcome == "error"
    assert replying.events.state == "closed"
    assert list(replying) == []


def test_an_error_in_the_first_event_is_raised_by_the_first_delta_and_not_retried() -> None:
    with Server(stream([event({"error": {"message": "no"}})])) as server, chatting(server) as chat:
        with ask(chat) as replying, pytest.raises(ChatError, match="no"):
            next(replying)
        assert (replying.outcome, len(server.requests)) == ("error", 1)


def test_data_that_is_no_json_is_an_error() -> None:
    with Server(stream([piece("Hi"), b"data: <html>\n\n"])) as server, chatting(server) as chat:
        text, error = read(ask(chat))
    assert text == "Hi"
    assert isinstance(error, ChatError)
    assert (error.raw, error.partial) == ("<html>", HI)


def test_a_choice_that_ends_with_an_error_is_one_at_done() -> None:
    with Server(stream([piece("Hi", "error"), DONE])) as server, chatting(server) as chat:
        replying = ask(chat)
        text, error = read(replying)
    assert text == "Hi"
    assert isinstance(error, ChatError)
    assert (error.code, replying.outcome) == ("error", "error")


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_an_error_in_a_last_line_without_a_blank_one_is_one(framing: Any, end: str) -> None:
    last = b'data: {"error":{"message":"no"}}' + end.encode()
    with Server(stream([piece("Hi"), last], framing=framing)) as server, chatting(server) as chat:
        replying = ask(chat)
        text, error = read(replying)
    assert text == "Hi"
    assert isinstance(error, ChatError)
    assert (error.message, replying.outcome) == ("no", "error")


# Streams that end without [DONE].


def cuts(*before: bytes) -> list[Any]:
    """Return scripts that send `before`, and end badly with the last step; and what the cause of the error says."""
    start = [head(), *map(chunk, before)]
    length = sum(map(len, before))
    return [
        pytest.param([*start, CLOSE], "ended before", id="between two chunks"),
        pytest.param([*start, b"99\r\ndata: {", CLOSE], "ended before", id="inside a chunk"),
        pytest.param([*start, b"zz\r\n"], "broke", id="by a chunk of no size"),
        pytest.param([*start, RESET], "reset", id="by a reset"),
        pytest.param([*start, LAST_CHUNK], "ended before", id="by a clean end"),
        pytest.param([*start, chunk(b'data: {"choices"'), LAST_CHUNK], "ended before", id="by an end in a line"),
        pytest.param([head(framing="close"), *before, CLOSE], "ended before", id="by a clean end, until close"),
        pytest.param(
            [head(framing="length", length=length + 9), *before, CLOSE], "ended before", id="before its length"
        ),
    ]


@pytest.mark.parametrize(("script", "cause"), cuts(piece("Hi")))
def test_a_stream_that_is_cut_off_is_truncated_and_never_retried(script: list[Step], cause: str) -> None:
    seen = threading.Event()
    with Server([*script[:-1], Wait(seen), script[-1]]) as server, chatting(server) as chat:
        replying = ask(chat)
        assert next(replying).content == "Hi"
        seen.set()
        with pytest.raises(StreamTruncated) as caught:
            next(replying)
        assert len(server.requests) == 1
    error = caught.value
    assert str(error) == "the stream ended without [DONE], and without a finish reason of choice 0"
    assert isinstance(error.__cause__, ConnectionFailed)
    assert cause in printed(error.__cause__)
    assert error.partial == replying.completion == HI
    assert replying.outcome == "truncated"
    assert next(replying, None) is None


@pytest.mark.parametrize(("script", "_"), cuts(piece("Hi", "stop"), event({"choices": [], "usage": {}})))
def test_an_answer_whose_choices_have_finished_is_complete_however_it_ends(script: list[Step], _: str) -> None:
    seen = threading.Event()
    with Server([*script[:-1], Wait(seen), script[-1]]) as server, chatting(server) as chat:
        replying = ask(chat)
        assert next(replying).content == "Hi"
        assert next(replying).usage is not None
        seen.set()
        assert list(replying) == []
        assert replying.outcome == "complete"
        assert len(server.requests) == 1


def test_one_choice_of_two_that_has_not_finished_is_truncated() -> None:
    with Server(stream([piece("Hi", "stop"), piece("Ho", index=1)])) as server, chatting(server) as chat:
        replying = ask(chat, n=2)
        error = failure(replying)
    assert isinstance(error, StreamTruncated)
    assert "of choice 1" in str(error)
    assert [choice.message.content for choice in error.partial.choices] == ["Hi", "Ho"]


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(b"data: [DONE]", id="without the end of its line"),
        pytest.param(b"data: [DONE]\n", id="without the blank line"),
        pytest.param(b"data:[DONE]\r", id="without a blank"),
        pytest.param(b'data: "[DONE]"\n\n', id="in quotes"),
        pytest.param(b"data:  [DONE] \n\n", id="between blanks"),
    ],
)
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_done_counts(last: bytes, framing: Any) -> None:
    with Server(stream([piece("Hi"), last], framing=framing)) as server, chatting(server) as chat:
        replying = ask(chat)
        assert read(replying) == ("Hi", None)
        assert replying.outcome == "complete"


def test_a_whole_chunk_in_a_last_line_without_a_blank_one_counts() -> None:
    with Server(stream([piece("H"), piece("i", "stop").rstrip()])) as server, chatting(server) as chat:
        replying = ask(chat)
        assert read(replying) == ("Hi", None)
        assert replying.outcome == "complete"


def test_the_deltas_of_a_last_line_come_before_the_error() -> None:
    with Server(stream([piece("Hi").rstrip()])) as server, chatting(server) as chat:
        replying = ask(chat)
        text, error = read(replying)
        assert text == "Hi"
        assert isinstance(error, StreamTruncated)
        assert error.partial == HI


def test_a_reply_runs_on_until_the_deltas_of_a_last_line_are_taken() -> None:
    with Server(stream([piece("Hi").rstrip()])) as server, chatting(server) as chat, ask(chat) as replying:
        assert next(replying).content == "Hi"
        assert replying.outcome is None


_TWO = [piece("Hi"), piece(" you")]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"".join(_TWO[:1]), id="between events"),
        pytest.param(b"".join(_TWO)[:-40], id="inside a line"),
        pytest.param(b"".join(_TWO)[:-2], id="at the end of a line"),
    ],
)
def test_what_a_proxy_writes_after_a_cut_is_no_text_of_the_reply(body: bytes) -> None:
    """http-proxy-middleware appends its error page's text to a stream that is reset upstream, and ends it cleanly."""
    page = b"Error occurred while trying to proxy: 127.0.0.1:8000/v1/chat/completions"
    with Server(stream([body + page])) as server, chatting(server) as chat:
        replying = ask(chat)
        text, error = read(replying)
    assert text == "Hi"
    assert isinstance(error, StreamTruncated)
    assert error.partial == HI
    assert replying.outcome == "truncated"
