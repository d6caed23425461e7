"""Chat adapters over loopback: a whole answer, each event in an HTTP chunk of its own, to its pieces of text."""

from __future__ import annotations

from benchmarks.clients import CHATS, OUR_CHAT
from benchmarks.measure import Effort, Field
from benchmarks.report import Result, against, cell, failures, microseconds, raw, spread, table
from benchmarks.server import serving

__all__ = ["run"]


def run(effort: Effort) -> Result:
    """Compare."""
    result = Result("chat")
    count = 1000 if effort.quick else 8000
    with serving() as url, Field(CHATS) as field:
        samples = field.compare(
            {name: ["benchmarks.clients", "chat", name, url, "chunked", count] for name in CHATS}, effort
        )
    ratios = against(samples, OUR_CHAT)
    result.raw["chunked"] = raw(samples)
    result.figures = {f"chat: {name}": ratio.best for name, ratio in ratios.items()}
    rows = []
    for name, sample in samples.items():
        ratio = ratios.get(name)
        compared = ["1", ""] if name == OUR_CHAT else [cell(ratio), spread(ratio)]
        rows.append([name, *compared, microseconds(sample)])
    result.lines = [*table(["times the speed of", "chunked", "rounds", "µs a chunk"], rows), *failures(samples, "chat")]
    return result
