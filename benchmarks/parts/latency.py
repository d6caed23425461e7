"""From the server's write to the user's loop: 20 events a second from an idle machine, and 10,000 a second.

Server and clients are processes of one machine, and one monotonic clock. At 20 a second all clients run at once, each
with a stream that is due at another moment, so that they see the same disturbances; under load, one at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks import aio_clients, clients
from benchmarks.peers import installed
from benchmarks.probe import Probe
from benchmarks.report import Result, Table
from benchmarks.server import serving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.measure import Effort
    from benchmarks.server import Address

__all__ = ["run", "watch"]

_MODULES = {"": clients, ", asyncio": aio_clients}
_WATCHED = {
    f"{name}{suffix}": (suffix, name)
    for suffix, names in (("", (clients.SOCKET, clients.OURS, *clients.PEERS)), (", asyncio", aio_clients.AIO_CLIENTS))
    for name in names
}
_PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
_FRAMINGS = ("chunked", "unframed", "gzip")
_LOADS = {"idle": "paced-20-1", "loaded": "paced-1000-10"}


def run(effort: Effort) -> Result:
    """Measure on each framing."""
    result = Result("latency")
    calm, busy = effort.pick((1_220, 50_000), (60, 2_000), (24, 100))
    with serving() as server:
        for framing in effort.pick(_FRAMINGS, _FRAMINGS, ("gzip",)):
            names = [name for name in installed(_WATCHED, effort.level) if framing != "gzip" or name != clients.SOCKET]
            found: dict[str, Any] = {
                "idle": _answers({name: _probe(server, name, framing, "idle", calm) for name in names}, result),
                "loaded": {},
            }
            for name in names:
                found["loaded"] |= _answers({name: _probe(server, name, framing, "loaded", busy)}, result)
            result.raw[framing] = found
    for load in _LOADS:
        rows = [
            [f"{framing}: {name}", *(f"{times[share]:.3f}" for share in (*_PERCENTILES, "worst"))]
            for framing, found in result.raw.items()
            for name, times in found[load].items()
        ]
        words = "20 events a second, ms" if load == "idle" else "10,000 events a second, ms"
        result.tables.append(Table([words, *_PERCENTILES, "worst"], rows))
    result.figures = {
        f"latency: {framing}, {name}: {share}": times[share]
        for framing, found in result.raw.items()
        for name, times in found["idle"].items()
        for share in _PERCENTILES
    }
    return result


def _probe(server: Address, name: str, framing: str, load: str, count: int) -> Probe:
    url = f"{server.url(framing)}/{_LOADS[load]}/{count}"
    return Probe(__name__, "watch", *_WATCHED[name], url, environment=server.environment)


def _answers(probes: Mapping[str, Probe], result: Result) -> dict[str, Any]:
    answers = {}
    for name, probe in probes.items():
        try:
            answers[name] = probe.answer()
        except RuntimeError as error:
            result.notes.append(f"FAILED  {name}: {error}")
    return answers


def watch(suffix: str, name: str, url: str) -> dict[str, float]:
    """Return the percentiles of a stream's latencies, in milliseconds, its first 20 events aside."""
    # They bear what is loaded late, and made once.
    late = sorted(_MODULES[suffix].latencies(name, url)[20:])
    shares = {words: late[min(len(late) - 1, int(len(late) * share))] / 1e6 for words, share in _PERCENTILES.items()}
    return {**shares, "worst": late[-1] / 1e6, "events": len(late)}
