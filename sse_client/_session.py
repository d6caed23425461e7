"""What survives a reconnect, and what comes next (WHATWG HTML 9.2.3 "Processing model").

For each connection a shell asks `attempt`, and `completed` for its request, then says `opened`, `feed` for what
arrives, and `ended` or `lost`; it opens, reads, sleeps and closes, and decides nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Coroutine
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sse_client._coding import decoder_for
from sse_client._delivery import Delivery
from sse_client._dialect import EVENT_STREAM, Dialect
from sse_client.errors import (
    BodyNotReplayable,
    ConnectionFailed,
    ContentTypeError,
    ResponseError,
    SSEError,
    StatusError,
    StreamTruncated,
)
from sse_client.events import Event
from sse_client.observer import Closed, Lost, Opened, Stats
from sse_client.parser import Parser
from sse_client.policy import Policy, Reconnect, retry_after
from sse_client.request import Attempt, Request, check, display, display_url, with_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sse_client.observer import Reason, Response
    from sse_client.options import Options

__all__ = ["Session"]

_log = logging.getLogger("sse_client")

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS"})


class Session:
    """One stream over all of its connections.

    Args:
        request: what the caller asks for.
        options: how.
        dialect: what counts as a stream.
    """

    __slots__ = (
        "_attempt",
        "_bytes",
        "_comments",
        "_connections",
        "_counts",
        "_delivery",
        "_dialect",
        "_error",
        "_events",
        "_last_event_at",
        "_number",
        "_opened_at",
        "_options",
        "_over",
        "_parser",
        "_policy",
        "_request",
        "_useful",
        "progressed",
        "reconnection_time",
        "useless_attempts",
    )

    def __init__(self, request: Request, options: Options, dialect: Dialect = EVENT_STREAM) -> None:
        self.reconnection_time: int | None = None
        self.useless_attempts = 0
        self.progressed = False  # by the last `feed`: it brought an event that counts, not comments alone
        self._request = request
        self._options = options
        self._dialect = dialect
        limited = options.timeout.first is not None or options.timeout.event is not None
        self._counts = dialect.counts if limited else None
        self._policy: Policy | None = None  # most streams are never lost
        self._delivery = Delivery(options)
        self._parser = Parser()
        self._number = 0
        self._attempt: Attempt | None = None  # both until it has succeeded: an error holds the frames it came through
        self._error: SSEError | None = None
        self._over: Reason | None = None
        self._useful = False
        self._connections = self._events = self._comments = self._bytes = 0
        self._opened_at: float | None = None
        self._last_event_at: float | None = None

    @property
    def over(self) -> Reason | None:
        """Why no further connection is needed, if none is."""
        return "until" if self._delivery.over else self._over

    @property
    def watched(self) -> bool:
        """Whether taking an event from what `feed` returns calls the caller's own code."""
        return self._delivery.watched

    @property
    def body_limit(self) -> int:
        """Bytes of a refused response's body that are to be kept."""
        return self._dialect.body_limit

    @property
    def last_event_id(self) -> str:
        """The last event ID of the last event that was yielded; not that of events parsed behind it."""
        return self._delivery.last_event_id

    @property
    def tail(self) -> str:
        """What has arrived on this connection and is not dispatched; see `Parser.tail`."""
        return self._parser.tail

    @property
    def name(self) -> str:
        """What the caller asks for, in short; it can be logged."""
        return display(self._request)

    @property
    def stats(self) -> Stats:
        """The counts up to now."""
        return Stats(
            connections=self._connections,
            events=self._events,
            comments=self._comments + self._parser.comment_count,
            bytes=self._bytes,
            useless_attempts=self.useless_attempts,
            opened_at=self._opened_at,
            last_event_at=self._last_event_at,
        )

    def attempt(self) -> object:
        """Begin the next attempt; return what is to become its request: whatever `prepare` returned, unchecked.

        Raises:
            TypeError: the checkpoint returned something else than a string.
            ValueError: it returned what is no last event ID.
        """
        options = self._options
        if not self._number:
            self._delivery.begin()
        self._number += 1
        place = self._delivery.place
        self._attempt = Attempt(number=self._number, last_event_id=place, error=self._error)
        self._comments += self._parser.comment_count
        self._parser = self._dialect.parser(
            last_event_id=place, comments=options.comments, max_event_size=options.max_event_size
        )
        self._useful = False
        return self._request if options.prepare is None else options.prepare(self._request, self._attempt)

    def completed(self, asked: object, ambient: Mapping[str, Any]) -> Request:
        """Return the request of this attempt, with the headers that are the standard's.

        Args:
            asked: what `attempt` returned, or what came of awaiting that.
            ambient: headers that the transport adds by itself.

        Raises:
            TypeError: `asked` is no request.
            ValueError: it is malformed.
        """
        request = self._request if self._options.prepare is None else _checked(asked)
        return with_headers(request, ambient, self._delivery.place)

    def opened(self, response: Response) -> ResponseError | None:
        """Take the head of a response; return the error that it is, if it is no event stream, without its body."""
        status, headers = response.status, response.headers
        if status == HTTPStatus.NO_CONTENT:
            self._over = "no content"
            return None
        if status != HTTPStatus.OK:
            return StatusError(
                f"expected status 200 from {display_url(response.url)}, got {status}{_phrase(status)}",
                status=status,
                headers=headers,
                retry_after=retry_after(headers.get("Retry-After"), time.time()),
            )
        media_type = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type not in self._dialect.media_types:
            return ContentTypeError(
                f"expected text/event-stream from {display_url(response.url)}, got {media_type or 'no content type'}",
                status=status,
                headers=headers,
            )
        try:
            decoder_for(headers.get("Content-Encoding", ""))
        except ValueError as error:
            return ResponseError(str(error), status=status, headers=headers)
        attempt, self._attempt, self._error = self._attempt, None, None
        assert attempt is not None
        self._connections += 1
        self._opened_at = time.time()
        _log.info("opened: attempt %d", attempt.number)
        self._tell(Opened(response, attempt))
        return None

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take bytes of the body; return an iterator of the events that they complete, up to the last one.

        Raises:
            EventTooLarge: a block is longer than `max_event_size`.
        """
        self._bytes += len(data)
        events = self._parser.feed(data)
        if self._parser.reconnection_time is not None:
            self.reconnection_time = self._parser.reconnection_time
        count = sum(isinstance(event, Event) for event in events) if self._options.comments else len(events)
        self.progressed = bool(count)
        if count:
            self._useful = True
            self.useless_attempts = 0
            self._events += count
            self._last_event_at = time.time()
            if self._counts is not None:
                self.progressed = any(type(event) is Event and self._counts(event) for event in events)
        return self._delivery.hand_out(events)

    def exhausted(self) -> None:
        """Take note that the consumer has come back for more than the last `feed` brought.

        Raises:
            EventTooLarge: what came behind it is too large.
        """
        self._delivery.exhausted(self._parser.last_event_id)
        if self._parser.failed and not self._delivery.over:
            self._parser.feed(b"")

    def ended(self) -> SSEError | None:
        """Take the clean end of the body; return the loss that it is, or None if it is the end of the stream."""
        if self._options.until is not None:
            return StreamTruncated("the stream ended before the event that `until` names")
        if self._repeats:
            return ConnectionFailed("the server ended the stream")
        self._over = "end"
        return None

    def lost(self, error: SSEError) -> float:
        """Return the seconds to wait before the next connection.

        Raises:
            SSEError: `error` itself, when it is final or the policy gives up.
        """
        if isinstance(error, BodyNotReplayable):
            error.__cause__ = self._error  # why it was to be sent again
        self._error = error
        self.useless_attempts += not self._useful
        rules = self._options.reconnect
        if rules is False or not isinstance(error, (ConnectionFailed, StatusError)):
            raise error
        if self._policy is None:
            self._policy = Policy(rules if isinstance(rules, Reconnect) else Reconnect(), repeat=self._repeats)
        delay = self._policy.delay(
            error, useless=self.useless_attempts, reconnection_time=self.reconnection_time, name=self.name
        )
        _log.warning("lost: %s; connecting again in %.3g s", error, delay)
        self._tell(Lost(error, delay))
        return delay

    def closed(self, reason: Reason, error: BaseException | None = None) -> None:
        """Say that it is over."""
        _log.info("closed: %s", reason if error is None else type(error).__name__)
        self._tell(Closed(reason, error))

    @property
    def _repeats(self) -> bool:
        """Whether a request that may have been processed is sent again: by default, where the method allows it."""
        rules = self._options.reconnect
        return self._request.method in _REPEATABLE if rules is None else rules is not False

    def _tell(self, news: Opened | Lost | Closed) -> None:
        if self._options.observer is not None:
            self._options.observer(news)


def _checked(asked: object) -> Request:
    """Return what came of `prepare`, if it can be sent.

    Raises:
        TypeError: it is no request.
        ValueError: it is malformed.
    """
    if isinstance(asked, Coroutine):
        asked.close()  # else Python warns that it was never awaited
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
