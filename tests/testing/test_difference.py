"""Two recordings compared: events, ids, order, timing, and how they ended."""

from __future__ import annotations

import random
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from sse_client.events import Event
from sse_client.testing import Difference, Recording, RecordingError, RecordingWriter, diff
from sse_client.testing._replaying.difference import WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TYPE = [("Content-Type", "text/event-stream")]


def event(number: int, **fields: Any) -> Event:
    values: dict[str, Any] = {"data": f"event {number}", "id": str(number), **fields}
    return Event(**values)


class Pair:
    """Two recordings, and how they differ."""

    def __init__(self, folder: Path) -> None:
        self.paths = folder / "a.sse", folder / "b.sse"

    def write(
        self, which: int, events: Iterable[Event], *, pause: float = 1.0, end: Any = "complete", **head: Any
    ) -> None:
        options: dict[str, Any] = {"status": 200, "headers": TYPE, "clock": lambda: 0.0, **head}
        with RecordingWriter(self.paths[which], **options) as writer:
            for number, each in enumerate(events, 1):
                writer.write(each.encode(), seconds=number * pause)
            writer.end(end)

    def differences(self, first: Iterable[Event], second: Iterable[Event], **options: Any) -> list[Difference]:
        self.write(0, first)
        self.write(1, second)
        return list(diff(*self.paths, **options))

    def kinds(self, first: Iterable[Event], second: Iterable[Event]) -> list[tuple[str, int | None, int | None]]:
        return [(each.kind, each.first, each.second) for each in self.differences(first, second, tolerance=None)]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


ONE_TO_FIVE = [event(number) for number in range(1, 6)]


@pytest.mark.parametrize("events", [[], ONE_TO_FIVE, [Event(data="same")] * 200])
def test_equal_recordings_do_not_differ(pair: Pair, events: list[Event]) -> None:
    assert pair.differences(events, events) == []
    one, other = map(Recording.open, pair.paths)
    assert list(diff(one, other)) == []


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        pytest.param([1, 2, 4, 5], [("missing", 3, None)], id="one is missing"),
        pytest.param([2, 3, 4, 5], [("missing", 1, None)], id="the first is missing"),
        pytest.param([1, 2, 3], [("missing", 4, None), ("missing", 5, None)], id="the last are missing"),
        pytest.param([], [("missing", number, None) for number in range(1, 6)], id="all are missing"),
        pytest.param([1, 2, 9, 3, 4, 5], [("extra", None, 3)], id="one is extra"),
        pytest.param([1, 2, 3, 4, 5, 9], [("extra", None, 6)], id="the last is extra"),
        pytest.param([1, 2, 2, 3, 4, 5], [("extra", None, 3)], id="one came twice"),
        pytest.param([2, 1, 3, 4, 5], [("moved", 2, 1)], id="two are exchanged"),
        pytest.param([1, 3, 4, 5, 2], [("moved", 2, 5)], id="one came last"),
        pytest.param([5, 1, 2, 3, 4], [("moved", 5, 1)], id="one came first"),
        pytest.param([1, 9, 3, 4, 5], [("missing", 2, None), ("extra", None, 2)], id="one is another"),
    ],
)
def test_events_and_their_order(pair: Pair, second: list[int], expected: list[Any]) -> None:
    assert pair.kinds(ONE_TO_FIVE, [event(number) for number in second]) == expected


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"id": "x"}, "event 3: id '3' in the first recording, 'x' in the second"),
        ({"data": "x"}, "event 3: data 'event 3' in the first recording, 'x' in the second"),
        ({"event": "x"}, "event 3: type 'message' in the first recording, 'x' in the second"),
        ({"retry": 5}, "event 3: retry None in the first recording, 5 in the second"),
        ({"data": "x" * 99}, f"event 3: data 'event 3' in the first recording, '{'x' * 79}… in the second"),
    ],
)
def test_changed_event_is_described(pair: Pair, changed: Any, text: str) -> None:
    second = [event(number, **(changed if number == 3 else {})) for number in range(1, 6)]
    (found,) = pair.differences(ONE_TO_FIVE, second)
    assert (found.kind, found.first, found.second, str(found)) == ("changed", 3, 3, text)


def test_other_ids_throughout_are_changes(pair: Pair) -> None:
    second = [event(900), *(event(number, id=f"run-2-{number}") for number in range(1, 200))]
    expected = [("changed", number, number + 1) for number in range(1, 200)]
    assert pair.kinds([event(number) for number in range(1, 200)], second) == [("extra", None, 1), *expected]


def test_missing_event_is_described(pair: Pair) -> None:
    missing, extra = pair.differences([event(1, event="note")], [event(2)])
    assert str(missing) == "event 1 of the first recording is not in the second: type 'note', id '1', data 'event 1'"
    assert str(extra) == "event 1 of the second recording is not in the first: id '2', data 'event 2'"


def test_moved_event_is_described(pair: Pair) -> None:
    (moved,) = pair.differences([event(1), event(2)], [event(2), event(1)], tolerance=None)
    assert str(moved) == "event 2 of the first recording is event 1 of the second: id '2', data 'event 2'"


def test_event_may_have_moved_far(pair: Pair) -> None:
    events = [event(number) for number in range(4 * WINDOW)]
    assert pair.kinds(events, [*events[1:], events[0]]) == [("moved", 1, 4 * WINDOW)]


def test_gap_longer_than_the_window_is_counted_in_full(pair: Pair) -> None:
    events = [event(number) for number in range(4 * WINDOW)]
    kinds = pair.kinds(events, [*events[:3], *events[3 + WINDOW + 20 :]])
    assert len(kinds) >= WINDOW + 20
    assert kinds[0] == ("missing", 4, None)


def test_times_are_compared_from_event_to_event(pair: Pair) -> None:
    pair.write(0, ONE_TO_FIVE)
    pair.write(1, ONE_TO_FIVE, pause=1.05)
    assert list(diff(*pair.paths)) == []
    assert len(list(diff(*pair.paths, tolerance=0.01))) == 5
    pair.write(1, ONE_TO_FIVE, pause=0.5)
    first, *_ = found = list(diff(*pair.paths))
    assert [each.kind for each in found] == ["timing"] * 5
    assert str(first) == "event 1 came after 1.000 s in the first recording, 0.500 s in the second"
    assert list(diff(*pair.paths, tolerance=None)) == []


def test_missing_event_shifts_no_later_time(pair: Pair) -> None:
    found = pair.differences(ONE_TO_FIVE, [ONE_TO_FIVE[0], *ONE_TO_FIVE[2:]])
    assert [(each.kind, str(each).partition(" came")[0]) for each in found[1:]] == [
        ("timing", "event 3 (event 2 of the second recording)")
    ]


def test_responses_are_compared(pair: Pair) -> None:
    pair.write(0, [], headers=[])
    pair.write(1, [], status=503)
    assert [str(each) for each in diff(*pair.paths)] == [
        "status: 200 in the first recording, 503 in the second",
        "content type: none in the first recording, text/event-stream in the second",
    ]


def test_ends_are_compared(pair: Pair) -> None:
    pair.write(0, ONE_TO_FIVE)
    pair.write(1, ONE_TO_FIVE, end="cut")
    (found,) = diff(*pair.paths)
    assert (found.kind, str(found)) == ("end", "the first recording is complete, the second cut")
    path = pair.paths[1]
    path.write_bytes(path.read_bytes()[:-5])
    assert [str(each) for each in diff(*pair.paths)] == ["the first recording is complete, the second truncated"]


def test_damage_is_an_error_and_no_difference(pair: Pair) -> None:
    pair.write(0, ONE_TO_FIVE)
    with pytest.raises(FileNotFoundError):
        diff(*pair.paths)
    pair.paths[1].write_bytes(b"data: 1\n\n")
    with pytest.raises(RecordingError):
        diff(*pair.paths)


@pytest.mark.parametrize("seed", range(20))
def test_differences_account_for_every_event(pair: Pair, seed: int) -> None:
    chance = random.Random(seed)
    first = [event(chance.randrange(30)) for _ in range(chance.randrange(40))]
    second = [each for each in first if chance.random() < 0.8]
    for _ in range(chance.randrange(5)):
        second.insert(chance.randrange(len(second) + 1), event(chance.randrange(40)))
    found = pair.kinds(first, second)
    count = [kind for kind, _, _ in found]
    assert len(first) - count.count("missing") == len(second) - count.count("extra")
    assert (not found) == (first == second)


def test_memory_does_not_grow_with_the_recordings(pair: Pair) -> None:
    def peak(count: int) -> int:
        pair.write(0, map(event, range(count)))
        pair.write(1, (event(number) for number in range(count) if number % 3), pause=2)
        tracemalloc.start()
        assert sum(1 for _ in diff(*pair.paths)) > count // 3
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(300)
    assert peak(2000) < 1.2 * peak(500) + 50_000
