"""`sse-client demo`: the commands at work, against a server of their own on the loopback interface."""

from __future__ import annotations

import os
import shlex
import sys

from sse_client import Event
from sse_client.cli.exits import Exit
from sse_client.cli.screen.stdout import Stdout
from sse_client.cli.screen.terminal import folded, style_for
from sse_client.testing import Server

__all__ = ["demo"]

_PACE = 0.08  # seconds between two events
_KEY = "SSE_CLIENT_DEMO_KEY"
_PRICES = [12.5, 12.75, 12.25, 13.0, 13.5, 13.25, 14.0, 13.75]
_ANSWER = """\
Server-Sent Events are **one long response** with lines of text in it:

- `data:` is what happened,
- `id:` is where to resume when the connection is lost.

Every word of this answer came as an event of its own."""


def demo() -> int:
    """Show what this command does: a stream that is dropped and resumed, one value of each event, a chat.

    Nothing leaves this machine, and no key is needed.
    """
    os.environ[_KEY] = "demo"
    events = [Event(f'{{"symbol": "ACME", "price": {price}}}', "price") for price in _PRICES]
    with Server(events=events, pace=_PACE, retry=300, drop_after=5, answer=_ANSWER) as server:
        url = f"{server.url}/events"
        _show("A stream whose connection is lost in the middle: none lost, none twice.", ["get", url])
        _show("One value out of the JSON of each event.", ["get", url, "--field", "price", "-n", "4", "-q"])
        _show("What is wrong with this server?", ["check", url, "--for", "1"])
        chat = ["chat", "What are Server-Sent Events?", "--base-url", f"{server.url}/v1", "--key-env", _KEY]
        return _show("A chat, token by token, and its timing.", [*chat, "--timing"])


def _show(title: str, arguments: list[str]) -> int:
    """Run a command, and return its exit code."""
    from sse_client.cli.app import app  # not at the top: `app` imports this module

    style = style_for(sys.stdout)
    lines = "\n".join(map(style.bold, folded(title, sys.stdout, 0).split("\n")))
    line = f"{lines}\n{style.dim('$ sse-client ' + shlex.join(arguments))}\n"
    Stdout().write(line.encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    Stdout().write(b"\n")
    return code if isinstance(code, int) else Exit.DONE
