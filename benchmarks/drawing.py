"""How the plots look: who has which colour, axes without clutter, files."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

if TYPE_CHECKING:
    from pathlib import Path

mpl.use("Agg")

from matplotlib import pyplot as plt

__all__ = ["GREY", "bars", "colour", "figure", "is_ours", "label", "quiet", "save"]

OURS, GREY, INK = "#1257d6", "#8a8f98", "#20242b"
_COLOURS = {
    "sse_client": OURS,
    "aiohttp's iter_any + our Parser": "#4d5560",
    "launchdarkly-eventsource": "#d9822b",
    "requests": "#5f9e6e",
    "sseclient-py": "#5f9e6e",
    "httpx-sse": "#9a6fb0",
    "httpx2": "#c4566b",
    "openai": "#2f9aa0",
    "aiohttp, whole body": "#4d5560",
    "a bare socket": "#b9bec6",
}
_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": "#c8ccd2",
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "text.color": INK,
    "xtick.color": "#5b626c",
    "ytick.color": INK,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "sse-client",
}


def is_ours(name: str) -> bool:
    """Tell whether it is this package's client."""
    return name.startswith("sse_client")


def colour(name: str) -> str:
    """Return the colour of a client, the same in every plot."""
    exact = _COLOURS.get(name)
    return exact or next((known for prefix, known in _COLOURS.items() if name.startswith(prefix)), GREY)


def figure(rows: int, columns: int, height: float, heading: str, below: str, **options: Any) -> tuple[Any, Any]:
    """Return a figure 8 inches wide with a heading and a line below it, and its axes as rows of columns."""
    mpl.rcParams.update(_STYLE)
    made, axes = plt.subplots(rows, columns, figsize=(8, height), squeeze=False, layout="constrained", **options)
    made.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.62 / height), h_pad=0.08, w_pad=0.08)
    made.text(0.012, 1 - 0.10 / height, heading, fontsize=13, fontweight="bold", va="top")
    made.text(0.012, 1 - 0.36 / height, below, fontsize=9.5, color="#5b626c", va="top")
    return made, axes


def quiet(axis: Any, *, grid: str = "x") -> None:
    """Take from an axis what nobody reads."""
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    axis.tick_params(length=0)
    axis.grid(axis=grid, color="#eceef1", linewidth=0.8)
    axis.set_axisbelow(True)


def bars(axis: Any, values: dict[str, float], form: str, *, most: float) -> None:
    """Draw a horizontal bar for each name, its value behind it; ours in bold. One that is no number has failed."""
    names = list(reversed(values))
    for row, name in enumerate(names):
        value = values[name]
        length = 0 if math.isnan(value) else value
        text = "fails" if math.isnan(value) else form.format(value)
        weight = "bold" if is_ours(name) else "normal"
        axis.barh(row, length, height=0.62, color=colour(name), alpha=1 if is_ours(name) else 0.75, linewidth=0)
        axis.text(length + most * 0.012, row, text, va="center_baseline", fontsize=9.5, fontweight=weight)
    label(axis, names)
    quiet(axis)
    axis.spines["left"].set_visible(False)
    axis.set_xlim(0, most * 1.1)


def label(axis: Any, names: list[str]) -> None:
    """Name the rows of an axis, ours in bold and in its colour."""
    axis.set_yticks(range(len(names)), names)
    for tick, name in zip(axis.get_yticklabels(), names, strict=True):
        if is_ours(name):
            tick.set_color(OURS)
            tick.set_fontweight("bold")


def save(made: Any, folder: Path, name: str) -> list[Path]:
    """Write a figure as PNG and SVG; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.png", folder / f"{name}.svg"]
    made.savefig(paths[0], dpi=200)
    made.savefig(paths[1], metadata={"Date": None})
    plt.close(made)
    return paths
