"""Decides how long an adapter waits before it sends a refused request again."""

from __future__ import annotations

import math

from sse_client.errors import StatusError

__all__ = ["LONGEST_ASKED", "asked_delay", "retry_delay"]

LONGEST_ASKED = 120.0
"""In seconds; if a server asks for a longer delay, its error is raised at once."""

_DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds; the last one is used for all further retries


def asked_delay(error: BaseException | None) -> float | None:
    """Return the seconds that the server asked for, in `retry-after-ms` or else in `Retry-After`."""
    if not isinstance(error, StatusError):
        return None
    try:
        seconds = float(error.headers["retry-after-ms"]) / 1000
    except (KeyError, ValueError):
        return error.retry_after
    return seconds if math.isfinite(seconds) and seconds >= 0 else error.retry_after


def retry_delay(error: BaseException | None, retries: int) -> float:
    """Return the seconds to wait after `error`, before which there have been that many retries."""
    import random  # imported for the first retry

    asked = asked_delay(error)
    if asked is not None:
        return asked * random.uniform(1.0, 1.1)
    return _DELAYS[min(retries, len(_DELAYS) - 1)] * random.uniform(0.75, 1.0)
