"""Consumers whose Redis restarts, hangs or counts anew, whose handlers are cancelled, and who are told twice to end."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from relay.kit import RedisServer, eventually, numbered
from relay.running import Run
from sse_client import Event
from sse_client.relay import Consumed, Consumer, LostEntries, Relay, StreamEntry, WrongType, aconsume, consume
from sse_client.relay._consuming.lane import Group
from sse_client.relay._consuming.next_step import SCRIPT
from sse_client.relay._redis.keys import Keys
from sse_client.relay._redis.link import Link

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.relay._consuming.next_step._LONGEST_WAIT", 0.1)


@pytest.fixture(params=["blocking", "asyncio"])
def face(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def fill(server: RedisServer, *events: Event, **options: Any) -> None:
    with Relay(server.url, "ticks", **options) as relay:
        relay.run(list(events))


def test_a_handler_cancelled_from_within_has_failed_and_others_go_on(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 5))
    seen: list[str] = []
    errors: list[Exception] = []

    async def handle(entry: StreamEntry) -> None:
        if entry.id == "2":
            inner = asyncio.create_task(asyncio.sleep(30))
            inner.cancel()
            await inner
        seen.append(entry.id)

    def failed(_: StreamEntry, error: Exception) -> None:
        errors.append(error)

    run = Run("asyncio", handle, redis=server.url, max_deliveries=2, on_error=failed)
    eventually(lambda: client.xlen("{ticks}:dead") == 1 or run.error)
    eventually(lambda: len(seen) == 4)
    assert run.stopped() == Consumed(handled=4, failed=2, dead=1)
    assert [type(error.__cause__) for error in errors] == [asyncio.CancelledError] * 2


def test_a_consumer_cancelled_in_its_handler_ends(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 5))

    async def main() -> None:
        async def handle(entry: StreamEntry) -> None:
            task.cancel()
            await asyncio.sleep(30)

        task = asyncio.create_task(aconsume("g", handle, redis=server.url, stream="ticks", claim_after=60))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert len(client.xautoclaim("ticks", "g", "next", 60_000)[1]) == 5, "whoever looks next may claim them at once"


@pytest.mark.parametrize("partitions", [1, 2])
def test_a_relay_that_counts_anew_hides_no_loss(server: RedisServer, client: Any, face: str, partitions: int) -> None:
    events = [Event('{"user": 1}', id=str(number)) for number in range(1, 31)]
    options: dict[str, Any] = {"partitions": partitions, "key": "user"}
    fill(server, *events, **options)
    seen: list[StreamEntry] = []
    first = Run(face, seen.append, redis=server.url, partitions=partitions)
    eventually(lambda: len(seen) == 30)
    first.stopped()
    stream = seen[0].stream
    client.delete(stream, "{ticks}:relay", "{ticks}:relay:seen")  # and not what the group has read
    fill(server, *events[:20], **options)
    client.xtrim(stream, maxlen=15, approximate=False)
    lost: list[LostEntries] = []
    second = Run(face, seen.append, redis=server.url, partitions=partitions, on_lost=lost.append)
    eventually(lambda: len(seen) == 45)
    eventually(lambda: lost)
    second.stopped()
    assert [each.count for each in lost] == [5]
    with Relay(server.url, "ticks", **options) as relay:
        assert relay.lag() == 0


def _reached(seen: list[StreamEntry], number: int) -> bool:
    return any(int(each.id) >= number for each in tuple(seen))


@pytest.mark.timeout(90)
def test_redis_that_dies_while_it_is_written_to_and_read_loses_nothing(tmp_path: Path, face: str) -> None:
    server = RedisServer(tmp_path, "--appendonly", "yes", "--appendfsync", "always").start()
    total = 1500
    seen: list[StreamEntry] = []
    try:
        run = Run(face, seen.append, redis=server.url, partitions=3, batch=10)
        for last in (500, 1000, total):
            relay = Relay(server.url, "ticks", partitions=3, key="user", batch=20, lease=0.5, guard=2 * total)
            with relay:
                events = [Event(f'{{"user": {n % 7}}}', id=str(n)) for n in range(1, last + 1)]
                writing = threading.Thread(target=relay.run, args=(events,), daemon=True)
                writing.start()
                eventually(partial(_reached, seen, last - 450))
                server.stop()
                server.start()
                writing.join(30)
                assert not writing.is_alive()
        eventually(lambda: len({each.id for each in seen}) == total, 30)
        done = run.stopped()
    finally:
        server.stop()
    assert done.lost == 0
    for user in range(7):
        first_times = list(dict.fromkeys(int(each.id) for each in seen if int(each.id) % 7 == user))
        assert first_times == sorted(first_times), "the order of a key"


def test_a_second_sigterm_changes_nothing(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 5))
    seen: list[str] = []

    def handle(entry: StreamEntry) -> None:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
        seen.append(entry.id)

    consumer_ended = consume("g", handle, redis=client, stream="ticks", claim_after=60)
    assert consumer_ended.handled == len(seen) < 5
    assert len(client.xautoclaim("ticks", "g", "next", 60_000)[1]) == 5 - len(seen)


@pytest.mark.parametrize(
    ("key", "wanted", "partitions"),
    [
        ("{ticks}:relay", "hash", 1),
        ("{ticks}:groups", "hash", 1),
        ("{ticks}:dead", "stream", 1),
        ("{ticks}:group:g:members", "zset", 2),
        ("{ticks}:group:g:owner:1", "string", 2),
    ],
)
def test_a_key_of_another_type_is_named_with_both_types(
    server: RedisServer, client: Any, face: str, key: str, wanted: str, partitions: int
) -> None:
    fill(server, *numbered(1, 5), partitions=partitions)
    client.delete(key)
    client.lpush(key, "x")

    def fail(_: StreamEntry) -> None:
        raise ValueError("no")

    with pytest.raises(WrongType, match=f"expected the key '{key}' to be a {wanted}, but it is a list") as raised:
        Run(face, fail, redis=server.url, partitions=partitions, max_deliveries=1).ended()
    assert raised.value.key == key


def test_what_came_while_a_group_was_removed_is_not_lost_and_doubles_are_told(
    server: RedisServer, client: Any, face: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(server, *numbered(1, 5))
    seen: list[str] = []
    lost: list[LostEntries] = []

    def handle(entry: StreamEntry) -> None:
        if entry.id == "8" and "8" not in seen:
            client.xgroup_destroy("ticks", "g")
            fill(server, *numbered(1, 14))
        seen.append(entry.id)

    run = Run(face, handle, redis=server.url, start="$", on_lost=lost.append)
    eventually(lambda: client.xinfo_groups("ticks"))
    fill(server, *numbered(1, 8))
    eventually(lambda: "14" in seen)
    assert run.stopped().lost == 0
    assert {int(each) for each in seen} == set(range(6, 15))
    assert lost == []
    assert "it is made anew, and 3 entries that it was given before come again" in caplog.text


@pytest.mark.parametrize("partitions", [1, 2])
def test_a_number_that_no_relay_wrote_is_a_dead_letter_and_ends_no_consumer(
    server: RedisServer, client: Any, face: str, partitions: int
) -> None:
    fill(server, *numbered(1, 2), partitions=partitions)
    stream = "ticks" if partitions == 1 else "{ticks}:0"
    for number in ("9" * 5000, "\u0663", "-1"):
        client.xadd(stream, {"n": number, "data": "x"})
    fill(server, *numbered(1, 4), partitions=partitions)
    seen: list[str] = []
    run = Run(face, lambda entry: seen.append(entry.id), redis=server.url, partitions=partitions)
    eventually(lambda: len(seen) == 4)
    assert run.stopped().dead == client.xlen("{ticks}:dead") == 3


def test_a_consumer_runs_once(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 2))

    def handle(entry: StreamEntry) -> None:
        if entry.id == "1":
            with pytest.raises(RuntimeError, match="runs once"):
                consumer.run()
        else:
            consumer.close()

    consumer = Consumer("g", handle, redis=server.url, stream="ticks")
    assert consumer.run().handled == 2
    with pytest.raises(RuntimeError, match="runs once"):
        consumer.run()


def test_a_group_removed_while_nobody_consumed_tells_its_doubles(
    server: RedisServer, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fill(server, *numbered(1, 5))
    seen: list[str] = []
    for count in (5, 10):
        run = Run("blocking", lambda entry: seen.append(entry.id), redis=server.url)
        eventually(lambda: len(seen) == count)  # noqa: B023
        run.stopped()
        client.xgroup_destroy("ticks", "g")
    assert "someone removed it from ticks; it is made anew, and 5 entries" in caplog.text


def test_what_an_owner_hears_of_may_be_awaited(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 3))
    client.xgroup_create("ticks", "g", id="0")
    client.hset("{ticks}:groups", "g:ticks", 0)
    client.xdel("ticks", client.xrange("ticks", count=1)[0][0])
    heard: list[str] = []

    async def lost(found: LostEntries) -> None:
        await asyncio.sleep(0)
        heard.append(f"{found.count} lost")

    async def failed(entry: StreamEntry, _: Exception) -> None:
        await asyncio.sleep(0)
        heard.append(f"{entry.id} failed")
        raise LookupError("enough")

    run = Run("asyncio", lambda entry: 1 / (3 - int(entry.id)), redis=server.url, on_lost=lost, on_error=failed)
    with pytest.raises(LookupError, match="enough"):
        run.ended()
    assert heard == ["1 lost", "3 failed"]


@pytest.mark.parametrize("which", ["handler", "on_error"])
def test_an_async_function_where_nobody_awaits_ends_the_consumer(server: RedisServer, client: Any, which: str) -> None:
    fill(server, *numbered(1, 3))

    async def work(*_: Any) -> None:
        """Never runs."""

    def fail(_: StreamEntry) -> None:
        raise ValueError("no")

    run = Run("blocking", work if which == "handler" else fail, redis=server.url, on_error=work)
    with pytest.raises(TypeError, match=r"work.* is async: use AsyncConsumer"):
        run.ended()
    assert client.xpending("ticks", "g")["pending"] == 3, "nothing is acknowledged"


@pytest.mark.parametrize("partitions", [1, 2])
def test_what_was_trimmed_and_cannot_be_given_back_is_told(
    server: RedisServer, client: Any, face: str, partitions: int
) -> None:
    fill(server, *numbered(1, 8), partitions=partitions)
    lost: list[LostEntries] = []
    ready = threading.Event()

    def handle(_: StreamEntry) -> None:
        assert ready.wait(20)
        client.xtrim("ticks" if partitions == 1 else "{ticks}:0", maxlen=2, approximate=False)
        assert run.close is not None
        run.close()

    run = Run(face, handle, redis=server.url, partitions=partitions, on_lost=lost.append)
    ready.set()
    assert run.ended() == Consumed(handled=1, lost=5)
    assert [(each.count, len(each.entry_ids)) for each in lost] == [(5, 5)]
    seen: list[str] = []
    rest = Run(face, lambda entry: seen.append(entry.id), redis=server.url, partitions=partitions)
    eventually(lambda: seen == ["7", "8"])
    assert rest.stopped() == Consumed(handled=2, claimed=2)


def test_what_was_trimmed_stays_pending_while_its_consumer_has_it(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 4))
    client.xgroup_create("ticks", "g", id="0")
    given = [entry_id for entry_id, _ in client.xreadgroup("g", "c", {"ticks": ">"})[0][1]]
    client.xtrim("ticks", maxlen=1, approximate=False)
    link, group = Link(server.client()), Group(Keys("ticks"), "g", "c", "", 1000)
    keys, arguments = group.asked("touch", 0, 0, *given)
    assert link.run(SCRIPT, keys, *arguments) == [b"ok", [0, []]]
    assert client.xpending("ticks", "g")["pending"] == 4, "else nobody would hear of them where this consumer dies"
    link.close()
