"""Redis away, full, refusing, replaced by its replica, or changed by someone else: each has its answer."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack, suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import redis
import trustme

from relay.kit import Line, RedisServer, entries, eventually, free_port, ids, numbered
from relay.running import Run
from sse_client import Event
from sse_client.relay import RedisUnavailable, Relay, RelayError, WrongType
from sse_client.relay._redis.connect import connect, connect_async, shown
from sse_client.testing import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sse_client.relay import StreamEntry


class Steady:
    """Events that come one after another until they are stopped; a background relay of them."""

    def __init__(self, relay: Relay, *, pace: float = 0.001) -> None:
        self.relay = relay
        self.error: Exception | None = None
        self._pace = pace
        self._stop = threading.Event()
        self.count = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def events(self, place: str) -> Iterator[Event]:
        number = int(place or 0)
        while not self._stop.wait(self._pace):
            number += 1
            self.count = number
            yield Event(f"event {number}", id=str(number))

    def _run(self) -> None:
        try:
            self.relay.run(self.events)
        except Exception as error:  # noqa: BLE001 - looked at by the test
            self.error = error

    def __enter__(self) -> Steady:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self.relay.close()
        self._thread.join(20)

    def comes(self, more: int = 20) -> None:
        """Wait until more events have been written."""
        written = self.relay.status.written
        eventually(lambda: self.relay.status.written >= written + more or self.error)


def in_order(found: list[str]) -> bool:
    return found == [str(number) for number in range(1, len(found) + 1)]


def test_redis_that_restarts_with_its_data_is_resumed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = RedisServer(tmp_path, "--appendonly", "yes", "--appendfsync", "always").start()
    try:
        with Relay(server.url, "ticks", lease=0.5) as relay, Steady(relay) as steady:
            steady.comes()
            server.stop()
            eventually(lambda: relay.status.redis == "away")
            server.start()
            steady.comes()
        found = ids(server.client(), "ticks")
    finally:
        server.stop()
    assert steady.error is None
    assert in_order(found)
    assert "Redis answers again" in caplog.text


def test_redis_that_restarts_empty_is_filled_from_the_start(tmp_path: Path) -> None:
    server = RedisServer(tmp_path).start()
    try:
        with Relay(server.url, "ticks", lease=0.5) as relay, Steady(relay) as steady:
            steady.comes()
            server.stop()
            server.start()
            steady.comes()
        found = ids(server.client(), "ticks")
    finally:
        server.stop()
    assert in_order(found)


def test_redis_that_hangs_is_waited_for(tmp_path: Path) -> None:
    server = RedisServer(tmp_path).start()
    try:
        with Relay(server.url, "ticks", lease=0.3, batch=10) as relay, Steady(relay) as steady:
            steady.comes()
            server.signal(signal.SIGSTOP)
            eventually(lambda: relay.status.redis == "away")
            written, until = relay.status.written, monotonic() + 0.3
            eventually(lambda: monotonic() > until)
            assert steady.count <= written + 4 * 10 + 1, "the source is held back, however long Redis is away"
            server.signal(signal.SIGCONT)
            steady.comes()
        found = ids(server.client(), "ticks")
    finally:
        server.stop()
    assert in_order(found)


def test_nobody_at_the_start_is_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    url = f"redis://:secret@127.0.0.1:{free_port()}"
    with Relay(url, "ticks", connect_patience=0.2) as relay, pytest.raises(RedisUnavailable, match="cannot be reached"):
        relay.run(numbered(1, 2))
    with Relay(url, "ticks") as relay, pytest.raises(RedisUnavailable):
        relay.lag()
    assert "secret" not in caplog.text


def test_patience_ends_in_the_middle_too(tmp_path: Path) -> None:
    server = RedisServer(tmp_path).start()
    with Relay(server.url, "ticks", patience=0.3) as relay, Steady(relay) as steady:
        steady.comes()
        server.stop()
        eventually(lambda: steady.error)
    assert isinstance(steady.error, RedisUnavailable)


def test_patience_ends_where_nothing_is_written(tmp_path: Path) -> None:
    server = RedisServer(tmp_path).start()
    release = threading.Event()
    errors: list[Exception] = []

    def silent() -> Iterator[Event]:
        yield from numbered(1, 1)
        release.wait(10)
        yield from numbered(2, 2)

    with Relay(server.url, "ticks", patience=0.1, lease=0.3) as relay:

        def run() -> None:
            try:
                relay.run(silent())
            except RelayError as error:
                errors.append(error)

        reading = threading.Thread(target=run)
        reading.start()
        eventually(lambda: relay.status.written == 1)
        server.stop()
        eventually(lambda: relay.status.redis == "away")
        eventually(lambda: not any(each.name == "sse_client relay writer" for each in threading.enumerate()))
        release.set()
        reading.join(10)
    assert isinstance(errors[0], RedisUnavailable)


def test_closing_while_redis_is_away_ends_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = RedisServer(tmp_path).start()
    with Relay(server.url, "ticks") as relay, Steady(relay) as steady:
        steady.comes()
        server.stop()
        eventually(lambda: relay.status.redis == "away")
        began = monotonic()
        relay.close()
        steady.__exit__()
        assert monotonic() - began < 3
    assert steady.error is None
    assert "what was read and not written will be read again" in caplog.text


def test_a_host_whose_lease_expired_unnoticed_goes_on_with_a_new_one(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks") as relay, Steady(relay) as steady:
        for _ in range(3):
            steady.comes()
            client.delete("{ticks}:relay:lease")
        steady.comes()
    assert relay.status.terms >= 4
    assert in_order(ids(client, "ticks"))


def test_a_lease_that_expires_while_the_source_is_silent_is_taken_again(server: RedisServer, client: Any) -> None:
    release = threading.Event()

    def silent() -> Iterator[Event]:
        yield from numbered(1, 1)
        release.wait(10)
        yield from numbered(2, 2)

    with Relay(server.url, "ticks", lease=0.3) as relay:
        reading = threading.Thread(target=relay.run, args=(silent(),))
        reading.start()
        eventually(lambda: relay.status.written == 1)
        client.delete("{ticks}:relay:lease")
        eventually(lambda: client.exists("{ticks}:relay:lease"))
        release.set()
        reading.join(10)
    assert ids(client, "ticks") == ["1", "2"]


def test_an_iterable_whose_lease_was_taken_keeps_what_it_could_not_write(server: RedisServer, client: Any) -> None:
    taken = threading.Event()

    def events() -> Iterator[Event]:
        yield from numbered(1, 1)
        client.set("{ticks}:relay:lease", "another", px=300)
        client.hset("{ticks}:relay", "host", "thief")
        yield from numbered(2, 3)
        taken.set()

    with Relay(server.url, "ticks") as relay:
        done = relay.run(events())
    assert taken.is_set()
    assert done.terms == 2
    assert ids(client, "ticks") == ["1", "2", "3"]


def test_a_lease_without_an_end_is_named_and_not_asked_for_in_a_hurry(
    server: RedisServer, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client.set("{ticks}:relay:lease", "an operator's")
    with Relay(server.url, "ticks", lease=0.4) as relay:
        waiting = threading.Thread(target=relay.run, args=(numbered(1, 2),))
        waiting.start()
        eventually(lambda: "never expires" in caplog.text)
        before = client.info("commandstats").get("cmdstat_evalsha", {"calls": 0})["calls"]
        began = monotonic()
        eventually(lambda: monotonic() > began + 0.5)
        asked = client.info("commandstats")["cmdstat_evalsha"]["calls"] - before
        assert asked <= (monotonic() - began) / 0.08 + 1, "a quarter of the lease, or more, between two"
        client.delete("{ticks}:relay:lease")
        waiting.join(10)
    assert caplog.text.count("never expires") == 1
    assert ids(client, "ticks") == ["1", "2"]


def test_what_a_failed_source_leaves_unwritten_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = RedisServer(tmp_path).start()

    def events() -> Iterator[Event]:
        yield from numbered(1, 1)
        server.stop()
        yield from numbered(2, 200)  # more than one write
        raise RuntimeError("the source is gone")

    # The second thread writes, as in a burst.
    with Relay(server.url, "ticks", patience=0.3, batch=5_000) as relay, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sse_client.relay._relaying.writer._LIVE", 60.0)
        with pytest.raises(RuntimeError, match="the source is gone"):
            relay.run(events())
    assert "not all that was read before is written: Redis cannot be reached" in caplog.text


def test_a_full_redis_is_waited_for(server: RedisServer, client: Any) -> None:
    client.config_set("maxmemory-policy", "noeviction")
    with Relay(server.url, "ticks", lease=0.5) as relay, Steady(relay) as steady:
        steady.comes()
        client.config_set("maxmemory", 1)
        eventually(lambda: relay.status.redis == "full")
        held = client.get("{ticks}:relay:lease")
        written = client.xlen("ticks")
        eventually(lambda: client.pttl("{ticks}:relay:lease") > 0 and monotonic())
        client.config_set("maxmemory", 0)
        steady.comes()
        assert client.get("{ticks}:relay:lease") == held, "the lease was kept in the meantime"
    assert written < client.xlen("ticks")
    assert in_order(ids(client, "ticks"))


def test_a_redis_that_cannot_save_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    server = RedisServer(folder, "--enable-protected-configs", "local").start()  # it may be told its folder anew
    client = server.client()

    def saved(status: str) -> bool:
        with suppress(redis.ResponseError):  # one is under way
            client.bgsave()
        return bool(client.info("persistence")["rdb_last_bgsave_status"] == status)

    try:
        client.config_set("save", "3600 1")
        with Relay(server.url, "ticks", lease=0.5) as relay, Steady(relay) as steady:
            steady.comes()
            folder.rmdir()
            eventually(lambda: saved("err"))
            eventually(lambda: relay.status.redis == "full")
            folder.mkdir()
            client.config_set("dir", str(folder))
            eventually(lambda: saved("ok"))
            steady.comes()
        assert steady.error is None
        assert in_order(ids(client, "ticks"))
    finally:
        server.stop()


def test_a_full_redis_ends_patience_too(server: RedisServer, client: Any) -> None:
    client.config_set("maxmemory", 1)
    with Relay(server.url, "ticks", connect_patience=0.2) as relay, pytest.raises(RedisUnavailable, match="is full"):
        relay.run(numbered(1, 2))


@pytest.mark.parametrize("key", ["ticks", "{ticks}:relay", "{ticks}:relay:lease", "{ticks}:relay:seen"])
def test_a_key_of_another_type_is_named(server: RedisServer, client: Any, key: str) -> None:
    client.lpush(key, "a list")
    with Relay(server.url, "ticks") as relay, pytest.raises(WrongType, match="but it is a list") as raised:
        relay.run(numbered(1, 2))
    assert raised.value.key == key


def test_a_stream_replaced_in_the_middle_is_named(server: RedisServer, client: Any) -> None:
    def events() -> Iterator[Event]:
        yield from numbered(1, 1)
        client.delete("ticks")
        client.set("ticks", "a string")
        yield from numbered(2, 2)

    with Relay(server.url, "ticks") as relay, pytest.raises(WrongType, match="'ticks' to be a stream"):
        relay.run(events())


@pytest.mark.parametrize("at", ["in a term", "between two"])
def test_a_deleted_stream_is_told_and_continued(
    server: RedisServer, client: Any, caplog: pytest.LogCaptureFixture, at: str
) -> None:
    def events() -> Iterator[Event]:
        yield from numbered(1, 2)
        eventually(lambda: client.xlen("ticks") == 2)  # events are written behind the reader's back
        client.delete("ticks")
        if at == "in a term":
            yield from numbered(3, 4)

    with Relay(server.url, "ticks") as relay:
        relay.run(events())
        relay.run(numbered(3, 4))
    assert "what they held is gone" in caplog.text
    assert [each["n"] for each in entries(client, "ticks")] == ["3", "4"]


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_deleted_place_is_taken_from_the_newest_entry(
    server: RedisServer, client: Any, caplog: pytest.LogCaptureFixture, partitions: int
) -> None:
    with (
        Relay(server.url, "ticks", partitions=partitions, key=lambda event: event.id) as relay,
        Steady(relay) as steady,
    ):
        steady.comes()
        client.delete("{ticks}:relay", "{ticks}:relay:lease", "{ticks}:relay:seen")
        steady.comes()
    names = ["ticks"] if partitions == 1 else [f"{{ticks}}:{number}" for number in range(partitions)]
    found = sorted(int(each) for name in names for each in ids(client, name))
    assert found == list(range(1, len(found) + 1))
    assert "the place was gone; it is taken from the newest entry" in caplog.text


def test_an_older_place_in_redis_is_read_again_from(server: RedisServer, client: Any) -> None:
    """As after a fail-over to a replica that had not got the last writes."""
    with Relay(server.url, "ticks", guard=0) as relay, Steady(relay) as steady:
        steady.comes()
        with client.pipeline() as pipe:
            client.eval(
                "local last = redis.call('XREVRANGE', 'ticks', '+', '-', 'COUNT', 6)\n"
                "for i = 1, 5 do redis.call('XDEL', 'ticks', last[i][1]) end\n"
                "local f = last[6][2]\n"
                "redis.call('HSET', '{ticks}:relay', 'place', f[2], 'count', f[8], 'pos:ticks', f[10], 'batch', 'x')",
                0,
            )
            del pipe
        steady.comes()
    assert in_order(ids(client, "ticks"))


@pytest.mark.parametrize(
    ("key", "wanted"), [("{ticks}:relay", "hash"), ("{ticks}:relay:lease", "string"), ("{ticks}:relay:seen", "zset")]
)
def test_a_key_that_becomes_another_type_is_named(server: RedisServer, client: Any, key: str, wanted: str) -> None:
    def source() -> Iterator[Event]:
        yield from numbered(1, 5)
        eventually(lambda: client.xlen("ticks") == 5)
        client.delete(key)
        client.lpush(key, "x")
        yield from numbered(6, 9)

    with (
        Relay(server.url, "ticks") as relay,
        pytest.raises(WrongType, match=f"to be a {wanted}, but it is a list") as e,
    ):
        relay.run(source())
    assert e.value.key == key
    assert client.xlen("ticks") == 5, "nothing of the write was done"


def test_a_password_that_is_wrong_is_final_and_not_shown(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server = RedisServer(tmp_path, "--requirepass", "right").start()
    try:
        for url in (f"redis://:wrong@127.0.0.1:{server.port}", server.url):
            with Relay(url, "ticks") as relay, pytest.raises(RelayError, match="refused the connection") as raised:
                relay.run(numbered(1, 1))
            assert not isinstance(raised.value, RedisUnavailable)
            assert "wrong@" not in str(raised.value)
        with Relay(f"redis://:right@127.0.0.1:{server.port}", "ticks") as relay:
            assert relay.run(numbered(1, 1)).written == 1
    finally:
        server.stop()
    assert "right" not in caplog.text


def test_a_command_that_is_not_allowed_is_final(server: RedisServer, client: Any) -> None:
    client.acl_setuser("reader", enabled=True, passwords=["+x"], commands=["+get"], keys=["*"])
    with (
        Relay(f"redis://reader:x@127.0.0.1:{server.port}", "ticks") as relay,
        pytest.raises(RelayError, match="permissions"),
    ):
        relay.run(numbered(1, 1))
    client.acl_deluser("reader")


@pytest.mark.parametrize("of_clients", ["no", "yes"])
def test_tls_and_a_password(tmp_path: Path, of_clients: str) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    port = free_port()
    server = RedisServer(
        tmp_path, "--tls-port", str(port), "--tls-cert-file", str(tmp_path / "cert.pem"),
        "--tls-key-file", str(tmp_path / "key.pem"), "--tls-ca-cert-file", str(tmp_path / "ca.pem"),
        "--tls-auth-clients", of_clients, "--requirepass", "right",
    ).start()  # fmt: skip
    try:
        url = f"rediss://:right@127.0.0.1:{port}?ssl_ca_certs={tmp_path / 'ca.pem'}"
        if of_clients == "yes":
            with Relay(url, "ticks", connect_patience=0.1) as relay, pytest.raises(RelayError):
                relay.run(numbered(1, 1))
            url += f"&ssl_certfile={tmp_path / 'cert.pem'}&ssl_keyfile={tmp_path / 'key.pem'}"
        with Relay(url, "ticks") as relay:
            assert relay.run(numbered(1, 100)).written == 100
        unknown = Relay(f"rediss://:right@127.0.0.1:{port}", "ticks", connect_patience=0.1)
        with unknown, pytest.raises(RelayError, match="certificate"):
            unknown.run(numbered(1, 1))
    finally:
        server.stop()


@pytest.mark.timeout(120)
def test_a_fail_over_of_sentinel_in_the_middle(tmp_path: Path) -> None:
    with ExitStack() as stack:
        folders = [tmp_path / name for name in ("master", "replica", "sentinel")]
        for folder in folders:
            folder.mkdir()
        master = RedisServer(folders[0]).start()
        stack.callback(master.stop)
        replica = RedisServer(
            folders[1], "--replicaof", "127.0.0.1", str(master.port), "--repl-diskless-sync-delay", "0"
        )
        replica.start()
        stack.callback(replica.stop)
        eventually(lambda: replica.client().info("replication")["master_link_status"] == "up")
        port = free_port()
        settings = folders[2] / "sentinel.conf"
        settings.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {folders[2]}\nsentinel monitor feed 127.0.0.1 {master.port} 1\n"
            "sentinel down-after-milliseconds feed 500\nsentinel failover-timeout feed 3000\n"
        )
        sentinel = RedisServer(folders[2], port=port, sentinel=settings).start()
        stack.callback(sentinel.stop)
        watcher: Any = redis.Redis(port=port)
        eventually(lambda: watcher.execute_command("SENTINEL", "REPLICAS", "feed"))
        url = f"redis+sentinel://127.0.0.1:{port}/feed"
        relay = stack.enter_context(Relay(url, "ticks", lease=1))
        seen = _consumers(stack, url)
        with Steady(relay) as steady:
            steady.comes(100)
            master.stop()
            eventually(lambda: replica.client().info("replication")["role"] == "master", 30)
            steady.comes(100)
        assert steady.error is None
        found = ids(replica.client(), "ticks")
        assert in_order(found)
        for each in seen:
            eventually(partial(each.issuperset, found))


@pytest.mark.timeout(120)
def test_a_fail_over_of_a_cluster_in_the_middle(tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers: list[RedisServer] = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            options = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"]
            servers.append(RedisServer(tmp_path / name, *options, port=_cluster_port()).start())
            stack.callback(servers[-1].stop)
        one, two = (server.client() for server in servers)
        one.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        two.execute_command("CLUSTER", "MEET", "127.0.0.1", servers[0].port)
        master = one.execute_command("CLUSTER", "MYID")
        eventually(lambda: master in str(two.execute_command("CLUSTER", "NODES")))
        eventually(lambda: _replicates(two, master))
        eventually(lambda: two.info("replication").get("master_link_status") == "up")
        url = f"redis+cluster://127.0.0.1:{servers[0].port}"
        relay = stack.enter_context(Relay(url, "ticks", lease=1))
        seen = _consumers(stack, url)
        with Steady(relay) as steady:
            steady.comes(50)
            two.execute_command("CLUSTER", "FAILOVER")
            eventually(lambda: two.info("replication")["role"] == "master", 30)
            steady.comes(50)
        assert steady.error is None
        found = ids(two, "ticks")
        assert in_order(found)
        for each in seen:
            eventually(partial(each.issuperset, found))


def _consumers(stack: ExitStack, url: str) -> list[set[str]]:
    """Run a consumer of each kind, each a group, until the stack is left; return the IDs that each handles."""
    every: list[set[str]] = []
    for face in ("blocking", "asyncio"):
        seen: set[str] = set()

        def handle(entry: StreamEntry, seen: set[str] = seen) -> None:
            seen.add(entry.id)

        run = Run(face, handle, group=face, redis=url, claim_after=1)
        stack.callback(run.stopped)
        every.append(seen)
    return every


def _cluster_port() -> int:
    """Return a free port whose cluster bus, 10,000 above it, is a port too."""
    port = free_port()
    while port > 55_000:
        port = free_port()
    return port


def _replicates(client: Any, master: str) -> bool:
    try:
        client.execute_command("CLUSTER", "REPLICATE", master)
    except redis.ResponseError:  # it has not heard of it yet
        return False
    return True


def test_a_cut_line_is_replaced_within_the_lease(server: RedisServer, client: Any) -> None:
    with ExitStack() as stack:
        source = stack.enter_context(Server(events=100_000, pace=0.001))
        line = stack.enter_context(Line(server.port))
        first = stack.enter_context(Relay(line.url, "ticks", lease=1, host="cut"))
        second = stack.enter_context(Relay(server.url, "ticks", lease=1))
        running = [threading.Thread(target=each.run, args=("GET", f"{source.url}/events")) for each in (first, second)]
        running[0].start()
        eventually(lambda: first.status.written > 10)
        running[1].start()
        eventually(lambda: second.status.role == "follower")
        line.cut()
        began = monotonic()
        eventually(lambda: second.status.role == "leader")
        assert monotonic() - began < 2.5, "one second by its promise, with room for a busy machine"
        line.mend()
        eventually(lambda: first.status.role == "follower")
        eventually(lambda: second.status.written > 10)
        first.close()
        second.close()
        for each in running:
            each.join(10)
    assert in_order(ids(client, "ticks"))


@pytest.mark.parametrize("kind", [connect, connect_async])
@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("http://:s3/cret@localhost", "expected a URL of redis", id="another scheme"),
        pytest.param("me:s3cret@localhost", "such as redis://localhost:6379", id="no scheme"),
        pytest.param("memcached+cluster://:s3cret@localhost", "not of 'memcached", id="another kind"),
        pytest.param("redis://:s3/cret@localhost", "percent-encoded", id="a slash in the password"),
        pytest.param("redis://:3/cret@localhost", "percent-encoded", id="a slash after a digit"),
        pytest.param("redis://:s3?cret@localhost", "percent-encoded", id="a question mark in it"),
        pytest.param("redis://:3?cret@localhost", "percent-encoded", id="a question mark after a digit"),
        pytest.param("redis://:s3#cret@localhost", "percent-encoded", id="a hash in it"),
        pytest.param("redis://:3#cret@localhost", "percent-encoded", id="a hash after a digit"),
        pytest.param("redis://localhost:port", "HOST:PORT", id="a port that is no number"),
        pytest.param("redis://localhost:70000", "HOST:PORT", id="a port that is none"),
        pytest.param("redis://[::1", "HOST:PORT", id="half an address"),
        pytest.param("redis://localhost/prices", "a number", id="a database that is no number"),
        pytest.param("redis://localhost?db=x", "'db'", id="the same in the query"),
        pytest.param("redis://localhost?lease=2", "'lease'", id="an option that redis-py does not have"),
        pytest.param("redis+sentinel://localhost/feed?lease=2", "'lease'", id="the same of sentinels"),
        pytest.param("rediss://h?ssl_ca_certs=/nowhere.pem", "there is none: /nowhere", id="a file that is missing"),
        pytest.param("redis+sentinel://localhost", "name of a master", id="no master"),
        pytest.param("redis+sentinel://one:1,two:x/feed", "HOST:PORT", id="a sentinel's port"),
        pytest.param("redis+cluster://", "HOST:PORT", id="a cluster without a node"),
    ],
)
def test_a_url_that_cannot_be_used_is_a_value_error(kind: Any, url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        kind(url, 1)
    assert "s3" not in str(raised.value)
    assert "cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "host"),
    [("REDIS://localhost", "localhost"), ("redis://", "localhost"), ("redis://[::1]:7/3?socket_timeout=1", "::1")],
)
def test_a_url_may_be_written_like_this(url: str, host: str) -> None:
    client, own = connect(url, 1)
    assert own
    assert client.connection_pool.connection_kwargs.get("host", "localhost") == host


def test_a_socket_in_the_file_system_will_do(tmp_path: Path) -> None:
    path = tmp_path / "redis.sock"
    server = RedisServer(tmp_path, "--unixsocket", str(path)).start()
    try:
        with Relay(f"unix://{path}?db=1", "ticks") as relay:
            assert relay.run(numbered(1, 2)).written == 2
        assert server.client(db=1).xlen("ticks") == 2
    finally:
        server.stop()


def test_a_cluster_that_is_away_is_tried_again_like_a_server() -> None:
    url = f"redis+cluster://127.0.0.1:{free_port()}"
    with Relay(url, "ticks", connect_patience=0.3) as relay, pytest.raises(RedisUnavailable, match="cannot be reached"):
        relay.run(numbered(1, 2))


def test_sentinels_have_credentials_of_their_own() -> None:
    url = "rediss+sentinel://me:p%40ss@one:1,two/feed?db=3&sentinel_password=theirs"
    client, own = connect(url, 1)
    sentinel = client.connection_pool.sentinel_manager
    assert own
    assert [(each.connection_pool.connection_kwargs["host"], each.connection_pool.connection_kwargs["port"])
            for each in sentinel.sentinels] == [("one", 1), ("two", 26379)]  # fmt: skip
    assert sentinel.sentinels[0].connection_pool.connection_kwargs["password"] == "theirs"
    kwargs: dict[str, Any] = client.connection_pool.connection_kwargs
    assert (kwargs["username"], kwargs["password"], kwargs["db"]) == ("me", "p@ss", 3)
    assert shown(url) == "rediss+sentinel://one:1,two/feed"
    assert shown(client) == "Redis"
