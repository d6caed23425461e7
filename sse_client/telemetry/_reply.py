"""A blocking reply whose end also ends its span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from sse_client.telemetry._traced import Traced

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from sse_client.event_stream import EventStream

__all__ = ["TracedReply"]

_T = TypeVar("_T")
_Piece_co = TypeVar("_Piece_co", covariant=True)


class _Reply(Protocol[_Piece_co]):
    """The part of a reply that a trace uses."""

    @property
    def outcome(self) -> str | None: ...
    @property
    def events(self) -> EventStream: ...
    def __next__(self) -> _Piece_co: ...
    def __enter__(self) -> object: ...
    def close(self) -> None: ...


class TracedReply(Traced[_Reply[_Piece_co]], Generic[_Piece_co]):
    """Runs a reply within its span; subclasses provide the answer."""

    @property
    def events(self) -> EventStream:
        """The underlying event stream."""
        return self._source.events

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Piece_co:
        if not self._entered:
            self.__enter__()
        piece = self._next(self._source)
        if self._is_answer(piece):
            self._trace.chunk()
        return piece

    def _pieces(self, pieces: Iterator[_T]) -> Iterator[_T]:
        """Yield `pieces` of the reply, all of which belong to the answer."""
        if not self._entered:
            self.__enter__()
        while True:
            try:
                piece = self._next(pieces)
            except StopIteration:
                return
            self._trace.chunk()
            yield piece

    def _next(self, pieces: Iterator[_T] | _Reply[_T]) -> _T:
        try:
            return next(pieces)
        except StopIteration:
            self._end()
            raise
        except BaseException as error:
            self._end(error)
            raise

    def __enter__(self) -> Self:
        self._entered = True
        with self._trace.begin():
            try:
                self._source.__enter__()
            except BaseException as error:
                self._end(error)
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the reply and its span, from any thread."""
        self._source.close()
        self._end()
