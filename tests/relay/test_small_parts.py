"""Names of keys, the guard, the line that shows how it goes, metrics, the checkpoint."""

from __future__ import annotations

import io
import sys
import urllib.request
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from urllib.error import HTTPError

import pytest

import sse_client
from relay.kit import free_port
from sse_client import Event
from sse_client import relay as package
from sse_client.relay import RedisCheckpoint, RedisUnavailable, Relay, RelayError, RelayStatus, WrongType
from sse_client.relay._command.board import Board, SourceNews
from sse_client.relay._command.view import line, watch
from sse_client.relay._redis.failures import Full, Unreachable
from sse_client.relay._redis.keys import Keys
from sse_client.relay._redis.link import refused, text
from sse_client.relay.metrics import exposition, serve_metrics
from sse_client.testing import Server

if TYPE_CHECKING:
    from relay.kit import RedisServer

STATUS = RelayStatus(
    role="leader", leader="a", redis="ok", written=5, duplicates=0, terms=1, count=7, last_event_id="",
    without_key=0, pending=0, lag=None, held_back=False,
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "state", "first"),
    [
        pytest.param("ticks", "{ticks}:relay", "ticks", id="a name is the hash tag"),
        pytest.param("a:{b}c", "a:{b}c:relay", "a:{b}c", id="a hash tag of its own stays"),
    ],
)
def test_all_keys_of_a_stream_are_in_one_slot(name: str, state: str, first: str) -> None:
    from redis.crc import key_slot

    keys = Keys(name, 3)
    every = [name, keys.state, keys.lease, keys.seen, keys.dead, keys.groups, *keys.streams, keys.owner("g", 2)]
    assert len({key_slot(each.encode()) for each in every}) == 1
    assert (keys.state, Keys(name).streams) == (state, [first])


@pytest.mark.parametrize("name", ["", "a}b", "{", "{}", "{a}{b}"])
def test_a_name_that_would_not_be_in_one_slot_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="hash tag alone"):
        Keys(name)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"role": "starting"}, "starting"),
        ({"role": "starting", "redis": "away"}, "waiting for Redis"),
        ({}, "this host leads | 3 events/s | 7 in all | no id yet"),
        ({"role": "follower", "leader": ""}, "nobody leads, me waits | 3 events/s | 7 in all | no id yet"),
        (
            {"lag": 2000, "held_back": True, "duplicates": 4, "redis": "full", "last_event_id": "x" * 50},
            (
                "this host leads | 3 events/s | 7 in all | lag 2,000, held back | 4 doubles dropped | Redis is full | "
                f"last id {'x' * 37}..."
            ),
        ),
        ({"lag": 0, "last_event_id": "9"}, "this host leads | 3 events/s | 7 in all | lag 0 | last id 9"),
    ],
)
def test_the_line_says_who_leads_how_fast_and_how_far(changes: dict[str, Any], shown: str) -> None:
    assert line(replace(STATUS, **changes), 3.2, "me") == shown


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("output", "begins"), [(Terminal(), "\r\x1b[K"), (io.StringIO(), "starting\n")])
def test_the_view_writes_over_itself_on_a_terminal_alone(server: RedisServer, output: io.StringIO, begins: str) -> None:
    from relay.kit import eventually

    with Relay(server.url, "ticks") as relay, watch(relay, "me", Board(output), seconds=0.01):
        eventually(lambda: output.getvalue().count("starting") >= 2)
    assert output.getvalue().startswith(begins)


def test_a_view_that_showed_nothing_leaves_no_empty_line() -> None:
    output, told = Terminal(), cast("Relay", None)  # nobody asks it within the first second
    with watch(told, "me", Board(output)):
        pass
    assert output.getvalue() == ""


def test_a_line_that_is_said_does_not_begin_in_the_one_that_is_drawn() -> None:
    output = Terminal()
    board = Board(output)
    board.draw("7 in all")
    board.say("lost")
    board.draw("8 in all")
    board.keep()
    assert output.getvalue() == "\r\x1b[K7 in all\r\x1b[Klost\n\r\x1b[K8 in all\n"


def test_a_drawn_line_never_wraps_and_one_that_is_said_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    output = Terminal()
    board = Board(output)
    board.draw("a line that is longer than the terminal is wide")
    board.keep()
    assert output.getvalue() == "\r\x1b[Ka line that is longer than...\n"
    board.say("a line that is longer than the terminal is wide")
    assert output.getvalue().splitlines()[-2:] == ["a line that is longer than the", "  terminal is wide"]


def test_nothing_from_elsewhere_commands_the_terminal() -> None:
    output = Terminal()
    board = Board(output)
    board.draw(line(replace(STATUS, last_event_id="\x1b[2J\x9b2J\u202e"), 1.0, "me"))
    board.say("\x1b[2Jé")
    assert "\\x1b[2J\\x9b2J\\u202e" in output.getvalue()
    assert output.getvalue().endswith("\\x1b[2Jé\n")


def test_an_output_that_is_closed_is_not_missed() -> None:
    output = Terminal()
    board = Board(output)
    output.close()
    for nowhere in (board, Board(output), Board(None)):
        nowhere.draw("nobody")
        nowhere.say("sees this")
        nowhere.keep()


def test_news_of_the_source_say_once_why_nothing_comes() -> None:
    output = io.StringIO()
    news = SourceNews(Board(output))
    opened = sse_client.Opened(cast("Any", None), cast("Any", None))
    ended, broke = sse_client.ConnectionFailed("it ended"), sse_client.ConnectionFailed("it broke")
    refused = sse_client.ConnectionFailed("refused", sent=False)
    happened = (
        opened,
        ended,
        opened,
        broke,
        opened,
        ended,
        opened,
        broke,
        refused,
        refused,
        opened,
        ended,
        sse_client.Closed("end"),
    )
    for each in happened:
        news(sse_client.Lost(each, 2.0) if isinstance(each, Exception) else each)
    assert output.getvalue().splitlines() == [
        "lost: it ended; connecting again in 2.0 s",
        "lost: it broke; connecting again in 2.0 s",
        "lost: refused; connecting again in 2.0 s",
        "the source is there again",
        "lost: it ended; connecting again in 2.0 s",
    ]


def test_the_rate_is_none_of_what_was_there_before() -> None:
    from relay.kit import eventually

    class Told:
        """A relay whose status is another one each time it is asked for."""

        def __init__(self) -> None:
            self._statuses = iter(
                [replace(STATUS, role="starting", count=0), *(replace(STATUS, count=n) for n in (5_000, 5_000, 5_001))]
            )
            self.status: RelayStatus = next(self._statuses)

        def lag(self) -> None:
            self.status = next(self._statuses, self.status)

    output = io.StringIO()
    told: Any = Told()
    with watch(told, "me", Board(output), seconds=0.01):
        eventually(lambda: output.getvalue().count("\n") >= 5)
    lines = output.getvalue().splitlines()
    assert lines[0] == "this host leads | 5,000 in all | no id yet"
    assert lines[1] == "this host leads | 0 events/s | 5,000 in all | no id yet"
    assert all("events/s | 5,001 in all" in each for each in lines[2:])


def test_the_view_stands_it_that_redis_is_away() -> None:
    from relay.kit import eventually

    output = io.StringIO()
    with Relay(f"redis://127.0.0.1:{free_port()}", "ticks") as relay, watch(relay, "me", Board(output), seconds=0.01):
        eventually(lambda: "starting" in output.getvalue())


def test_metrics_are_in_the_format_of_prometheus() -> None:
    shown = exposition('a"\\\n', "me", replace(STATUS, lag=12))
    assert 'sse_relay_events_written_total{stream="a\\"\\\\\\n",host="me"} 5\n' in shown
    assert "# TYPE sse_relay_lag_events gauge\n" in shown
    assert "sse_relay_lag_events" not in exposition("a", "me", STATUS)
    for block in shown.strip().split("# HELP ")[1:]:
        about, kind, sample = block.strip().split("\n")
        assert kind.split()[2] == about.split()[0] == sample.partition("{")[0]


def test_a_port_that_is_taken_is_named() -> None:
    with serve_metrics(("127.0.0.1", 0), str) as port:
        message = f"the metrics cannot be served at 127.0.0.1:{port}: "
        with pytest.raises(OSError, match=message), serve_metrics(("127.0.0.1", port), str):
            pass


def test_metrics_are_served_under_their_path_alone() -> None:
    with serve_metrics(("127.0.0.1", 0), lambda: "up 1\n") as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics?x", timeout=5) as answer:
            assert answer.read() == b"up 1\n"
            assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        with pytest.raises(HTTPError, match="404") as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        refused.value.close()


def test_a_place_in_redis_outlives_the_program(server: RedisServer, client: Any) -> None:
    for expected in (["1", "2"], ["2", "3"]):
        checkpoint = RedisCheckpoint(server.url, "place")
        found: list[str] = []
        with Server(events=3) as source, sse_client.get(f"{source.url}/events", checkpoint=checkpoint) as events:
            for event in events:
                found.append(event.id)
                if len(found) == 2:
                    break
        checkpoint.close()
        assert found == expected
    assert client.get("place") == "1" or client.get("place") == "2"


def test_a_checkpoint_uses_the_client_of_the_caller(client: Any) -> None:
    checkpoint = RedisCheckpoint(client, "place")
    assert checkpoint.load() == ""
    checkpoint.save("ключ")
    assert checkpoint.load() == "ключ"
    checkpoint.close()
    assert client.ping()


@pytest.mark.parametrize("value", [b"a\nb", b"\xff"])
def test_a_place_that_is_none_is_a_value_error(client: Any, value: bytes) -> None:
    client.set("place", value)
    with pytest.raises(ValueError, match="one last event ID"):
        RedisCheckpoint(client, "place").load()


def test_a_place_or_a_key_without_a_form_in_utf_8_is_a_value_error(client: Any) -> None:
    with pytest.raises(ValueError, match="key holds half of a surrogate pair"):
        RedisCheckpoint(client, "\ud800")
    with pytest.raises(ValueError, match="last_event_id holds half of a surrogate pair"):
        RedisCheckpoint(client, "place").save("\ud800")


def test_what_is_longer_than_any_id_is_neither_saved_nor_loaded_whole(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sse_client.relay.checkpoint._LONGEST_ID", 1000)
    checkpoint = RedisCheckpoint(client, "place")
    checkpoint.save("é" * 500)
    assert checkpoint.load() == "é" * 500
    with pytest.raises(ValueError, match="at most 1,000 bytes, got 1,001"):
        checkpoint.save("x" * 1001)
    client.setrange("place", 1_000_000, "x")
    before = client.info("stats")["total_net_output_bytes"]
    with pytest.raises(ValueError, match="one last event ID"):
        checkpoint.load()
    assert client.info("stats")["total_net_output_bytes"] - before < 50_000


def test_a_checkpoint_says_why_it_cannot_be_used(client: Any) -> None:
    client.lpush("place", "x")
    with pytest.raises(WrongType, match="expected the key 'place' to be a string"):
        RedisCheckpoint(client, "place").load()
    with pytest.raises(RedisUnavailable):
        RedisCheckpoint(f"redis://127.0.0.1:{free_port()}", "place").load()


def test_errors_of_redis_are_passing_or_final() -> None:
    from redis import exceptions

    for error in (exceptions.TimeoutError("x"), exceptions.ResponseError("MASTERDOWN Link"), ConnectionError("x")):
        with pytest.raises(Unreachable):
            refused(error)
    with pytest.raises(
        Unreachable, match=r"one node of a cluster, and the key is at 127.0.0.1:7001; .* redis\+cluster://"
    ):
        refused(exceptions.MovedError("9530 127.0.0.1:7001"))
    with pytest.raises(Full, match=r"^Redis is full: OOM command not allowed$"):
        refused(exceptions.ResponseError("OOM command not allowed script: 12, on @user_script:1."))
    for final in (exceptions.AuthenticationError("x"), exceptions.ResponseError("ERR unknown")):
        with pytest.raises(RelayError):
            refused(final)
    assert text("a") == text(b"a") == "a"


def test_without_redis_py_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    for make in (
        lambda: Relay("redis://localhost", "ticks"),
        lambda: RedisCheckpoint("redis://localhost", "place"),
        lambda: package.Consumer("g", print, redis="redis://localhost", stream="ticks"),
    ):
        with pytest.raises(ImportError, match=r"pip install 'sse-client\[redis\]'"):
            make()


def test_importing_the_package_imports_neither_redis_nor_asyncio() -> None:
    import subprocess

    script = "import sys, sse_client.relay; print(*sorted({'asyncio', 'redis'} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert loaded.stdout.strip() == ""


def test_the_public_names_are_these() -> None:
    assert set(package.__all__) == {
        "AsyncConsumer", "AtLeastOnce", "Consumed", "Consumer", "ExactlyOnce", "LostEntries", "RedisCheckpoint",
        "RedisUnavailable", "Relay", "RelayError", "RelayResult", "RelayStatus", "StreamEntry", "WrongType",
        "aconsume", "command", "consume",
    }  # fmt: skip
    for name in package.__all__:
        assert getattr(package, name).__doc__
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_an_entry_is_an_event() -> None:
    entry = package.StreamEntry(data="{}", id="1", stream="ticks", entry_id="1-0")
    assert isinstance(entry, Event)
    assert entry.json() == {}
