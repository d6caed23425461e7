"""Lays out JSON values to fit a terminal: an object or array that fits stays on one line."""

from __future__ import annotations

import json
from typing import Any, cast

__all__ = ["pretty"]

_DEEPEST = 40


def pretty(text: str, room: int) -> list[str] | None:
    """Lay out the JSON in `text` in lines of `room` columns; only a line with a single long value exceeds them.

    Returns:
        The text; None if it is not JSON, or nested too deeply to be shown on a terminal.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _lines(value, room, _DEEPEST)


def _lines(value: Any, room: int, deeper: int) -> list[str] | None:
    if not isinstance(value, (dict, list)) or not value:
        return [json.dumps(value, ensure_ascii=False)]
    if deeper == 0:
        return None
    is_object = isinstance(value, dict)
    members = (
        cast("dict[str, Any]", value).items() if is_object else ((None, each) for each in cast("list[Any]", value))
    )
    parts: list[list[str]] = []
    for name, member in members:
        lines = _lines(member, room - 2, deeper - 1)
        if lines is None:
            return None
        if name is not None:
            lines[0] = f"{json.dumps(name, ensure_ascii=False)}: {lines[0]}"
        parts.append(lines)
    left, right = "{}" if is_object else "[]"
    if all(len(lines) == 1 for lines in parts) and sum(len(lines[0]) + 2 for lines in parts) <= room:
        return [left + ", ".join(lines[0] for lines in parts) + right]
    for lines in parts[:-1]:
        lines[-1] += ","
    return [left, *("  " + line for lines in parts for line in lines), right]
