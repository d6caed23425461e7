"""Asyncio clients over loopback: events beside httpx2 and aiohttp, chat beside the OpenAI SDK."""

from __future__ import annotations

from benchmarks import aio_clients, chats
from benchmarks.aio_clients import AIO_CLIENTS, BARE, OURS
from benchmarks.chats import AIO_CHATS
from benchmarks.measure import Effort, Field
from benchmarks.peers import installed
from benchmarks.report import Result, against, failures, figures, raw
from benchmarks.rows import by_column, details
from benchmarks.server import serving

__all__ = ["run"]


def run(effort: Effort) -> Result:
    """Compare on each framing."""
    result = Result("async")
    count = effort.pick(20_000, 4_000, 200)
    kinds = (
        ("events", AIO_CLIENTS, aio_clients.__name__, "client", count),
        ("chat", AIO_CHATS, chats.__name__, "aio_chat", count // 4),
    )
    for kind, everyone, module, function, number in kinds:
        found = {}
        names = installed(everyone, effort.level)
        with serving() as server, Field(names, server.environment) as field:
            for framing in ("chunked", "unframed"):
                tasks = {name: [module, function, name, server.url(framing), number] for name in names}
                found[framing] = samples = field.compare(tasks, effort)
                result.notes += failures(samples, f"{kind}, {framing}")
                result.raw[f"{kind}, {framing}"] = raw(samples)
                ratios = against(samples, OURS)
                result.figures |= figures(f"async: {kind}, {framing}", ratios)
                if BARE in ratios:
                    result.figures[f"async: {framing}: over the least"] = 1 / ratios[BARE].median
        result.tables.append(by_column(found, OURS, f"{kind}: CPU, times that of {OURS}"))
        result.tables.append(details(found, OURS, "a chunk" if kind == "chat" else "an event"))
    return result
