"""Shows the state of a relay in a status line that is updated every second."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING

from sse_client.relay.errors import RelayError

if TYPE_CHECKING:
    from collections.abc import Generator

    from sse_client.relay._command.board import Board
    from sse_client.relay.relay import Relay
    from sse_client.relay.result import RelayStatus

__all__ = ["line", "measure", "watch"]

_SHOWN = 40  # characters of a last event ID


def line(status: RelayStatus, rate: float | None, host: str) -> str:
    """Return the line for one status.

    Args:
        status: the relay's status.
        rate: events per second, written by all hosts; None while it is unknown.
        host: this host's name.
    """
    if status.role == "starting":
        return "waiting for Redis" if status.redis != "ok" else "starting"
    leads = "this host leads" if status.role == "leader" else f"{status.leader or 'nobody'} leads, {host} waits"
    parts = [leads, *([] if rate is None else [f"{rate:,.0f} events/s"]), f"{status.count:,} in all"]
    if status.lag is not None:
        parts.append(f"lag {status.lag:,}{', held back' if status.held_back else ''}")
    if status.duplicates:
        parts.append(f"{status.duplicates:,} doubles dropped")
    if status.redis != "ok":
        parts.append(f"Redis is {status.redis}")
    last = status.last_event_id
    parts.append(f"last id {last if len(last) <= _SHOWN else last[: _SHOWN - 3] + '...'}" if last else "no id yet")
    return " | ".join(parts)


@contextmanager
def watch(relay: Relay, host: str, board: Board, *, seconds: float | None = None) -> Generator[None]:
    """Show the status line while the block runs. On a terminal, each line overwrites the one before.

    Args:
        relay: the relay whose status is shown.
        host: this host's name.
        board: the board that shows the line.
        seconds: the interval between two lines; by default 1 on a terminal, otherwise 10.
    """
    seconds = seconds if seconds is not None else 1.0 if board.terminal else 10.0
    done = threading.Event()

    def show() -> None:
        count: int | None = None
        then = monotonic()
        while not done.wait(seconds):
            measure(relay)
            status, now = relay.status, monotonic()
            rate = None if count is None else max(0.0, (status.count - count) / (now - then))
            # Entries that were in the stream before do not count as events of the first seconds.
            count, then = None if status.role == "starting" else status.count, now
            board.draw(line(status, rate, host))

    thread = threading.Thread(target=show, name="sse_client relay view", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        board.keep()


def measure(relay: Relay) -> None:
    """Update the lag in the status. While Redis is unreachable, the lag stays as it was, and the status says `away`."""
    with suppress(RelayError):
        relay.lag()
