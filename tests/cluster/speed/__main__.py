"""Measure and print: python -m cluster.speed [PART ...] [--events N] [--chats N] [--long N] [--rounds N].

Whatever is compared runs in turn, in pairs, and the median of the pairs counts: a machine that others use is slower in
one run than in the next.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from cluster.speed.chats import WARM_UP, at_once, replies, server_cpu
from cluster.speed.feed import Run, consumed, entry_bytes, latencies, run, world

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cluster.speed.chats import Spent

_PARTS = ("burst", "live", "consumers", "memory", "chats", "workers")
_AT_ONCE = 1e9  # events a second
_LIVE = 100


def main(arguments: Sequence[str]) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m cluster.speed")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(_PARTS)}; all of them by default")
    parser.add_argument("--events", type=int, default=50_000, help="of a burst")
    parser.add_argument("--live", type=int, default=1_000, help="events that come one by one, 100 a second")
    parser.add_argument("--chats", type=int, default=2_000)
    parser.add_argument("--long", type=int, default=1_000_000, help="events for the memory; 0 to leave it out")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs, of which the median counts")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.parts) - set(_PARTS):
        parser.error(f"expected parts out of {', '.join(_PARTS)}, got {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        measures: dict[str, Callable[[], None]] = {
            "burst": lambda: burst(asked.events, asked.rounds, folder),
            "live": lambda: live(asked.live, asked.rounds, folder),
            "consumers": lambda: consumers(asked.events, asked.live, folder),
            "memory": lambda: memory(asked.long, folder),
            "chats": lambda: chats(asked.chats, asked.rounds, folder),
            "workers": lambda: workers(asked.chats, asked.rounds),
        }
        for part in asked.parts or _PARTS:
            measures[part]()


def burst(events: int, rounds: int, folder: Path) -> None:
    pairs = _pairs(rounds, lambda what: run(what, events, _AT_ONCE, folder)[0])
    _say(f"burst of {events:,}, {rounds} pairs of runs")
    _say(f"  us an event: {_each(pairs, 0, 'wall', events)} in a loop of XADD, {_each(pairs, 1, 'wall', events)} in "
         f"the relay: {_ratio(pairs, 'wall')} times as fast, {_ratio(pairs, 'cpu')} times by its CPU")  # fmt: skip
    _say(f"  us of Redis an event: {_each(pairs, 0, 'redis', events)} and {_each(pairs, 1, 'redis', events)}")


def live(events: int, rounds: int, folder: Path) -> None:
    pairs = _pairs(rounds, lambda what: run(what, events, _LIVE, folder)[0])
    _say(f"live, {_LIVE} a second, {rounds} pairs of runs of {events:,}")
    _say(f"  us of CPU an event: {_each(pairs, 0, 'cpu', events)} in a loop of XADD, {_each(pairs, 1, 'cpu', events)} "
         f"in the relay: {1 / median(_ratios(pairs, 'cpu')):.2f} times")  # fmt: skip
    _say(f"  us of Redis an event: {_each(pairs, 0, 'redis', events)} and {_each(pairs, 1, 'redis', events)}")
    found = {what: [latencies(what, _LIVE, 4, folder) for _ in range(rounds)] for what in ("loop", "relay")}
    for what, several in found.items():
        p50, p99 = (sorted(_share(gaps, share) for gaps in several) for share in (0.5, 0.99))
        _say(f"  ms from an event's sending to its entry, {what}: p50 {median(p50):.2f} (least {p50[0]:.2f}), "
             f"p99 {median(p99):.2f} (least {p99[0]:.2f})")  # fmt: skip


def _share(sizes: list[float], share: float) -> float:
    return sizes[min(len(sizes) - 1, int(len(sizes) * share))]


def consumers(events: int, live: int, folder: Path) -> None:
    behind = consumed(events, folder)
    each = {name: behind[name] / events * 1e6 for name in ("wall", "cpu", "redis")}
    _say(f"a consumer with {events:,} entries before it: {each['wall']:.0f} us an entry, {each['cpu']:.0f} us of CPU, "
         f"{each['redis']:.0f} us of Redis")  # fmt: skip
    (alone,) = run("relay", live, _LIVE, folder)
    _, beside = run("relay", live, _LIVE, folder, consumer=True)
    of_redis = (beside["redis"] - alone["redis"]) / live * 1e6
    _say(f"a consumer of {_LIVE} entries a second: {beside['cpu'] / live * 1e6:.0f} us of CPU an entry, {of_redis:.0f} "
         "us of Redis")  # fmt: skip


def memory(long: int, folder: Path) -> None:
    entry, known = entry_bytes(100_000, 200, folder)
    _say(f"memory of Redis: {entry:.0f} bytes for an entry of 200 bytes of data, {known:.0f} for one that is known "
         "again")  # fmt: skip
    if long:
        short, whole = (run("relay", events, _AT_ONCE, folder)[0]["peak"] for events in (1_000, long))
        _say(f"memory of the relay: {short:.1f} MiB after 1,000 events, {whole:.1f} MiB after {long:,}")


def chats(many: int, rounds: int, folder: Path) -> None:
    with world(folder) as url:
        found = [(at_once("bare", [f"{url}/v1"], many), at_once("batch", [f"{url}/v1"], many)) for _ in range(rounds)]
    _say(f"chats, {rounds} rounds: {many / median(bare.wall for bare, _ in found):,.0f} a second with AsyncChatClient, "
         f"{many / median(batch.wall for _, batch in found):,.0f} with ChatBatch: "
         f"{median(bare.wall / batch.wall for bare, batch in found):.2f} times, by CPU "
         f"{median(bare.cpu / batch.cpu for bare, batch in found):.2f} times")  # fmt: skip


def workers(many: int, rounds: int) -> None:
    """Compare one process with two, beside a server that leaves them the cores, and with two that share nothing."""
    found: list[tuple[Spent, Spent]] = []
    computed: list[float] = []
    with replies() as url:
        urls = [f"{url}/v1"] * 2
        began = server_cpu(url)
        for _ in range(rounds):
            found.append((at_once("batch", urls[:1], many), at_once("batch", urls, many)))
            computed.append(_gain(at_once("computed", urls[:1], many), at_once("computed", urls, many)))
        served = (server_cpu(url) - began) / (3 * (many + WARM_UP) * rounds)
    chat = median(one.cpu for one, _ in found) / many
    more = median(two.cpu / one.cpu / 2 for one, two in found)
    # Two cores are shared by two processes and the server; with one process, the server has the other core.
    possible = 2 * chat / (chat * more + served)
    _say(f"two processes, {rounds} rounds of {many:,} chats each: a chat takes {chat * 1e6:.0f} us of CPU in one "
         f"process, {more:.2f} times that in two; {served * 1e6:.0f} us of the server's: by arithmetic, two idle cores "
         f"answer {possible:.2f} times as many with two")  # fmt: skip
    gains = sorted((_gain(one, two), one, two) for one, two in found)
    ours, most = median(gain for gain, _, _ in gains), median(computed)
    _say(f"  by the clock, {ours:.2f} times as many; two that compute and share nothing do {most:.2f} times "
         f"as much ({min(computed):.2f} to {max(computed):.2f}), so {ours / most:.0%} of what this machine "
         "had to give; by round, with the share of a core that each process had at least:")  # fmt: skip
    for gain, one, two in reversed(gains):
        _say(f"    {gain:.2f} times ({two.share:.0%} of a core each in two, which ran {two.together:.0%} of the time "
             f"together; {one.share:.0%} in one)")  # fmt: skip


def _gain(one: Spent, two: Spent) -> float:
    """Return how many times the work of one process two have done in the same time."""
    return 2 * one.wall / two.wall


def _pairs(rounds: int, measure: Callable[[str], Run]) -> list[tuple[Run, Run]]:
    """Return runs of a loop and of the relay, each first in every other pair."""
    found: list[tuple[Run, Run]] = []
    for number in range(rounds):
        first, second = ("loop", "relay") if number % 2 == 0 else ("relay", "loop")
        runs = {first: measure(first), second: measure(second)}
        found.append((runs["loop"], runs["relay"]))
    return found


def _ratios(pairs: list[tuple[Run, Run]], name: str) -> list[float]:
    return sorted(loop[name] / relay[name] for loop, relay in pairs)


def _ratio(pairs: list[tuple[Run, Run]], name: str) -> str:
    found = _ratios(pairs, name)
    return f"{median(found):.1f} ({found[0]:.1f} to {found[-1]:.1f})"


def _each(pairs: list[tuple[Run, Run]], which: int, name: str, events: int) -> str:
    return f"{median(pair[which][name] for pair in pairs) / events * 1e6:.1f}"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
