"""Chat adapters over loopback: a whole answer to its pieces of text; and what accumulating it costs."""

from __future__ import annotations

from benchmarks.chats import ADAPTERS, CHATS, OURS
from benchmarks.measure import Effort, Field
from benchmarks.peers import installed
from benchmarks.report import Result, against, comparison, failures, figures, raw
from benchmarks.rows import by_column, details
from benchmarks.server import serving

__all__ = ["run"]


def run(effort: Effort) -> Result:
    """Compare."""
    result = Result("chat")
    count = effort.pick(8000, 1000, 100)
    found, names = {}, installed(CHATS, effort.level)
    with serving() as server, Field(names, server.environment) as field:
        for framing in ("chunked", "unframed"):
            tasks = {name: ["benchmarks.chats", "chat", name, server.url(framing), count] for name in names}
            found[framing] = samples = field.compare(tasks, effort)
            result.notes += failures(samples, framing)
            result.raw[framing] = raw(samples)
            result.figures |= figures(f"chat: {framing}", against(samples, OURS))
    result.tables = [by_column(found, OURS, f"CPU a chunk, times that of {OURS}"), details(found, OURS, "a chunk")]

    whole, alone = ADAPTERS
    with Field(ADAPTERS) as field:
        samples = field.compare({name: ["benchmarks.chats", "adapter", name, count] for name in ADAPTERS}, effort)
    result.notes += failures(samples, "the adapter")
    result.raw["adapter"] = raw(samples)
    if not samples[whole].error and not samples[alone].error:
        result.figures["chat: accumulation"] = samples[whole].over(samples[alone]).median
    result.tables.append(comparison(samples, alone, ["events to deltas, no I/O", "times"], "a chunk"))
    return result
