"""What a script is made of."""

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
    """Send nothing for some seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on when the test sets `event`. A server that closes sets it too, if a script waits for it then."""

    event: threading.Event


class End(enum.Enum):
    """How a script leaves its connection, if not ready for the next request."""

    RESET = enum.auto()
    CLOSE = enum.auto()
    STALL = enum.auto()


RESET: Final = End.RESET
"""Reset the connection: the client sees ECONNRESET, and may lose what it has not read yet."""
CLOSE: Final = End.CLOSE
"""Close the connection in an orderly way."""
STALL: Final = End.STALL
"""Send nothing more, and keep the connection open until the server closes."""

Step: TypeAlias = bytes | Pause | Wait | End
"""Bytes are sent exactly as they are, each step in a send of its own."""
Script: TypeAlias = Iterable[Step] | Callable[[Received], Iterable[Step]]
"""Steps, or what makes them from the request. Taken one by one: a generator may be endless."""
