"""The clocks of a chat: to connect, of silence, to the first delta, between two deltas, and of the whole.

Where one is to run out, nothing else ends the wait; where one is not to, it is far longer than the test.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from both_clients import chat as chat
from both_clients import naps as naps
from test_client_kit import DONE, Log, answer, piece
from test_client_kit import surroundings as surroundings

from sse_client import ConnectionFailed, DeadlineExceeded, IdleTimeout, Lost, StreamTruncated, Timeout
from sse_client.adapters.openai import Choice, Completion, Message
from sse_client.testing import CLOSE, STALL, Pause, Server, Step, chunk, head, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from both_clients import Chat

SHORT = 0.2
LONG = 30.0

HI = Completion("c", "m", 1, [Choice(0, Message(None, "Hi"))])


def beating(*begin: bytes, beat: bytes) -> Callable[[object], Iterator[Step]]:
    """Send `begin`, and then `beat` again and again: far more often than any limit, and for longer."""

    def script(_: object) -> Iterator[Step]:
        yield from begin
        for _ in range(500):
            yield beat
            yield Pause(0.02)
        yield CLOSE

    return script


BEATS = [
    pytest.param(b": beat\n\n", id="comments"),
    pytest.param(b"id: 1\n\n", id="ids alone"),
    pytest.param(b"data:", id="a line without an end"),
    pytest.param(b"event: ping\ndata: {}\n\n", id="pings"),
    pytest.param(b"data: : PROCESSING\n\n", id="wrapped comments"),
    pytest.param(b'data: {"id":"c","choices":[]}\n\n', id="chunks of nothing"),
]


# Before the first delta.


@pytest.mark.usefixtures("naps")
@pytest.mark.parametrize("timeout", [Timeout(first=2 * SHORT), Timeout(read=2 * SHORT)], ids=["first", "read"])
@pytest.mark.parametrize("begin", [[], [b"HTTP/1.1 200 OK\r\n"], [head()]], ids=["nothing", "half a head", "a head"])
def test_no_delta_in_time_is_a_failed_connection_that_is_retried(
    chat: Chat, begin: list[Step], timeout: Timeout
) -> None:
    stalled = [*begin, STALL]
    with Server(stalled, stalled, stalled) as server:
        came = chat.ask(server.url, timeout=timeout)
        assert came.end == ("", "error", IdleTimeout)
        assert len(server.requests) == 3


@pytest.mark.usefixtures("naps")
def test_the_answer_to_a_retry_is_the_reply(chat: Chat) -> None:
    log = Log()
    with Server([head(), STALL], *[answer("Hi")] * 50) as server:
        came = chat.ask(server.url, timeout=Timeout(first=0.5), max_retries=50, under={"observer": log})
        assert came.end == ("Hi", "complete", None)
    assert {type(news.error) for news in log.news if isinstance(news, Lost)} == {IdleTimeout}


@pytest.mark.parametrize("beat", BEATS)
@pytest.mark.parametrize("timeout", [Timeout(first=SHORT), Timeout(event=SHORT)], ids=["first", "event"])
def test_what_gives_no_delta_does_not_end_the_wait_for_the_first_one(chat: Chat, timeout: Timeout, beat: bytes) -> None:
    with Server(beating(head(), beat=chunk(beat))) as server:
        came = chat.ask(server.url, timeout=timeout, max_retries=0)
        assert came.end == ("", "error", IdleTimeout)
        assert f"within {SHORT} s" in str(came.error)


def test_the_first_delta_may_take_longer_than_those_after_it(chat: Chat) -> None:
    with Server([head(), Pause(SHORT * 2), chunk(piece("Hi")), STALL]) as server:
        came = chat.ask(server.url, timeout=Timeout(read=LONG, event=SHORT, first=LONG))
        assert came.end == ("Hi", "truncated", StreamTruncated)
        assert len(server.requests) == 1


@pytest.mark.usefixtures("naps")
def test_a_connection_that_is_not_made_in_time_is_retried(chat: Chat) -> None:
    log = Log()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        held: list[socket.socket] = []
        try:
            for _ in range(4):  # more than the backlog holds: the next ones are not answered
                sock = socket.socket()
                sock.setblocking(False)
                sock.connect_ex(("127.0.0.1", port))
                held.append(sock)
            timeout = Timeout(connect=SHORT, read=LONG)
            came = chat.ask(f"http://127.0.0.1:{port}", timeout=timeout, max_retries=1, under={"observer": log})
        finally:
            for sock in held:
                sock.close()
    assert came.end == ("", "error", ConnectionFailed)
    assert "could not connect" in str(came.error)
    assert log.names == ["Lost", "Closed"]


# After it.


@pytest.mark.parametrize(
    "timeout", [Timeout(LONG, LONG, SHORT, None, LONG), Timeout(LONG, SHORT)], ids=["event", "read"]
)
def test_silence_between_two_deltas_cuts_the_reply_off(chat: Chat, timeout: Timeout) -> None:
    with Server([head(), chunk(piece("Hi")), STALL], answer("Hi")) as server:
        came = chat.ask(server.url, timeout=timeout, max_retries=0)
        assert came.end == ("Hi", "truncated", StreamTruncated)
        assert isinstance(came.error, StreamTruncated)
        assert came.error.partial == came.completion == HI
        assert type(came.error.__cause__) is IdleTimeout
        assert len(server.requests) == 1


@pytest.mark.parametrize("beat", BEATS)
def test_what_gives_no_delta_does_not_end_the_wait_for_the_next_one(chat: Chat, beat: bytes) -> None:
    timeout = Timeout(read=LONG, event=SHORT, first=LONG)
    with Server(beating(head(), chunk(piece("Hi")), beat=chunk(beat)), answer("Hi")) as server:
        came = chat.ask(server.url, timeout=timeout)
        assert came.end == ("Hi", "truncated", StreamTruncated)
        assert isinstance(came.error, StreamTruncated)
        assert came.error.partial == HI
        assert len(server.requests) == 1


def test_what_is_there_in_time_is_complete_without_done(chat: Chat) -> None:
    """The server says no more, but keeps the connection: every choice has finished."""
    with Server([head(), chunk(piece("Hi") + piece(None, "stop")), STALL]) as server:
        came = chat.ask(server.url, timeout=Timeout(read=LONG, event=SHORT, first=LONG))
        assert came.end == ("Hi", "complete", None)


def test_each_delta_winds_the_clock_up_again(chat: Chat) -> None:
    slow: list[Step] = [step for _ in range(5) for step in (Pause(0.25), chunk(piece("x")))]
    with Server([head(), *slow, chunk(DONE), STALL]) as server:
        came = chat.ask(server.url, timeout=Timeout(event=1, first=LONG))
        assert came.end == ("xxxxx", "complete", None)


@pytest.mark.parametrize(
    "last",
    [
        pytest.param(b'data: {"choices":[],"usage":{"total_tokens":1}}\n\n', id="usage"),
        pytest.param(b'data: {"choices":[{"delta":{"content":["x"]}}]}\n\n', id="an irregular chunk"),
    ],
)
def test_any_delta_ends_the_wait_for_the_first_one(chat: Chat, last: bytes) -> None:
    with Server([head(), chunk(last), STALL]) as server:
        came = chat.ask(server.url, timeout=Timeout(first=LONG, event=SHORT))
        assert type(came.error) is StreamTruncated
        assert len(server.requests) == 1


# The whole.


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param([[STALL]], "error", id="silence before the head"),
        pytest.param([beating(b"HTTP/1.1 200 OK\r\n", beat=b"X: y\r\n")], "error", id="headers that dribble"),
        pytest.param([beating(head(), beat=chunk(b": beat\n\n"))], "error", id="comments"),
        pytest.param([reply(503, headers={"Retry-After": "100"}), answer("Hi")], "error", id="a wait before a retry"),
        pytest.param([beating(head(), chunk(piece("Hi")), beat=chunk(piece("")))], "truncated", id="deltas"),
        pytest.param([[head(), chunk(piece("Hi")), STALL]], "truncated", id="silence behind a delta"),
    ],
)
def test_the_whole_has_a_deadline_whatever_the_server_does(chat: Chat, script: list[Any], outcome: str) -> None:
    limit = 1.0 if outcome == "truncated" else SHORT
    with Server(*script) as server:
        came = chat.ask(server.url, timeout=Timeout(read=LONG, total=limit))
        assert type(came.error) is DeadlineExceeded
        assert came.reply.outcome == outcome
        assert came.text == ("Hi" if outcome == "truncated" else "")
        assert came.completion == (HI if outcome == "truncated" else Completion())
        assert came.error.partial == (HI if outcome == "truncated" else None)
        assert len(server.requests) == 1


@pytest.mark.usefixtures("naps")
def test_the_deadline_is_that_of_all_tries_together(chat: Chat) -> None:
    stalled: list[Step] = [head(), STALL]
    with Server(*[stalled] * 100) as server:
        came = chat.ask(server.url, timeout=Timeout(first=0.1, total=1), max_retries=1000)
        assert type(came.error) is DeadlineExceeded
        assert 1 < len(server.requests) < 15


@pytest.mark.parametrize("of", ["the call", "the chat client", "the client underneath"])
def test_the_clocks_may_be_set_at_any_place(chat: Chat, of: str) -> None:
    limits = {"timeout": Timeout(read=LONG, first=SHORT)}
    places: dict[str, dict[str, Any]] = {
        "the call": {"call": limits, "timeout": LONG},
        "the chat client": {**limits, "under": {"timeout": LONG}},
        "the client underneath": {"under": limits},
    }
    options = places[of]
    with Server([head(), STALL]) as server:
        assert chat.ask(server.url, max_retries=0, **options).end == ("", "error", IdleTimeout)
