"""Extracts the media type from the `Content-Type` lines of a response (Fetch, "extract a MIME type")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sse_client._patterns import portable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["EVENT_STREAM", "extract_mime_type", "is_event_stream"]

EVENT_STREAM = "text/event-stream"

# "Get, decode, and split": at commas outside of quoted strings; the last string may lack its closing quote. The
# quantifiers are possessive, so a value of any length is scanned once.
_VALUE = portable(r'(?s:[^",]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))*+')

# MIME Sniffing, "parse a MIME type", only for the essence: the part after the semicolon cannot make it invalid.
_ESSENCE = r"[\t\n\r ]*+([!#$%&'*+.^_`|~0-9A-Za-z-]++/[!#$%&'*+.^_`|~0-9A-Za-z-]++)[\t\n\r ]*+(?:;|\Z)"


def extract_mime_type(values: Iterable[str]) -> str | None:
    """Return the essence of the last valid media type, in lower case; None if there is none.

    `*/*` does not count.

    Args:
        values: the values of the `Content-Type` lines, one by one, or joined with commas.
    """
    text = ", ".join(values)
    # Compiled here, which saves 0.25 ms of the import: the values of most servers do not need these patterns.
    match_value, match_essence = re.compile(_VALUE).match, re.compile(_ESSENCE).match
    found: str | None = None
    at = 0
    while at <= len(text):
        value = match_value(text, at)
        assert value is not None  # it may be empty
        essence = match_essence(text, at, value.end())
        if essence is not None and essence[1] != "*/*":
            found = essence[1].lower()
        at = value.end() + 1
    return found


def is_event_stream(values: Iterable[str], accepted: Collection[str] = frozenset({EVENT_STREAM})) -> bool:
    """Return whether a response is of one of the `accepted` media types.

    Args:
        values: the values of its `Content-Type` lines, as for `extract_mime_type`.
        accepted: media types, in lower case.
    """
    return extract_mime_type(values) in accepted
