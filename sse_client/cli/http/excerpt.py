"""Shows in one line what a server sent instead of a stream."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any, cast

from sse_client.cli.screen.terminal import printable

if TYPE_CHECKING:
    from sse_client import ResponseError

__all__ = ["excerpt"]

_MOST = 200  # characters
_TITLE = re.compile(r"<title[^>]*>(.{1,500}?)</title>", re.IGNORECASE | re.DOTALL)
_HEADING = re.compile(r"<h1[^>]*>(.{1,500}?)</h1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,1000}>")


def excerpt(error: ResponseError) -> str:
    """Return a sentence with the beginning of the response's body; empty if it has none."""
    text = error.body[:4096].decode("utf-8", "replace").strip()
    if not text:
        return ""
    page = re.match(r"<(!doctype|html|head|body)", text, re.IGNORECASE)
    if page:
        title = _TITLE.search(text) or _HEADING.search(text)
        named = f': "{_line(html.unescape(_TAG.sub("", title[1])))}"' if title else ""
        return f"The answer is an HTML page{named}."
    return f"The server says: {_line(_message(text))}"


def _line(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= _MOST else line[:_MOST] + "..."


def _message(text: str) -> str:
    """Return the message of an error in JSON, in its usual places; else the text itself."""
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for name in ("error", "message", "detail", "title"):
        if isinstance(value, dict) and name in value:
            value = cast("dict[str, Any]", value)[name]
    return value if isinstance(value, str) and value else text
