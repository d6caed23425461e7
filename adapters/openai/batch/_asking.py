"""Asks the rows of a batch in one event loop, a limited number at a time, each until it is answered or fails."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, Self, TypeVar

from sse_client import ConnectionFailed, SSEError, StreamTruncated
from sse_client.adapters.openai import ChatError
from sse_client.adapters.openai.batch._results import Results
from sse_client.adapters.openai.batch._row import Answer, Question, answer_of, failed, question_of
from sse_client.adapters.openai.batch.progress import Reporter

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from sse_client.adapters.openai import AsyncChatClient, Completion
    from sse_client.adapters.openai.batch.limit import Limit
    from sse_client.adapters.openai.batch.progress import BatchProgress

__all__ = ["Asking", "Plan"]

_T = TypeVar("_T")
_PASSING = frozenset({408, 409, 429})
_LONGEST = 8.0  # seconds between two attempts of a row


@dataclass(frozen=True, slots=True)
class Plan:
    """The checked arguments of a `ChatBatch`."""

    client: dict[str, Any]
    body: dict[str, Any]
    concurrency: int
    max_retries: int
    limit: Limit | None
    results: str | os.PathLike[str] | None
    run: str
    progress: Callable[[BatchProgress], object] | None


class Asking:
    """Asks rows over one connection pool in one event loop, which all batches there share.

    Args:
        plan: the arguments of the batch.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._turns = asyncio.Semaphore(plan.concurrency)
        self._results = None if plan.results is None else Results(plan.results)
        self._client: AsyncChatClient | None = None

    async def __aenter__(self) -> Self:
        from sse_client.adapters.openai import AsyncChatClient

        self._client = AsyncChatClient(max_retries=self._plan.max_retries, **self._plan.client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._client is not None
        await self._client.aclose()
        if self._results is not None:
            self._results.close()

    async def answer_all(self, rows: Iterable[tuple[Mapping[str, Any], str | None]]) -> list[Answer]:
        """Return the answers to all rows, in their order.

        Args:
            rows: the rows with their names; a name is None if the row lacks a required one.
        """
        waiting, found, reporter = enumerate(rows), dict[int, Answer](), self._begin()

        async def work() -> None:
            for place, (row, name) in waiting:
                found[place] = await self._answer_in_turn(row, name, reporter)

        workers = [asyncio.create_task(work()) for _ in range(self._plan.concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            await self._end(workers, reporter)
        return [found[place] for place in range(len(found))]

    async def answers(
        self, rows: Iterable[tuple[_T, tuple[Mapping[str, Any], str | None]]]
    ) -> AsyncIterator[tuple[_T, Answer]]:
        """Yield the answers as they arrive, each with the tag of its row.

        Args:
            rows: a tag that is returned, the row, and its name; the name is None if the row lacks a required one.
        """
        waiting, done, reporter = iter(rows), asyncio.Queue[Any](), self._begin()
        # A slow consumer holds the workers back.
        slots = asyncio.Semaphore(2 * self._plan.concurrency)
        workers = [
            asyncio.create_task(self._work(waiting, done, slots, reporter)) for _ in range(self._plan.concurrency)
        ]
        running = len(workers)
        try:
            while running:
                found: tuple[_T, Answer] | Exception | None = await done.get()
                if isinstance(found, Exception):
                    raise found
                if found is None:
                    running -= 1
                else:
                    slots.release()
                    yield found
        finally:
            await self._end(workers, reporter)

    def _begin(self) -> Reporter:
        if self._results is not None:
            self._results.refresh()
        return Reporter(self._plan.progress)

    async def _end(self, workers: Sequence[asyncio.Task[None]], reporter: Reporter) -> None:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        reporter.flush()

    async def _work(
        self,
        rows: Iterator[tuple[_T, tuple[Mapping[str, Any], str | None]]],
        done: asyncio.Queue[Any],
        slots: asyncio.Semaphore,
        reporter: Reporter,
    ) -> None:
        try:
            while True:
                await slots.acquire()
                following = next(rows, None)
                if following is None:
                    break
                tag, (row, name) = following
                done.put_nowait((tag, await self._answer_in_turn(row, name, reporter)))
        except Exception as error:  # noqa: BLE001 - of the rows or of the caller's functions; raised where they are
            done.put_nowait(error)
        else:
            slots.release()
            done.put_nowait(None)

    async def _answer_in_turn(self, row: Mapping[str, Any], name: str | None, reporter: Reporter) -> Answer:
        async with self._turns:
            answer, resumed = await self._answer(row, name)
        reporter.add(answer, resumed=resumed)
        return answer

    async def _answer(self, row: Mapping[str, Any], name: str | None) -> tuple[Answer, bool]:
        """Return the answer to one row, and whether it comes from an earlier run."""
        try:
            question = question_of(row, self._plan.body, self._plan.run, name)
        except Exception as error:  # noqa: BLE001 - of what the row holds: too deep, say, or no JSON; the others go on
            return failed(error), False
        kept = None if self._results is None else self._results.find(question.key)
        if kept is not None:
            return kept, True
        began = monotonic()
        try:
            answer = answer_of(await self._ask(question), question.key, monotonic() - began)
        except (SSEError, ValueError, TypeError, RecursionError, MemoryError) as error:
            # The memory of the answer that did not fit has been freed by now; the other rows continue.
            answer = failed(error, question.key, monotonic() - began)
        if self._results is not None:
            self._results.add(answer)
        return answer, False

    async def _ask(self, question: Question) -> Completion:
        """Return the whole answer; ask again if it breaks off.

        Raises:
            SSEError: there is no answer after all attempts.
        """
        tries = 0
        while True:
            try:
                return await self._once(question)
            except (ConnectionFailed, ChatError) as error:
                # Before the first delta, the client itself retries. After it, a retry is safe because nobody has seen
                # the beginning.
                if tries == self._plan.max_retries or not _broke_off(error):
                    raise
                tries += 1
                await asyncio.sleep(min(0.25 * 2**tries, _LONGEST) * random.uniform(0.75, 1.0))

    async def _once(self, question: Question) -> Completion:
        client, limit = self._client, self._plan.limit
        assert client is not None
        if limit is not None and (delay := await limit.reserve(question.tokens)) > 0:
            await asyncio.sleep(delay)
        used = 0
        try:
            headers = {"Idempotency-Key": question.key}
            async with client.stream(**question.body, headers=headers) as reply:
                async for _ in reply:
                    pass
            completion = reply.completion
            used = completion.usage.total_tokens if completion.usage else question.tokens
        finally:
            if limit is not None:
                await limit.settle(used - question.tokens)
        return completion


def _broke_off(error: ConnectionFailed | ChatError) -> bool:
    """Return whether an answer broke off in a way that another attempt may repair."""
    if isinstance(error, ChatError):
        if error.partial is None:
            return False  # the response itself was an error, and the client has already used up its retries
        # Some servers put the status into `code`, where others have words.
        status = error.status or error.code
        return isinstance(status, int) and (status in _PASSING or status >= 500)
    return isinstance(error, StreamTruncated) or bool(error.partial is not None and error.partial.choices)
