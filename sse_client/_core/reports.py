"""Reports what happens to a stream to its observer and to the logger `sse_client`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sse_client.observer import Closed, Lost, Opened
from sse_client.request import display

if TYPE_CHECKING:
    from sse_client.observer import Observer
    from sse_client.request import Request

__all__ = ["report"]

_log = logging.getLogger("sse_client")


def report(news: Opened | Lost | Closed, request: Request, observer: Observer | None) -> None:
    """Log what has happened, and tell the observer, if there is one.

    Besides its text, a log record has the fields `sse_request` (the method and the URL, without anything that may be
    secret), and `sse_attempt`, `sse_delay` or `sse_reason`.
    """
    level = logging.WARNING if isinstance(news, Lost) else logging.INFO
    if _log.isEnabledFor(level):  # most programs do not log this, and building the name takes as long as an event
        name = display(request)
        if isinstance(news, Opened):
            number = news.attempt.number
            _log.info(
                "opened: %s, attempt %d", name, number, extra={"sse_request": name, "sse_attempt": number}
            )  # fmt: skip
        elif isinstance(news, Lost):
            facts = {"sse_request": name, "sse_delay": news.delay}
            _log.warning("lost: %s; connecting again in %.3g s", news.error, news.delay, extra=facts)
        else:
            why = news.reason if news.error is None else type(news.error).__name__
            _log.info("closed: %s, %s", name, why, extra={"sse_request": name, "sse_reason": news.reason})
    if observer is not None:
        observer(news)
