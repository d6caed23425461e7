"""One feed to one stream: each event once, whatever the source repeats and whatever Redis answers."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from redis.exceptions import ConnectionError as Broken

from relay.kit import entries, eventually, ids, numbered
from sse_client import Client, Comment, Event, Reconnect, StatusError
from sse_client.relay import AtLeastOnce, ExactlyOnce, Relay
from sse_client.relay._redis.link import Link
from sse_client.testing import STALL, Server, reply, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from relay.kit import RedisServer
    from sse_client.relay._relaying.ledger import Item

AT_ONCE = Reconnect(initial_delay=0, max_delay=0, max_attempts=2)


def blocks(*events: Event) -> list[bytes]:
    return [event.encode() for event in events]


def test_events_are_entries_with_their_numbers(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks") as relay:
        done = relay.run([Event("one", id="a"), Event("two", event="tick", id="b")])
    assert done == ExactlyOnce(written=2, duplicates=0, terms=1, count=2, last_event_id="b")
    assert list(entries(client, "ticks")) == [
        {"id": "a", "event": "message", "data": "one", "n": "1", "pos": "1"},
        {"id": "b", "event": "tick", "data": "two", "n": "2", "pos": "2"},
    ]


def test_a_sequence_is_resumed_after_the_place(server: RedisServer, client: Any) -> None:
    events = numbered(1, 30)
    for last in (10, 30):
        with Relay(server.url, "ticks", guard=0) as relay:
            relay.run(events[:last])
    assert ids(client, "ticks") == [event.id for event in events]


def test_a_sequence_without_the_place_is_read_from_its_start(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks") as relay:
        relay.run(numbered(1, 3))
        relay.run(numbered(5, 6))
    assert ids(client, "ticks") == ["1", "2", "3", "5", "6"]


@pytest.mark.parametrize("length", [5, 3000])
def test_an_iterable_read_again_is_not_written_again(server: RedisServer, client: Any, length: int) -> None:
    with Relay(server.url, "ticks") as relay:
        relay.run(iter(numbered(1, length)))
    with Relay(server.url, "ticks") as relay:
        done = relay.run(iter(numbered(1, length + 2)))
    assert (done.written, done.duplicates) == (2, length)
    assert ids(client, "ticks") == [str(number) for number in range(1, length + 3)]


def test_a_function_is_given_the_place(server: RedisServer, client: Any) -> None:
    def after(place: str) -> list[Event]:
        return numbered(int(place or 0) + 1, 4)

    for _ in range(2):
        with Relay(server.url, "ticks", guard=0) as relay:
            relay.run(after)
    assert ids(client, "ticks") == ["1", "2", "3", "4"]


def test_a_function_may_return_a_stream(server: RedisServer, client: Any) -> None:
    with Server(events=3) as source, Client() as http, Relay(server.url, "ticks") as relay:
        relay.run(lambda place: http.get(f"{source.url}/events", last_event_id=place))
    assert ids(client, "ticks") == ["1", "2", "3"]


def test_a_stream_over_http_is_resumed_at_the_place(server: RedisServer, client: Any) -> None:
    asked: list[str | None] = []
    for _ in range(2):
        with Server(events=5) as source, Relay(server.url, "ticks") as relay:
            relay.run("GET", f"{source.url}/events", until="event 4" if not client.exists("ticks") else None)
            asked.append(source.requests[0].headers.get("last-event-id"))
    assert asked == [None, "3"]
    assert ids(client, "ticks") == ["1", "2", "3", "4", "5"]


def test_an_id_of_the_caller_counts_where_redis_has_none(server: RedisServer, client: Any) -> None:
    for expected in ("3", "5"):
        with Server(events=5) as source, Relay(server.url, "ticks") as relay:
            relay.run("GET", f"{source.url}/events", last_event_id="3", client=None)
            assert source.requests[0].headers["last-event-id"] == expected
    assert ids(client, "ticks") == ["4", "5"]


def test_a_place_among_the_headers_counts_where_redis_has_none(server: RedisServer, client: Any) -> None:
    with Client(headers={"Last-Event-ID": "2"}) as http:
        begun: dict[str, Any] = {"headers": {"last-event-id": "3"}, "client": None}
        resumed: dict[str, Any] = {"client": http}
        for options, expected in ((begun, "3"), (resumed, "5")):
            with Server(events=5) as source, Relay(server.url, "ticks") as relay:
                relay.run("GET", f"{source.url}/events", **options)
                assert source.requests[0].headers["last-event-id"] == expected
        with Server(events=5) as source, Relay(server.url, "tocks") as relay:
            relay.run("GET", f"{source.url}/events", client=http)
            assert source.requests[0].headers["last-event-id"] == "2"
    assert ids(client, "ticks") == ["4", "5"]


def test_what_a_server_sends_again_is_not_written_again(server: RedisServer, client: Any) -> None:
    whole = numbered(1, 40)
    seen: list[Any] = []
    with (
        Server(stream(blocks(*whole[:20])), stream(blocks(*whole)), reply(204)) as source,
        Client() as http,
        Relay(server.url, "ticks") as relay,
    ):
        done = relay.run("GET", source.url, client=http, reconnect=AT_ONCE, observer=seen.append)
    assert (done.written, done.duplicates) == (40, 20)
    assert isinstance(done, ExactlyOnce)
    assert ids(client, "ticks") == [event.id for event in whole]
    assert seen, "the caller's observer is called too"


def test_a_server_that_resumes_with_the_last_event_doubles_nothing(server: RedisServer, client: Any) -> None:
    with (
        Server(stream(blocks(*numbered(1, 2))), stream(blocks(*numbered(2, 3))), reply(204)) as source,
        Relay(server.url, "ticks") as relay,
    ):
        done = relay.run("GET", source.url, reconnect=AT_ONCE)
    assert (ids(client, "ticks"), type(done)) == (["1", "2", "3"], ExactlyOnce)


def test_events_that_share_an_id_are_all_written(server: RedisServer, client: Any) -> None:
    shared = b"id: 1\ndata: a\n\ndata: ping\n\ndata: ping\n\n"
    again = b"data: ping\n\nid: 2\ndata: b\n\n"
    with Server(stream([shared]), stream([again]), reply(204)) as source, Relay(server.url, "ticks") as relay:
        done = relay.run("GET", source.url, reconnect=AT_ONCE)
    assert [each["data"] for each in entries(client, "ticks")] == ["a", "ping", "ping", "ping", "b"]
    assert isinstance(done, AtLeastOnce)
    assert done.without_id == 3


def test_a_source_without_ids_is_at_least_once(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks") as relay:
        done = relay.run([Event("same"), Event("same")])
    assert done == AtLeastOnce(written=2, duplicates=0, terms=1, count=2, last_event_id="", without_id=2)
    with Relay(server.url, "ticks") as relay:
        assert isinstance(relay.run(numbered(1, 1)), AtLeastOnce), "what was written before counts"


def test_an_id_that_comes_again_with_other_data_is_written(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks") as relay:
        done = relay.run(iter([*numbered(1, 2), *numbered(1, 2, "restarted {}")]))
    assert (done.written, done.duplicates) == (4, 0)


def test_doubles_are_known_within_the_guard_alone(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks", guard=3) as relay:
        relay.run(iter(numbered(1, 10)))
        assert relay.run(iter(numbered(8, 10))).duplicates == 3
        assert relay.run(iter(numbered(1, 2))).duplicates == 3
    assert client.zcard("{ticks}:relay:seen") == 3


def _some_events() -> Iterator[Event | Comment]:
    yield Comment("ping")
    yield from numbered(1, 1)


HALVES = [Event("a\ud800b", "c\udfff", "d\ud800"), Event("\ud83d\ude00", id="2"), Event("whole", id="3")]


def as_function(events: list[Event]) -> Callable[[str], list[Event]]:
    """Return a source that is called with the last ID."""
    return lambda _: events


@pytest.mark.parametrize("source", [list, iter, as_function], ids=["list", "iterable", "function"])
def test_halves_of_surrogate_pairs_are_written_as_a_server_would(
    server: RedisServer, client: Any, source: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with Relay(server.url, "ticks") as relay:
        assert relay.run(source(HALVES)) == ExactlyOnce(written=3, duplicates=0, terms=1, count=3, last_event_id="3")
    found = [(each["data"], each["event"], each["id"]) for each in entries(client, "ticks")]
    assert found == [("a\ufffdb", "c\ufffd", "d\ufffd"), ("\U0001f600", "message", "2"), ("whole", "message", "3")]
    assert caplog.text.count("half of a surrogate pair") == 2
    assert r"the event 'd\ud800' holds" in caplog.text


def test_a_place_with_half_of_a_pair_is_found_again(server: RedisServer, client: Any) -> None:
    for last in (1, 3):
        with Relay(server.url, "ticks", guard=0) as relay:
            relay.run(HALVES[:last])
    assert ids(client, "ticks") == ["d\ufffd", "2", "3"]


@pytest.mark.parametrize("event", [Event(b"x"), Event("x", id=7), Event("x", event=None)])  # type: ignore[arg-type]
def test_an_event_whose_fields_are_no_texts_is_a_type_error(server: RedisServer, client: Any, event: Event) -> None:
    with Relay(server.url, "ticks") as relay, pytest.raises(TypeError, match="of an event to be a str, got"):
        relay.run([Event("first"), event])
    assert client.xlen("ticks") == 1


def test_comments_are_no_events(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks") as relay:
        assert relay.run(_some_events()).written == 1


def _item(number: int) -> Item:
    return (str(number), "message", f"event {number}", 0, number)


def test_what_is_no_event_is_a_type_error_and_not_left_out(server: RedisServer, client: Any) -> None:
    source: Any = [*numbered(1, 3), {"data": "x"}, *numbered(4, 5)]
    with Relay(server.url, "ticks") as relay, pytest.raises(TypeError, match="expected events of the source, got dict"):
        relay.run(iter(source))
    assert ids(client, "ticks") == ["1", "2", "3"]
    assert not client.exists("{ticks}:relay:lease")


def test_a_host_that_was_paused_past_its_lease_writes_nothing(server: RedisServer, client: Any) -> None:
    from sse_client.relay._redis.keys import Keys
    from sse_client.relay._relaying.ledger import Fenced, Granted, Ledger

    link = Link(server.client())
    ledger = Ledger(link, Keys("ticks"), "paused", "a feed", 60_000, 100, 0)
    granted = ledger.acquire("old")
    assert isinstance(granted, Granted)
    ledger.write("old", 0, "old:1", [_item(1)])
    client.delete("{ticks}:relay:lease")  # as when its time is over
    with pytest.raises(Fenced):
        ledger.write("old", 1, "old:2", [_item(2)])
    assert isinstance(ledger.acquire("new"), Granted)
    with pytest.raises(Fenced, match="paused"):
        ledger.write("old", 1, "old:2", [_item(2)])
    ledger.release("old")
    assert client.get("{ticks}:relay:lease") == "new", "a lease is given back by its owner alone"
    ledger.write("new", 1, "new:1", [_item(2)])
    assert ids(client, "ticks") == ["1", "2"]
    link.close()


def _lose_answers(monkeypatch: pytest.MonkeyPatch, every: int) -> list[bytes]:
    """Let Redis carry out each command, and lose the answer of every so manieth write; return what was lost."""
    exchange, count, lost = Link._exchange, iter(range(1, 10_000)), list[bytes]()

    def lossy(self: Link, command: bytes) -> Any:
        answer: Any = exchange(self, command)
        if answer[:1] == [b"written"] and next(count) % every == 0:
            self._connection.disconnect()
            lost.append(command)
            raise Broken("the answer was lost")
        return answer

    monkeypatch.setattr(Link, "_exchange", lossy)
    return lost


@pytest.mark.parametrize("every", [2, 3])
def test_a_write_whose_answer_is_lost_is_not_repeated(
    server: RedisServer, client: Any, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    monkeypatch.setattr("sse_client.relay._redis.patience._SHORTEST", 0.001)
    lost = _lose_answers(monkeypatch, every)
    events = [Event(f"event {number}") for number in range(50)]  # no IDs: nothing else can tell a double
    with Relay(server.url, "ticks", batch=5) as relay:
        relay.run(iter(events))
    assert [each["data"] for each in entries(client, "ticks")] == [event.data for event in events]
    assert lost


def test_a_follower_leads_as_soon_as_the_leader_leaves(server: RedisServer, client: Any) -> None:
    reading = threading.Event()

    def endless() -> Iterator[Event]:
        yield from numbered(1, 3)
        reading.wait(10)
        yield Event("one more", id="4")

    with Relay(server.url, "ticks", host="first") as first, Relay(server.url, "ticks", host="second") as second:
        leading = threading.Thread(target=first.run, args=(endless(),))
        leading.start()
        eventually(lambda: first.status.written == 3)
        following = threading.Thread(target=second.run, args=(numbered(1, 6),))
        following.start()
        eventually(lambda: second.status.role == "follower")
        assert (second.status.leader, second.status.count, second.status.last_event_id) == ("first", 3, "3")
        first.close()
        reading.set()
        leading.join(10)
        following.join(10)
        assert second.status.terms == 1
    assert ids(client, "ticks") == ["1", "2", "3", "4", "5", "6"]


def test_a_follower_can_be_closed(server: RedisServer) -> None:
    with Relay(server.url, "ticks") as first, Relay(server.url, "ticks") as second:
        release = threading.Event()

        def waiting() -> Iterator[Event]:
            release.wait(10)
            yield Event("x")

        leading = threading.Thread(target=first.run, args=(waiting(),))
        leading.start()
        eventually(lambda: first.status.role == "leader")
        following = threading.Thread(target=second.run, args=([],))
        following.start()
        eventually(lambda: second.status.role == "follower")
        second.close()
        following.join(5)
        assert not following.is_alive()
        first.close()
        release.set()
        leading.join(5)


def test_closing_wakes_a_stream_that_is_silent(server: RedisServer, client: Any) -> None:
    with Server(events=2, pace=0) as source, Relay(server.url, "ticks") as relay:
        source.script([*stream(blocks(*numbered(1, 2)))[:-1], STALL])
        reading = threading.Thread(target=relay.run, args=("GET", source.url))
        reading.start()
        eventually(lambda: relay.status.written == 2)
        relay.close()
        reading.join(5)
        assert not reading.is_alive()
    assert not client.exists("{ticks}:relay:lease"), "the lease is given back"


def test_what_was_read_is_written_before_the_error_of_the_source(server: RedisServer, client: Any) -> None:
    with (
        Server(stream(blocks(*numbered(1, 50))), reply(404)) as source,
        Relay(server.url, "ticks") as relay,
        pytest.raises(StatusError),
    ):
        relay.run("GET", source.url, reconnect=AT_ONCE)
    assert len(ids(client, "ticks")) == 50
    assert not client.exists("{ticks}:relay:lease")


def test_two_configurations_that_want_one_lease_are_named(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()

    def slow() -> Iterator[Event]:
        yield from numbered(1, 1)
        release.wait(10)

    with Server(events=3) as source, Relay(server.url, "ticks", host="A") as first:
        leading = threading.Thread(target=first.run, args=(slow(),))
        leading.start()
        eventually(lambda: first.status.role == "leader")
        with Relay(server.url, "ticks", host="B", lease=1, partitions=2, key="k") as second:
            url = f"{source.url}/events?token=secret"
            following = threading.Thread(target=second.run, args=("GET", url))
            following.start()
            eventually(lambda: "two configurations" in caplog.text)
            release.set()
            leading.join(10)
            following.join(10)
    fight = next(each.getMessage() for each in caplog.records if "two configurations" in each.getMessage())
    assert "A has it and reads the events of a generator, lease 2 s" in fight
    assert f"B waits and would read GET {source.url}/events, 2 partitions by k, lease 1 s" in fight
    assert "but A read the events of a generator" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("GET",), "expected a method and a URL", id="a method alone"),
        pytest.param((7,), "expected events", id="no events"),
        pytest.param((("x",), "http://localhost"), "go with an HTTP method", id="events and a URL"),
    ],
)
def test_a_source_that_is_none_is_a_type_error(server: RedisServer, arguments: Any, message: str) -> None:
    with Relay(server.url, "ticks") as relay, pytest.raises(TypeError, match=message):
        relay.run(*arguments)


def test_mistakes_in_the_options_of_a_stream_are_found_before_the_lease(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks") as relay:
        with pytest.raises(TypeError):
            relay.run("GET", "http://localhost", timeot=1)
        with pytest.raises(TypeError, match="leave checkpoint out"):
            relay.run("GET", "http://localhost", checkpoint="place.txt")
    assert not client.exists("{ticks}:relay")


@pytest.mark.parametrize(
    "options",
    [
        {"lease": 0}, {"lease": float("inf")}, {"lease": float("nan")}, {"lease": 1e20}, {"max_lag": 0},
        {"on_lag": "stop"}, {"guard": -1}, {"batch": 0}, {"batch": 6000}, {"partitions": 0}, {"partitions": 5000},
        {"drop_acknowledged": True}, {"on_lag": "trim"},
        {"drop_acknowledged": True, "max_lag": 5, "on_lag": "trim"},
    ],
    ids=str,
)  # fmt: skip
def test_an_argument_out_of_its_range_is_a_value_error(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|goes with"):
        Relay("redis://127.0.0.1:1", "ticks", **options)


def test_a_key_that_would_have_to_be_awaited_is_a_type_error() -> None:
    async def key(_: Event) -> str:
        return "a"

    with pytest.raises(TypeError, match=r"key.* is async"):
        Relay("redis://127.0.0.1:1", "ticks", partitions=2, key=key)


@pytest.mark.parametrize("names", [{"name": "\ud800"}, {"name": "ticks", "host": "\ud800"}], ids=ascii)
def test_a_name_without_a_form_in_utf_8_is_a_value_error(names: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="half of a surrogate pair"):
        Relay("redis://127.0.0.1:1", **names)


def test_a_client_of_the_caller_stays_open(server: RedisServer, client: Any) -> None:
    with Relay(client, "ticks") as relay:
        relay.run(numbered(1, 2))
        assert relay.lag() == 2
    assert ids(client, "ticks") == ["1", "2"]


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_key_keeps_its_order_in_one_partition(server: RedisServer, client: Any, partitions: int) -> None:
    events = [Event(f'{{"user": {{"ids": [{number % 7}]}}}}', id=str(number)) for number in range(1, 200)]
    with Relay(server.url, "{a}b", partitions=partitions, key="user.ids.0") as relay:
        relay.run(events)
    names = ["{a}b"] if partitions == 1 else [f"{{a}}b:{number}" for number in range(partitions)]
    found = [list(entries(client, name)) for name in names]
    assert sorted(int(each["n"]) for one in found for each in one) == list(range(1, 200))
    for one in found:
        assert [int(each["pos"]) for each in one] == list(range(1, len(one) + 1))
        assert [int(each["id"]) for each in one] == sorted(int(each["id"]) for each in one)
    where = {(int(each["id"]) % 7, place) for place, one in enumerate(found) for each in one}
    assert len(where) == 7


def test_an_event_without_a_key_goes_into_partition_0(
    server: RedisServer, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with Relay(server.url, "ticks", partitions=2, key="user.id") as relay:
        relay.run([Event("no JSON", id="1"), Event("{}", id="2"), Event('{"user": 7}', id="3"), Event("[]", id="4")])
        assert relay.status.without_key == 4
    assert caplog.text.count("has no key") == 1
    assert "the event '1' has no key; it goes into partition 0" in caplog.text
    with Relay(server.url, "ticks", partitions=2, key=lambda _: 1 / 0) as relay:
        relay.run([Event("x", id="5")])
    huge = 10**5000  # Python refuses to write it out
    with Relay(server.url, "ticks", partitions=2, key=lambda _: huge) as relay:
        relay.run([Event("x", id="6")])
    assert ids(client, "{ticks}:0") == ["1", "2", "3", "4", "5", "6"]
    assert "the key function failed for the event '5': ZeroDivisionError" in caplog.text
    assert "the key function failed for the event '6': ValueError" in caplog.text


def test_without_a_key_everything_is_in_one_order(server: RedisServer, client: Any) -> None:
    with Relay(server.url, "ticks", partitions=2) as relay:
        relay.run(numbered(1, 20))
    assert len(ids(client, "{ticks}:0")) == 20


def test_leading_is_logged(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sse_client.relay")
    with Relay(server.url, "ticks", host="A") as relay:
        relay.run(numbered(1, 2))
    assert "relay 'ticks': A leads, after event '', term 1" in caplog.text
