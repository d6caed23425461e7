"""`sse-client get` and `post`: what is sent, what is shown, and how it ends."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from sse_client import Event
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Received, Server, chunk, head, reply, stream

from .kit import run

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable
    from pathlib import Path

    from sse_client.testing import Step

PRICE = Event('{"symbol": "ACME", "bid": {"price": 12.5}, "tags": ["a", "b"]}', "price", "7", 500)


def test_plain_output_is_the_data_of_each_event(server: Server) -> None:
    ran = run("get", f"{server.url}/events")
    assert (ran.code, ran.lines) == (0, [f"event {n}" for n in range(1, 6)])


def test_what_happens_to_the_connection_goes_to_stderr(server: Server) -> None:
    ran = run("get", f"{server.url}/events")
    assert f"* opened: 200 from {server.url}/events" in ran.err
    assert "* lost: " in ran.err
    assert "connecting again in 0.1 s" in ran.err
    assert "* resumed after id 3: 200" in ran.err
    assert "* ended: the server has no more (204)" in ran.err


def test_quiet_says_nothing_of_the_connection(server: Server) -> None:
    assert run("get", "-q", f"{server.url}/events").err == ""


def test_a_url_needs_no_scheme(server: Server) -> None:
    assert run("get", f"127.0.0.1:{server.port}/events", "-n", "1").out == "event 1\n"


def test_json_has_the_fields_of_an_event() -> None:
    with Server(stream([PRICE, b": ping\n\n", b"data: x\n\n"])) as server:
        ran = run("get", server.url, "--json", "--comments", "--no-reconnect")
    assert [json.loads(line) for line in ran.lines] == [
        {"event": "price", "data": PRICE.data, "id": "7", "retry": 500},
        {"comment": "ping"},
        {"event": "message", "data": "x", "id": "7"},
    ]


def test_json_with_timing_has_the_time_and_the_gap() -> None:
    with Server(stream([b"data: 1\n\n", b"data: 2\n\n"])) as server:
        ran = run("get", server.url, "--json", "--timing", "--no-reconnect")
    first, second = (json.loads(line) for line in ran.lines)
    assert first["gap"] is None
    assert second["gap"] >= 0
    assert second["time"] >= first["time"] > 1_700_000_000
    assert "first event after" in ran.err
    assert "2 events in" in ran.err


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("symbol", "ACME", id="a text is shown as it is"),
        pytest.param("bid.price", "12.5", id="a value of a value"),
        pytest.param("tags.1", "b", id="a place in an array"),
        pytest.param("tags[0]", "a", id="a place in brackets"),
        pytest.param(".bid", '{"price": 12.5}', id="anything else is JSON"),
    ],
)
def test_field_shows_a_value_of_the_data(path: str, shown: str) -> None:
    with Server(stream([b"data: no JSON\n\n", PRICE, b"data: [1]\n\n", b"data: 1\n\n"])) as server:
        ran = run("get", server.url, "--field", path, "--no-reconnect", "-q")
    assert (ran.code, ran.out, ran.err) == (0, shown + "\n", "")


def test_a_field_that_no_event_has_is_named() -> None:
    with Server(stream([PRICE])) as server:
        ran = run("get", server.url, "--field", "ask.price", "--no-reconnect", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "sse-client: no event had a value at ask.price\n")


def test_a_field_is_not_missed_where_no_event_came() -> None:
    with Server(reply(400)) as server:
        assert "no event had a value" not in run("get", server.url, "--field", "a", "--no-reconnect").err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(
            ("--event", "prices", "--event", "trades"),
            "sse-client: no event was of type prices or trades; there were: price, message\n",
            id="those that came are named",
        ),
        pytest.param(("--event", "prices", "--event", "price"), "", id="one of several is enough"),
    ],
)
def test_a_type_that_no_event_has_is_named(options: tuple[str, ...], said: str) -> None:
    sent = [b"event: price\ndata: 1\n\n", b"data: 2\n\n", b"event: price\ndata: 3\n\n"]
    with Server(stream(sent)) as server:
        ran = run("get", server.url, *options, "--no-reconnect", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "" if said else "1\n3\n", said)


def test_types_that_came_are_named_briefly() -> None:
    sent = [b"event: %d%s\ndata: 1\n\n" % (number, b"\x1b" * 1000) for number in range(9)]
    with Server(stream(sent)) as server:
        ran = run("get", server.url, "--event", "prices", "--no-reconnect", "-q")
    assert "\x1b" not in ran.err
    assert 4 * 200 < len(ran.err) < 5 * 5 * 200


def test_data_that_is_nested_deeply_has_no_field() -> None:
    with Server(stream([b"data: " + b"[" * 100_000 + b"\n\n"])) as server:
        assert run("get", server.url, "--field", "0", "--no-reconnect").code == 0


def test_raw_is_every_byte() -> None:
    body = b"\xef\xbb\xbf: hi\r\n\r\nid: 1\rdata: \xff\xfe\r\rdata: unfinished"
    with Server(stream([body])) as server:
        ran = run("get", server.url, "--raw", "--no-reconnect", encoding="latin-1")
    assert ran.out.encode("latin-1") == body


def test_raw_cannot_command_a_terminal() -> None:
    body = b"data: \x1b[2J \xc3\xa4\r\n\r\ndata: \xff\n\n"
    with Server(stream([body[:14], body[14:]])) as server:  # cut within a character
        ran = run("get", server.url, "--raw", "--no-reconnect", "-q", terminal=True)
    assert ran.out == "data: \\x1b[2J ä\\r\n\\r\ndata: \\xff\n\n"


def test_raw_asks_for_no_compression_and_says_if_there_is(server: Server) -> None:
    server.script(stream([b"data: 1\n\n"], coding="gzip"))
    ran = run("get", server.url, "--raw", "--no-reconnect", "-n", "1", encoding="latin-1")
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert ran.out.startswith("\x1f\x8b")
    assert "these bytes are gzip" in ran.err


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_raw_ends_after_the_last_event_wanted(framing: str) -> None:
    blocks = [b"data: 1\r\n\r\n", b": c\n", b"data: 2\n\n", b"data: 3\n\n"]
    with Server(stream([b"".join(blocks)], framing=framing)) as server:  # type: ignore[arg-type]  # one of the three
        ran = run("get", server.url, "--raw", "-n", "2", "--no-reconnect")
    assert ran.out == "data: 1\r\n\r\n: c\ndata: 2\n\n"


def test_raw_ends_before_the_event_that_until_names() -> None:
    with Server(stream([b"data: 1\n\ndata: [DO", b"NE]\n\ndata: 2\n\n"])) as server:
        ran = run("get", server.url, "--raw", "--until", "[DONE]")
    assert (ran.code, ran.out) == (0, "data: 1\n\n")


def test_only_events_of_the_types_wanted_are_shown_and_counted() -> None:
    events = [Event("1", "a"), Event("2", "b"), Event("3", "c"), Event("4", "a"), Event("5", "a")]
    with Server(stream([event.encode() for event in events])) as server:
        ran = run("get", server.url, "--event", "a", "--event", "c", "-n", "3")
    assert (ran.code, ran.lines) == (0, ["1", "3", "4"])


def test_comments_are_shown_and_not_counted() -> None:
    with Server([head(), chunk(b": one\n\ndata: 1\n\n: two\n\ndata: 2\n\ndata: 3\n\n"), STALL]) as server:
        assert run("get", server.url, "--comments", "-n", "2").lines == [": one", "1", ": two", "2"]


def test_until_ends_before_its_event() -> None:
    with Server(stream([b"data: 1\n\n", b"data: [DONE]\n\n", b"data: 2\n\n"])) as server:
        ran = run("get", server.url, "--until", "[DONE]")
    assert (ran.code, ran.out) == (0, "1\n")
    assert "* ended: the event that --until names has come" in ran.err


def test_an_end_before_until_is_an_error() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        ran = run("post", server.url, "--until", "[DONE]")
    assert (ran.code, ran.out) == (6, "1\n")
    assert "ended before the event" in ran.err


def test_a_checkpoint_is_saved_and_resumed(server: Server, tmp_path: Path) -> None:
    place = str(tmp_path / "place")
    assert run("get", f"{server.url}/events", "--checkpoint", place, "-n", "2").lines == ["event 1", "event 2"]
    ran = run("get", f"{server.url}/events", "--checkpoint", place, "-n", "1")
    assert ran.lines == ["event 3"]
    assert "* opened, to resume after id 2" in ran.err


def test_an_event_without_an_id_leaves_the_checkpoint_alone(tmp_path: Path) -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        assert run("get", server.url, "--checkpoint", str(tmp_path / "place"), "-n", "1").code == 0
    assert not (tmp_path / "place").exists()


def test_a_checkpoint_that_cannot_be_used_is_named(server: Server, tmp_path: Path) -> None:
    ran = run("get", f"{server.url}/events", "--checkpoint", str(tmp_path / "no" / "place"))
    assert ran.code == 9
    assert f"cannot use the checkpoint {tmp_path / 'no' / 'place'}: the folder of this file does not exist\n" in ran.err


def test_last_event_id_is_sent(server: Server) -> None:
    assert run("get", f"{server.url}/events", "--last-event-id", "3", "-n", "1").out == "event 4\n"


def test_a_stream_that_is_lost_without_an_id_is_read_from_the_beginning() -> None:
    with Server([head(), chunk(b"retry: 1\ndata: 1\n\n"), CLOSE], stream([b"data: 1\n\n"])) as server:
        ran = run("get", server.url, "-n", "2")
    assert "* resumed from the beginning" in ran.err


def test_headers_a_body_and_a_method_are_sent(server: Server, tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("# a comment\nX-One: 1\n\nX-Two:2 \n")
    server.script(stream([b"data: ok\n\n"]))
    options = ["-H", f"@{tmp_path / 'headers'}", "-H", "X-Tags: a", "-H", "x-tags: b", "-H", "Cookie: a=1"]
    ran = run("post", server.url, *options, "-H", "cookie: b=2", "-H", "X-Name: Łódź", "-X", "put", "-d", '{"a": 1}')
    asked = server.requests[0]
    assert (ran.code, asked.method, asked.body) == (0, "PUT", b'{"a": 1}')
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["x-one"] == "1"
    assert asked.headers["x-two"] == "2"
    assert asked.headers["x-tags"] == "a, b"
    assert asked.headers["cookie"] == "a=1; b=2"
    assert asked.headers["x-name"].encode("latin-1").decode() == "Łódź"
    assert asked.headers["user-agent"].startswith("sse-client/")


def test_text_and_bytes_of_one_header_are_joined(server: Server) -> None:
    server.script(stream([b"data: ok\n\n"]))
    run("post", server.url, "-H", "X-Name: é", "-H", "X-Name: Ł")
    assert server.requests[0].headers["x-name"].encode("latin-1") == b"\xe9, \xc5\x81"


def test_a_default_header_is_left_out(server: Server) -> None:
    server.script(stream([b"data: ok\n\n"]))
    run("post", server.url, "-H", "User-Agent:")
    assert "sse-client" not in server.requests[0].headers.get("user-agent", "")


@pytest.mark.parametrize(
    ("data", "body", "content_type"),
    [
        pytest.param(["a=1", "b=2"], b"a=1&b=2", "application/x-www-form-urlencoded", id="a form, joined"),
        pytest.param(["[1]"], b"[1]", "application/json", id="JSON"),
        pytest.param(["{a"], b"{a", "application/x-www-form-urlencoded", id="what only begins like JSON"),
        pytest.param(["@-"], b'{"from": "stdin"}', "application/json", id="standard input"),
    ],
)
def test_a_body_has_its_content_type(server: Server, data: list[str], body: bytes, content_type: str) -> None:
    server.script(stream([b"data: ok\n\n"]))
    options = [option for part in data for option in ("-d", part)]
    assert run("post", server.url, *options, stdin='{"from": "stdin"}').out == "ok\n"
    assert (server.requests[0].body, server.requests[0].headers["content-type"]) == (body, content_type)


def test_a_key_comes_from_the_environment_or_a_file(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.script(stream([b"data: ok\n\n"]), stream([b"data: ok\n\n"]))
    monkeypatch.setenv("SECRET_KEY", " sk-from-environment ")
    (tmp_path / "key").write_text("sk-from-file\nnot this\n")
    first = run("post", server.url, "--key-env", "SECRET_KEY", "-v", "-H", "Authorization: Basic other")
    second = run("post", server.url, "--key-file", str(tmp_path / "key"), "-v")
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer sk-from-environment",
        "Bearer sk-from-file",
    ]
    assert "sk-from" not in first.err + second.err
    assert "> Authorization: Bearer ****" in first.err


def test_verbose_shows_the_heads(server: Server) -> None:
    ran = run("get", f"{server.url}/events?x=1", "-v", "-n", "1", "-H", "Host: other.example")
    assert "> GET /events?x=1 HTTP/1.1\n" in ran.err
    assert ran.err.count("> Host: ") == 1
    assert "< HTTP/1.1 200 OK\n" in ran.err
    assert "< Content-Type: text/event-stream\n" in ran.err


def test_retry_for_tries_that_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ran = run("get", f"http://127.0.0.1:{port}/", "--retry-for", "0.5")
    assert ran.code == 3
    assert ran.err.count("* lost") == 1
    assert "Gave up after 2 failed attempts" in ran.err


@pytest.mark.parametrize(
    ("script", "options", "requests"),
    [
        pytest.param(reply(503, headers={"Retry-After": "0"}), [], 2, id="a busy server has not processed it"),
        pytest.param(reply(500), [], 1, id="a broken one may have"),
        pytest.param([head(), RESET], [], 1, id="so may one that is lost"),
        pytest.param(reply(500), ["--reconnect"], 2, id="unless it may be sent again"),
    ],
)
def test_a_post_is_retried_only_where_it_was_not_processed(
    script: list[Step], options: list[str], requests: int
) -> None:
    with Server(script, stream([b"data: 1\n\n"])) as server:
        run("post", server.url, "--retry-for", "10", "-n", "1", *options)
        assert len(server.requests) == requests


def test_a_clean_end_of_a_post_is_the_end_however_long_it_is_retried() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        ran = run("post", server.url, "--retry-for", "10")
        assert (ran.code, ran.out, len(server.requests)) == (0, "1\n", 1)


@pytest.mark.parametrize("option", [["--retry-for", "10"], ["--until-end"]], ids=lambda each: each[0])
def test_a_redirected_post_told_to_retry_is_not_sent_again(option: list[str]) -> None:
    busy = reply(503, headers={"Retry-After": "0"})
    with Server(reply(307, headers={"Location": "/there"}), busy, stream([b"data: 1\n\n"])) as server:
        assert run("post", server.url, *option).code == 4
        assert [request.path for request in server.requests] == ["/", "/there"]


def test_a_clean_end_before_the_last_event_is_the_end_where_only_cuts_are_resumed() -> None:
    with Server(stream([b"data: 1\n\n"]), stream([b"data: 2\n\n"])) as server:
        ran = run("get", server.url, "--until-end", "--until", "end")
        assert (ran.code, ran.out, len(server.requests)) == (6, "1\n", 1)


def test_reconnect_sends_a_post_again() -> None:
    with Server([head(), chunk(b"retry: 1\ndata: 1\n\n"), RESET], stream([b"data: 2\n\n"])) as server:
        assert run("post", server.url, "--reconnect", "-n", "2").lines == ["1", "2"]


def test_silence_is_an_error_of_its_own() -> None:
    with Server([head(), STALL]) as server:
        ran = run("get", server.url, "--timeout", "0.1", "--no-reconnect")
    assert ran.code == 7


def test_max_time_ends_all() -> None:
    with Server([head(), chunk(b"data: 1\n\n"), STALL]) as server:
        ran = run("get", server.url, "--max-time", "0.3")
    assert (ran.code, ran.out) == (7, "1\n")
    assert "within 0.3 s (timeout: total)" in ran.err


def test_events_that_come_together_are_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    from sse_client.cli.screen.stdout import Stdout

    written: list[bytes] = []

    def keep(_: Stdout, *data: bytes) -> None:
        written.append(b"".join(data))

    monkeypatch.setattr(Stdout, "write", keep)
    events = [b"data: %d\n\n" % number for number in range(1000)]
    with Server([head(), chunk(b"".join(events)), LAST_CHUNK]) as server:
        run("get", server.url, "--no-reconnect")
    assert b"".join(written) == b"".join(b"%d\n" % number for number in range(1000))
    assert len(written) < 20


@pytest.mark.parametrize("heartbeats", [0, 3])
def test_no_event_waits_for_one_that_has_not_come(heartbeats: int, event: threading.Event) -> None:
    shown: list[bytes] = []

    def play(_: Received) -> Iterable[Step]:
        yield head()
        yield chunk(b": ping\n\n" * heartbeats + b"data: 1\n\ndata: 2\n\n")
        yield from wait_until_shown()
        yield chunk(b"data: 3\n\n")
        yield LAST_CHUNK

    def wait_until_shown() -> Iterable[Step]:
        assert event.wait(10), "the first two events are not shown before the third comes"
        return []

    from sse_client.cli.screen.stdout import Stdout

    write = Stdout.write

    def watched(self: Stdout, *data: bytes) -> None:
        write(self, *data)
        shown.extend(data)
        if b"".join(shown) == b"1\n2\n":
            event.set()

    with pytest.MonkeyPatch.context() as patch, Server(play) as server:
        patch.setattr(Stdout, "write", watched)
        assert run("get", server.url, "--no-reconnect").lines == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "header", "sent_as", "err"),
    [
        pytest.param('{"a": }', [], "application/x-www-form-urlencoded",
                     "sse-client: -d: this begins like JSON, but is not: Expecting value (line 1, column 7); "
                     "it is sent as a form\n", id="a mistake in JSON"),
        pytest.param('{"\udcff": 1}', [], "application/x-www-form-urlencoded",
                     "sse-client: -d: this begins like JSON, but is not: its bytes are not UTF-8; "
                     "it is sent as a form\n", id="JSON that is not UTF-8"),
        pytest.param("[" * 100_000, [], "application/x-www-form-urlencoded",
                     "sse-client: -d: this begins like JSON, but is not: it cannot be decoded; "
                     "it is sent as a form\n", id="JSON that is too deep"),
        pytest.param('{"a": }', ["-H", "Content-Type: text/x"], "text/x", "", id="a type of the user's"),
        pytest.param('{"a": 1}', [], "application/json", "", id="JSON"),
        pytest.param("a=1", [], "application/x-www-form-urlencoded", "", id="a form"),
    ],
)  # fmt: skip
def test_json_with_a_mistake_is_reported(body: str, header: list[str], sent_as: str, err: str) -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        ran = run("post", server.url, "-q", "-n", "1", "-d", body, *header)
    assert (ran.code, ran.err) == (0, err)
    assert server.requests[0].headers["content-type"] == sent_as
