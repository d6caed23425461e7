r"""The errors of every part of the package.

    SSEError
      ConnectionFailed       no connection, or it broke       -> retried
        IdleTimeout          silence                          -> retried
        StreamTruncated      ended before `until`             -> retried where allowed
      ResponseError          an answer, but not a stream
        StatusError          not the status of a stream       -> retried if `Reconnect` lists it
        ContentTypeError     not `text/event-stream`
      EventTooLarge          \\
      BodyNotReplayable       | final
      RedirectRefused         |
      DeadlineExceeded       /

No message contains a URL's query or credentials, or a header, so all of them can be logged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "BodyNotReplayable",
    "ConnectionFailed",
    "ContentTypeError",
    "DeadlineExceeded",
    "EventTooLarge",
    "IdleTimeout",
    "RedirectRefused",
    "ResponseError",
    "SSEError",
    "StatusError",
    "StreamTruncated",
]


class SSEError(Exception):
    """The root: every error of this package that is not a mistake in a call is one of these.

    Attributes:
        partial: what a chat stream had brought by then, a `Completion` or a `Response`; None where there was no stream
            yet, and of others than chats.
    """

    partial: Any = None


class ConnectionFailed(SSEError):
    """No connection could be made, or it broke before the body's end.

    Attributes:
        sent: False where it is certain that the server never got the request, because no connection
            was made; such a request may be sent again whatever its method.
        final: True where no other attempt is made, whatever the rules say of others: the server's certificate does not
            verify, or the stream ended cleanly and `Reconnect(on_end=False)` resumes only what was cut off.
    """

    def __init__(self, message: str = "", *, sent: bool = True, final: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.final = final


class IdleTimeout(ConnectionFailed):
    """The server was silent, or sent no event, for longer than the `timeout` allows."""


class StreamTruncated(ConnectionFailed):
    """The stream ended before the event that `until` names.

    Attributes:
        partial: out of a chat never None: where nothing had come, one without content.
    """

    def __init__(self, message: str = "", *, sent: bool = True, partial: Any = None) -> None:
        super().__init__(message, sent=sent)
        self.partial = partial


class ResponseError(SSEError):
    """The server answered, but not with an event stream that can be read.

    Attributes:
        status: HTTP status code.
        headers: the response's headers; look-ups ignore case.
        body: the body's first bytes, decompressed: 64 KiB at most, or as `max_error_body` says.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers: Mapping[str, str] = {} if headers is None else headers
        self.body = body


class StatusError(ResponseError):
    """The response's status was not one of an event stream: 200, or any 2xx but 204 and 205 for POST and its like.

    Attributes:
        retry_after: seconds that the server asked for in `Retry-After`, or None.
        redirected: whether the server had answered the caller's own request with a redirect, so that it may have
            processed that one.
    """

    def __init__(
        self,
        message: str = "",
        *,
        status: int = 0,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        retry_after: float | None = None,
        redirected: bool = False,
    ) -> None:
        super().__init__(message, status=status, headers=headers, body=body)
        self.retry_after = retry_after
        self.redirected = redirected


class ContentTypeError(ResponseError):
    """The response's content type was not `text/event-stream`."""


class EventTooLarge(SSEError):
    """A block of the stream is longer than `max_event_size`, or a compressed body inflates to far more than events."""


class BodyNotReplayable(SSEError):
    """The request's body was used up by the first attempt, and cannot be sent a second time."""


class RedirectRefused(SSEError):
    """A redirect was not followed: it would carry the body to another origin, or there were too many."""


class DeadlineExceeded(SSEError):
    """The whole stream took longer than `Timeout.total`."""
