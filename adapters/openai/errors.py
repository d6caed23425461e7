"""The error that a chat server reports."""

from __future__ import annotations

from typing import Any

from sse_client.errors import SSEError

__all__ = ["ChatError"]

_SHOWN = 200  # characters of a server's text that are printed


class ChatError(SSEError):
    """The server reported an error, inside the stream or instead of it, or sent what is no chat chunk.

    Attributes:
        message: what the server says, in full.
        code: as the server sent it; servers send names, and numbers.
        type: the kind of error, by the server's own name.
        param: the parameter of the request that is wrong.
        status: HTTP status code: of the response, or the one that the payload names; None if neither is known.
        raw: the payload as received.
        partial: what had arrived before, a `Completion` or a `Response`; None where the error came instead of a stream.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: str | int | None = None,
        type: str | None = None,  # noqa: A002 - the API's own word
        param: str | None = None,
        status: int | None = None,
        raw: str = "",
        partial: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.type = type
        self.param = param
        self.status = status
        self.raw = raw
        self.partial: Any = partial

    def __str__(self) -> str:
        known = {"status": self.status, "code": self.code, "type": self.type, "param": self.param}
        details = ", ".join(f"{name} {value}" for name, value in known.items() if value not in (None, ""))
        return f"{shortened(self.message)} ({shortened(details)})" if details else shortened(self.message)


def shortened(text: str) -> str:
    """Return `text` on one line, cut where it is too long to be printed."""
    line = " ".join(text[: 2 * _SHOWN].split())
    return line if len(line) <= _SHOWN and len(text) <= 2 * _SHOWN else line[:_SHOWN] + "..."
