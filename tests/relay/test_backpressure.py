"""Consumers that are too far behind: reading stops, or the oldest entries go."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from relay.kit import eventually, ids, numbered
from sse_client.relay import Consumer, Relay, StreamEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.kit import RedisServer
    from sse_client import Event


@pytest.mark.parametrize("partitions", [1, 2])
def test_reading_stops_while_consumers_are_behind(server: RedisServer, client: Any, partitions: int) -> None:
    read: list[str] = []

    def events() -> Iterator[Event]:
        for event in numbered(1, 400):
            read.append(event.id)
            yield event

    with Relay(server.url, "ticks", max_lag=30, batch=10, partitions=partitions, key=lambda event: event.id) as relay:
        running = threading.Thread(target=relay.run, args=(events(),))
        running.start()
        eventually(lambda: relay.status.held_back)
        assert relay.status.lag == relay.status.written == 30
        assert len(read) < 30 + 6 * 10, "what is read and not written is bounded"
        handled: list[str] = []

        def handle(entry: StreamEntry) -> None:
            handled.append(entry.id)
            if len(handled) == 400:
                consumer.close()

        consumer = Consumer("slow", handle, redis=server.url, stream="ticks", partitions=partitions)
        assert consumer.run().handled == 400
        running.join(10)
        assert not relay.status.held_back
    assert sorted(handled, key=int) == [str(number) for number in range(1, 401)]


def test_the_lease_is_kept_while_reading_is_stopped(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks", max_lag=5, lease=0.9) as relay:
        running = threading.Thread(target=relay.run, args=(iter(numbered(1, 50)),))
        running.start()
        eventually(lambda: relay.status.held_back)
        token = client.get("{ticks}:relay:lease")
        client.pexpire("{ticks}:relay:lease", 450)
        eventually(lambda: client.pttl("{ticks}:relay:lease") > 500)
        assert client.get("{ticks}:relay:lease") == token
        relay.close()
        running.join(5)
        assert not running.is_alive()


def test_the_oldest_entries_go_by_choice(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks", max_lag=200, on_lag="trim") as relay:
        assert relay.run(iter(numbered(1, 3000))).written == 3000
    assert 200 <= client.xlen("ticks") < 400
    assert ids(client, "ticks")[-1] == "3000"


def test_what_every_group_has_acknowledged_goes_by_choice(server: RedisServer, client: Any) -> None:
    client.xgroup_create("ticks", "other", id="0", mkstream=True)
    relay = Relay(server.url, "ticks", max_lag=1000, drop_acknowledged=True)
    with relay:
        relay.run(numbered(1, 900))
        taken = client.xreadgroup("other", "c", {"ticks": ">"}, count=700)[0][1]
        client.xack("ticks", "other", *[entry_id for entry_id, _ in taken[:600]])
        relay.run(numbered(1, 1300))
        assert relay.status.lag is not None
    left = ids(client, "ticks")
    assert left[0] != "1"
    assert int(left[0]) <= 601, "what is pending stays"
    assert left[-1] == "1300"


def test_the_lag_is_that_of_the_slowest_group(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks") as relay:
        assert relay.lag() == 0
        relay.run(numbered(1, 10))
        assert relay.lag() == 10, "without a group, all of it"
        client.xgroup_create("ticks", "foreign", id="0")
        client.xreadgroup("foreign", "c", {"ticks": ">"}, count=4)
        assert relay.lag() == 10, "given out is not acknowledged"
        client.xgroup_create("ticks", "up to date", id="$")
        assert relay.lag() == 10
        client.xgroup_destroy("ticks", "foreign")
        assert relay.lag() == 0
        assert relay.status.lag == 0


def test_a_lag_that_cannot_be_asked_for_holds_nothing_back(
    server: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sse_client.relay._redis.failures import Unreachable
    from sse_client.relay._relaying import backpressure
    from sse_client.relay._relaying import lag as lag_module

    asked: list[int] = []
    whole = lag_module.lag

    def lag(*arguments: Any, **options: Any) -> lag_module.Lag:
        asked.append(1)
        if len(asked) == 1:
            raise Unreachable("away")
        return whole(*arguments, **options)

    monkeypatch.setattr(backpressure, "lag", lag)
    with Relay(server.url, "ticks", max_lag=100) as relay:
        relay.run(numbered(1, 20))
    assert len(ids(client, "ticks")) == 20
