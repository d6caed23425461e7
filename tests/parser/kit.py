"""What the parser's tests share: streams in pieces, what a parser makes of them, and how its cost grows."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from sse_client.errors import EventTooLarge
from sse_client.events import Comment, Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sse_client.parser import Parser

BOM = b"\xef\xbb\xbf"
MIB = 1024 * 1024
TWICE = 2.6  # instead of 2, for noise; quadratic time shows as 4
ENOUGH = 0.004  # seconds; below it the clock is too coarse


def cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def splits(stream: bytes) -> Iterator[list[bytes]]:
    """Yield every way to cut a stream into two, and into pieces of one size."""
    for at in range(len(stream) + 1):
        yield [stream[:at], stream[at:]]
    for size in range(1, min(len(stream), 32) + 1):
        yield cut(stream, size)


def feed_all(parser: Parser[Event | Comment], pieces: Iterable[bytes]) -> list[Event | Comment]:
    found: list[Event | Comment] = []
    for piece in pieces:
        found += parser.feed(piece)
    return found


def feed_until_refused(parser: Parser[Event | Comment], pieces: Iterable[bytes]) -> tuple[list[Event | Comment], bool]:
    """Return the events, and whether the parser gave up; a last, empty read raises an error that is pending."""
    found: list[Event | Comment] = []
    try:
        for piece in pieces:
            found += parser.feed(piece)
        parser.feed(b"")
    except EventTooLarge:
        return found, True
    return found, False


def data(*values: str) -> list[Event]:
    return [Event(data=value) for value in values]


def seconds(work: Callable[[], object]) -> float:
    """Return the least CPU time of several runs."""
    times: list[float] = []
    for _ in range(5):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return min(times)


def grows_linearly(work: Callable[[int], Callable[[], object]]) -> bool:
    """Return whether twice the size costs about twice the time, in the best of several measurements.

    They are of several sizes, because memory that is asked for in larger blocks raises what one of them costs.
    """
    size = 500
    while seconds(work(size)) < ENOUGH:
        size *= 2
    gc.disable()
    try:
        sizes = [size, 2 * size, 3 * size] * 2
        return any(seconds(work(2 * each)) <= TWICE * seconds(work(each)) for each in sizes)
    finally:
        gc.enable()
