"""The state that survives a reconnect, and what follows a connection (WHATWG HTML 9.2.3 "Processing model").

For each connection the loop calls `attempt` for its request, then `opened`, `delivery.feed` with what arrives, and
`ended` or `lost`. The loop opens, reads, sleeps and closes; every decision is made here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Coroutine
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

from sse_client._core.delivery import Delivery, named_last
from sse_client._core.stream_format import EVENT_STREAM, StreamFormat
from sse_client._http.escaped_text import shown
from sse_client._http.media_types import EVENT_STREAM as EVENT_STREAM_TYPE
from sse_client._http.media_types import extract_mime_type
from sse_client._http.statuses import ends_stream, expected_status, opens_stream
from sse_client.errors import (
    BodyNotReplayable,
    ConnectionFailed,
    ContentTypeError,
    EventTooLarge,
    ResponseError,
    SSEError,
    StatusError,
    StreamTruncated,
)
from sse_client.options import DEFAULT_MAX_ERROR_BODY
from sse_client.request import Attempt, Request, check, display, display_url, resume_header

if TYPE_CHECKING:
    from sse_client._core.response_body import ResponseBody
    from sse_client.observer import Reason, Stats
    from sse_client.options import Options
    from sse_client.policy import Policy

__all__ = ["Session", "checked"]

_OK = HTTPStatus.OK.value  # looked up once; through the enum, it takes 0.3 µs each time
_FLEETING = 1.0  # seconds; a connection that lasts longer does not count as fleeting

_log = logging.getLogger("sse_client")

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})


class Session:
    """One stream over all of its connections.

    Args:
        request: the caller's request.
        options: the caller's options.
        stream_format: the rules for what counts as a stream.

    Attributes:
        request: the caller's request.
        format: the rules for what counts as a stream.
        delivery: turns the bytes that arrive into events.
        ending: why the stream has ended; None while it has not.
        resume: the value of the current attempt's `Last-Event-ID` header, unless the request has its own; empty: none.
    """

    __slots__ = (
        "_connections",
        "_error",
        "_fleeting",
        "_number",
        "_opened",
        "_opened_at",
        "_options",
        "_policy",
        "_useless",
        "delivery",
        "ending",
        "format",
        "request",
        "resume",
    )

    def __init__(self, request: Request, options: Options, stream_format: StreamFormat = EVENT_STREAM) -> None:
        self.request = request
        self.format = stream_format
        self.delivery = Delivery(options, stream_format)
        self.ending: Reason | None = None
        self.resume = b""
        self._options = options
        self._policy: Policy | None = None  # most streams are never lost
        self._number = 0
        self._error: SSEError | None = None  # dropped when an attempt succeeds, because an error keeps its frames alive
        self._useless = self._fleeting = 0
        self._connections = 0
        self._opened_at: float | None = None
        self._opened = 0.0

    @property
    def body_limit(self) -> int | None:
        """How many bytes of a refused response's body to keep; None: the whole body."""
        limit = self._options.max_error_body
        return self.format.body_limit if limit == DEFAULT_MAX_ERROR_BODY else limit

    @property
    def name(self) -> str:
        """The method and URL of the caller's request, as a log may show them."""
        return display(self.request)

    @property
    def useless_attempts(self) -> int:
        """The latest attempts in a row that brought no event."""
        return 0 if self.delivery.received else self._useless

    @property
    def stats(self) -> Stats:
        """The current counts."""
        from sse_client.observer import Stats

        delivery = self.delivery
        return Stats(
            connections=self._connections,
            events=delivery.events,
            comments=delivery.comments,
            bytes=delivery.bytes,
            useless_attempts=self.useless_attempts,
            opened_at=self._opened_at,
            last_event_at=delivery.last_event_at,
        )

    def attempt(self) -> object:
        """Begin the next attempt; return the caller's request, or the result of `prepare`, perhaps an awaitable.

        Raises:
            TypeError: the checkpoint did not return a string.
            ValueError: the checkpoint returned a string that is not a valid last event ID.
        """
        self.delivery.begin()
        self._number += 1
        place = self.delivery.place
        # "If the EventSource object's last event ID string is not the empty string, then: let lastEventIDValue be the
        # EventSource object's last event ID string, encoded as UTF-8".
        resume = resume_header(place) if place else b""
        if resume is None:
            _log.warning(
                "the last event ID, of %d characters, cannot be sent as a header: connecting without it, %s",
                len(place),
                self.name,
                extra={"sse_request": self.name},
            )
        self.resume = resume or b""
        prepare = self._options.prepare
        return self.request if prepare is None else prepare(self.request, self._attempt(self._error))

    def opened(self, body: ResponseBody, *, sniffed: bool = False) -> ResponseError | None:
        """Examine the head of a response; if it is not an event stream, return the error, without the body.

        Args:
            body: the response.
            sniffed: whether the body begins like an event stream, whatever its content type.
        """
        response = body.response
        status, headers = response.status, response.headers
        if status != _OK and not opens_stream(body.method, status):  # 200 opens a stream for every method
            if ends_stream(status):
                self.ending = "no content"
                return None
            from sse_client._http.retry_after import retry_after  # loaded for the first refusal

            expected = expected_status(body.method)
            return StatusError(
                f"expected {expected} from {display_url(response.url)}, got {status}{_phrase(status)}",
                status=status,
                headers=headers,
                retry_after=retry_after(headers.get("Retry-After"), time.time()),
                redirected=body.redirected,
            )
        media_type = content_type = headers.get("Content-Type", "")
        if media_type not in self.format.media_types:  # usually the header is exactly the type
            media_type = extract_mime_type([content_type]) or ""
        if media_type not in self.format.media_types and not sniffed:
            given = content_type.strip(" \t,;")
            malformed = f"a malformed content type, {shown(given)}" if given else "no content type"
            return ContentTypeError(
                f"expected {EVENT_STREAM_TYPE} from {display_url(response.url)}, got {shown(media_type) or malformed}",
                status=status,
                headers=headers,
            )
        if body.coding_error:
            return ResponseError(
                f"{body.coding_error}, from {display_url(response.url)}", status=status, headers=headers
            )
        error, self._error = self._error, None
        self._connections += 1
        self._opened_at = time.time()
        self._opened = monotonic()  # unaffected by changes of the system time
        if self._options.observer is not None or _log.isEnabledFor(logging.INFO):
            # Imported here, together with its events, which saves most programs 1.4 ms.
            from sse_client._core.reports import report
            from sse_client.observer import Opened

            report(Opened(response, self._attempt(error)), self.request, self._options.observer)
        return None

    def consumed(self) -> SSEError | None:
        """Record that the consumer has handled all events of the last `feed`.

        Returns an error if the block after those events is too large, else None.
        """
        error = self.delivery.consumed()
        if self.delivery.last is not None:
            self.ending = "until"
        return error

    def ended(self) -> SSEError | None:
        """Handle a clean end of the body; return an error if that counts as a loss, None if the stream has ended."""
        rules = self._options.reconnect
        resumes = rules is None or isinstance(rules, bool) or rules.on_end
        if self._options.until is not None:
            truncated = StreamTruncated(f"the stream from {self._url} ended before {named_last(self._options.until)}")
            truncated.final = not resumes
            return truncated
        if resumes and self._repeats:
            return ConnectionFailed(f"the server ended the stream from {self._url}")
        self.ending = "end"
        return None

    def lost(self, error: SSEError) -> float | None:
        """Return the seconds to wait before the next connection; None if `error` is final, or the policy gives up."""
        if isinstance(error, BodyNotReplayable):
            error.__cause__ = self._error  # the loss that made another attempt necessary
        if isinstance(error, EventTooLarge):
            error.args = (f"{error}, from {self._url}",)  # the parser does not know the URL
        self._error = error
        received = self.delivery.received
        self._useless = 0 if received else self._useless + 1
        fleeting = received == 1 and monotonic() - self._opened < _FLEETING
        self._fleeting = self._fleeting + 1 if fleeting else 0
        rules = self._options.reconnect
        final = isinstance(error, ConnectionFailed) and error.final
        if rules is False or final or not isinstance(error, (ConnectionFailed, StatusError)):
            return None
        if self._policy is None:
            from sse_client.policy import DEFAULT_RULES, Policy  # loaded for the first loss

            chosen = DEFAULT_RULES if rules is None or isinstance(rules, bool) else rules
            self._policy = Policy(chosen, repeat=self._repeats)
        delay = self._policy.delay(
            error,
            useless=self._useless,
            reconnection_time=self.delivery.reconnection_time,
            name=self.name,
            fleeting=self._fleeting,
        )
        if delay is not None:
            from sse_client._core.reports import report
            from sse_client.observer import Lost

            report(Lost(error, delay), self.request, self._options.observer)
        return delay

    def closed(self, reason: Reason, error: BaseException | None = None) -> None:
        """Report that the stream has ended."""
        if self._options.observer is not None or _log.isEnabledFor(logging.INFO):
            from sse_client._core.reports import report
            from sse_client.observer import Closed

            report(Closed(reason, error), self.request, self._options.observer)

    def _attempt(self, error: SSEError | None) -> Attempt:
        """Return the current attempt, as `prepare` and observers see it; `error` is the loss before it."""
        return Attempt(number=self._number, last_event_id=self.delivery.place, error=error)

    @property
    def _url(self) -> str:
        """The URL of the caller's request, as a message may show it."""
        return display_url(self.request.url)

    @property
    def _repeats(self) -> bool:
        """Whether a request that may have been processed is resent: by default, if the method allows it."""
        rules = self._options.reconnect
        return self.request.method in _REPEATABLE if rules is None else rules is not False


def checked(asked: object) -> Request:
    """Check and return the request that `prepare` returned.

    Raises:
        TypeError: the result is not a `Request`.
        ValueError: the request is malformed.
    """
    if isinstance(asked, Coroutine):
        asked.close()  # otherwise Python warns that it was never awaited
        raise TypeError("prepare: expected a Request, got a coroutine, which the blocking client cannot await")
    if not isinstance(asked, Request):
        raise TypeError(f"prepare: expected a Request, got {type(asked).__name__}")
    check(asked)
    return asked


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""
