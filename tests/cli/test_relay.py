"""`sse-client relay`: from the command line to a real Redis, and one sentence where that fails."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest
import trustme
from relay.conftest import _server as _server  # the fixtures of the relay's own tests
from relay.conftest import client as client
from relay.conftest import server as server
from relay.kit import RedisServer, available, eventually, free_port, ids

from sse_client.cli.app import app
from sse_client.cli.options import OutputOptions
from sse_client.cli.pages.table import command_of
from sse_client.testing import STALL, Server, chunk, head, reply, stream

from .kit import COMMAND, environment, run
from .test_connection import Authority
from .test_wire import folder as folder
from .test_wire import unix_socket as unix_socket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


def test_errors_are_shown_as_those_of_get_are(server: RedisServer, client: Any) -> None:
    page = reply(404, b'{"error": {"message": "nothing of this name is here"}}', {"Content-Type": "application/json"})
    with Server(page, page) as source:
        got = run("get", source.url, terminal=True)
        relayed = run("relay", source.url, "--redis", server.url, "--stream", "ticks", "-q", terminal=True)
    assert relayed.code == got.code == 4
    assert relayed.err == got.err
    assert got.err.startswith("\x1b[31msse-client:\x1b[0m expected status 200")


def test_a_standard_error_that_is_closed_is_no_defect(server: RedisServer, client: Any) -> None:
    with Server(events=3) as source:
        ran = subprocess.run(
            ["sh", "-c", 'exec "$@" 2>&-', "sh", *COMMAND, "relay", f"{source.url}/events", "--stream", "ticks"],
            env=environment(REDIS_URL=server.url), timeout=60, check=False,
        )  # fmt: skip
    assert ran.returncode == 0
    assert len(ids(client, "ticks")) == 3


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
            _, err = process.communicate(timeout=45)
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


def test_a_port_in_use_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        place = f"127.0.0.1:{busy.getsockname()[1]}"
        ran = run("relay", "http://127.0.0.1:9/", "--stream", "t", "--redis", "redis://127.0.0.1:1", "--metrics", place)
    assert ran.code == 9
    assert ran.err.startswith(f"sse-client: the metrics cannot be served at {place}: ")


def test_a_stream_needs_a_name() -> None:
    ran = run("relay", "http://127.0.0.1:9/")
    assert ran.code == 2
    assert "--stream" in ran.err
    assert os.linesep not in ran.err.splitlines()[0]


def test_without_redis_py_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    ran = run("relay", "http://127.0.0.1:9/", "--stream", "ticks", "--redis", "redis://127.0.0.1:1")
    assert (ran.code, "sse-client[redis]" in ran.err, "Traceback" in ran.err) == (2, True, False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def to_redis(server: RedisServer) -> list[str]:
    return ["--redis", server.url, "--stream", "ticks", "-q"]


def relayed(client: Any) -> list[str]:
    return [fields["data"] for _, fields in client.xrange("ticks")]


def test_every_option_of_get_that_asks_for_something_is_one_of_relay() -> None:
    names = {
        command: {name for option in command_of(app, command).options for name in option.names}
        for command in ("get", "relay")
    }
    shown = {name for each in dataclasses.fields(OutputOptions) for name in _names(OutputOptions, each.name)}
    left_out = shown | {"--checkpoint"}  # the place is in Redis
    assert names["get"] - left_out <= names["relay"]


def _names(options: type, field: str) -> tuple[str, ...]:
    (parameter,) = get_type_hints(options, include_extras=True)[field].__metadata__
    found: tuple[str, ...] = parameter.name
    return found


def test_a_certificate_is_trusted_if_it_is_named(authority: Authority, client: Any, to_redis: list[str]) -> None:
    with Server(stream([b"data: 1\n\n"]), reply(204), tls=authority.context) as source:
        assert run("relay", source.url, *to_redis, "--no-reconnect").code == 3
        ran = run("relay", source.url, *to_redis, "--no-reconnect", "--cacert", authority.certificates)
    assert (ran.code, relayed(client)) == (0, ["1"]), ran


def test_any_certificate_is_trusted_if_that_is_asked_for(
    authority: Authority, client: Any, to_redis: list[str]
) -> None:
    with Server(stream([b"data: 1\n\n"]), tls=authority.context) as source:
        ran = run("relay", source.url, *to_redis, "--no-reconnect", "-k")
    assert (ran.code, relayed(client)) == (0, ["1"]), ran


@pytest.mark.parametrize("two_files", [False, True])
def test_a_client_certificate_is_shown(
    authority: Authority, client: Any, to_redis: list[str], *, two_files: bool
) -> None:
    options = ["--cert", authority.client]
    if two_files:
        options = ["--cert", authority.client_certificate, "--cert-key", authority.client_key]
    authority.context.verify_mode = ssl.CERT_REQUIRED
    try:
        with Server(stream([b"data: 1\n\n"]), tls=authority.context) as source:
            ran = run("relay", source.url, *to_redis, "--no-reconnect", "--cacert", authority.certificates, *options)
    finally:
        authority.context.verify_mode = ssl.CERT_NONE
    assert (ran.code, relayed(client)) == (0, ["1"]), ran


def test_a_proxy_is_used(client: Any, to_redis: list[str]) -> None:
    with Server(stream([b"data: 1\n\n"])) as proxy:
        address = f"127.0.0.1:{proxy.port}"
        ran = run("relay", "http://example.invalid/events", *to_redis, "--no-reconnect", "--proxy", address)
        assert proxy.requests[0].path == "http://example.invalid/events"
    assert (ran.code, relayed(client)) == (0, ["1"]), ran


def test_a_unix_socket_is_connected_to(unix_socket: str, client: Any, to_redis: list[str]) -> None:
    for _ in range(2):
        ran = run("relay", "http://service/events", *to_redis, "--unix-socket", unix_socket, "--no-reconnect")
        assert ran.code == 0, ran
    assert relayed(client) == ["GET /events HTTP/1.1, Host: service"] * 2


@pytest.mark.parametrize("option", ["--timeout", "--max-time"])
def test_a_time_limit_ends_it_after_what_was_read_is_written(client: Any, to_redis: list[str], option: str) -> None:
    with Server([head(), chunk(b"data: 1\n\n"), STALL]) as source:
        ran = run("relay", source.url, *to_redis, "--no-reconnect", option, "2")
    assert (ran.code, relayed(client)) == (7, ["1"]), ran


def test_it_begins_where_it_is_told_to_and_goes_on_as_it_is_told_to(client: Any, to_redis: list[str]) -> None:
    one, two = stream([b"retry: 1\nid: 1\ndata: 1\n\n"]), stream([b"id: 2\ndata: 2\n\n"])
    with Server(one, two, reply(204)) as source:
        ran = run("relay", source.url, *to_redis, "-X", "POST", "-d", "x", "--reconnect", "--last-event-id", "0")
        assert [each.headers.get("last-event-id") for each in source.requests] == ["0", "1", "2"]
    assert (ran.code, relayed(client)) == (0, ["1", "2"]), ran
    with Server(stream([b"id: 3\ndata: 3\n\n"]), reply(204)) as source:
        ran = run("relay", source.url, *to_redis, "--until-end", "--last-event-id", "0")
        assert [each.headers.get("last-event-id") for each in source.requests] == ["2"], "the place in Redis counts"
    assert (ran.code, relayed(client)) == (0, ["1", "2", "3"]), ran
    with Server(*[reply(503)] * 9) as source:
        ran = run("relay", source.url, *to_redis, "--retry-for", "0.001")
        assert len(source.requests) <= 2, "five where it is not given"
    assert ran.code == 4, ran


@pytest.mark.parametrize("option", ["--key-env", "--key-file"])
def test_a_key_is_sent_and_not_shown(
    client: Any, to_redis: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str
) -> None:
    monkeypatch.setenv("KEY", "sk-secret")
    (tmp_path / "key").write_text("sk-secret\n")
    with Server(stream([b"data: 1\n\n"])) as source:
        where = "KEY" if option == "--key-env" else str(tmp_path / "key")
        ran = run("relay", source.url, *to_redis, "--no-reconnect", option, where)
        assert source.requests[0].headers["authorization"] == "Bearer sk-secret"
    assert (ran.code, "sk-secret" in ran.err) == (0, False), ran


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Run a Redis that asks for TLS, a client's certificate and a password."""
    if not available() and os.environ.get("CI") != "true":
        pytest.skip("needs redis-server (on Debian: apt install redis-server)")
    folder, ca = tmp_path_factory.mktemp("secured"), trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    one = ca.issue_cert("127.0.0.1")
    one.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    one.private_key_pem.write_to_path(str(folder / "key.pem"))
    one.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    (folder / "password").write_text(PASSWORD + "\n")
    port = free_port()
    options = ["--tls-port", str(port), "--requirepass", PASSWORD]
    for name, file in (("cert", "cert"), ("key", "key"), ("ca-cert", "ca")):
        options += [f"--tls-{name}-file", str(folder / f"{file}.pem")]
    server = RedisServer(folder, *options).start()
    server.port = port
    yield server
    server.stop()


PASSWORD = "a/b?c#d@e:f% g"


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        pytest.param("{ca} --redis-cert {f}/both.pem --redis-password-env PASS", 0, "1 events written", id="in one"),
        pytest.param(
            "{ca} --redis-cert {f}/cert.pem --redis-cert-key {f}/key.pem --redis-password-file {f}/password", 0,
            "1 events written", id="in two files",
        ),
        pytest.param("--redis-cert {f}/both.pem --redis-password-env PASS", 3, "certificate", id="an unknown one"),
        pytest.param("--redis-cert {f}/both.pem --redis-password-env PASS", 3, "--redis-cacert FILE trusts the",
                     id="an unknown one, and what to do"),
        pytest.param("{ca} --redis-cert {f}/both.pem --redis-password-env WRONG", 10,
                     "\n  The password of Redis is given with --redis-password-env", id="a wrong one, and what to do"),
        pytest.param("{ca} --redis-cert {f}/both.pem", 10,
                     "\n  The password of Redis is given with --redis-password-env", id="none, and what to do"),
        pytest.param("--redis-cacert {f}/password", 2, "--redis-cacert: expected certificates in PEM in",
                     id="no certificates"),
        pytest.param("--redis-cert {f}/password", 2, "--redis-cert: expected a certificate with its key",
                     id="no certificate"),
        pytest.param("{ca} --redis-password-env PASS", 3, "cannot be reached", id="no certificate of its own"),
        pytest.param("{ca} --redis-cert {f}/both.pem --redis-password-env WRONG", 10, "refused", id="a wrong password"),
        pytest.param("{ca} --redis-cert {f}/both.pem", 10, "refused", id="no password"),
        pytest.param("--redis-cert-key {f}/key.pem", 2, "--redis-cert", id="a key without a certificate"),
        pytest.param("--redis-cacert {f}/none.pem", 2, "--redis-cacert: cannot read", id="no file"),
        pytest.param("--redis-password-env NONE", 2, "expected a password in the environment", id="no variable"),
        pytest.param("--redis-password-file {f}/empty", 2, "--redis-password-file", id="no password file"),
        pytest.param("--redis-password-env PASS --redis-password-file {f}/password", 2, "one place", id="two places"),
        pytest.param("--redis redis://:x@h/ --redis-password-env PASS", 2, "one place", id="one in the URL, too"),
        pytest.param("--redis redis://h/ {ca}", 2, "with TLS", id="certificates without TLS"),
        pytest.param("--redis nothing --redis-password-env PASS", 2, "expected a URL", id="no URL"),
    ],
)  # fmt: skip
def test_redis_behind_tls_and_a_password(
    secured: RedisServer, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, options: str,
    code: int, says: str,
) -> None:  # fmt: skip
    folder = secured.folder
    monkeypatch.setenv("PASS", PASSWORD)
    monkeypatch.setenv("WRONG", "wrong")
    monkeypatch.delenv("NONE", raising=False)
    monkeypatch.setenv("REDIS_URL", f"rediss://127.0.0.1:{secured.port}/0?protocol=2")
    given = options.format(ca=f"--redis-cacert {folder}/ca.pem", f=folder).split()
    with Server(stream([b"data: 1\n\n"])) as source:
        ran = run("relay", source.url, "--stream", "t", "-q", "--no-reconnect", "--wait-for-redis", "0.1", *given)
    assert (ran.code, says in ran.err) == (code, True), ran
    assert not any(each in ran.err for each in (PASSWORD, "wrong\n", "Traceback"))
