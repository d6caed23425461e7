"""The steps of a script."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from sse_client.testing._received import Received

if TYPE_CHECKING:
    import threading


@dataclass(frozen=True, slots=True)
class Pause:
    """Send nothing for some seconds, 0 or more."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Send nothing until the test sets `event`. When the server is closed while a script waits, it sets the event."""

    event: threading.Event


class End(enum.Enum):
    """How a script ends its connection. Without such a step, the connection is ready for the next request."""

    RESET = enum.auto()
    CLOSE = enum.auto()
    STALL = enum.auto()


RESET: Final = End.RESET
"""Reset the connection: the client gets ECONNRESET, and may lose bytes that it has not read."""
CLOSE: Final = End.CLOSE
"""Close the connection in an orderly way."""
STALL: Final = End.STALL
"""Send nothing more, and keep the connection open until the server closes."""

Step: TypeAlias = bytes | Pause | Wait | End
"""Bytes are sent exactly as they are, each step by one send."""
Script: TypeAlias = Iterable[Step] | Callable[[Received], Iterable[Step]]
"""Steps, or a function that returns them for a request. They are carried out one by one: a generator may be endless."""
