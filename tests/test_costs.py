"""What an event costs in operations, against what it cost when that was last looked at; and in memory.

Deterministic, so that it can fail on a tenth: a process of its own counts, without coverage's tracer (see `counting`).
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from itertools import chain

import pytest
from counting import PYTHON, ROOT, TABLE, baselines

from sse_client import Parser
from sse_client.replies.parsing import TolerantParser

MORE = 1.1  # times the baseline: what is still taken for the same

# Each version has instructions of its own.
counted_here = pytest.mark.skipif(PYTHON not in baselines(), reason=f"{TABLE.name} has no counts of Python {PYTHON}")

# The fast path of a row, the row that has none, and how many times less the first takes.
SHAPES = [
    ("parser: chat, 64 KiB reads", "parser: data apart, id, 64 KiB reads", 30),
    ("parser: chat, CRLF, 64 KiB reads", "parser: data apart, id, 64 KiB reads", 30),
    ("parser: data: x, 64 KiB reads", "parser: data apart, id, 64 KiB reads", 300),
    ("parser: data:x, 64 KiB reads", "parser: data apart, id, 64 KiB reads", 300),
    ("parser: chat, a comment every 50 events, 64 KiB reads", "parser: data apart, id, 64 KiB reads", 8),
    ("parser: chat, an emoji every 50 events, 64 KiB reads", "parser: data apart, id, 64 KiB reads", 5),
    ("parser: id, data, 64 KiB reads", "parser: data apart, id, 64 KiB reads", 30),
    ("parser: types in turns, 64 KiB reads", "parser: data apart, id, 64 KiB reads", 30),
    ("parser: event, id, 2 x data, 64 KiB reads", "parser: data apart, id, 64 KiB reads", 5),
    ("parser: chat, one event a read", "parser: data apart, id, one event a read", 3),
    ("parser: chat, CRLF, one event a read", "parser: data apart, id, one event a read", 3),
    ("parser: data:x, one event a read", "parser: data apart, id, one event a read", 3),
    ("parser: event, data, one event a read", "parser: data apart, id, one event a read", 3),
    ("parser: id, data, one event a read", "parser: data apart, id, one event a read", 2),
    ("parser: data in lines, one event a read", "parser: data apart, id, one event a read", 2),
    ("parser: chat, 64-byte reads", "parser: data apart, id, one event a read", 1.2),
    ("unchunk: an event a chunk, 64 KiB receives", "unchunk: an event a chunk, a chunk a receive", 1.8),
    ("stream: chat, 64 KiB reads", "stream: chat, one event a read", 20),
    ("stream, asyncio: chat, 400 a wake-up", "stream, asyncio: chat, one event a wake-up", 20),
]


def counted() -> dict[str, float]:
    """Return what a fresh process counts, without what a tracer of ours would have it import."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    counting = [sys.executable, "tests/counting.py"]
    done = subprocess.run(
        counting, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=50, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, float]:
    return counted()


def comparison(found: dict[str, float], baseline: dict[str, float]) -> str:
    """Return the table that a failure shows."""
    lines = [f"operations an event on Python {PYTHON}: now, and in {TABLE.name}"]
    for name in dict.fromkeys(chain(found, baseline)):
        now, before = found.get(name), baseline.get(name)
        ratio = f"{now / before:6.2f} times" if now is not None and before else ""
        mark = "  <--" if now is None or before is None or now > MORE * before or before > MORE * now else ""
        lines.append(f"{name:55} {now if now is not None else '-':>9} {before or '-':>9}  {ratio}{mark}")
    lines.append("If the change is meant, say why in its commit, and run: python tests/counting.py --write")
    return "\n".join(lines)


@counted_here
def test_no_event_costs_a_tenth_more_operations_than_it_did(found: dict[str, float]) -> None:
    baseline = baselines()[PYTHON]
    within = [now <= MORE * baseline.get(name, 0) for name, now in found.items()]
    assert all(within), comparison(found, baseline)


@counted_here
def test_the_baseline_is_no_tenth_behind_what_is_counted(found: dict[str, float]) -> None:
    # Else a later loss would hide in what was gained.
    baseline = baselines()[PYTHON]
    within = [name in found and before <= MORE * found[name] for name, before in baseline.items()]
    assert all(within), comparison(found, baseline)


@counted_here
@pytest.mark.parametrize(("fast", "general", "times"), SHAPES, ids=[fast for fast, _, _ in SHAPES])
def test_a_fast_path_takes_a_fraction_of_the_general_one(
    found: dict[str, float], fast: str, general: str, times: float
) -> None:
    assert found[fast] * times <= found[general], comparison(found, baselines().get(PYTHON, {}))


def test_two_runs_count_the_same(found: dict[str, float]) -> None:
    assert counted() == found


def size(thing: object, seen: set[int]) -> int:
    """Return the bytes of `thing` and of all that it holds on to, classes aside."""
    if id(thing) in seen or isinstance(thing, type):
        return 0
    seen.add(id(thing))
    return sys.getsizeof(thing) + sum(size(inner, seen) for inner in gc.get_referents(thing))


@pytest.mark.parametrize("kind", [Parser, TolerantParser])
@pytest.mark.parametrize(
    ("reads", "most"),
    [
        pytest.param([], 512, id="a fresh one"),
        pytest.param([b"data: x\n\n"] * 3, 512, id="between two events"),
        pytest.param([b"event: e\ndata: x\n\n"] * 3, 512, id="with a type"),
        pytest.param([b"id: 1\nevent: e\nretry: 5\ndata: x\n"], 768, id="in a block"),
    ],
)
def test_an_open_stream_has_no_more_than_these_bytes_in_its_parser(
    kind: type[Parser], reads: list[bytes], most: int
) -> None:
    parser = kind()
    for read in reads:
        parser.feed(read)
    assert not hasattr(parser, "__dict__")
    shared = {id(thing) for thing in (None, True, False, *gc.get_referents(kind()))}
    assert size(parser, shared) <= most
