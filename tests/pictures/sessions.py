"""The pictures of the pages, by name: which command is run, and against which server."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sse_client import Event
from sse_client.testing import Server

from .states import diagram
from .terminal import picture, screen_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["ORIGIN", "SESSIONS", "drawn", "shown"]

ORIGIN = "http://localhost:8000"
"""Where the pictures say that the server is; it has as many characters as where it is."""

ANSWER = """\
An event stream is **one long response** of `text/event-stream`:

1. each event is a few lines, and a blank line;
2. `id:` says where to resume, `retry:` how long to wait.

> It reconnects by itself."""

SESSIONS = {
    "get": f"sse-client get {ORIGIN}/events",
    "chat": f"sse-client chat 'What is an event stream?' --timing --base-url {ORIGIN}/v1",
    "check": f"sse-client check {ORIGIN}/events --for 1",
}
"""The commands, as the pictures show them."""


@contextmanager
def origin() -> Generator[str]:
    """Run the server that the commands talk to."""
    prices = [12.5, 12.75, 12.25, 13.0, 13.5]
    events = [Event(f'{{"symbol": "ACME", "price": {price}, "open": true}}', "price") for price in prices]
    with Server(events=events, retry=100, drop_after=3, pace=0.05, answer=ANSWER) as server:
        yield server.url


def shown(command: str, *, columns: int = 80, **variables: str) -> Any:
    """Return the screen that a command of `SESSIONS` leaves."""
    with origin() as url:
        arguments = shlex.split(command.replace(ORIGIN, url))[1:]
        screen = screen_of(arguments, columns=columns, OPENAI_API_KEY="key", **variables)
        _rename(screen, url)
    return screen


def _rename(screen: Any, url: str) -> None:
    """Put `ORIGIN` in the place of the server's URL, which may be longer."""
    for row in range(screen.lines):
        line: str = screen.display[row]
        while (at := line.find(url)) >= 0:
            cells = [screen.buffer[row][column] for column in range(screen.columns)]
            renamed = [cells[at]._replace(data=char) for char in ORIGIN]
            blank = screen.default_char
            moved = [*cells[:at], *renamed, *cells[at + len(url) :], *[blank] * (len(url) - len(ORIGIN))]
            for column, cell in enumerate(moved[: screen.columns]):
                screen.buffer[row][column] = cell
            line = screen.display[row]


def drawn() -> Iterator[tuple[str, str]]:
    """Yield the name and the SVG of each picture."""
    yield "states", diagram()
    for name, command in SESSIONS.items():
        yield name, picture(shown(command), command)
