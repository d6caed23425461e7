"""What cannot be brought about with a server at will: answers that come once in a blue moon, given one by one."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import redis as redis_py
import redis.asyncio as redis_asyncio
from redis.exceptions import NoScriptError

from relay.kit import eventually, free_port, ids, numbered
from sse_client import Event
from sse_client.relay import AtLeastOnce, ExactlyOnce, Relay, RelayError, WrongType
from sse_client.relay._consuming.handling import Handling, Settings
from sse_client.relay._consuming.lane import Group, Lane
from sse_client.relay._consuming.next_step import Consuming
from sse_client.relay._consuming.steps import Ask, Sleep, Steps, Wait, persistent
from sse_client.relay._redis.failures import Full, Unreachable
from sse_client.relay._redis.keys import Keys
from sse_client.relay._redis.link import Link, Script, blocking, streams
from sse_client.relay._redis.link_async import AsyncLink
from sse_client.relay._redis.patience import Patience
from sse_client.relay._relaying.ledger import Granted, Ledger
from sse_client.relay._relaying.progress import Progress
from sse_client.relay._relaying.term import Term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relay.kit import RedisServer

FIELDS = [b"id", b"1", b"event", b"message", b"data", b"x", b"n", b"1"]


SETTINGS = Settings("0", 10, 60.0, 1, 0.1, None, None)


def group(token: str = "") -> Group:
    return Group(Keys("ticks"), "g", "c", token, 1000)


def consuming(token: str = "") -> Consuming:
    return Consuming(group(token), SETTINGS)


def drive(steps: Any, *answers: Any) -> list[Any]:
    """Return the steps that were asked for, with each of `answers` given in turn."""
    asked = [next(steps)]
    for answer in answers:
        try:
            asked.append(steps.send(answer))
        except StopIteration:
            break
    return asked


def lane(**options: Any) -> Lane:
    return Lane(0, "ticks", **options)


def test_an_answer_that_may_hold_entries_is_not_asked_for_again() -> None:
    one = lane(cursor=None, claim_at=monotonic() + 60)
    (asked,) = drive(consuming()._refill(one), None)
    assert not asked.repeat
    two = lane()
    drive(consuming("token")._refill(two), None, None)
    assert two.cursor == "0-0", "it is claimed before anything else is read"


def test_a_partition_that_is_not_this_consumers_is_not_claimed() -> None:
    work = consuming("token")
    one = lane(held_until=monotonic() + 60)
    work._lanes[0] = one
    drive(work._claim(one), [b"fenced"])
    assert work._lanes == {}


def test_without_a_group_there_is_nothing_to_claim() -> None:
    one = lane()
    drive(consuming()._claim(one), [b"nogroup"], [b"nogroup"])
    assert one.cursor is None


def test_what_is_in_hand_is_not_claimed_twice() -> None:
    one = lane()
    one.queue.extend(one.entries([[b"1-0", FIELDS]]))
    work = consuming()
    drive(work._claim(one), [b"ok", [b"1-0"]], [b"ok", [0, []], b"5-0", [b"1-0"]])
    assert (len(one.queue), one.cursor, work.claimed) == (1, "5-0", 0)


def _name(step: Any) -> str:
    if isinstance(step, Ask):
        return f"{step.arguments[0]} {step.keys[3][-1]}"
    return type(step).__name__.lower()


def test_a_lane_that_gave_all_it_had_is_read_again_when_it_has_more() -> None:
    work = Consuming(
        Group(Keys("ticks", 2), "g", "c", "", 1000), Settings("0", 2, 60.0, 1, 0.1, None, None)
    )  # fmt: skip
    nothing: list[Any] = [b"ok", [0, []], b"0-0", [], 0]
    one: list[Any] = [b"ok", [0, []], b"1-0", [[b"1-0", FIELDS]], 0]
    two: list[Any] = [b"ok", [0, []], b"2-0", [[b"1-0", FIELDS], [b"2-0", FIELDS]], 0]
    done = [b"ok", 1]
    told: list[tuple[str, Any]] = [
        ("layout 0", [b"ok", 2, []]), ("join 0", [b"ok", 0]), ("join 1", [b"ok", 0]),
        ("own 0", [b"ok", []]), ("claim 0", [b"ok", [0, []], b"0-0", []]), ("read 0", nothing),
        ("own 1", [b"ok", []]), ("claim 1", [b"ok", [0, []], b"0-0", []]), ("read 1", one), ("handle", None),
        ("ack 1", done), ("wait", frozenset({"{ticks}:1"})), ("read 1", one), ("handle", None), ("ack 1", done),
        # As many as were asked for: there may be more, here and elsewhere.
        ("wait", frozenset({"{ticks}:1"})), ("read 1", two), ("handle", None), ("ack 1", done), ("handle", None),
        ("ack 1", done), ("read 0", nothing), ("read 1", nothing),
        # Nothing in time: what was trimmed, or deleted, is found by reading.
        ("wait", frozenset[str]()), ("read 0", nothing), ("read 1", nothing), ("wait", None),
    ]  # fmt: skip
    asked: list[str] = []
    steps = work.work()
    step = next(steps)
    for name, answer in told:
        asked.append(_name(step))
        assert asked[-1] == name, asked
        step = steps.send(answer)
    assert work.result().handled == 4


def test_a_consumer_that_leaves_while_redis_hangs_asks_it_once() -> None:
    work = Consuming(Group(Keys("ticks", 3), "g", "c", "token", 1000), SETTINGS)
    for number, stream in enumerate(Keys("ticks", 3).streams):
        work._lanes[number] = Lane(number, stream, handling="1-0")
    assert len(drive(work.leave(), None)) == 1
    given_back: list[Any] = [b"ok", [0, []]]
    assert len(drive(work.leave(), given_back, given_back, given_back, None)) == 4


def test_an_answer_names_the_streams_in_both_protocols() -> None:
    assert streams([[b"a", []], [b"b", []]]) == streams({b"a": [], "b": []}) == {"a", "b"}
    assert streams(None) == frozenset()


def test_an_entry_that_another_consumer_has_by_now_is_not_buried() -> None:
    handling = Handling(group(), SETTINGS)
    one = lane()
    (entry,) = one.entries([[b"1-0", FIELDS, 9]])
    drive(handling.handle(one, entry), [b"gone"])
    assert handling.dead == 0


class Broken:
    """Steps whose requests fail as often as asked."""

    def __init__(self) -> None:
        self.disturbed = 0
        self.closed = False
        self.answers: list[Any] = []

    def steps(self, *asked: Any) -> Steps:
        for each in asked:
            self.answers.append((yield each))

    def persistent(self, *asked: Any) -> Steps:
        def disturbed() -> None:
            self.disturbed += 1

        return persistent(self.steps(*asked), Patience(None, "test", lambda _: None), disturbed, lambda: self.closed)


def test_a_step_is_repeated_until_it_is_answered() -> None:
    broken = Broken()
    steps = broken.persistent(Ask([], ["ack"]))
    assert isinstance(next(steps), Ask)
    for _ in range(3):
        assert isinstance(steps.throw(Unreachable("away")), Sleep)
        assert isinstance(steps.send(None), Ask)
    with pytest.raises(StopIteration):
        steps.send([b"ok"])
    assert (broken.answers, broken.disturbed) == ([[b"ok"]], 3)


def test_a_final_step_is_tried_once() -> None:
    broken = Broken()
    steps = broken.persistent(Ask([], ["leave"], final=True))
    next(steps)
    with pytest.raises(StopIteration):
        steps.throw(Unreachable("away"))
    assert broken.answers == [None]


@pytest.mark.parametrize("step", [Wait({}, 5), Ask([], ["read"], repeat=False)], ids=["waiting", "reading"])
def test_what_need_not_be_repeated_ends_when_redis_is_back(step: Any) -> None:
    broken = Broken()
    steps = broken.persistent(step)
    next(steps)
    assert isinstance(steps.throw(Unreachable("away")), Sleep)
    with pytest.raises(StopIteration):
        steps.send(None)
    assert broken.answers == [None]


def test_lost_entries_are_counted_where_nobody_asks() -> None:
    handling = Handling(group(), SETTINGS)
    (told, *_) = drive(handling.note_lost(lane(), (3, [])), [b"ok"])
    assert (handling.lost, _name(told)) == (3, "told s")


def test_nothing_is_repeated_once_it_is_closed() -> None:
    broken = Broken()
    steps = broken.persistent(Ask([], ["ack"]), Ask([], ["read"]))
    next(steps)
    broken.closed = True
    with pytest.raises(StopIteration):
        steps.throw(Unreachable("away"))
    assert broken.answers == []


def test_waiting_says_that_redis_is_away() -> None:
    import asyncio

    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry as AsyncRetry
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    link = Link(redis_py.Redis(port=free_port(), retry=Retry(NoBackoff(), 0)))
    with pytest.raises(Unreachable):
        link.wait({"ticks": "0-0"}, 10)
    link.close()

    async def main() -> None:
        async with Redis(port=free_port(), retry=AsyncRetry(NoBackoff(), 0)) as client:
            with pytest.raises(Unreachable):
                await AsyncLink(client).wait({"ticks": "0-0"}, 10)

    asyncio.run(main())


@pytest.mark.parametrize(("limit", "milliseconds"), [(None, 900), (5.0, 900), (0.4, 200), (0.001, 1)])
def test_a_wait_is_shorter_than_the_client_waits_for_an_answer(limit: float | None, milliseconds: int) -> None:
    for client in (redis_py.Redis(socket_timeout=limit), redis_asyncio.Redis(socket_timeout=limit)):
        assert blocking(client, {"ticks": "0-0"}, 900)[4] == milliseconds


def test_a_script_that_redis_does_not_have_is_sent() -> None:
    import asyncio

    class Forgetful:
        def __init__(self) -> None:
            self.sent: list[Any] = []

        def execute_command(self, *command: Any, **_: Any) -> Any:
            self.sent.append(command[0])
            if command[0] == "EVALSHA":
                raise NoScriptError
            return command[1]

    class AsyncForgetful(Forgetful):
        async def execute_command(self, *command: Any, **options: Any) -> Any:
            return super().execute_command(*command, **options)

    blocking, asynchronous = Forgetful(), AsyncForgetful()
    script = Script("return 1")
    assert Link(blocking).run(script, ["k"]) == "return 1"
    assert asyncio.run(AsyncLink(asynchronous).run(script, ["k"])) == "return 1"
    assert blocking.sent == asynchronous.sent == ["EVALSHA", "EVAL"]


class Scripted:
    """A ledger that raises or answers as it is told."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.keys = Keys("ticks")
        self.milliseconds = 30
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(*_: Any) -> Any:
            self.asked.append(name)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def term(ledger: Any, progress: Progress | None = None) -> Term:
    granted = Granted("token", 1, 0, "", 0, "", "", "", "", 0)
    changed = Patience(None, "test", lambda _: None)
    return Term(ledger, granted, progress or Progress(), changed, threading.Event())


def test_a_lease_is_asked_for_again_where_the_answer_was_lost() -> None:
    from sse_client.relay._relaying.ledger import Fenced

    again = Granted("token", 2, 0, "", 0, "", "", "", "", 1)
    ledger = Scripted(Fenced("x"), Unreachable("away"), Fenced("x"), again, (1, 0))
    term(ledger).write([("1", "message", "x", 0, 1)])
    assert ledger.asked == ["write", "acquire", "write", "acquire", "write"]


def test_a_lease_that_is_lost_while_redis_is_full_is_noticed_by_the_write() -> None:
    from sse_client.relay._relaying.ledger import Fenced

    ledger = Scripted(Full("full"), Fenced("x"), (1, 0))
    term(ledger).write([("1", "message", "x", 0, 1)])
    assert ledger.asked == ["write", "renew", "write"]


def test_a_lease_whose_answer_was_lost_is_still_this_hosts(server: RedisServer) -> None:
    link = Link(server.client())
    ledger = Ledger(link, Keys("ticks"), "host", "a feed", 60_000, 100, 0)
    first, second = ledger.acquire("token"), ledger.acquire("token")
    assert isinstance(first, Granted)
    assert isinstance(second, Granted)
    link.close()


def test_a_relay_that_was_closed_before_does_nothing(server: RedisServer) -> None:
    with Relay(server.url, "ticks") as relay:
        relay.close()
        assert relay.run(numbered(1, 3)) == ExactlyOnce(written=0, duplicates=0, terms=0, count=0, last_event_id="")


def test_a_reader_that_waits_for_room_hears_of_the_error(server: RedisServer) -> None:
    errors: list[RelayError] = []

    def run() -> None:
        try:
            relay.run(iter(numbered(1, 100)))
        except RelayError as error:
            errors.append(error)

    with server.client() as client, Relay(server.url, "ticks", batch=1, max_lag=2) as relay:
        reading = threading.Thread(target=run)
        reading.start()
        eventually(lambda: relay.status.held_back and relay.status.pending == 4)
        with client.pipeline() as pipe:
            pipe.set("{ticks}:groups", "no hash").xgroup_create("ticks", "g", id="0").execute()
        reading.join(10)
        assert isinstance(errors[0], WrongType)
        assert len(ids(client, "ticks")) == 2


def test_ctrl_c_does_not_wait_for_consumers(server: RedisServer) -> None:
    def events() -> Iterator[Event]:
        yield from numbered(1, 4)
        raise KeyboardInterrupt

    with Relay(server.url, "ticks", batch=1, max_lag=2) as relay, pytest.raises(KeyboardInterrupt):
        relay.run(events())


def test_results_say_what_they_promise() -> None:
    assert isinstance(Progress(without_id=1).result(), AtLeastOnce)
    assert not isinstance(Event("x"), ExactlyOnce)
