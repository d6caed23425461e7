"""What an observer sees of a stream: the counts, and the news that it opened, was lost, or closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sse_client._response import Response

if TYPE_CHECKING:
    from sse_client.errors import SSEError
    from sse_client.request import Attempt

__all__ = ["Closed", "Lost", "Observer", "Opened", "Reason", "Response", "Stats"]

Reason = Literal["until", "no content", "end", "closed", "cancelled", "error"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection is open: the response is an event stream.

    Attributes:
        response: the head of the response.
        attempt: the attempt that succeeded.
    """

    response: Response
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Lost:
    """A connection was lost, or could not be made, and another attempt follows.

    Attributes:
        error: how it was lost.
        delay: seconds until the next attempt.
    """

    error: SSEError
    delay: float


@dataclass(frozen=True, slots=True)
class Closed:
    """The stream has ended and will not reconnect.

    Attributes:
        reason: `until`: the event that `until` names arrived; `no content`: the server answered 204; `end`: the body
            ended, and the stream is not resumed; `closed`: the caller closed it; `cancelled`: the task that read it was
            cancelled; `error`: an error ended it.
        error: the error that is raised, if the reason is `error`; else None.
    """

    reason: Reason
    error: BaseException | None = None


Observer = Callable[[Opened | Lost | Closed], object]


@dataclass(frozen=True, slots=True)
class Stats:
    """The counts of one stream at one moment.

    Attributes:
        connections: responses that were event streams.
        events: events received.
        comments: comment lines received.
        bytes: bytes of event stream received, decompressed.
        useless_attempts: the latest attempts in a row that brought no event.
        opened_at: when the last connection was opened, in seconds since the epoch; None before the first.
        last_event_at: when the last event arrived, in seconds since the epoch; None before the first.
    """

    connections: int
    events: int
    comments: int
    bytes: int
    useless_attempts: int
    opened_at: float | None
    last_event_at: float | None
