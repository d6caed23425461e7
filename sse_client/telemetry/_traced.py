"""The part of a traced reply that blocking and asynchronous replies share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from sse_client.telemetry._answer import Answer
    from sse_client.telemetry._chat_trace import ChatTrace

__all__ = ["Traced"]


class _Ending(Protocol):
    @property
    def outcome(self) -> str | None: ...


_Reply_co = TypeVar("_Reply_co", bound=_Ending, covariant=True)


class Traced(ABC, Generic[_Reply_co]):
    """Holds a reply and its trace; subclasses provide the answer."""

    def __init__(self, reply: _Reply_co, trace: ChatTrace) -> None:
        self._source = reply
        self._trace = trace
        self._entered = False

    @abstractmethod
    def _answer(self) -> Answer:
        """Return the answer so far."""

    def _is_answer(self, piece: object) -> bool:
        """Return whether `piece` belongs to the answer; only such pieces are timed."""
        return piece is not None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._source!r}>"

    @property
    def outcome(self) -> str | None:
        """How the reply ended: complete, truncated, error or cancelled; None before that."""
        return self._source.outcome

    def _end(self, error: BaseException | None = None) -> None:
        self._trace.end(self._answer, self.outcome, error)
