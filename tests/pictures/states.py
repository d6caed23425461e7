"""The table of a stream's states to a diagram (SVG)."""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING

from sse_client._core.states import TRANSITIONS

if TYPE_CHECKING:
    from sse_client._core.states import State

__all__ = ["diagram"]

_WIDTH, _HEIGHT = 920, 560
_LINE = 17  # pixels between two lines of text
_BOX = (130, 44)
_AT: dict[State, tuple[int, int]] = {"connecting": (200, 130), "open": (720, 130), "closed": (460, 500)}
_STYLE = """
  .ground { fill: #ffffff; } .box { fill: #f3f4f6; stroke: #4b5563; } .way { fill: none; stroke: #4b5563; }
  .tip { fill: #4b5563; } text { fill: #111827; font: 13px system-ui, sans-serif; } .state { font-weight: 600; }
  .reason { fill: #1d4ed8; font-family: ui-monospace, monospace; font-size: 12px; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0f172a; } .box { fill: #1e293b; stroke: #cbd5e1; } .way { stroke: #cbd5e1; }
    .tip { fill: #cbd5e1; } text { fill: #f1f5f9; } .reason { fill: #93c5fd; }
  }
"""
# Of each pair of states: the way between them, where its text begins, where that is anchored, and how wide it is.
_WAYS: dict[tuple[State, State], tuple[str, tuple[int, int], str, int]] = {
    ("connecting", "open"): ("M265,118 C400,70 520,70 655,118", (460, 62), "middle", 60),
    ("open", "connecting"): ("M655,142 C520,186 400,186 265,142", (460, 198), "middle", 44),
    ("connecting", "connecting"): ("M160,108 C110,36 290,36 240,108", (200, 30), "middle", 44),
    ("connecting", "closed"): ("M210,152 C210,380 300,470 395,494", (12, 200), "start", 26),
    ("open", "closed"): ("M710,152 C710,380 620,470 525,494", (728, 200), "start", 26),
}


def diagram() -> str:
    """Return the diagram; every transition of the table is on it."""
    assert {(each.source, each.target) for each in TRANSITIONS} == _WAYS.keys(), (
        "a way of the table has no place in the picture"
    )
    parts = [_way(source, target) for source, target in _WAYS]
    parts += [_box(name, *at) for name, at in _AT.items()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="The states of a stream">\n<style>{_STYLE}</style>\n'
        '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto">'
        '<path class="tip" d="M0,0 L10,5 L0,10 z"/></marker></defs>\n'
        f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _box(name: str, x: int, y: int) -> str:
    width, height = _BOX
    left, top = x - width // 2, y - height // 2
    return (
        f'<rect class="box" x="{left}" y="{top}" width="{width}" height="{height}" rx="6"/>'
        f'<text class="state" x="{x}" y="{y + 5}" text-anchor="middle">{name}</text>'
    )


def _way(source: State, target: State) -> str:
    path, (x, y), anchor, width = _WAYS[source, target]
    lines: list[str] = []
    for each in TRANSITIONS:
        if (each.source, each.target) != (source, target):
            continue
        if each.reason is not None:
            lines.append(f'<tspan class="reason">{each.reason}</tspan>')
        lines += (escape(line) for line in wrap(each.when.replace("`", ""), width))
    first = y - (len(lines) - 1) * _LINE // 2 if anchor == "middle" and y < _AT["open"][1] else y
    text = "".join(
        f'<text x="{x}" y="{first + number * _LINE}" text-anchor="{anchor}">{line}</text>'
        for number, line in enumerate(lines)
    )
    return f'<path class="way" d="{path}" marker-end="url(#tip)"/>{text}'
