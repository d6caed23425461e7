"""Consumers for asyncio, which run the same steps as `Consumer` in a task."""

from __future__ import annotations

import asyncio
import inspect
import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from sse_client.relay._consuming.next_step import SCRIPT
from sse_client.relay._consuming.settings import TIMEOUT, consuming
from sse_client.relay._consuming.steps import Ask, Handle, Step, Steps, Tell, Wait, advance, called
from sse_client.relay._redis.connect import close_async, connect_async, shown
from sse_client.relay._redis.failures import Unreachable
from sse_client.relay._redis.link_async import AsyncLink
from sse_client.relay._signals import on_terminate
from sse_client.relay.errors import RelayError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sse_client.relay.entry import Consumed, LostEntries, StreamEntry

__all__ = ["AsyncConsumer", "aconsume"]

_log = logging.getLogger("sse_client.relay")

_LEAVE = 2.0
"""Seconds that a cancelled consumer takes at most to give back what it has."""


class AsyncConsumer:
    """One consumer of a group, in the task that calls `run`; `Consumer` describes how entries and partitions work.

    Args:
        group: the group's name, without braces and colons; the group is created if it does not exist.
        handler: called with each `StreamEntry`; an awaitable result is awaited. If it raises an `Exception`, or
            something that it awaits is cancelled, this is counted, and the entry is retried.
        redis: a client of `redis.asyncio`, which stays open, or a URL as for `Relay`.
        stream: the `name` of the relay.
        partitions: the relay's number of partitions; 1 by default.
        consumer: this consumer's name in the group, which no other consumer may have; unique by default.
        start: where a new group begins: `0`, the default, at the oldest entry; `$`, with new entries only.
        batch: the most entries that are fetched at once, 1 or more; 100 by default.
        lease: with several partitions, seconds after which those of a silent consumer go to others; more than 0, 10 by
            default.
        claim_after: with one partition, seconds after which the entries of a silent consumer go to others; more than 0,
            30 by default. A consumer does not count as silent while its handler runs, unless that blocks the event
            loop.
        max_deliveries: the deliveries, 1 or more and 5 by default, after which an entry becomes a dead letter: an entry
            of the stream `{stream}:dead` with the error, acknowledged in the same step. A delivery counts once the
            entry's turn has come, whether the handler raised or the consumer died.
        retry_delay: seconds until a failed entry is retried; more than 0, 0.1 by default, and doubled each time, up to
            30.
        on_lost: called like the handler, with `LostEntries`, if entries were trimmed or deleted before they were
            handled; they are logged as errors in any case. An exception in it ends the consumer. If the consumer that
            found a loss dies before reporting it, another one reports it.
        on_error: called like the handler, with an entry and the exception of its handler. An exception in it ends the
            consumer.
        patience: seconds that Redis may be unreachable or refuse writes before `run` raises; None, the default, for no
            limit.

    Raises:
        ImportError: redis-py is missing.
        ValueError: an argument is out of range, or the URL cannot be used.
    """

    def __init__(
        self,
        group: str,
        handler: Callable[[StreamEntry], Awaitable[object] | object],
        *,
        redis: Any,
        stream: str,
        partitions: int = 1,
        consumer: str | None = None,
        start: str = "0",
        batch: int = 100,
        lease: float = 10.0,
        claim_after: float = 30.0,
        max_deliveries: int = 5,
        retry_delay: float = 0.1,
        on_lost: Callable[[LostEntries], Awaitable[object] | object] | None = None,
        on_error: Callable[[StreamEntry, Exception], Awaitable[object] | object] | None = None,
        patience: float | None = None,
    ) -> None:
        self._client, self._own = connect_async(redis, TIMEOUT)
        self._consuming = consuming(
            group, stream, partitions, consumer, start=start, batch=batch, lease=lease, claim_after=claim_after,
            max_deliveries=max_deliveries, retry_delay=retry_delay, on_lost=on_lost, on_error=on_error,
            patience=patience, redis=shown(redis),
        )  # fmt: skip
        self._handler = handler
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Stop after the current entry, and give back the others that were fetched. Only for the loop's thread."""
        self._consuming.closing = True
        self._closing.set()

    async def run(self) -> Consumed:
        """Consume until the consumer is closed or cancelled. A consumer can run only once.

        Returns:
            The counts of entries: handled, failed, claimed, dead letters and lost.

        Raises:
            RedisUnavailable: Redis was unreachable for longer than `patience`.
            RelayError: Redis refused a necessary command, or the relay has another number of partitions.
            RuntimeError: the consumer has run before.
        """
        self._consuming.start()
        keeper = asyncio.create_task(self._keep())
        try:
            await self._drive(self._consuming.work())
        finally:
            self.close()
            await asyncio.shield(asyncio.create_task(self._leave(keeper)))
        await keeper
        return self._consuming.result()

    async def _keep(self) -> None:
        try:
            await self._drive(self._consuming.keep())
        finally:
            self.close()

    async def _leave(self, keeper: asyncio.Task[None]) -> None:
        await asyncio.wait([keeper])
        keeper.exception()  # retrieved here, because nobody else does if the work failed, too
        try:
            async with asyncio.timeout(_LEAVE):
                await self._drive(self._consuming.leave())
        except (RelayError, TimeoutError) as error:
            _log.warning(
                "%s: what it had could not be given back, and will be claimed: %s", self._consuming.name, error
            )
        if self._own:
            await close_async(self._client)

    async def _drive(self, steps: Steps) -> None:
        link = AsyncLink(self._client)
        steps = self._consuming.persistent(steps)
        answer: Any = None
        failed: Unreachable | None = None
        while (step := advance(steps, answer, failed)) is not None:
            answer = failed = None
            try:
                answer = await self._take(link, step)
            except Unreachable as error:
                failed = error

    async def _take(self, link: AsyncLink, step: Step) -> Any:
        if isinstance(step, Ask):
            return await link.run(SCRIPT, step.keys, *step.arguments)
        if isinstance(step, (Handle, Tell)):
            function, arguments = called(step, self._handler)
            try:
                done = function(*arguments)
                if inspect.isawaitable(done):
                    await done
            except Exception as error:  # noqa: BLE001 - the handler's own; the consumer counts it
                return error
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise  # this consumer is cancelled
                failure = RuntimeError("the handler awaited something that was cancelled")
                failure.__cause__ = error
                return failure
        elif isinstance(step, Wait):
            return await link.wait(step.after, step.milliseconds)
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(step.seconds):
                    await self._closing.wait()
        return None


async def aconsume(
    group: str, handler: Callable[[StreamEntry], Awaitable[object] | object], **options: Any
) -> Consumed:
    """Call `handler` with each entry that the group gives to this consumer, until SIGTERM or a cancellation.

    Args:
        group: the group's name.
        handler: called with each `StreamEntry`; an awaitable result is awaited.
        **options: options of `AsyncConsumer`; at least `redis` and `stream`.

    Returns:
        The counts of entries: handled, failed, claimed, dead letters and lost.

    Raises:
        ImportError: redis-py is missing.
        TypeError, ValueError: an option is unknown, or out of range.
        RedisUnavailable: Redis was unreachable for longer than `patience`.
        RelayError: Redis refused a necessary command, or the relay has another number of partitions.
    """
    consumer = AsyncConsumer(group, handler, **options)
    with on_terminate(partial(asyncio.get_running_loop().call_soon_threadsafe, consumer.close)):
        return await consumer.run()
