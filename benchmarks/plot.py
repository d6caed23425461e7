"""A result file to plots: `python -m benchmarks.plot RESULT.json [FOLDER]`."""

from __future__ import annotations

import json
import math
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.drawing import GREY, bars, colour, figure, is_ours, label, quiet, save
from benchmarks.parsers import LEAST

__all__ = ["draw"]

Document = dict[str, Any]
_FRAMINGS = {
    "chunked": "chunked",
    "unframed": "unframed",
    "gzip": "gzip",
    "tls": "chunked, over TLS",
}


_TICKS = [part * 10**power for power in range(4) for part in (1, 2, 5)]


def draw(document: Document, folder: Path) -> list[Path]:
    """Draw every plot that the document has figures for; return the files."""
    parts = document["parts"]
    below = f"one run, {document['python']}, {document['machine']}, {document['date']}"
    files = []
    for part, plots in _PLOTS.items():
        if part in parts:
            for name, plot in plots.items():
                files += save(plot(parts[part]["raw"], below), folder, name)
    return files


def _ratios(samples: Document, ours: str = "sse_client", *, others_of_ours: bool = False) -> dict[str, float]:
    """Return by how much each costs more than ours: the median of the rounds; no number where it failed.

    Args:
        samples: by name.
        ours: the name of ours.
        others_of_ours: whether to keep other ways to ours, and other versions of it.
    """
    found = {}
    for name, sample in samples.items():
        if others_of_ours or not name.startswith(f"{ours},"):
            pairs = zip(sample["cpu"], samples[ours]["cpu"], strict=False)
            found[name] = statistics.median([its / own for its, own in pairs] or [math.nan])
    return found


def _panels(heading: str, below: str, panels: dict[str, dict[str, float]], form: str = "{:.1f}") -> Any:
    """Draw ratios in two columns of panels, each number in the given form."""
    rows = (len(panels) + 1) // 2
    longest = max(map(len, panels.values()))
    made, axes = figure(rows, 2, 0.7 + rows * (0.75 + 0.27 * longest), heading, f"lower is better; {below}")
    most = max(value for values in panels.values() for value in values.values() if value > 0)
    for axis, (title, values) in zip(axes.flat, panels.items(), strict=False):
        bars(axis, values, form, most=most)
        axis.set_title(title)
        axis.set_xticks([])
        axis.spines["bottom"].set_visible(False)
        axis.grid(visible=False)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    return made


def _http(raw: Document, below: str) -> Any:
    panels = {_FRAMINGS[framing]: _ratios(samples) for framing, samples in raw.items()}
    return _panels("CPU an event over HTTP, times that of sse_client", below, panels)


def _live(raw: Document, below: str) -> Any:
    panels = {
        group: _ratios(samples, others_of_ours=True) for group, samples in raw.items() if not group.startswith("gaps")
    }
    return _panels("Live streams: CPU an event, times that of sse_client", below, panels, "{:.2f}")


def _gaps(raw: Document, below: str) -> Any:
    """Draw between what times the tokens of a chat come, from the 1st to the 99th percentile."""
    found = {
        f"{name}, asyncio" if group.endswith("asyncio") else name: gaps
        for group, clients in raw.items()
        if group.startswith("gaps")
        for name, gaps in clients.items()
    }
    names = list(reversed(found))
    heading, words = "Gaps between tokens, 50 a second", f"ms: line from p1 to p99, dot p50; {below}"
    made, ((axis,),) = figure(1, 1, 1.2 + 0.32 * len(names), heading, words)
    for row, name in enumerate(names):
        low, middle, high = (found[name][int(share * (len(found[name]) - 1))] for share in (0.01, 0.5, 0.99))
        axis.plot([low, high], [row, row], color=colour(name), linewidth=3, alpha=0.5)
        axis.scatter([middle], [row], s=32, color=colour(name), zorder=3)
    label(axis, names)
    quiet(axis)
    return made


def _growth(raw: Document, below: str) -> Any:
    heading, words = "CPU against the size of the input", f"log scales, each over its smallest size; {below}"
    made, ((axis,),) = figure(1, 1, 4.6, heading, words)
    for name, found in raw.items():
        sizes, seconds = ([value / values[0] for value in values] for values in (found["sizes"], found["cpu"]))
        axis.plot(sizes, seconds, marker="o", markersize=4, linewidth=1.6, label=name)
    axis.plot([1, 16], [1, 16], color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), label="linear")
    axis.set_xscale("log", base=2)
    axis.set_yscale("log", base=2)
    axis.set_xticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
    axis.set_yticks([1, 2, 4, 8, 16, 32], ["1", "2", "4", "8", "16", "32"])
    axis.set_xlabel("times the smallest size")
    axis.set_ylabel("times its cost")
    axis.minorticks_off()
    quiet(axis, grid="both")
    made.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return made


def _async(raw: Document, below: str) -> Any:
    panels = {
        _FRAMINGS[name.removeprefix("events, ")]: _ratios(samples)
        for name, samples in raw.items()
        if name.startswith("events")
    }
    return _panels("CPU an event with asyncio, times that of sse_client", below, panels)


def _chat(raw: Document, below: str) -> Any:
    panels = {_FRAMINGS[framing]: _ratios(raw[framing]) for framing in ("chunked", "unframed")}
    return _panels("CPU a chat chunk, times that of sse_client", below, panels)


def _parser(raw: Document, below: str) -> Any:
    heading, words = "Parsing alone: CPU an event, times that of sse_client", f"log scale, lower is better; {below}"
    made, ((axis,),) = figure(1, 1, 1.6 + 0.36 * len(raw), heading, words)
    names = list(reversed(raw))
    peers = [name for name in next(iter(raw.values())) if not is_ours(name) and name != LEAST]
    found = {name: _ratios({peer: raw[name][peer] for peer in ("sse_client", *peers)}) for name in names}
    for peer in peers:
        values = [found[name][peer] for name in names]
        axis.scatter(values, range(len(names)), s=46, color=colour(peer), label=peer, zorder=3, alpha=0.9)
    for row, name in enumerate(names):
        first = min(value for value in found[name].values() if value != 1)
        axis.plot([1, first], [row, row], color="#d4d8de", linewidth=3)
        axis.text(first, row + 0.22, f"{first:.1f}", fontsize=8.5, ha="center")
    axis.axvline(1, color=colour("sse_client"), linewidth=2.5)
    axis.text(1, len(names) - 0.42, "sse_client", color=colour("sse_client"), fontweight="bold", ha="center")
    axis.set_xscale("log")
    axis.set_xticks([0.5, 1, 2, 5, 10, 20, 50], ["0.5", "1", "2", "5", "10", "20", "50"])
    axis.minorticks_off()
    label(axis, names)
    quiet(axis)
    made.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    return made


def _latency(load: str, words: str) -> Any:
    def plot(raw: Document, below: str) -> Any:
        names = list(dict.fromkeys(name for found in raw.values() for name in found[load]))
        names.reverse()
        heading = f"From the server's write to the loop, {words}"
        below = f"ms, log scale: dots p50 and p99, line to p99.9; {below}"
        made, axes = figure(1, len(raw), 1.5 + 0.29 * len(names), heading, below, sharex=True, sharey=True)
        for axis, (framing, found) in zip(axes.flat, raw.items(), strict=True):
            for row, name in enumerate(names):
                if name in found[load]:
                    _range(axis, row, name, found[load][name])
                elif name != "a bare socket":  # which decompresses nothing
                    axis.text(0.1, row, "fails", va="center_baseline", fontsize=9)
            axis.axvline(1, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            axis.set_title(framing)
            axis.set_xscale("log")
            quiet(axis)
        axes[0][0].set_xticks([0.1, 1, 10, 100, 1000], ["0.1", "1", "10", "100", "1 s"])
        label(axes[0][0], names)
        return made

    return plot


def _range(axis: Any, row: int, name: str, times: dict[str, float]) -> None:
    width = 3.2 if is_ours(name) else 2
    axis.plot([times["p50"], times["p99.9"]], [row, row], color=colour(name), linewidth=width, alpha=0.45)
    axis.scatter([times["p50"], times["p99"]], [row, row], s=36 if is_ours(name) else 22, color=colour(name), zorder=3)


def _many(raw: Document, below: str) -> Any:
    heading, words = "Many streams at once on one core, 20 events a second each", f"log scales; {below}"
    made, axes = figure(1, 2, 4.2, heading, words)
    for axis, what, title in zip(axes[0], ("cpu", "p99"), ("CPU an event, µs", "p99 of lateness, ms"), strict=True):
        for name, found in raw.items():
            sizes = [int(size) for size in found]
            values = [max(seen[what], 0.1) for seen in found.values()]
            width = 3 if is_ours(name) else 1.8
            style = "--" if name.endswith("uvloop") else "-"
            axis.plot(sizes, values, style, color=colour(name), linewidth=width, marker="o", markersize=4.5, label=name)
        axis.set_xscale("log")
        axis.set_yscale("log")
        low, high = axis.get_ylim()
        axis.set_title(title)
        axis.set_xlabel("streams")
        axis.set_xticks(sizes, ["" if size == 1000 else f"{size:,}" for size in sizes])  # there is no room for it
        axis.set_yticks(*zip(*[(tick, f"{tick:,}") for tick in _TICKS if low <= tick <= high], strict=True))
        axis.minorticks_off()
        quiet(axis, grid="y")
    axes[0][1].axhline(100, color=GREY, linewidth=0.9, linestyle=(0, (4, 3)))
    handles, names = axes[0][0].get_legend_handles_labels()
    made.legend(handles, names, loc="outside lower center", ncols=3, frameon=False, fontsize=9.5)
    return made


def _memory(raw: Document, below: str) -> Any:
    values: dict[str, float] = {
        name.removeprefix("open, "): each for name, each in raw.items() if name.startswith("open, ")
    }
    heading, words = "Memory of an open stream, KiB of the process", f"lower is better; {below}"
    made, ((axis,),) = figure(1, 1, 1.1 + 0.32 * len(values), heading, words)
    bars(axis, values, "{:.0f}", most=max(values.values()))
    axis.set_xticks([])
    axis.spines["bottom"].set_visible(False)
    return made


_PLOTS: dict[str, dict[str, Any]] = {
    "live": {"live": _live, "gaps": _gaps},
    "growth": {"growth": _growth},
    "parser": {"parser": _parser},
    "http": {"http": _http},
    "async": {"async": _async},
    "chat": {"chat": _chat},
    "latency": {
        "latency": _latency("idle", "20 events a second"),
        "latency-loaded": _latency("loaded", "10,000 events a second"),
    },
    "many": {"many": _many},
    "memory": {"memory": _memory},
}


def main() -> None:
    """Draw what the arguments name."""
    if len(sys.argv) not in {2, 3}:
        sys.exit("usage: python -m benchmarks.plot RESULT.json [FOLDER]")
    result = Path(sys.argv[1])
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else result.with_suffix("")
    for path in draw(json.loads(result.read_text()), folder):
        print(path)


if __name__ == "__main__":
    main()
