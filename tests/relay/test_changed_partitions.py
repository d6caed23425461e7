"""A relay that changes from one to several partitions, or back: it is said what happened, and nothing is lost."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from relay.kit import eventually, ids
from relay.running import Run
from sse_client import Event
from sse_client.relay import LostEntries, Relay, RelayError, StreamEntry

if TYPE_CHECKING:
    from relay.kit import RedisServer

EVENTS = [Event(f'{{"user": {number % 5}}}', id=str(number)) for number in range(1, 201)]


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.relay._consuming.next_step._LONGEST_WAIT", 0.1)


@pytest.fixture(params=["blocking", "asyncio"])
def face(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def fill(server: RedisServer, last: int, partitions: int) -> None:
    with Relay(server.url, "ticks", partitions=partitions, key="user") as relay:
        relay.run(EVENTS[:last])


def streams(partitions: int) -> list[str]:
    return ["ticks"] if partitions == 1 else [f"{{ticks}}:{number}" for number in range(partitions)]


def numbers(last: int) -> list[str]:
    return [str(number) for number in range(1, last + 1)]


def by_number(seen: list[StreamEntry]) -> list[str]:
    return sorted((entry.id for entry in seen), key=int)


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (2, 4), (4, 2)])
def test_a_change_is_told_and_nobody_is_said_to_have_deleted_anything(
    server: RedisServer, client: Any, caplog: pytest.LogCaptureFixture, before: int, after: int
) -> None:
    fill(server, 50, before)
    assert "it had partitions" not in caplog.text
    fill(server, 100, after)
    fill(server, 150, before)
    assert "delete" not in caplog.text
    assert f"'ticks': it had partitions={before} and has partitions={after} now" in caplog.text
    assert f"'ticks': it had partitions={after} and has partitions={before} now" in caplog.text
    names = {*streams(before), *streams(after)}
    assert sorted((each for name in names for each in ids(client, name)), key=int) == numbers(150)
    assert client.hget("{ticks}:relay", "count") == "150"


def test_a_stream_deleted_after_a_change_is_still_told(
    server: RedisServer, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fill(server, 50, 1)
    fill(server, 100, 3)
    client.delete(*streams(3))
    fill(server, 110, 3)
    assert "someone deleted its streams" in caplog.text


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1)])
def test_a_consumer_of_the_old_streams_handles_what_is_left_and_ends(
    server: RedisServer, client: Any, face: str, before: int, after: int
) -> None:
    fill(server, 50, before)
    seen: list[StreamEntry] = []
    lost: list[LostEntries] = []
    run = Run(face, seen.append, redis=server.url, partitions=before, on_lost=lost.append, batch=7)
    eventually(lambda: len(seen) == 50)
    fill(server, 100, after)
    with pytest.raises(RelayError, match=f"has, {after}, but this consumer was given {before}"):
        run.ended()
    assert by_number(seen) == numbers(50)
    new = Run(face, seen.append, redis=server.url, partitions=after, on_lost=lost.append)
    eventually(lambda: len(seen) == 100)
    assert new.stopped().lost == 0
    assert by_number(seen) == numbers(100)
    assert lost == []


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1)])
def test_what_is_left_in_the_old_streams_is_named_and_can_be_handled(
    server: RedisServer, client: Any, caplog: pytest.LogCaptureFixture, face: str, before: int, after: int
) -> None:
    fill(server, 20, before)
    seen: list[StreamEntry] = []
    lost: list[LostEntries] = []
    first = Run(face, seen.append, redis=server.url, partitions=before)
    eventually(lambda: len(seen) == 20)
    first.stopped()
    fill(server, 50, before)
    fill(server, 100, after)
    new = Run(face, seen.append, redis=server.url, partitions=after, on_lost=lost.append)
    eventually(lambda: len(seen) == 70)
    told = [record.getMessage() for record in caplog.records if "not handled" in record.getMessage()]
    assert sum(int(text.split(": ")[1].split()[0]) for text in told) == 30
    assert all(f"partitions={before}" in text for text in told)
    caplog.clear()
    tries: list[str] = []

    def handle(entry: StreamEntry) -> None:
        tries.append(entry.id)
        if entry.id == "30" and tries.count("30") < 3:
            raise ValueError("not yet")
        seen.append(entry)

    old = Run(face, handle, redis=server.url, partitions=before, on_lost=lost.append, batch=4)
    with pytest.raises(RelayError, match=f"has, {after}, but this consumer was given {before}"):
        old.ended()
    assert "handles what is left" in caplog.text
    assert by_number(seen) == numbers(100)
    new.stopped()
    caplog.clear()
    Run(face, seen.append, redis=server.url, partitions=after).stopped()
    assert "not handled" not in caplog.text
    assert lost == []


def test_entries_trimmed_from_the_old_stream_are_lost_and_told(server: RedisServer, client: Any, face: str) -> None:
    fill(server, 10, 1)
    seen: list[StreamEntry] = []
    lost: list[LostEntries] = []
    first = Run(face, seen.append, redis=server.url)
    eventually(lambda: len(seen) == 10)
    first.stopped()
    fill(server, 50, 1)
    fill(server, 100, 3)
    new = Run(face, seen.append, redis=server.url, partitions=3)
    eventually(lambda: len(seen) == 60)
    new.stopped()
    client.delete("ticks")
    with pytest.raises(RelayError, match="this consumer was given 1"):
        Run(face, seen.append, redis=server.url, on_lost=lost.append).ended()
    assert lost == [LostEntries("ticks", 0, 40)]


@pytest.mark.parametrize(("written", "given"), [(3, 1), (1, 3), (3, 2)])
def test_a_consumer_with_wrong_partitions_makes_no_stream(
    server: RedisServer, client: Any, face: str, written: int, given: int
) -> None:
    fill(server, 10, written)
    before = sorted(client.keys())
    with pytest.raises(RelayError, match=f"this consumer was given {given}"):
        Run(face, print, redis=server.url, partitions=given).ended()
    assert sorted(client.keys()) == before


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (2, 3)])
def test_a_group_that_began_late_has_all_of_the_new_streams(
    server: RedisServer, client: Any, face: str, before: int, after: int
) -> None:
    fill(server, 20, before)
    seen: list[StreamEntry] = []
    first = Run(face, seen.append, redis=server.url, partitions=before, start="$")
    eventually(lambda: all(client.exists(each) and client.xinfo_groups(each) for each in streams(before)))
    fill(server, 40, before)
    eventually(lambda: len(seen) == 20)
    first.stopped()
    fill(server, 60, after)
    new = Run(face, seen.append, redis=server.url, partitions=after, start="$")
    eventually(lambda: len(seen) == 40)
    assert new.stopped().lost == 0
    assert by_number(seen) == [str(number) for number in range(21, 61)]


def _lost_and_untold(client: Any, stream: str) -> None:
    """Leave a loss in Redis as a consumer does that dies before it tells."""
    untold = msgspec.msgpack.encode([["gone", 0, 3, ["1-0"]]])
    client.hset("{ticks}:groups", f":lost:g:{stream}", untold)


def test_a_loss_in_an_old_stream_is_told_before_its_consumers_end(server: RedisServer, client: Any, face: str) -> None:
    fill(server, 10, 1)
    seen: list[StreamEntry] = []
    first = Run(face, seen.append, redis=server.url)
    eventually(lambda: len(seen) == 10)
    first.stopped()
    fill(server, 20, 3)
    _lost_and_untold(client, "ticks")
    lost: list[LostEntries] = []
    with pytest.raises(RelayError, match="this consumer was given 1"):
        Run(face, seen.append, redis=server.url, on_lost=lost.append).ended()
    assert lost == [LostEntries("ticks", 0, 4, ("1-0",))]


@pytest.mark.parametrize(("before", "after"), [(1, 3), (3, 1), (4, 2)])
def test_the_lag_counts_what_is_left_in_the_old_streams(
    server: RedisServer, client: Any, caplog: pytest.LogCaptureFixture, before: int, after: int
) -> None:
    fill(server, 20, before)
    seen: list[StreamEntry] = []
    first = Run("blocking", seen.append, redis=server.url, partitions=before)
    eventually(lambda: len(seen) == 20)
    first.stopped()
    fill(server, 100, before)
    with Relay(server.url, "ticks", partitions=after, key="user", max_lag=90, batch=10) as relay:
        assert relay.lag() == 80
        running = threading.Thread(target=relay.run, args=(EVENTS,))
        running.start()
        eventually(lambda: relay.status.held_back)
        assert relay.status.count == 110
        eventually(lambda: "which has " in caplog.text)  # it is said after the status has changed
        assert "in streams of a former number of partitions" in caplog.text
        old = Run("blocking", seen.append, redis=server.url, partitions=before)
        new = Run("blocking", seen.append, redis=server.url, partitions=after)
        running.join(20)
        assert not running.is_alive()
        eventually(lambda: len(seen) == 200)
    new.stopped()
    assert old.close is not None
    old.close()
    assert by_number(seen) == numbers(200)


def test_a_group_that_began_after_a_change_owes_nothing_to_the_old_stream(server: RedisServer, client: Any) -> None:
    fill(server, 100, 1)
    fill(server, 120, 3)
    seen: list[StreamEntry] = []
    new = Run("blocking", seen.append, redis=server.url, partitions=3)
    eventually(lambda: len(seen) == 20)
    new.stopped()
    client.xgroup_create("ticks", "elsewhere", id="$")
    with Relay(server.url, "ticks", partitions=3) as relay:
        assert relay.lag() == 20, "the other group has not come to the new streams"
        client.xgroup_destroy("ticks", "elsewhere")
        assert relay.lag() == 0


def test_what_a_group_has_not_come_to_yet_is_not_dropped(server: RedisServer, client: Any) -> None:
    fill(server, 100, 2)
    for stream in streams(2):
        client.xgroup_create(stream, "fast", id="$")
    client.xgroup_create(streams(2)[0], "slow", id="$")
    with Relay(server.url, "ticks", partitions=2, key="user", max_lag=1000, drop_acknowledged=True) as relay:
        relay.run(EVENTS[:110])
    assert numbers(110) == sorted((each for name in streams(2) for each in ids(client, name)), key=int)
