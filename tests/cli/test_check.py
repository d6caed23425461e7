"""`sse-client check`: what it says of servers that are as they should be, and of those that are not."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Literal

import pytest

from sse_client import ConnectionFailed, Event
from sse_client.cli.check import probe
from sse_client.cli.check.findings_stream import of_compression, of_events, of_resume
from sse_client.cli.check.probe import Observation, Read, observe
from sse_client.cli.exits import Exit
from sse_client.cli.http.request import Asked
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Pause, Received, Server, chunk, head, reply, stream

from .kit import HANGS, plain, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sse_client.testing import Script, Step

GOOD = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def good(_: Received) -> Iterable[Step]:
    yield head(headers=GOOD)
    yield chunk(b"retry: 3000\n\n: hi\n\n")
    for number in range(3):
        yield chunk(b"id: %d\ndata: x\n\n" % number)
        yield Pause(0.05)
    yield STALL


def check(*scripts: Script, options: tuple[str, ...] = ("--for", "0.3"), **settings: Any) -> tuple[int, str]:
    with Server(*scripts, **settings) as server:
        ran = run("check", f"{server.url}/events", *options)
    return ran.code, ran.out


@pytest.mark.parametrize("options", [(), ("--timeout", "10")])
@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\n"], ids=["silent", "dribbling"])
def test_a_head_that_never_ends_is_not_waited_for(
    begun: bytes, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_TO_OPEN", 0.3)

    def script(_: Received) -> Iterable[Step]:
        yield begun
        for _number in range(100):
            yield Pause(0.1)
            yield b"a: b\r\n" if begun else b""

    began = time.monotonic()
    with Server(script) as server:
        ran = run("check", server.url, "--for", "0.1", *options)
    assert time.monotonic() - began < 5
    assert ran.code == Exit.FOUND, ran.err
    assert "No response came in" in ran.out


def test_a_server_silent_for_longer_than_timeout_is_a_problem() -> None:
    code, text = check([STALL], options=("--timeout", "0.3"))
    assert (code, "No response came in 3" in text) == (Exit.FOUND, True), text


def test_a_max_time_that_is_over_is_no_finding() -> None:
    with Server([STALL]) as server:
        ran = run("check", server.url, "--max-time", "0.3")
    assert (ran.code, ran.out) == (Exit.TIMED_OUT, "")


def test_a_good_server_has_no_problems() -> None:
    def resumed(request: Received) -> Iterable[Step]:
        assert request.headers["last-event-id"] == "0"
        yield head(headers=GOOD)
        yield chunk(b"id: 1\ndata: x\n\n")
        yield STALL

    code, out = check(good, resumed)
    assert code == 0, out
    assert "WRONG" not in out
    for sentence in (
        "status 200, HTTP/1.1",
        "The content type is text/event-stream.",
        "The body is chunked",
        "Cache-Control: no-cache",
        "X-Accel-Buffering: no keeps nginx",
        "3 events came",
        "Every event has an id of its own.",
        "Heartbeats come: 1 comment",
        "`retry` is 3000 ms.",
        "It resumes: after id 0 came id 1, the next one.",
        "no problems, no notes.",
    ):
        assert sentence in out


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        pytest.param(
            reply(404, b"nobody"), "The status is 404, which opens no stream. The server says: nobody", id="status"
        ),
        pytest.param(reply(200, b"<html><title>Hi</title>", {"Content-Type": "text/html"}),
                     'The content type is text/html: expected text/event-stream, without which no client reads the '
                     'events. The answer is an HTML page: "Hi".', id="type"),
        pytest.param([head(content_type=None), LAST_CHUNK], "The content type is missing", id="no type"),
        pytest.param(stream([b"data: 1\n\n"], headers={"Content-Type": "text/event-stream; charset=latin-1"}),
                     "charset=latin-1: event streams are UTF-8 always", id="charset"),
        pytest.param(stream([b"data: 1\n\n"], framing="length"), "The body has a Content-Length of 9", id="length"),
        pytest.param(stream([b"data: 1\n\n"], framing="close"), "The body ends with the connection", id="close"),
        pytest.param(stream([b"data: 1\n\n"], framing="close", http="1.0"), "The answer is HTTP/1.0", id="HTTP/1.0"),
        pytest.param(stream([b"data: 1\n\n"], headers={"Age": "90"}), "comes out of a cache (Age: 90)", id="cache"),
        pytest.param(stream([b"data: 1\n\n"]), "No event has an id", id="no ids"),
        pytest.param(stream([b"retry: 10\ndata: 1\n\n"]), "`retry` is 10 ms: after a restart", id="short retry"),
        pytest.param(stream([b'{"a": 1}\n{"a": 2}\n']), "18 bytes came, and no event", id="no events"),
        pytest.param(stream([b"Data: 1\n\ndata: 2\n\n"]), "1 line has a field that no client knows ('Data'), and is",
                     id="field"),
        pytest.param(stream([b"a: 1\nb: 2\n\n"]), "2 lines have a field that no client knows ('a', 'b'), and are",
                     id="fields"),
        pytest.param(stream([b"retry: 2s\n\n"]), "`retry` is ignored: expected milliseconds as digits alone, got '2s'",
                     id="retry with a unit"),
        pytest.param(stream([b"retry\n\n"]), "`retry` is ignored: expected milliseconds as digits alone, got ''",
                     id="retry without a value"),
        pytest.param(stream([b"id: \0\ndata: 1\n\n"]), "An id has a NUL in it and is ignored", id="NUL"),
        pytest.param(stream([b"data: \xff\xfe 1234567\n\n"]), "Byte 6 is not UTF-8", id="bytes"),
        pytest.param(stream([b"data: caf\xe9\n\n"]), "Byte 9 is not UTF-8", id="the last byte"),
        pytest.param(stream([b"data: 1\n\ndata: 2\n"]), "The stream ended inside an event, which is lost", id="tail"),
        pytest.param([head(), chunk(b"data: 1\n\n"), RESET], "The stream broke off", id="reset"),
        pytest.param([head(), chunk(b"data: 1\n\n"), b"nonsense\r\n", CLOSE], "The stream broke off", id="framing"),
        pytest.param([head(), chunk(b"data: 1\n\nda"), Pause(0.5), chunk(b"ta: 2\n\n"), LAST_CHUNK],
                     "The stream is buffered on its way: 1 time it stopped in the middle of an event", id="buffer"),
    ],
)  # fmt: skip
def test_a_bad_server_has_a_problem(script: Script, sentence: str) -> None:
    code, out = check(script, options=("--for", "1", "-X", "GET"))
    assert code == 1, out
    assert sentence in out, out
    assert "WRONG" in out


def test_a_redirect_that_is_refused_is_a_problem() -> None:
    code, out = check(reply(302, headers={"Location": "ftp://x/"}))
    assert (code, "WRONG  Expected a redirect to an http or https URL" in out) == (1, True)


def test_bursts_are_a_problem() -> None:
    burst = chunk(b"data: 1\n\n" * 4)
    code, out = check([head(), burst, Pause(0.5), burst, Pause(0.5), burst, LAST_CHUNK], options=("--for", "2"))
    assert code == 1
    assert "Events come in bursts of 4 and more with silence between" in out


def test_events_one_by_one_are_as_they_should_be() -> None:
    _, out = check(
        [head(), chunk(b"data: 1\n\n"), Pause(0.5), chunk(b"data: 2\n\n"), LAST_CHUNK], options=("--for", "2")
    )
    assert "Events arrive one by one" in out


def test_all_at_once_after_a_long_wait_is_a_problem() -> None:
    def late(_: Received) -> Iterable[Step]:
        yield Pause(1.1)
        yield from stream([b"data: 1\n\n" * 5])

    code, out = check(late, options=("--for", "1"))
    assert code == 1
    assert "then all 5 events at once: something waits for the end before it sends" in out


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        pytest.param(reply(204), "The status is 204: the server says that there is no more", id="204"),
        pytest.param([head(), STALL], "Nothing came in 300 ms, not even a comment", id="silence"),
        pytest.param([head(), chunk(b"data: 1\n\nid: 1\ndata: 2\n\n"), STALL], "1 of 2 events came before",
                     id="late id"),
        pytest.param([head(), chunk(b"id: 1\ndata: 1\n\ndata: 2\n\n"), STALL], "All 2 events have the same id:",
                     id="same id"),
        pytest.param([head(), chunk(b"id: 1\ndata\n\nid: 2\ndata\n\nid: 1\ndata\n\n"), STALL],
                     "3 events have 2 different ids:", id="an id twice"),
        pytest.param([head(), LAST_CHUNK], "The stream is empty: it ended without an event", id="empty"),
        pytest.param([head(), chunk(b"id: 1\ndata: 1\nretry: 90000\n\n"), STALL], "`retry` is 90000 ms",
                     id="long retry"),
        pytest.param([head(), chunk(b"id: 1\ndata: 1\n\n"), STALL], "No `retry` was sent", id="no retry"),
        pytest.param(stream([b"id: 1\ndata: 1\n\n"]), "The server ended the stream after", id="end"),
        pytest.param(stream([b"id: 1\ndata: 1\n\n"], headers={"Server": "nginx/1.27"}), "The server is nginx",
                     id="nginx"),
        pytest.param(stream([b"id: 1\ndata: 1\n\n"], headers={"Via": "1.1 squid"}), "through a proxy (Via: 1.1 squid)",
                     id="proxy"),
    ],
)  # fmt: skip
def test_what_is_worth_knowing_is_a_note(script: Script, sentence: str) -> None:
    code, out = check(script, reply(204))
    assert code == 0, out
    assert sentence in out, out


def test_silence_after_events_is_a_note() -> None:
    _, out = check([head(), chunk(b"id: 1\ndata: 1\n\n"), STALL], reply(204), options=("--for", "2.2"))
    assert "No heartbeat was seen" in out


def test_redirects_are_a_note() -> None:
    _, out = check(
        reply(302, headers={"Location": "/a"}),
        reply(307, headers={"Location": "/b"}),
        stream([b"id: 1\ndata: 1\n\n"]),
        reply(204),
    )
    assert "It was reached over 2 redirects" in out


def test_a_post_is_sent_once() -> None:
    with Server(stream([b"id: 1\ndata: 1\n\n"])) as server:
        ran = run("check", server.url, "--for", "0.3", "-X", "POST", "-d", "{}")
        assert len(server.requests) == 1
    assert "Resuming and HTTP/2 were not tried: a POST is sent once." in ran.out


def test_an_id_that_events_share_shows_nothing_about_resuming() -> None:
    finding = of_resume(observation((0.1, "1"), (0.2, "1")), observation((0.1, "1")))
    assert (finding.grade, "it: whether it resumes cannot be seen" in finding.text) == ("note", True), finding


def test_bytes_that_are_compressed_are_not_taken_for_lines() -> None:
    seen = Observation(status=200, headers={"Content-Encoding": "gzip"}, sample=b"\x1f\x8b", seconds=1.0)
    assert next(of_events(seen)).text == "2 bytes came, compressed (gzip), and no event in them."


def test_compression_that_holds_events_back_is_a_problem() -> None:
    def answers(request: Received) -> Iterable[Step]:
        coding: Literal["gzip"] | None = None if request.headers["accept-encoding"] == "identity" else "gzip"
        pieces = stream([b"id: 1\ndata: 1\n\n"], coding=coding)
        yield pieces[0]
        if coding:
            yield Pause(0.7)
        yield from pieces[1:]

    code, out = check(answers, answers, reply(204), options=("--for", "2"))
    assert code == 1
    assert "Compression (gzip) holds events back: the first came after" in out


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (b"retry: 1000\n\n", "`retry` is 1000 ms."),
        (b"retry: 2s\n\n", "`retry` is ignored: expected milliseconds as digits alone"),
        (b"Data: 1\n\n", "1 line has a field that no client knows ('Data')"),
        (b": hi\n\n", "No `retry` was sent"),
    ],
)
def test_lines_that_compression_hides_are_looked_at_without_it(start: bytes, sentence: str) -> None:
    def answers(request: Received) -> Iterable[Step]:
        coding: Literal["gzip"] | None = None if request.headers["accept-encoding"] == "identity" else "gzip"
        return stream([start, b"id: 1\ndata: 1\n\n"], coding=coding)

    _, out = check(answers, answers, reply(204), options=("--for", "1"))
    assert out.count(sentence) == 1, out
    assert out.count("`retry`") <= 1, out


def test_a_post_that_is_compressed_hides_its_retry() -> None:
    answer = stream([b"retry: 1000\n\n", b"id: 1\ndata: 1\n\n"], coding="gzip")
    _, out = check(answer, options=("--for", "1", "-X", "POST"))
    assert "`retry`" not in out


def observation(*events: tuple[float, str], coding: str = "", **fields: Any) -> Observation:
    seen = Observation(status=200, headers={"Content-Encoding": coding} if coding else {}, seconds=1, **fields)
    seen.events = [(at, Event("x", id=place)) for at, place in events]
    return seen


@pytest.mark.parametrize(
    ("compressed", "plain_one", "sentence"),
    [
        (observation((0.1, "1"), coding="gzip"), observation((0.1, "1")), "no event is held back by it"),
        (observation(coding="br"), observation((0.1, "1")), "with it not at all"),
        (observation(coding="br"), observation(), "brought no event to compare with"),
    ],
)  # fmt: skip
def test_compression_is_compared(compressed: Observation, plain_one: Observation, sentence: str) -> None:
    (finding,) = of_compression(compressed, plain_one)
    assert sentence in finding.text


def test_what_is_not_compressed_needs_no_comparison() -> None:
    assert list(of_compression(observation(), observation())) == []


@pytest.mark.parametrize(
    ("resumed", "grade", "sentence"),
    [
        (Observation(status=204), "ok", "there is no more (204)"),
        (observation((0.1, "2")), "ok", "It resumes: after id 1 came id 2"),
        (observation((0.1, "1")), "wrong", "Last-Event-ID is ignored"),
        (observation((0.1, "3")), "wrong", "Events are lost on resuming: after id 1 came id 3"),
        (observation((0.1, "9")), "note", "which it had not sent before"),
        (observation(), "note", "the server sent nothing in 1.00 s"),
        (observation(error=ConnectionFailed("it broke")), "wrong", "it failed: it broke."),
    ],
)  # fmt: skip
def test_resuming_is_judged(resumed: Observation, grade: str, sentence: str) -> None:
    finding = of_resume(observation((0.1, "1"), (0.2, "2"), (0.3, "3")), resumed)
    assert (finding.grade, sentence in finding.text) == (grade, True), finding


def test_no_connection_is_an_error() -> None:
    ran = run("check", "127.0.0.1:1", "--for", "0.3")
    assert ran.code == 3
    assert "could not connect" in ran.err


def test_a_time_that_is_none_is_a_mistake() -> None:
    assert run("check", "http://x/", "--for", "0").code == 2


def test_a_proxy_on_the_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(stream([b"data: 1\n\n"])) as proxy:
        monkeypatch.setenv("http_proxy", f"http://me:secretsecret@127.0.0.1:{proxy.port}")
        ran = run("check", "http://example.invalid/", "--for", "0.3")
    assert f"through the proxy http://****@127.0.0.1:{proxy.port}, from the environment" in ran.out


def test_only_the_first_events_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.cli.check.probe._MOST_EVENTS", 2)
    monkeypatch.setattr("sse_client.cli.check.probe._MOST_BYTES", 1)
    pieces = [chunk(b": ping\n\nid: %d\ndata: x\n\n: ping\n\n" % number) for number in range(9)]
    _, out = check([head(), *[step for piece in pieces for step in (piece, Pause(0.01))], LAST_CHUNK], reply(204))
    assert "2 events came" in out
    assert "2 comments in this time" in out


def test_sentences_are_wrapped_on_a_terminal() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        ran = run("check", server.url, "--for", "0.3", terminal=True)
    lines = plain(ran.out).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith(" " * 7) for line in lines)
    assert "\x1b[31mWRONG\x1b[0m" in ran.out


def test_a_read_knows_whether_it_ends_an_event() -> None:
    assert Read(0.0, 1, whole=True).whole


def test_an_interrupt_as_listening_begins_leaves_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    start = threading.Timer.start

    def interrupted(timer: threading.Timer) -> None:
        start(timer)
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Timer, "start", interrupted)
    with Server([head(), STALL]) as server:
        question = Asked("GET", server.url, {}, None)
        with pytest.raises(KeyboardInterrupt):
            observe(question, {}, HANGS)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_a_head_full_of_escapes_does_not_command_the_terminal() -> None:
    nasty = "\x1b[2J\x9b2J" + "x" * 5000
    head_lines = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; x={nasty}\r\nCache-Control: no-cache, {nasty}\r\n"
        f"Via: {nasty}\r\nAge: {nasty}\r\nContent-Encoding: {nasty}\r\n\r\n"
    ).encode("latin-1")
    code, out = check([head_lines, b"id: " + nasty.encode() + b"\ndata: x\n\n", CLOSE])
    assert code == 1
    assert all(char == "\n" or char.isprintable() for char in plain(out))
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) < 700


def test_a_charset_full_of_escapes_is_escaped() -> None:
    line = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=\x1b[2J\x9b\r\n\r\n"
    _, out = check([line, b"data: x\n\n", CLOSE])
    assert "charset=\\x1b[2j\\x9b" in out
    assert "\x1b" not in out


def test_what_is_kept_of_events_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_MOST_IDS", 1000)
    blocks = [b"id: %d\ndata: %s\n\n" % (number, b"x" * 5000) for number in range(10, 20)]
    blocks.append(b"id: " + b"9" * 2000 + b"\ndata: x\n\n")
    with Server(stream([*blocks, b"data: never\n\n"])) as server:
        seen = observe(Asked("GET", server.url, {}, None), {}, 30)
    assert [(event.id, event.data) for _, event in seen.events] == [(str(number), "") for number in range(10, 20)]
