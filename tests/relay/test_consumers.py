"""Consumers, blocking and with asyncio: what is handled, tried again, claimed, buried, lost, given back."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from relay.kit import HERE, Line, entries, eventually, free_port, numbered
from relay.running import Run
from sse_client import Event
from sse_client.relay import (
    AsyncConsumer,
    Consumed,
    Consumer,
    LostEntries,
    RedisUnavailable,
    Relay,
    RelayError,
    StreamEntry,
    WrongType,
    aconsume,
    consume,
)
from sse_client.relay._consuming.handling import Handling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.kit import RedisServer
    from sse_client.relay._consuming.steps import Steps


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a consumer that is closed stop waiting for an entry sooner than the second that it takes its users."""
    monkeypatch.setattr("sse_client.relay._consuming.next_step._LONGEST_WAIT", 0.1)


@pytest.fixture(params=["blocking", "asyncio"])
def face(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


def fill(server: RedisServer, *events: Event, **options: Any) -> None:
    with Relay(server.url, "ticks", **options) as relay:
        relay.run(list(events))


def pending(client: Any, stream: str = "ticks", group: str = "g") -> int:
    found: dict[str, Any] = client.xpending(stream, group)
    return int(found["pending"])


def test_entries_are_handled_in_order_and_acknowledged(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 250))
    seen: list[StreamEntry] = []
    run = Run(face, seen.append, redis=server.url)
    eventually(lambda: len(seen) == 250)
    fill(server, *numbered(1, 260))
    eventually(lambda: len(seen) == 260)
    assert run.stopped() == Consumed(handled=260)
    assert [entry.id for entry in seen] == [str(number) for number in range(1, 261)]
    assert (seen[0].data, seen[0].event, seen[0].n, seen[0].deliveries) == ("event 1", "message", 1, 1)
    assert client.xrange("ticks", seen[0].entry_id, seen[0].entry_id)
    assert pending(client) == 0


def test_a_group_may_begin_with_what_comes_from_now_on(server: RedisServer, face: str) -> None:
    fill(server, *numbered(1, 5))
    seen: list[str] = []
    run = Run(face, lambda entry: seen.append(entry.id), redis=server.url, start="$")
    with server.client() as client:
        eventually(lambda: client.xinfo_groups("ticks"))
    fill(server, *numbered(1, 7))
    eventually(lambda: len(seen) == 2)
    assert run.stopped() == Consumed(handled=2)
    assert seen == ["6", "7"]


def test_a_coroutine_is_awaited(server: RedisServer) -> None:
    fill(server, *numbered(1, 3))
    seen: list[str] = []

    async def handle(entry: StreamEntry) -> None:
        await asyncio.sleep(0)
        seen.append(entry.id)

    run = Run("asyncio", handle, redis=server.url)
    eventually(lambda: len(seen) == 3)
    assert run.stopped().handled == 3


def test_a_poison_event_becomes_a_dead_letter_and_others_go_on(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 5))
    tried: list[tuple[str, int]] = []
    reported: list[tuple[str, str]] = []

    def handle(entry: StreamEntry) -> None:
        tried.append((entry.id, entry.deliveries))
        if entry.id == "2":
            raise ValueError("poison")

    def report(entry: StreamEntry, error: Exception) -> None:
        reported.append((entry.id, str(error)))

    run = Run(face, handle, redis=server.url, max_deliveries=3, on_error=report)
    eventually(lambda: client.xlen("{ticks}:dead") == 1)
    assert run.stopped() == Consumed(handled=4, failed=3, dead=1)
    assert [number for each, number in tried if each == "2"] == [1, 2, 3]
    assert reported == [("2", "poison")] * 3
    (letter,) = entries(client, "{ticks}:dead")
    assert {name: letter[name] for name in ("group", "stream", "id", "data", "n", "deliveries", "error")} == {
        "group": "g", "stream": "ticks", "id": "2", "data": "event 2", "n": "2", "deliveries": "3",
        "error": "ValueError: poison",
    }  # fmt: skip
    assert pending(client) == 0


def test_an_entry_that_fails_once_is_handled_then(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 3))
    seen: list[str] = []

    def handle(entry: StreamEntry) -> None:
        if entry.id == "1" and entry.deliveries == 1:
            raise OSError("a database was away")
        seen.append(entry.id)

    run = Run(face, handle, redis=server.url)
    eventually(lambda: len(seen) == 3)
    assert run.stopped() == Consumed(handled=3, failed=1)
    assert seen == ["2", "3", "1"]


def test_what_a_dead_consumer_left_is_claimed(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 6))
    client.xgroup_create("ticks", "g", id="0")
    client.xreadgroup("g", "dead", {"ticks": ">"}, count=4)
    seen: list[tuple[str, int]] = []
    run = Run(face, lambda entry: seen.append((entry.id, entry.deliveries)), redis=server.url, claim_after=0.2)
    eventually(lambda: len(seen) == 6)
    assert run.stopped() == Consumed(handled=6, claimed=4)
    assert sorted(seen)[:4] == [("1", 2), ("2", 2), ("3", 2), ("4", 2)]
    assert sorted(each for each, _ in seen) == ["1", "2", "3", "4", "5", "6"]


def test_what_killed_each_consumer_becomes_a_dead_letter_unhandled(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 2))
    client.xgroup_create("ticks", "g", id="0")
    client.xreadgroup("g", "first", {"ticks": ">"}, count=1)
    for name in ("second", "third"):
        client.xautoclaim("ticks", "g", name, 0)
    seen: list[str] = []
    run = Run(
        face, lambda entry: seen.append(entry.id), redis=server.url, claim_after=0.05, max_deliveries=3
    )  # fmt: skip
    eventually(lambda: client.xlen("{ticks}:dead") == 1)
    eventually(lambda: seen == ["2"])
    assert run.stopped().dead == 1
    (letter,) = entries(client, "{ticks}:dead")
    assert "each consumer that it was given to died" in letter["error"]


def test_entries_that_others_claimed_while_a_consumer_was_frozen_are_left_to_them(
    server: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sse_client.relay._consuming.next_step import Consuming

    def nothing(_: Consuming) -> Iterator[None]:
        yield from ()

    fill(server, *numbered(1, 10))
    began, release = threading.Event(), threading.Event()
    first: list[str] = []

    def handle(entry: StreamEntry) -> None:
        began.set()
        release.wait(20)
        first.append(entry.id)

    with monkeypatch.context() as patch:
        patch.setattr(Consuming, "keep", nothing)  # as when the whole process was frozen
        frozen = Run("blocking", handle, redis=server.url, claim_after=0.3)
        assert began.wait(20)
    second: list[str] = []
    other = Run("blocking", lambda entry: second.append(entry.id), redis=server.url, claim_after=0.3)
    eventually(lambda: len(second) == 10)
    release.set()
    eventually(lambda: first)
    frozen.stopped()
    other.stopped()
    assert first == ["1"], "the one that it had begun, and no other"
    assert pending(client) == 0


def test_a_consumer_that_was_overdue_looks_again_though_it_came_back_in_time(
    server: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread that keeps entries may wake first after a pause; what it keeps is what is left."""
    from sse_client.relay._consuming.next_step import Consuming

    keep = Consuming.keep
    late = threading.Event()

    def delayed(self: Consuming) -> Iterator[Any]:
        late.wait(20)
        yield from keep(self)

    fill(server, *numbered(1, 5))
    began, release = threading.Event(), threading.Event()
    first: list[str] = []

    def handle(entry: StreamEntry) -> None:
        began.set()
        release.wait(20)
        first.append(entry.id)

    with monkeypatch.context() as patch:
        patch.setattr(Consuming, "keep", delayed)
        frozen = Run("blocking", handle, redis=server.url, claim_after=0.3)
        assert began.wait(20)
    taken = eventually(lambda: client.xautoclaim("ticks", "g", "another", 300)[1])
    assert len(taken) == 5
    client.xack("ticks", "g", *[entry_id for entry_id, _ in taken[1:]])  # the other one has handled them
    late.set()
    until = monotonic() + 0.3
    eventually(lambda: monotonic() > until)  # longer than a third of claim_after
    release.set()
    eventually(lambda: first)
    frozen.stopped()
    assert first == ["1"]
    assert pending(client) == 0


def test_entries_in_hand_are_not_claimed_while_a_handler_runs(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 3))
    began, release = threading.Event(), threading.Event()
    seen: list[str] = []

    def slow(entry: StreamEntry) -> None:
        began.set()
        release.wait(10)
        seen.append(entry.id)

    first = Run("blocking", slow, redis=server.url, claim_after=0.3)
    assert began.wait(10)
    other: list[str] = []
    second = Run("blocking", lambda entry: other.append(entry.id), redis=server.url, claim_after=0.3)
    until = monotonic() + 1.0
    eventually(lambda: monotonic() > until)  # longer than claim_after: this is what is tested
    release.set()
    eventually(lambda: len(seen) == 3)
    first.stopped()
    second.stopped()
    assert other == []


def test_what_waits_beside_an_entry_that_kills_its_consumers_is_handled(
    server: RedisServer, client: Any, tmp_path: Any
) -> None:
    fill(server, *numbered(1, 12))
    file = tmp_path / "handled"
    for _ in range(2):
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, server.url, "7", str(file)],
            env={**os.environ, "PYTHONPATH": str(HERE)}, timeout=60, check=False,
        )  # fmt: skip
        assert killed.returncode == -signal.SIGKILL
    seen: list[tuple[str, int]] = []
    run = Run(
        "blocking", lambda entry: seen.append((entry.id, entry.deliveries)), redis=server.url, claim_after=0.3,
        max_deliveries=2,
    )  # fmt: skip
    eventually(lambda: len(seen) == 5)
    assert run.stopped() == Consumed(handled=5, claimed=6, dead=1)
    assert seen == [(str(number), 2) for number in range(8, 13)]
    assert [letter["id"] for letter in entries(client, "{ticks}:dead")] == ["7"]


def test_partitions_that_change_hands_often_bury_nothing(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *KEYED[:20], partitions=2, key="user")
    seen: list[StreamEntry] = []
    for _ in range(3):  # each takes all there is, handles one, and leaves
        began, release = threading.Event(), threading.Event()

        def handle(entry: StreamEntry, began: Any = began, release: Any = release) -> None:
            seen.append(entry)
            began.set()
            release.wait(20)

        run = Run(face, handle, redis=server.url, partitions=2, max_deliveries=2)
        assert began.wait(20)
        assert run.close is not None
        run.close()
        release.set()
        run.ended()
    last = Run(face, seen.append, redis=server.url, partitions=2, max_deliveries=2)
    eventually(lambda: len(seen) == 20)
    assert last.stopped().dead == 0
    assert in_order(seen)


@pytest.mark.parametrize("fails_for_good", [False, True])
def test_a_stream_deleted_between_two_tries_is_told(
    server: RedisServer, client: Any, face: str, fails_for_good: bool
) -> None:
    fill(server, *numbered(1, 1))
    lost: list[LostEntries] = []

    def handle(entry: StreamEntry) -> None:
        client.delete("ticks")
        raise ValueError("poison")

    run = Run(face, handle, redis=server.url, on_lost=lost.append, max_deliveries=1 if fails_for_good else 5)
    eventually(lambda: client.xlen("{ticks}:dead") if fails_for_good else lost)
    assert run.stopped() == (Consumed(failed=1, dead=1) if fails_for_good else Consumed(failed=1, lost=1))


@pytest.mark.parametrize("partitions", [1, 2])
def test_a_full_redis_does_not_keep_consumers_from_what_is_there(
    server: RedisServer, client: Any, face: str, partitions: int
) -> None:
    fill(server, *KEYED[:30], partitions=partitions, key="user")
    Run(face, print, redis=server.url, partitions=partitions, start="0").stopped()  # the group was there before
    fill(server, *KEYED[:60], partitions=partitions, key="user")
    client.config_set("maxmemory", 1)
    seen: list[StreamEntry] = []
    run = Run(face, seen.append, redis=server.url, partitions=partitions, claim_after=0.3)
    eventually(lambda: len({entry.id for entry in seen} | {str(each) for each in range(1, 31)}) == 60)
    run.stopped()
    assert in_order(seen)


def test_dead_letters_wait_for_memory(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 2))

    def handle(entry: StreamEntry) -> None:
        if entry.id == "1":
            client.config_set("maxmemory", 1)
            raise ValueError("poison")

    run = Run(face, handle, redis=server.url, max_deliveries=1)
    eventually(lambda: client.config_get("maxmemory")["maxmemory"] == "1")
    assert not client.exists("{ticks}:dead")
    client.config_set("maxmemory", 0)
    eventually(lambda: client.xlen("{ticks}:dead") == 1)
    eventually(lambda: pending(client) == 0)
    assert run.stopped() == Consumed(handled=1, failed=1, dead=1)


def test_trimmed_entries_are_told_and_not_handed_out(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 10))
    client.xgroup_create("ticks", "g", id="0")
    (taken,) = client.xreadgroup("g", "dead", {"ticks": ">"}, count=4)
    client.xtrim("ticks", maxlen=3, approximate=False)
    # The group was made by something else: what was trimmed before it is known from now on.
    client.hset("{ticks}:groups", "g:ticks", 4)
    lost: list[LostEntries] = []
    seen: list[str] = []
    run = Run(
        face, lambda entry: seen.append(entry.id), redis=server.url, claim_after=0.05, on_lost=lost.append
    )  # fmt: skip
    eventually(lambda: len(seen) == 3)
    eventually(lambda: sum(each.count for each in lost) == 7)
    assert run.stopped() == Consumed(handled=3, lost=7)
    assert seen == ["8", "9", "10"]
    told = [each for each in lost if each.entry_ids]
    assert told == [LostEntries("ticks", 0, 4, tuple(entry_id for entry_id, _ in taken[1]))]
    assert pending(client) == 0


def test_entries_trimmed_between_two_tries_are_told(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 1))
    lost: list[LostEntries] = []

    def handle(entry: StreamEntry) -> None:
        client.xtrim("ticks", maxlen=0, approximate=False)
        raise ValueError("once")

    run = Run(face, handle, redis=server.url, on_lost=lost.append)
    eventually(lambda: lost)
    assert run.stopped() == Consumed(failed=1, lost=1)
    assert pending(client) == 0


def test_everything_trimmed_before_it_was_read_is_told_at_once(server: RedisServer, client: Any, face: str) -> None:
    client.xgroup_create("ticks", "g", id="0", mkstream=True)
    lost: list[LostEntries] = []
    first = Run(face, print, redis=server.url)
    first.stopped()
    fill(server, *numbered(1, 8))
    client.xtrim("ticks", maxlen=0, approximate=False)
    run = Run(face, print, redis=server.url, on_lost=lost.append)
    eventually(lambda: lost)
    assert run.stopped() == Consumed(lost=8)
    assert lost == [LostEntries("ticks", 0, 8)]


class Died(BaseException):
    """A kill, as far as Redis can see it."""


def dies_before_it_tells(server: RedisServer, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    """Run a consumer that gets to know of a loss, and is gone before it says so."""

    def die(*_: Any) -> Steps:
        raise Died

    def vanish(*_: Any) -> None:
        """Give nothing back."""

    with monkeypatch.context() as patched:
        patched.setattr(Handling, "note_lost", die)
        patched.setattr(Consumer, "_leave", vanish)
        given: dict[str, Any] = {"lease": 0.2, "claim_after": 0.2, **options}
        consumer = Consumer("g", print, redis=server.url, stream="ticks", **given)
        with pytest.raises(Died):
            consumer.run()


@pytest.mark.parametrize("partitions", [1, 2])
def test_a_loss_that_a_dead_consumer_found_is_told_by_the_next(
    server: RedisServer, client: Any, face: str, monkeypatch: pytest.MonkeyPatch, partitions: int
) -> None:
    fill(server, *numbered(1, 8), partitions=partitions)
    stream = "ticks" if partitions == 1 else "{ticks}:0"
    client.xgroup_create(stream, "g", id="0")
    client.xreadgroup("g", "gone", {stream: ">"}, count=3)
    client.hset("{ticks}:groups", f"g:{stream}", 3)
    client.xtrim(stream, maxlen=0, approximate=False)
    dies_before_it_tells(server, monkeypatch, partitions=partitions)  # what had been given out
    dies_before_it_tells(server, monkeypatch, partitions=partitions)  # what had not
    lost: list[LostEntries] = []
    options: dict[str, Any] = {"redis": server.url, "partitions": partitions, "lease": 0.2, "claim_after": 0.2}
    run = Run(face, print, on_lost=lost.append, **options)
    eventually(lambda: sum(each.count for each in lost) == 8)
    assert run.stopped() == Consumed(lost=8)
    assert sum(len(each.entry_ids) for each in lost) == 3
    assert not client.hexists("{ticks}:groups", f":lost:g:{stream}"), "it is told once"


def test_a_loss_in_an_answer_that_never_came_is_told_at_once(
    server: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(server, *numbered(1, 8))

    def handle(_: StreamEntry) -> None:
        before.close()

    before = Consumer("g", handle, redis=server.url, stream="ticks", consumer="c", batch=1)
    assert before.run().handled == 1
    client.xtrim("ticks", maxlen=0, approximate=False)
    dies_before_it_tells(server, monkeypatch, consumer="c")
    lost: list[LostEntries] = []
    run = Run("blocking", print, redis=server.url, consumer="c", on_lost=lost.append, claim_after=3600.0)
    eventually(lambda: lost)
    assert run.stopped().lost == 7
    assert [each.count for each in lost] == [7]


def test_a_loss_is_left_to_the_living_who_found_it(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 8))
    client.xgroup_create("ticks", "g", id="0")
    client.hset("{ticks}:groups", "g:ticks", 0)
    client.xtrim("ticks", maxlen=0, approximate=False)
    telling, told = threading.Event(), threading.Event()

    def slow(_: LostEntries) -> None:
        telling.set()
        told.wait(20)

    first = Run("blocking", print, redis=server.url, on_lost=slow)
    assert telling.wait(20)
    lost: list[LostEntries] = []
    seen: list[StreamEntry] = []
    second = Run("blocking", seen.append, redis=server.url, on_lost=lost.append)
    fill(server, *numbered(1, 9))
    eventually(lambda: seen)
    assert second.stopped() == Consumed(handled=1)
    told.set()
    assert first.stopped().lost == 8
    assert lost == []


def test_a_loss_is_told_though_its_owner_raises(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 8))
    client.xgroup_create("ticks", "g", id="0")
    client.hset("{ticks}:groups", "g:ticks", 0)
    client.xtrim("ticks", maxlen=0, approximate=False)

    def stop(lost: LostEntries) -> None:
        raise ValueError(f"{lost.count} are gone")

    with pytest.raises(ValueError, match="8 are gone"):
        Run(face, print, redis=server.url, on_lost=stop).ended()
    assert not client.hexists("{ticks}:groups", ":lost:g:ticks")


def test_a_group_that_begins_late_has_lost_nothing(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 8))
    client.xtrim("ticks", maxlen=2, approximate=False)
    seen: list[str] = []
    run = Run(face, lambda entry: seen.append(entry.id), redis=server.url)
    eventually(lambda: len(seen) == 2)
    assert run.stopped() == Consumed(handled=2)


def test_a_deleted_stream_is_told_and_the_group_made_anew(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 3))
    seen: list[str] = []
    lost: list[LostEntries] = []
    run = Run(face, lambda entry: seen.append(entry.id), redis=server.url, on_lost=lost.append, claim_after=0.1)
    eventually(lambda: len(seen) == 3)
    fill(server, *numbered(1, 3))
    with client.pipeline() as pipe:
        pipe.delete("ticks").hincrby("{ticks}:relay", "pos:ticks", 2).hincrby("{ticks}:relay", "count", 2).execute()
    fill(server, *numbered(1, 7)[3:])
    eventually(lambda: len(seen) == 7)
    assert run.stopped() == Consumed(handled=7, lost=2)
    assert lost == [LostEntries("ticks", 0, 2)]


def test_an_entry_of_another_program_becomes_a_dead_letter(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 1))
    client.xadd("ticks", {"foreign": "1"})
    seen: list[str] = []
    run = Run(face, lambda entry: seen.append(entry.id), redis=server.url)
    eventually(lambda: client.xlen("{ticks}:dead") == 1)
    assert run.stopped() == Consumed(handled=1, dead=1)


def test_a_consumer_that_closes_gives_back_what_it_has(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 20))
    began, release = threading.Event(), threading.Event()
    first: list[str] = []

    def handle(entry: StreamEntry) -> None:
        first.append(entry.id)
        began.set()
        release.wait(10)

    run = Run(face, handle, redis=server.url, claim_after=60)
    assert began.wait(10)
    assert run.close is not None
    run.close()
    release.set()
    assert run.ended() == Consumed(handled=len(first))
    second: list[str] = []
    other = Run(face, lambda entry: second.append(entry.id), redis=server.url, claim_after=60)
    eventually(lambda: len(first) + len(second) == 20)
    other.stopped()
    assert first + second == [str(number) for number in range(1, 21)]


def test_a_consumer_with_its_old_name_takes_up_what_it_had(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 5))
    client.xgroup_create("ticks", "g", id="0")
    client.xreadgroup("g", "me", {"ticks": ">"}, count=3)
    seen: list[str] = []
    run = Run(face, lambda entry: seen.append(entry.id), redis=server.url, claim_after=60, consumer="me")
    eventually(lambda: len(seen) == 5)
    run.stopped()
    assert seen == ["1", "2", "3", "4", "5"]


KEYED = [Event(f'{{"user": {number % 9}}}', id=str(number)) for number in range(1, 401)]


def in_order(seen: list[StreamEntry]) -> bool:
    by_key: dict[str, list[int]] = {}
    for entry in seen:
        by_key.setdefault(entry.data, []).append(int(entry.id))
    return all(numbers == sorted(numbers) for numbers in by_key.values())


def test_entries_with_a_key_are_handled_in_order_by_many(server: RedisServer, client: Any, face: str) -> None:
    seen: list[StreamEntry] = []
    failed: set[str] = set()

    def handle(entry: StreamEntry) -> None:
        if int(entry.id) % 50 == 0 and entry.id not in failed:
            failed.add(entry.id)
            raise ValueError("not the first time")
        seen.append(entry)

    options = {"redis": server.url, "partitions": 4}
    runs = [Run(face, handle, **options) for _ in range(3)]
    eventually(lambda: client.zcard("{ticks}:group:g:members") == 3)
    fill(server, *KEYED[:200], partitions=4, key="user")
    eventually(lambda: len(seen) >= 100)
    runs.pop().stopped()
    fill(server, *KEYED, partitions=4, key="user")
    eventually(lambda: len(seen) >= 400)
    for run in runs:
        run.stopped()
    assert sorted(int(entry.id) for entry in seen) == list(range(1, 401))
    assert in_order(seen)
    assert {entry.partition for entry in seen} <= {0, 1, 2, 3}
    assert not client.keys("{ticks}:group:g:owner:*")


def test_a_partition_of_a_dead_consumer_is_taken_with_what_it_left(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *KEYED[:40], partitions=2, key="user")
    for number in (0, 1):
        client.xgroup_create(f"{{ticks}}:{number}", "g", id="0")
        client.xreadgroup("g", "dead", {f"{{ticks}}:{number}": ">"}, count=5)
        client.set(f"{{ticks}}:group:g:owner:{number}", "dead's token", px=400)
    seen: list[StreamEntry] = []
    run = Run(face, seen.append, redis=server.url, partitions=2, claim_after=60, batch=3)
    eventually(lambda: len(seen) == 40)
    assert run.stopped().handled == 40
    assert in_order(seen)


def test_a_partition_that_was_lost_is_left_alone(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *KEYED[:60], partitions=2, key="user")
    seen: list[StreamEntry] = []

    def handle(entry: StreamEntry) -> None:
        seen.append(entry)
        if len(seen) == 10:
            for number in (0, 1):
                client.set(f"{{ticks}}:group:g:owner:{number}", "another's", px=300)

    run = Run(face, handle, redis=server.url, partitions=2, batch=5)
    eventually(lambda: len({entry.id for entry in seen}) == 60)
    run.stopped()
    assert [entry.id for entry in seen if entry.partition == 0] == sorted(
        {entry.id for entry in seen if entry.partition == 0}, key=int
    )


def test_a_partition_held_too_long_is_dropped_with_its_queue(
    server: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sse_client.relay._consuming.next_step import Consuming

    def nothing(_: Consuming) -> Iterator[None]:
        yield from ()

    monkeypatch.setattr(Consuming, "keep", nothing)  # as when the whole process was frozen
    fill(server, *KEYED[:20], partitions=2, key="user")
    seen: list[StreamEntry] = []

    def handle(entry: StreamEntry) -> None:
        seen.append(entry)
        if len(seen) == 3:
            until = monotonic() + 0.7
            eventually(lambda: monotonic() > until)

    run = Run("blocking", handle, redis=server.url, partitions=2)
    eventually(lambda: len({entry.id for entry in seen}) == 20)
    run.stopped()
    assert in_order(seen)


def test_a_consumer_without_a_partition_waits_for_one(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *KEYED[:10], partitions=2, key="user")
    seen: list[StreamEntry] = []
    for number in (0, 1):
        client.set(f"{{ticks}}:group:g:owner:{number}", "another's", px=1500)
    run = Run(face, seen.append, redis=server.url, partitions=2)
    eventually(lambda: len(seen) == 10)
    run.stopped()


@pytest.mark.parametrize("partitions", [1, 2])
def test_nothing_is_lost_or_reordered_where_the_line_is_cut(
    server: RedisServer, client: Any, face: str, partitions: int
) -> None:
    seen: list[StreamEntry] = []

    def many(most: int) -> bool:
        return len(seen) >= most

    with Line(server.port) as line:
        run = Run(face, seen.append, redis=line.url, partitions=partitions, claim_after=0.5, batch=7)
        for last in (60, 120, 180):
            fill(server, *KEYED[:last], partitions=partitions, key="user")
            eventually(partial(many, last - 40))
            line.mend()  # resets every connection
        eventually(lambda: len({entry.id for entry in seen}) == 180)
        run.stopped()
    if partitions == 2:
        first = list({entry.id: entry for entry in seen}.values())
        assert in_order(first)


def test_nobody_at_the_start_is_a_sentence(face: str) -> None:
    run = Run(face, print, redis=f"redis://127.0.0.1:{free_port()}", patience=0.2)
    with pytest.raises(RedisUnavailable, match="cannot be reached"):
        run.ended()


def test_redis_away_does_not_keep_a_consumer_from_closing(server: RedisServer, face: str) -> None:
    began, release = threading.Event(), threading.Event()

    def handle(entry: StreamEntry) -> None:
        began.set()
        release.wait(10)

    fill(server, *numbered(1, 3))
    with Line(server.port) as line:
        run = Run(face, handle, redis=line.url, claim_after=0.2)
        assert began.wait(10)
        line.__exit__(None, None, None)
        assert run.close is not None
        run.close()
        release.set()
        assert run.ended().handled == 0


def test_a_key_of_another_type_is_named(server: RedisServer, client: Any, face: str) -> None:
    client.set("ticks", "x")
    with pytest.raises(WrongType, match="'ticks' to be a stream, but it is a string"):
        Run(face, print, redis=server.url).ended()


def test_a_refusal_where_handlers_run_ends_the_consumer(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *KEYED[:10], partitions=2, key="user")
    release = threading.Event()

    def handle(entry: StreamEntry) -> None:
        client.set("{ticks}:group:g:members", "no set")
        release.wait(1.5)

    with pytest.raises(RelayError):
        Run(face, handle, redis=server.url, partitions=2, lease=0.3).ended()


def test_a_refusal_in_the_middle_is_raised(server: RedisServer, client: Any, face: str) -> None:
    fill(server, *numbered(1, 3))

    def handle(entry: StreamEntry) -> None:
        client.delete("ticks")
        client.set("ticks", "x")

    with pytest.raises(WrongType):
        Run(face, handle, redis=server.url).ended()


@pytest.mark.parametrize("kind", [Consumer, AsyncConsumer])
@pytest.mark.parametrize(
    "options",
    [{"group": ""}, {"group": "a:b"}, {"start": "5"}, {"lease": 0}, {"claim_after": 0}, {"retry_delay": -1},
     {"lease": float("inf")}, {"batch": 0}, {"max_deliveries": 0}, {"partitions": 0}, {"group": "\ud800"},
     {"consumer": "\ud800"}],
    ids=ascii,
)  # fmt: skip
def test_an_argument_out_of_its_range_is_a_value_error(kind: Any, options: dict[str, Any]) -> None:
    given = {"group": "g", "handler": print, "redis": "redis://127.0.0.1:1", "stream": "ticks", **options}
    with pytest.raises(ValueError, match=r"must be|expected|half of a"):
        kind(**given)


def test_what_a_handler_says_may_be_no_text(
    server: RedisServer, client: Any, face: str, caplog: pytest.LogCaptureFixture
) -> None:
    fill(server, *numbered(1, 2))

    def handle(entry: StreamEntry) -> None:
        if entry.id == "1":
            raise OSError("no such file: \udcff")  # as the name of a file that is not UTF-8 is shown

    run = Run(face, handle, redis=server.url, max_deliveries=1)
    eventually(lambda: client.xlen("{ticks}:dead") == 1)
    eventually(lambda: pending(client) == 0)
    assert run.stopped() == Consumed(handled=1, failed=1, dead=1)
    assert next(entries(client, "{ticks}:dead"))["error"] == "OSError: no such file: \\udcff"
    assert caplog.text.encode()
    assert "no such file: \\udcff" in caplog.text


@pytest.mark.parametrize(("written", "given"), [(2, 1), (4, 2), (1, 2)])
@pytest.mark.parametrize("first", ["the relay", "the consumer"])
def test_partitions_that_nobody_would_handle_are_an_error(
    server: RedisServer, client: Any, face: str, written: int, given: int, first: str
) -> None:
    if first == "the relay":
        fill(server, *KEYED[:10], partitions=written, key="user")
    run = Run(face, print, redis=server.url, partitions=given)
    if first == "the consumer":
        fill(server, *KEYED[:10], partitions=written, key="user")
    with pytest.raises(RelayError, match=f"relay of 'ticks' has, {written}, but this consumer was given {given}"):
        run.ended()


def test_partitions_that_the_relay_had_before_may_be_emptied(server: RedisServer, client: Any) -> None:
    fill(server, *KEYED[:20], partitions=4, key="user")
    fill(server, *KEYED[:40], partitions=2, key="user")
    seen: list[StreamEntry] = []
    run = Run("blocking", seen.append, redis=server.url, partitions=4)
    eventually(lambda: len(seen) == 40)
    run.stopped()


def test_sigterm_drains_consume(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 10))
    seen: list[str] = []

    def handle(entry: StreamEntry) -> None:
        seen.append(entry.id)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            until = monotonic() + 0.2
            eventually(lambda: monotonic() > until)

    before = signal.getsignal(signal.SIGTERM)
    done = consume("g", handle, redis=client, stream="ticks")
    assert signal.getsignal(signal.SIGTERM) is before
    assert (done.handled, seen) == (3, ["1", "2", "3"])


def test_sigterm_drains_aconsume(server: RedisServer) -> None:
    fill(server, *numbered(1, 10))
    seen: list[str] = []

    async def handle(entry: StreamEntry) -> None:
        seen.append(entry.id)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.1)

    before = signal.getsignal(signal.SIGTERM)
    done = asyncio.run(aconsume("g", handle, redis=server.url, stream="ticks"))
    assert signal.getsignal(signal.SIGTERM) is before
    assert (done.handled, seen) == (3, ["1", "2", "3"])


def test_consume_runs_out_of_the_main_thread_too(server: RedisServer, face: str) -> None:
    async def both() -> Consumed:
        return await aconsume("g", print, redis=server.url, stream="ticks")

    server.client().set("ticks", "no stream")
    errors: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(both()) if face == "asyncio" else consume("g", print, redis=server.url, stream="ticks")
        except RelayError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert isinstance(errors[0], WrongType)


def test_ctrl_c_in_a_handler_ends_the_consumer_and_gives_back(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 3))

    def handle(entry: StreamEntry) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume("g", handle, redis=server.url, stream="ticks")
    assert client.xautoclaim("ticks", "g", "next", 60_000)[1], "whoever looks next may claim it at once"


def test_the_client_of_the_caller_stays_open(server: RedisServer) -> None:
    from redis.asyncio import Redis

    async def main() -> None:
        client: Any = Redis(port=server.port)
        async with client:

            def stop(_: StreamEntry) -> None:
                consumer.close()

            consumer = AsyncConsumer("g", stop, redis=client, stream="ticks")
            assert (await consumer.run()).handled == 1
            assert await client.ping()

    fill(server, *numbered(1, 1))
    asyncio.run(main())


def test_a_cancelled_consumer_gives_back_what_it_has(server: RedisServer, client: Any) -> None:
    fill(server, *numbered(1, 5))

    async def main() -> None:
        began = asyncio.Event()

        async def handle(entry: StreamEntry) -> None:
            began.set()
            await asyncio.sleep(30)

        task = asyncio.create_task(aconsume("g", handle, redis=server.url, stream="ticks", claim_after=60))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    seen: list[str] = []
    run = Run("blocking", lambda entry: seen.append(entry.id), redis=server.url, claim_after=60)
    eventually(lambda: len(seen) == 5)
    run.stopped()
    assert seen == ["1", "2", "3", "4", "5"]


KILLED = """
import os, sys
from sse_client.relay import consume
def handle(entry):
    with open(sys.argv[3], "a") as file:
        print(entry.id, file=file)
    if entry.id == sys.argv[2]:
        os.kill(os.getpid(), 9)
consume("g", handle, redis=sys.argv[1], stream="ticks", claim_after=0.3, retry_delay=0.01)
"""


def test_every_entry_is_handled_though_a_consumer_is_killed(server: RedisServer, client: Any, tmp_path: Any) -> None:
    fill(server, *numbered(1, 40))
    file = tmp_path / "handled"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, server.url, "7", str(file)],
        env={**os.environ, "PYTHONPATH": str(HERE)}, timeout=30, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    seen: list[str] = []
    run = Run("blocking", lambda entry: seen.append(entry.id), redis=server.url, claim_after=0.3)
    eventually(lambda: len(seen) == 34)
    run.stopped()
    before = file.read_text().split()
    assert before == [str(number) for number in range(1, 8)]
    assert sorted({*before, *seen}, key=int) == [str(number) for number in range(1, 41)]
    assert pending(client) == 0
