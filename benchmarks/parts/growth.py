"""How cost grows with size: each doubling of the input ought to double it."""

from __future__ import annotations

import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from benchmarks.probe import ask
from benchmarks.report import Result, Table
from benchmarks.streams import chat_stream, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.measure import Effort

__all__ = ["run", "times"]

_DOUBLINGS = 4
_KIB = 1024


def run(effort: Effort) -> Result:
    """Measure."""
    result = Result("growth")
    rows = []
    for name, (unit, size, _) in _INPUTS.items():
        first = size // effort.pick(1, 4, 64)
        seconds = ask(__name__, "times", name, first, effort.pick(7, 3, 1))
        ratios = [after / before for before, after in pairwise(seconds)]
        average = (seconds[-1] / seconds[0]) ** (1 / _DOUBLINGS)
        rows.append([f"{name}, from {first:,} {unit}", *(f"{ratio:.2f}" for ratio in ratios), f"{average:.2f}"])
        result.figures[f"growth: {name}"] = average
        result.raw[name] = {
            "unit": unit,
            "sizes": [first * 2**power for power in range(_DOUBLINGS + 1)],
            "cpu": seconds,
        }
    result.tables = [Table(["CPU, times that of half the input", "x 2", "x 4", "x 8", "x 16", "a doubling"], rows)]
    return result


def times(name: str, size: int, tries: int) -> list[float]:
    """Return the CPU seconds that inputs of `size`, and of each doubling of it, take; the least of some tries.

    The sizes are measured in turns: where the machine gets slower for a second, it does so for all of them.
    """
    work = _INPUTS[name][2]
    found = [float("inf")] * (_DOUBLINGS + 1)
    for _ in range(tries):
        for power in range(_DOUBLINGS + 1):
            read = work(size * 2**power)
            start = time.process_time()
            read()
            found[power] = min(found[power], time.process_time() - start)
    return found


def _parse(pieces: list[bytes]) -> Callable[[], None]:
    from sse_client import Parser

    def read() -> None:
        feed = Parser(max_event_size=None).feed
        for piece in pieces:
            feed(piece)

    return read


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def _chat(chunks: Iterator[dict[str, Any]]) -> Callable[[], None]:
    from sse_client import Event
    from sse_client.adapters.openai import deltas

    events = [Event(json.dumps({"choices": [chunk]})) for chunk in chunks]

    def read() -> None:
        for _ in deltas([*events, Event("[DONE]")]):
            pass

    return read


def _choices(count: int) -> Callable[[], None]:
    return _chat({"index": index, "delta": {"content": "word"}, "finish_reason": "stop"} for index in range(count))


def _tool_calls(count: int) -> Callable[[], None]:
    def call(index: int) -> dict[str, Any]:
        made = {"index": index, "id": f"call-{index}", "function": {"name": "look", "arguments": '{"x":1}'}}
        return {"index": 0, "delta": {"tool_calls": [made]}}

    return _chat(map(call, range(count)))


def _unnumbered_calls(count: int) -> Callable[[], None]:
    def call(index: int) -> dict[str, Any]:
        made = {"id": f"call-{index}", "function": {"name": "look", "arguments": '{"x":1}'}}
        return {"index": 0, "delta": {"tool_calls": [made]}}

    return _chat(map(call, range(count)))


def _arguments(count: int) -> Callable[[], None]:
    def piece(_: int) -> dict[str, Any]:
        return {"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": '"word",'}}]}}

    return _chat(map(piece, range(count)))


_INPUTS: dict[str, tuple[str, int, Callable[[int], Callable[[], None]]]] = {
    "events of a stream, one a read": ("events", 5_000, lambda size: _parse(chat_stream(size))),
    "events of a stream, 64 KiB reads": (
        "events",
        5_000,
        lambda size: _parse(_cut(b"".join(chat_stream(size)), 64 * _KIB)),
    ),
    "length of a line, 16 KiB reads": ("bytes", 1024 * _KIB, lambda size: _parse(_cut(one_line(size), 16 * _KIB))),
    "length of a line, 256-byte reads": ("bytes", 256 * _KIB, lambda size: _parse(_cut(one_line(size), 256))),
    "fragments of one event": ("reads", 2_000, lambda size: _parse(_cut(one_line(size * 64), 64))),
    "data lines of one event": ("lines", 20_000, lambda size: _parse(_cut(b"data: word\n" * size + b"\n", 16 * _KIB))),
    "comments": ("comments", 5_000, lambda size: _parse([b": ping\n\n"] * size)),
    "choices of a chat": ("choices", 1_000, _choices),
    "tool calls of a chat": ("calls", 1_000, _tool_calls),
    "tool calls without an index": ("calls", 1_000, _unnumbered_calls),
    "pieces of a call's arguments": ("pieces", 1_000, _arguments),
}
