"""Plots the gaps between arrivals as a PNG picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFont

from sse_client.cli.exits import Exit, Failure
from sse_client.cli.files import reason
from sse_client.cli.screen.gaps import seconds

if TYPE_CHECKING:
    from pathlib import Path

    from sse_client.cli.screen.gaps import Gaps

__all__ = ["draw"]

_WIDTH, _HEIGHT = 1200, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 110, 30, 70, 60
_WIDEST = 40
_INK, _FAINT, _BAR = "#1f2328", "#d0d7de", "#0b66c3"


def draw(gaps: Gaps, noun: str, path: Path) -> None:
    """Write the picture to `path`.

    Raises:
        Failure: the file cannot be written.
    """
    image = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    canvas: Any = ImageDraw.Draw(image)
    _axes(canvas, gaps, noun)
    _bars(canvas, gaps)
    try:
        image.save(path, format="PNG")
    except OSError as error:
        raise Failure(f"--plot: cannot write {path}: {reason(error)}", Exit.FILE) from error


def _axes(canvas: Any, gaps: Gaps, noun: str) -> None:
    first = seconds((gaps.first or gaps.began) - gaps.began)
    title = f"{gaps.count} {noun}s; first after {first}, median gap {seconds(gaps.median)}"
    canvas.text((_LEFT, 24), title, fill=_INK, font=_font(22))
    for quarter in range(5):
        y = _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * quarter / 4
        canvas.line((_LEFT, y, _WIDTH - _RIGHT, y), fill=_FAINT if quarter else _INK)
        canvas.text((_LEFT - 12, y), seconds(gaps.longest * quarter / 4), fill=_INK, font=_font(16), anchor="rm")
    bottom = _HEIGHT - _BOTTOM + 10
    canvas.text((_LEFT, bottom), f"{noun} 2", fill=_INK, font=_font(16))
    canvas.text((_WIDTH - _RIGHT, bottom), f"{noun} {gaps.count}", fill=_INK, font=_font(16), anchor="ra")
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    canvas.text((middle, bottom), f"time since the {noun} before", fill=_INK, font=_font(16), anchor="ma")


def _bars(canvas: Any, gaps: Gaps) -> None:
    room = _WIDTH - _LEFT - _RIGHT
    each = -(-len(gaps.kept) // room)
    heights = [max(gaps.kept[start : start + each]) for start in range(0, len(gaps.kept), each)]
    step = room / len(heights)
    bottom = _HEIGHT - _BOTTOM - 1
    for number, gap in enumerate(heights):
        height = (_HEIGHT - _TOP - _BOTTOM) * gap / gaps.longest if gaps.longest else 0
        wide = min(_WIDEST, step * 0.8) if step > 3 else step
        left = _LEFT + (number + 0.5) * step - wide / 2
        right = left + wide
        canvas.rectangle((left, bottom - height, right, bottom), fill=_BAR)


def _font(size: int) -> Any:
    return ImageFont.load_default(size)
