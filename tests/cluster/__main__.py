"""`make cluster`: the whole of it, with a report and plots.

python -m cluster [--events N] [--rows N] [--seed N] [--plots FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cluster.feed import FeedReport, relay_feed
from cluster.network import ROOT, Network, possible
from cluster.prompts import PromptsReport, ask_prompts

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run it all; return 0 if nothing was lost, doubled or out of order."""
    parser = argparse.ArgumentParser(prog="python -m cluster")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--rate", type=int, default=4_000, help="events a second")
    parser.add_argument("--blows", type=int, default=15)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plots", type=Path, default=ROOT / "docs" / "plots")
    asked = parser.parse_args(arguments)
    namespaces = possible()
    where = "three network namespaces" if namespaces else "three processes (namespaces need root): nothing is cut off"
    print(f"hosts: {where}")
    print(f"feed: {asked.events:,} events, {asked.rate:,} a second, lease 2 s, seed {asked.seed}")
    # The folder goes after the processes that write into it.
    with tempfile.TemporaryDirectory() as folder, Network(3, namespaces=namespaces) as network:
        feed = relay_feed(
            network, Path(folder), events=asked.events, rate=asked.rate, lease=2.0, seed=asked.seed,
            blows=asked.blows, log=_say,
        )  # fmt: skip
    print(
        f"  {feed.lost} lost, {feed.doubled} doubled, {'in order' if feed.in_order else 'OUT OF ORDER'}; "
        f"fail-over p50 {feed.fail_over(0.5):.2f} s, p99 {feed.fail_over(0.99):.2f} s of {len(feed.blows)}"
    )
    prompts = [_prompts(engine, asked.rows, namespaces=namespaces) for engine in ("dask", "ray") if _there(engine)]
    _draw(feed, prompts, asked.plots)
    exact = (feed.lost, feed.doubled, feed.in_order) == (0, 0, True)
    return 0 if exact and all(each.exact for each in prompts) else 1


def _prompts(engine: str, rows: int, *, namespaces: bool) -> PromptsReport:
    print(f"{engine}: {rows:,} chats")
    # The folder goes after the processes that write into it.
    with tempfile.TemporaryDirectory() as folder, Network(3, namespaces=namespaces) as network:
        report = ask_prompts(network, Path(folder), engine, rows=rows, seconds=0.02, log=_say)
    print(
        f"  {report.answered:,} rows answered, {report.distinct:,} of them distinct; tokens {report.tokens:,}, by the "
        f"server {report.server_tokens:,}; {report.server_requests - report.server_keys} requests repeated, "
        f"{report.counts[-1][0]:.0f} s; {'exact' if report.exact else 'NOT EXACT'}"
    )
    return report


def _there(engine: str) -> bool:
    found = find_spec({"dask": "distributed"}.get(engine, engine)) is not None
    if not found:
        print(f"{engine}: not installed, left out (pip install sse-client[{engine}])")
    return found


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def _draw(feed: FeedReport, prompts: list[PromptsReport], folder: Path) -> None:
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("Agg")
    # The same file for the same figures.
    matplotlib.rcParams["svg.hashsalt"] = "cluster"
    plt: Any = import_module("matplotlib.pyplot")
    figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
    axes.plot(*zip(*feed.counts, strict=True), color="tab:blue")
    colours = {"kill": "tab:red", "freeze": "tab:orange", "cut": "tab:purple"}
    for kind, colour in colours.items():
        for number, blow in enumerate(each for each in feed.blows if each.kind == kind):
            label = {"kill": "killed", "freeze": "frozen", "cut": "cut off"}[kind] if not number else None
            axes.axvspan(blow.at, blow.at + blow.seconds, color=colour, alpha=0.35, label=label, linewidth=0)
    axes.set(xlabel="seconds", ylabel="events in the stream")
    axes.set_title(f"{feed.events:,} events: {feed.lost} lost, {feed.doubled} doubled (bars: until replaced)")
    axes.legend()
    _save(plt, figure, folder / "cluster-feed")
    for report in prompts:
        figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
        times = [(second, done) for second, done in report.counts[::5]]
        rates = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(times)]
        axes.plot([second for second, _ in times[1:]], rates, color="tab:blue")
        axes.axvline(report.killed_at, color="tab:red", label="one of three hosts dies")
        axes.set(xlabel="seconds", ylabel="chats a second", ylim=(0, None))
        exact = "each row once, each token once" if report.exact else "not exact"
        axes.set_title(f"{report.rows:,} chats with {report.engine.capitalize()}: {exact}")
        axes.legend()
        _save(plt, figure, folder / f"cluster-{report.engine}")


def _save(plt: Any, figure: Any, path: Path) -> None:
    figure.savefig(path.with_suffix(".png"), dpi=110)
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
