"""The states of a stream and the transitions between them (WHATWG HTML 9.2.2, `readyState`).

The loop in `stream` makes these transitions. The tests compare it with this table, and the diagram in the docs is drawn
from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from sse_client.observer import Reason

__all__ = ["TRANSITIONS", "State", "Transition"]

State: TypeAlias = Literal["connecting", "open", "closed"]


class Transition(NamedTuple):
    """A transition from one state to another.

    Attributes:
        source: the state before.
        target: the state afterwards.
        when: the event that causes the transition, in words.
        reason: the value of `EventStream.reason` afterwards; None if the stream continues.
    """

    source: State
    target: State
    when: str
    reason: Reason | None = None


TRANSITIONS = (
    Transition("connecting", "open", "a response that is an event stream"),
    Transition("connecting", "connecting", "no connection, or a status that is retried: wait, and try again"),
    Transition("connecting", "closed", "204: the server has no more", "no content"),
    Transition("connecting", "closed", "close()", "closed"),
    Transition("connecting", "closed", "the task is cancelled", "cancelled"),
    Transition("connecting", "closed", "a final error, or the last attempt", "error"),
    Transition("open", "connecting", "lost, or ended, and resumed: wait, then ask for what follows the last event ID"),
    Transition("open", "closed", "the event that `until` names", "until"),
    Transition("open", "closed", "the end of a request that is not repeated", "end"),
    Transition("open", "closed", "close()", "closed"),
    Transition("open", "closed", "the task is cancelled", "cancelled"),
    Transition("open", "closed", "lost, and not to be resumed", "error"),
)
