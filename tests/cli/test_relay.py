"""`sse-client relay`: from the command line to a real Redis, and one sentence where that fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from relay.conftest import _server as _server  # the fixtures of the relay's own tests
from relay.conftest import client as client
from relay.conftest import server as server
from relay.kit import eventually, free_port, ids

from sse_client.testing import STALL, Server, chunk, head

from .kit import COMMAND, environment, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.kit import RedisServer


def test_a_stream_is_relayed_to_its_end(server: RedisServer, client: Any) -> None:
    with Server(events=20) as source:
        ran = run(
            "relay", f"{source.url}/events", "--redis", server.url, "--stream", "ticks", "-H", "X-Key: ä", "-H",
            "Cache-Control:", "-q",
        )  # fmt: skip
        asked = source.requests[0]
    assert (ran.code, ran.out) == (0, "")
    assert "20 events written" in ran.err
    assert len(ids(client, "ticks")) == 20
    assert asked.headers["x-key"] == "ä"
    assert asked.headers["user-agent"].startswith("sse-client/")


def test_partitions_and_a_body(server: RedisServer, client: Any) -> None:
    with Server([head(), *(chunk(b'data: {"a": {"b": %d}}\n\n' % n) for n in range(8)), b"0\r\n\r\n"]) as source:
        ran = run(
            "relay", source.url, "--redis", server.url, "--stream", "t", "--partitions", "4", "--key", "a.b",
            "-X", "POST", "-d", '{"q": 1}',
        )  # fmt: skip
        assert (source.requests[0].method, source.requests[0].body) == ("POST", b'{"q": 1}')
    assert ran.code == 0
    assert sum(client.xlen(f"{{t}}:{n}") for n in range(4)) == 8


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_what_was_read_is_written(
    server: RedisServer, client: Any, number: signal.Signals
) -> None:
    def script() -> Iterator[Any]:
        yield head()
        for n in range(30):
            yield chunk(b"id: %d\ndata: x\n\n" % n)
        yield STALL

    with Server(script()) as source:
        process = subprocess.Popen(
            [*COMMAND, "relay", source.url, "--stream", "ticks"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(REDIS_URL=server.url),
        )  # fmt: skip
        try:
            eventually(lambda: client.xlen("ticks") == 30)
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, "30 events written" in err, "Traceback" in err) == (0, True, False)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param([], 2, "pass --redis, or set REDIS_URL", id="no Redis named"),
        pytest.param(["--redis", "redis://127.0.0.1:{}", "--wait-for-redis", "0.1"], 3, "reached", id="no Redis there"),
        pytest.param(["--redis", "nothing"], 2, "URL", id="no URL"),
        pytest.param(["--redis", "redis://127.0.0.1:{}", "--partitions", "0"], 2, "partitions", id="out of range"),
        pytest.param(["--redis", "redis://127.0.0.1:{}", "--metrics", "x"], 2, "HOST:PORT", id="no port"),
        pytest.param(["--redis", "redis://127.0.0.1:{}", "-H", "x"], 2, "without a colon", id="a malformed header"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, says: str
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    given = [each.format(free_port()) for each in arguments]
    ran = run("relay", "http://127.0.0.1:9/", "--stream", "ticks", *given)
    assert ran.code == code
    assert says in ran.err
    assert "Traceback" not in ran.err
    assert ran.err.splitlines()[-1].startswith(("sse-client", "  See"))


def test_a_stream_needs_a_name() -> None:
    ran = run("relay", "http://127.0.0.1:9/")
    assert ran.code == 2
    assert "--stream" in ran.err
    assert os.linesep not in ran.err.splitlines()[0]


def test_without_redis_py_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    ran = run("relay", "http://127.0.0.1:9/", "--stream", "ticks", "--redis", "redis://127.0.0.1:1")
    assert (ran.code, "sse-client[redis]" in ran.err, "Traceback" in ran.err) == (2, True, False)
