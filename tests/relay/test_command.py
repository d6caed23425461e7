"""`sse-client relay` as a function: exit codes, a sentence, the view, metrics, signals."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

import sse_client as sse
from relay.kit import HERE, eventually, free_port, ids
from sse_client.cli.exits import failure_of
from sse_client.relay import RelayError, WrongType, command
from sse_client.relay._command.command import _code_of
from sse_client.testing import STALL, Server, chunk, head, reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.kit import RedisServer


def test_a_stream_is_relayed_to_its_end(server: RedisServer, client: Any) -> None:
    output = io.StringIO()
    with Server(events=20) as source:
        url = f"{source.url}/events"
        code = command(url, stream="ticks", redis=server.url, header=["X-Key: a:b"], metrics="0", output=output)
        assert source.requests[0].headers["x-key"] == "a:b"
    assert (code, len(ids(client, "ticks"))) == (0, 20)
    assert "20 events written, 0 doubles dropped, 20 in the stream, each exactly once\n" in output.getvalue()
    assert "metrics at http://127.0.0.1:" in output.getvalue()


def test_the_environment_names_redis(
    server: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", server.url)
    with Server([head(), chunk(b"data: x\n\n"), b"0\r\n\r\n"]) as source:
        code = command(source.url, stream="ticks", method="POST", data="body", view=False)
        assert (source.requests[0].method, source.requests[0].body) == ("POST", b"body")
    assert code == 0
    assert "at least once" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        pytest.param({"redis": ""}, 2, "pass --redis, or set REDIS_URL", id="no Redis named"),
        pytest.param({"header": ["nothing"]}, 2, "expected a header", id="a malformed header"),
        pytest.param({"metrics": "here"}, 2, "expected HOST:PORT", id="a malformed address"),
        pytest.param({"lease": 0}, 2, "lease must be", id="a number out of its range"),
        pytest.param({"stream": "kept"}, 10, "but it is a string", id="a key of another type"),
        pytest.param({"redis": "redis://127.0.0.1:{}", "wait_for_redis": 0.1}, 3, "reached", id="no Redis there"),
        pytest.param({"redis": "redis+cluster://127.0.0.1:{}", "wait_for_redis": 0.1}, 3, "reached", id="no cluster"),
        pytest.param(
            {"redis": "redis+sentinel://127.0.0.1:{}/feed", "wait_for_redis": 0.1}, 3, "reached", id="no sentinel"
        ),
        pytest.param({"redis": "redis://no-such-host.invalid", "wait_for_redis": 0.1}, 3, "reached", id="no such host"),
        pytest.param({"redis": "localhost:6379"}, 2, "such as redis://", id="no URL of Redis"),
        pytest.param({"redis": "redis://:a/b@localhost"}, 2, "percent-encoded", id="a password with a slash"),
        pytest.param({"redis": "redis://localhost/prices"}, 2, "a number", id="no database"),
        pytest.param({"stream": "{a}{b}"}, 2, "hash tag", id="no name of a stream"),
        pytest.param({"metrics": "used"}, 9, "in use", id="a port in use"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_an_exit_code(
    server: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], code: int,
    says: str,
) -> None:  # fmt: skip
    monkeypatch.delenv("REDIS_URL", raising=False)
    client.set("kept", "x")
    output = io.StringIO()
    with Server(events=1) as source:
        given: dict[str, Any] = {"stream": "ticks", "redis": server.url, "view": False, **options}
        given["redis"] = given["redis"].format(free_port())
        if given.get("metrics") == "used":
            given["metrics"] = f"127.0.0.1:{source.port}"
        assert command(f"{source.url}/events", **given, output=output) == code
    last = output.getvalue().splitlines()[-1]
    assert last.startswith("sse-client: ")
    assert says in last


@pytest.mark.parametrize("url", ["", "ftp://localhost/x", "http://", "http://localhost:port/"])
def test_a_url_that_is_no_source_is_an_argument_that_is_wrong(server: RedisServer, client: Any, url: str) -> None:
    output = io.StringIO()
    assert command(url, stream="ticks", redis=server.url, view=False, output=output) == 2
    assert output.getvalue().count("\n") == 1
    assert not client.exists("{ticks}:relay:lease", "ticks"), "others may lead at once"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(reply(404), 4, id="a status"),
        pytest.param(reply(200, b"<html>", {"Content-Type": "text/html"}), 5, id="a page"),
    ],
)
def test_a_source_that_is_no_stream_has_its_exit_code(server: RedisServer, answer: list[bytes], code: int) -> None:
    with Server(answer) as source:
        assert command(source.url, stream="ticks", redis=server.url, view=False, output=io.StringIO()) == code


@pytest.mark.parametrize(
    "error",
    [
        sse.ConnectionFailed("refused", sent=False),
        sse.ConnectionFailed("broken"),
        sse.StreamTruncated("cut"),
        sse.IdleTimeout("silent", sent=False),
        sse.DeadlineExceeded("late"),
        sse.StatusError("404", status=404),
        sse.ContentTypeError("a page"),
        sse.EventTooLarge("large"),
        sse.RedirectRefused("elsewhere"),
        RelayError("no"),
        WrongType("a list"),
    ],
    ids=repr,
)
def test_an_error_has_the_exit_code_that_other_commands_give_it(error: sse.SSEError) -> None:
    assert _code_of(error) == failure_of(error).code


def test_metrics_have_the_lag_without_a_view(server: RedisServer, client: Any) -> None:
    output, found = io.StringIO(), list[str]()

    def scrape() -> Iterator[Any]:
        yield head()
        yield chunk(b"id: 1\ndata: x\n\n")
        eventually(lambda: client.xlen("ticks") == 1)
        address = re.search(r"http\S+", output.getvalue())
        assert address is not None
        with urllib.request.urlopen(address[0], timeout=20) as answer:
            found.append(answer.read().decode())
        yield b"0\r\n\r\n"

    with Server(scrape(), reply(204)) as source:
        code = command(source.url, stream="ticks", redis=server.url, host="h", metrics="0", view=False, output=output)
    assert code == 0
    assert 'sse_relay_lag_events{stream="ticks",host="h"} 1\n' in found[0]


START = "import sys\nfrom sse_client.relay import command\nsys.exit(command({}))"


def _started(arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START.format(arguments)],
        stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_what_was_read_is_written(
    server: RedisServer, client: Any, number: signal.Signals
) -> None:
    def script() -> Iterator[Any]:
        yield head()
        for n in range(1, 31):
            yield chunk(b"id: %d\ndata: x\n\n" % n)
        yield STALL

    with Server(script()) as source:
        options = f"{source.url!r}, stream='ticks', redis={server.url!r}, metrics='0'"
        process = _started(options)
        try:
            eventually(lambda: client.xlen("ticks") == 30)
            assert process.stderr is not None
            address = re.search(r"http\S+", process.stderr.readline())
            assert address is not None
            with urllib.request.urlopen(address[0], timeout=5) as answer:
                assert b"sse_relay_events_written_total" in answer.read()
            process.send_signal(number)
            _, said = process.communicate(timeout=45)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 0, said
    assert "30 events written" in said
    assert not client.exists("{ticks}:relay:lease")
