"""The steps that a consumer asks its runner to do, blocking or with asyncio."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sse_client.relay._redis.failures import Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sse_client.relay._redis.patience import Patience
    from sse_client.relay.entry import StreamEntry

__all__ = ["Ask", "Handle", "Sleep", "Step", "Steps", "Tell", "Wait", "advance", "called", "persistent"]


@dataclass(frozen=True, slots=True)
class Ask:
    """Run the consumers' script, and repeat it until Redis answers. The result of this step is the script's answer.

    Attributes:
        keys: the script's keys.
        arguments: the script's arguments.
        final: whether to try only once; the result is None if Redis is unreachable.
        repeat: whether to repeat a script that may have run. If not, the result is None once Redis is back.
    """

    keys: list[str]
    arguments: list[Any]
    final: bool = False
    repeat: bool = True


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until one of the streams has an entry after its ID, for `milliseconds` at most.

    The result of this step is the names of the streams that have one; None or no names if no entry came.

    Attributes:
        after: the ID of the last known entry, by stream.
        milliseconds: the most time to wait.
    """

    after: Mapping[str, str]
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait for `seconds`, or until the consumer is closed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Handle:
    """Call the handler. The result of this step is the exception that it raised, or None."""

    entry: StreamEntry


@dataclass(frozen=True, slots=True)
class Tell:
    """Call one of the consumer's callbacks. The result of this step is the exception that it raised, or None."""

    function: Callable[..., object]
    arguments: tuple[Any, ...]


Step: TypeAlias = Ask | Wait | Sleep | Handle | Tell
Steps: TypeAlias = Generator[Step, Any, None]


def called(
    step: Handle | Tell, handler: Callable[[StreamEntry], object]
) -> tuple[Callable[..., object], tuple[Any, ...]]:
    """Return the function that a step calls, and its arguments."""
    return (step.function, step.arguments) if isinstance(step, Tell) else (handler, (step.entry,))


def advance(steps: Steps, answer: Any, failed: Unreachable | None) -> Step | None:
    """Pass the result of the last step, or its error; return the next step, None at the end."""
    try:
        return steps.send(answer) if failed is None else steps.throw(failed)
    except StopIteration:
        return None


def persistent(steps: Steps, patience: Patience, disturbed: Callable[[], None], closing: Callable[[], bool]) -> Steps:
    """Return `steps`, each repeated until Redis has answered.

    The runner throws `Unreachable` into the generator if a step fails.

    Args:
        steps: the steps of a consumer.
        patience: decides how long Redis may be unreachable.
        disturbed: called when an answer may have been lost.
        closing: returns whether the consumer was closed; if so, nothing is repeated.
    """
    answer: Any = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration:
            return
        answer = None
        while True:
            try:
                answer = yield step
            except Unreachable as error:
                disturbed()
                if isinstance(step, Ask) and step.final:
                    break
                if closing():
                    steps.close()
                    return
                yield Sleep(patience.failed(error))
                if isinstance(step, Wait) or (isinstance(step, Ask) and not step.repeat):
                    break
            else:
                patience.answered()
                break
