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
    """The root of all errors of this package, except mistakes in a call.

    Attributes:
        partial: for the replies of an adapter, what had arrived before the error, such as a `Completion`, a `Response`
            or a `Message`; None if there was no stream yet, and for all other streams.
    """

    partial: Any = None


class ConnectionFailed(SSEError):
    """No connection could be made, or it broke before the body's end.

    Attributes:
        sent: False if the server certainly did not receive the request, because no connection was made. Such a request
            may be sent again, whatever its method.
        final: True if there is no further attempt, whatever the rules say: the server's certificate does not verify,
            or the stream ended cleanly and `Reconnect(on_end=False)` resumes only streams that were cut off.
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
        partial: for the replies of an adapter, never None: if nothing had arrived, it has no content.
    """

    def __init__(self, message: str = "", *, sent: bool = True, partial: Any = None) -> None:
        super().__init__(message, sent=sent)
        self.partial = partial


class ResponseError(SSEError):
    """The server answered, but not with an event stream that can be read.

    Attributes:
        status: HTTP status code.
        headers: the response's headers; lookup ignores case.
        body: the first bytes of the body, decompressed: at most 64 KiB, or `max_error_body`.
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
    """The status is not 200 or, for methods other than GET, HEAD and OPTIONS, not a 2xx except 204 and 205.

    Attributes:
        retry_after: the seconds that the server asked for in `Retry-After`, or None.
        redirected: whether the server had first answered the caller's request with a redirect, in which case it may
            have processed that request.
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
    """A block is longer than `max_event_size`, or a compressed body inflates too far."""


class BodyNotReplayable(SSEError):
    """The first attempt has used up the request's body, so it cannot be sent a second time."""


class RedirectRefused(SSEError):
    """A redirect was not followed.

    `allow_redirects` forbids it, there were too many, its target is no HTTP URL or too long, or it would carry the body
    to another origin.
    """


class DeadlineExceeded(SSEError):
    """The whole stream took longer than `Timeout.total`."""
