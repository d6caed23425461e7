"""An asynchronous reply whose end also ends its span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from sse_client.telemetry._traced import Traced

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from types import TracebackType

    from sse_client.aio import AsyncEventStream

__all__ = ["AsyncTracedReply"]

_T = TypeVar("_T")
_Piece_co = TypeVar("_Piece_co", covariant=True)


class _Reply(Protocol[_Piece_co]):
    """The part of a reply that a trace uses."""

    @property
    def outcome(self) -> str | None: ...
    @property
    def events(self) -> AsyncEventStream: ...
    async def __anext__(self) -> _Piece_co: ...
    async def __aenter__(self) -> object: ...
    async def aclose(self) -> None: ...


class AsyncTracedReply(Traced[_Reply[_Piece_co]], Generic[_Piece_co]):
    """Runs a reply within its span; subclasses provide the answer."""

    @property
    def events(self) -> AsyncEventStream:
        """The underlying event stream."""
        return self._source.events

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> _Piece_co:
        if not self._entered:
            await self.__aenter__()
        piece = await self._next(self._source)
        if self._is_answer(piece):
            self._trace.chunk()
        return piece

    async def _pieces(self, pieces: AsyncIterator[_T]) -> AsyncIterator[_T]:
        """Yield `pieces` of the reply, all of which belong to the answer."""
        if not self._entered:
            await self.__aenter__()
        while True:
            try:
                piece = await self._next(pieces)
            except StopAsyncIteration:
                return
            self._trace.chunk()
            yield piece

    async def _next(self, pieces: AsyncIterator[_T] | _Reply[_T]) -> _T:
        try:
            return await anext(pieces)
        except StopAsyncIteration:
            self._end()
            raise
        except BaseException as error:
            self._end(error)
            raise

    async def __aenter__(self) -> Self:
        self._entered = True
        with self._trace.begin():
            try:
                await self._source.__aenter__()
            except BaseException as error:
                self._end(error)
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the reply and its span, from any task."""
        await self._source.aclose()
        self._end()
