"""Builds the errors for failed connections, worded the same for every transport."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sse_client._http.escaped_text import shown
from sse_client.errors import ConnectionFailed, IdleTimeout
from sse_client.request import display_url

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["connection_broke", "forget_context", "forget_frames", "innermost", "no_connection", "no_data"]


def no_connection(
    url: str, cause: BaseException, proxy: str | None = None, *, seconds: float | None = None
) -> ConnectionFailed:
    """Return the error for a request that was not sent because no connection could be made.

    Args:
        url: the request's URL.
        cause: the underlying exception, which becomes the error's cause.
        proxy: the proxy that could not be reached, or that refused; None if no proxy is to blame.
        seconds: the time that was allowed for connecting.
    """
    where = display_url(url)
    if proxy is not None:
        named = display_url(proxy if "://" in proxy else f"http://{proxy}")
        where = f"the proxy {named}, on the way to {where}"
    # A certificate that fails verification will also fail it a second later. Only this error has a `verify_code`.
    final = hasattr(cause, "verify_code")
    words = _words(cause)
    if isinstance(cause, TimeoutError) and cause.errno is None and seconds is not None:
        words = f"timed out after {seconds:.3g} s (timeout: connect)"
    return _caused(ConnectionFailed(f"could not connect to {where}: {words}", sent=False, final=final), cause)


def connection_broke(url: str, cause: BaseException) -> ConnectionFailed:
    """Return the error for a connection that broke after the request may have been processed."""
    return _caused(ConnectionFailed(f"the connection to {display_url(url)} broke: {_words(cause)}"), cause)


def no_data(url: str, silence: float | None = None) -> IdleTimeout:
    """Return the error for a server that has been silent for too long.

    Args:
        url: the request's URL.
        silence: the seconds that `timeout` allows; None if another limit has passed.
    """
    limit = "for as long as `timeout` allows" if silence is None else f"within {silence:g} s (timeout: read)"
    failure = IdleTimeout(f"expected data from {display_url(url)}, got nothing {limit}")
    failure.__cause__ = TimeoutError("timed out")
    return failure


def innermost(error: BaseException) -> BaseException:
    """Return the innermost cause, which is about a socket; the outer errors show the URL with its query."""
    while True:
        candidates = (getattr(error, "reason", None), error.__cause__, *error.args)
        inner = next((each for each in candidates if isinstance(each, BaseException)), None)
        if inner is None:
            return error
        error = inner


def forget_context(error: BaseException) -> None:
    """Drop the suppressed contexts of an error and its causes, because a library's may hold a query or a secret.

    Nothing prints these contexts, but error trackers collect them.
    """
    each: BaseException | None = error
    while each is not None:
        if each.__suppress_context__:
            each.__context__ = None
        each = each.__cause__


def forget_frames(error: BaseException) -> None:
    """Drop the tracebacks of a library's error and of the errors that led to it.

    Some of their frames (those of contextlib) refer to these errors. Such a cycle would keep the callers' frames, and
    so the stream, until the next garbage collection. An exception that a caller is handling is left unchanged.
    """
    callers: set[FrameType | None] = set()
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  (`inspect.currentframe`, which takes long to import)
    while frame is not None:  # this function's own frame is left out, because in its own set it would form such a cycle
        frame = frame.f_back
        callers.add(frame)
    error.__traceback__ = None
    pending = [error]
    while pending:
        each = pending.pop()
        for inner in (each.__cause__, each.__context__):
            traceback = None if inner is None else inner.__traceback__
            if inner is not None and traceback is not None and traceback.tb_frame not in callers:
                inner.__traceback__ = None
                pending.append(inner)


def _caused(failure: ConnectionFailed, cause: BaseException) -> ConnectionFailed:
    """Return `failure` with its cause, without frames, and without library errors that may contain a secret."""
    cause.__context__ = cause.__cause__ = None
    failure.__cause__ = cause.with_traceback(None)
    return failure


def _words(cause: BaseException) -> str:
    return shown(str(cause)) or type(cause).__name__
