"""The error that a chat server reports."""

from __future__ import annotations

from typing import Any

from sse_client.adapters.openai._shared.shown_text import SHOWN, quoted, shown
from sse_client.errors import SSEError

__all__ = ["ChatError"]


class ChatError(SSEError):
    """The server reported an error, inside the stream or instead of it, or did not send a chat stream.

    The error's text shows at most 200 characters of the server's message, on one line and escaped.

    Attributes:
        message: the server's message, in full.
        code: the code as the server sent it, a name or a number.
        type: the server's name for the kind of error.
        param: the parameter of the request that is wrong.
        status: HTTP status code: of the response, or the one that the payload names; None if neither is known.
        raw: the payload as received.
        partial: what had arrived before, a `Completion` or a `Response`; None if the error came instead of a stream.
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
        if not details:
            return shown(self.message)
        details = shown(details, SHOWN // 2)
        return f"{shown(self.message, SHOWN - len(details) - len(' ()'))} ({details})"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({quoted(str(self))})"
