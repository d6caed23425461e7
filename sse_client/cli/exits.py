"""The exit codes of the command, and one sentence for each error."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import sse_client as sse

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Exit", "Failure", "certificate_hint", "failure_of"]


class Exit(IntEnum):
    """Exit codes, documented in docs/command-line.md and in the man page."""

    DONE = 0
    FOUND = 1
    USAGE = 2
    NO_CONNECTION = 3
    STATUS = 4
    NOT_A_STREAM = 5
    CUT_OFF = 6
    TIMED_OUT = 7
    CHAT_ERROR = 8
    FILE = 9
    REFUSED = 10
    INTERNAL = 70
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def meaning(self) -> str:
        """The condition under which the command ends with this code, as a clause."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.DONE: "everything asked for has arrived, or the reader of the output has closed it",
    Exit.FOUND: "check found a problem with the server, or diff found a difference",
    Exit.USAGE: "the command line is wrong: an option, a URL, a header, a file to read",
    Exit.NO_CONNECTION: "no connection could be made",
    Exit.STATUS: "the response's status was not that of a stream",
    Exit.NOT_A_STREAM: "the response was not an event stream",
    Exit.CUT_OFF: "the stream broke off, or ended before the event that was waited for",
    Exit.TIMED_OUT: "a time limit was reached",
    Exit.CHAT_ERROR: "the chat server reported an error",
    Exit.FILE: "a file could not be written, or a port could not be used",
    Exit.REFUSED: "refused by this client: an event too large, a redirect to another origin",
    Exit.INTERNAL: "a defect of sse-client itself",
    Exit.INTERRUPTED: "interrupted with Ctrl-C",
    Exit.TERMINATED: "terminated by SIGTERM",
}


class Failure(Exception):
    """An error that ends the command: one sentence for the user, and an exit code.

    Attributes:
        code: the exit code.
        hint: a second line with advice; empty if there is none.
    """

    def __init__(self, message: str, code: Exit = Exit.USAGE, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint


def failure_of(error: sse.SSEError) -> Failure:
    """Translate an error of the package into a `Failure`."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), Exit.REFUSED)
    if isinstance(error, sse.ConnectionFailed) and not isinstance(error, sse.IdleTimeout) and not error.sent:
        code = Exit.NO_CONNECTION
    # `StreamTruncated` alone does not say how the reply ended; its cause may be a timeout.
    why = error.__cause__ if isinstance(error, sse.StreamTruncated) else None
    if isinstance(why, sse.IdleTimeout):
        code = Exit.TIMED_OUT
    notes = " ".join(getattr(error, "__notes__", ()))
    because = f"The reason: {why}." if isinstance(why, sse.ConnectionFailed) else ""
    hint = " ".join(part for part in (because, notes, _hint(error)) if part)
    return Failure(str(error) or type(error).__name__, code, hint)


_CODES: list[tuple[type[sse.SSEError], Exit]] = [
    (sse.IdleTimeout, Exit.TIMED_OUT),
    (sse.DeadlineExceeded, Exit.TIMED_OUT),
    (sse.ConnectionFailed, Exit.CUT_OFF),
    (sse.StatusError, Exit.STATUS),
    (sse.ContentTypeError, Exit.NOT_A_STREAM),
]


def _hint(error: sse.SSEError) -> str:
    if isinstance(error, sse.ResponseError):
        from sse_client.cli.http.excerpt import excerpt  # needed only after a refusal

        return excerpt(error)
    return next((hint(error) for kind, hint in _HINTS if isinstance(error, kind)), "")


def certificate_hint(why: str) -> str:
    """Return a hint for a connection that failed because of `why`; an empty string if it was not TLS."""
    if "CERTIFICATE_VERIFY_FAILED" in why:
        return "--cacert FILE trusts the certificates in a file, --insecure any."
    if "[SSL" in why:
        return "Does that port speak TLS? A URL of http:// goes without."
    return ""


_HINTS: list[tuple[type[sse.SSEError], Callable[[sse.SSEError], str]]] = [
    (sse.ConnectionFailed, lambda error: certificate_hint(str(error))),
    (sse.EventTooLarge, lambda _: "The server sends no blank lines between events, or does not send an event stream."),
]
