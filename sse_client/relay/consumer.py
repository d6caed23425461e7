"""A consumer of a relay's stream: it handles and acknowledges entries, and reports every one that is lost."""

from __future__ import annotations

import inspect
import logging
import threading
from typing import TYPE_CHECKING, Any

from sse_client.relay._consuming.settings import TIMEOUT, consuming
from sse_client.relay._redis.connect import close, connect, shown
from sse_client.relay._signals import on_terminate
from sse_client.relay.errors import RelayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.relay._consuming.steps import Step, Steps
    from sse_client.relay._redis.link import Link
    from sse_client.relay.entry import Consumed, LostEntries, StreamEntry

__all__ = ["Consumer", "consume"]

_log = logging.getLogger("sse_client.relay")


class Consumer:
    """One consumer of a group, in the thread that calls `run`.

    With one partition, the consumers of a group share its entries, and several may be handled at once. With more, each
    partition belongs to one consumer at a time, so entries with the same key are handled in order. Partitions are
    divided among the living consumers, and a failing entry holds back only its own partition.

    An entry is acknowledged after the handler has returned. It is delivered again if the handler raises or the consumer
    dies, so a handler may see an entry twice; `entry.stream` and `entry.entry_id` identify it.

    Args:
        group: the group's name, without braces and colons; the group is created if it does not exist.
        handler: called with each `StreamEntry`, an `Event`. If it raises an `Exception`, this is counted, and the entry
            is retried.
        redis: a client of redis-py, which stays open, or a URL as for `Relay`.
        stream: the `name` of the relay.
        partitions: the relay's number of partitions; 1 by default.
        consumer: this consumer's name in the group, which no other consumer may have; unique by default.
        start: where a new group begins: `0`, the default, at the oldest entry; `$`, with new entries only.
        batch: the most entries that are fetched at once, 1 or more; 100 by default.
        lease: with several partitions, seconds after which those of a silent consumer go to others; more than 0, 10 by
            default.
        claim_after: with one partition, seconds after which the entries of a silent consumer go to others; more than 0,
            30 by default. A consumer does not count as silent while its handler runs.
        max_deliveries: the deliveries, 1 or more and 5 by default, after which an entry becomes a dead letter: an entry
            of the stream `{stream}:dead` with the error, acknowledged in the same step. A delivery counts once the
            entry's turn has come, whether the handler raised or the consumer died.
        retry_delay: seconds until a failed entry is retried; more than 0, 0.1 by default, and doubled each time, up to
            30.
        on_lost: called with `LostEntries` if entries were trimmed or deleted before they were handled; they are logged
            as errors in any case. An exception in it ends the consumer. If the consumer that found a loss dies before
            reporting it, another one reports it.
        on_error: called with an entry and the exception of its handler. An exception in it ends the consumer.
        patience: seconds that Redis may be unreachable or refuse writes before `run` raises; None, the default, for no
            limit.

    Raises:
        ImportError: redis-py is missing.
        ValueError: an argument is out of range, or the URL cannot be used.
    """

    def __init__(
        self,
        group: str,
        handler: Callable[[StreamEntry], object],
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
        on_lost: Callable[[LostEntries], object] | None = None,
        on_error: Callable[[StreamEntry, Exception], object] | None = None,
        patience: float | None = None,
    ) -> None:
        self._client, self._own = connect(redis, TIMEOUT)
        self._consuming = consuming(
            group, stream, partitions, consumer, start=start, batch=batch, lease=lease, claim_after=claim_after,
            max_deliveries=max_deliveries, retry_delay=retry_delay, on_lost=on_lost, on_error=on_error,
            patience=patience, redis=shown(redis),
        )  # fmt: skip
        self._handler = handler
        self._closing = threading.Event()
        self._error: Exception | None = None

    def close(self) -> None:
        """Stop after the current entry, and give back the others that were fetched. Any thread may call it."""
        self._consuming.closing = True
        self._closing.set()

    def run(self) -> Consumed:
        """Consume until the consumer is closed. A consumer can run only once.

        Returns:
            The counts of entries: handled, failed, claimed, dead letters and lost.

        Raises:
            RedisUnavailable: Redis was unreachable for longer than `patience`.
            RelayError: Redis refused a necessary command, or the relay has another number of partitions.
            RuntimeError: the consumer has run before.
        """
        from sse_client.relay._redis.link import Link

        self._consuming.start()
        keeper = threading.Thread(target=self._keep, name="sse_client relay keeper", daemon=True)
        keeper.start()
        link = Link(self._client)
        try:
            self._drive(link, self._consuming.work())
        finally:
            self.close()
            keeper.join()
            self._leave(link)
        if self._error is not None:
            raise self._error
        return self._consuming.result()

    def _keep(self) -> None:
        from sse_client.relay._redis.link import Link

        link = Link(self._client)
        try:
            self._drive(link, self._consuming.keep())
        except Exception as error:  # noqa: BLE001 - raised in the thread that runs the handler
            self._error = error
            self.close()
        finally:
            link.close()

    def _leave(self, link: Link) -> None:
        try:
            self._drive(link, self._consuming.leave())
        except RelayError as error:
            _log.warning(
                "%s: what it had could not be given back, and will be claimed: %s", self._consuming.name, error
            )
        link.close()
        if self._own:
            close(self._client)

    def _drive(self, link: Link, steps: Steps) -> None:
        from sse_client.relay._consuming.steps import advance
        from sse_client.relay._redis.failures import Unreachable

        steps = self._consuming.persistent(steps)
        answer: Any = None
        failed: Unreachable | None = None
        while (step := advance(steps, answer, failed)) is not None:
            answer = failed = None
            try:
                answer = self._take(link, step)
            except Unreachable as error:
                failed = error

    def _take(self, link: Link, step: Step) -> Any:
        from sse_client.relay._consuming.next_step import SCRIPT
        from sse_client.relay._consuming.steps import Ask, Handle, Tell, Wait, called

        if isinstance(step, Ask):
            return link.run(SCRIPT, step.keys, *step.arguments)
        if isinstance(step, (Handle, Tell)):
            function, arguments = called(step, self._handler)
            try:
                done = function(*arguments)
            except Exception as error:  # noqa: BLE001 - the owner's own; the consumer counts it
                return error
            if inspect.iscoroutine(done):
                done.close()
                raise TypeError(f"expected a function that does its work, and {function!r} is async: use AsyncConsumer")
        elif isinstance(step, Wait):
            return link.wait(step.after, step.milliseconds)
        else:
            self._closing.wait(step.seconds)
        return None


def consume(group: str, handler: Callable[[StreamEntry], object], **options: Any) -> Consumed:
    """Call `handler` with each entry of a relay's stream that the group gives to this consumer, until SIGTERM.

    On SIGTERM (if called in the main thread), this returns after the current entry has been handled. Other entries that
    were fetched are given back to the group.

    Args:
        group: the group's name.
        handler: called with each `StreamEntry`. If it raises an exception, this is counted, and the entry is retried.
        **options: options of `Consumer`; at least `redis` and `stream`.

    Returns:
        The counts of entries: handled, failed, claimed, dead letters and lost.

    Raises:
        ImportError: redis-py is missing.
        TypeError, ValueError: an option is unknown, or out of range.
        RedisUnavailable: Redis was unreachable for longer than `patience`.
        RelayError: Redis refused a necessary command, or the relay has another number of partitions.
    """
    consumer = Consumer(group, handler, **options)
    with on_terminate(consumer.close):
        return consumer.run()
