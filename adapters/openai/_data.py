"""What the data of an event is, at first sight."""

from __future__ import annotations

import json

__all__ = ["is_comment", "is_done", "is_whole"]


def is_done(data: str) -> bool:
    """Tell whether it is `[DONE]`, which some servers quote."""
    return data.strip().strip('"').strip() == "[DONE]"


def is_comment(data: str) -> bool:
    """Tell whether there is nothing in `data`, or a comment that a gateway wrapped (`data: : PROCESSING`)."""
    return data.strip()[:1] in ("", ":")


def is_whole(data: str) -> bool:
    """Tell whether `data` is JSON, and an object or an array: other values show no end."""
    try:
        return data.lstrip()[:1] in ("{", "[") and json.loads(data) is not None
    except (ValueError, RecursionError):
        return False
