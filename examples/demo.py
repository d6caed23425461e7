"""What `make demo` runs: a chat answer as it streams, and a subscription that survives two drops.

Both talk to a server inside this process. With OPENAI_API_KEY set (and OPENAI_BASE_URL and OPENAI_MODEL, if
you like), the chat talks to that service.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from typing import TYPE_CHECKING

import requests

from sse_client import Client, Closed, Event, Lost, Opened
from sse_client.adapters.openai import ChatClient
from sse_client.testing import Server

if TYPE_CHECKING:
    from collections.abc import Iterable

QUESTION = "What are Server-Sent Events? Answer in two sentences."
ANSWER = (
    "Server-Sent Events are a way for a server to keep one HTTP response open and push text to the client, "
    "event by event, as things happen. When the connection breaks, the client comes back with the id of the "
    "last event it has seen, and the server goes on from there."
)
STAGES = ("received", "paid", "packed", "handed over", "on the road", "in your town", "next door", "delivered")
NEWS = [Event(data=f"your order is {stage}", id=f"{number}") for number, stage in enumerate(STAGES, 1)]
KEY = "key-of-the-embedded-server"
INDENT = "   "


def main() -> int:
    """Run both parts; return the exit code."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    try:
        with (
            Server(answer=ANSWER, events=NEWS, pace=0.06, retry=500, drop_after=3, api_key=KEY) as server,
            requests.Session() as session,
        ):
            session.trust_env = False  # no proxy between this process and itself
            with Client(session) as local:
                if os.environ.get("OPENAI_API_KEY"):
                    with Client() as remote:
                        talk(ChatClient(client=remote), os.environ.get("OPENAI_MODEL") or "gpt-4o-mini")
                else:
                    talk(ChatClient(api_key=KEY, base_url=f"{server.url}/v1", client=local), "embedded server")
                    say(f"{INDENT}Set OPENAI_API_KEY to ask a service instead.", style="2")
                follow(local, f"{server.url}/events")
        sys.stdout.flush()
    except KeyboardInterrupt:
        return failed("interrupted", 130)
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failed("the output was closed before the end", 1)
    except Exception as error:  # noqa: BLE001 - who tries a library out reads sentences, not tracebacks
        return failed(str(error) or type(error).__name__, 1)
    return 0


def talk(chat: ChatClient, model: str) -> None:
    """Ask a question, and print the answer's tokens as they arrive."""
    say(f"1. A chat answer, token by token ({model})\n", style="1")
    say(f"{INDENT}> {QUESTION}\n", style="2")
    start = time.monotonic()
    with chat.stream(model=model, messages=[{"role": "user", "content": QUESTION}]) as reply:
        pieces = typed(delta.content for delta in reply if delta.content)
    say(f"\n{INDENT}{pieces} pieces in {time.monotonic() - start:.1f} s, {reply.outcome}", style="2")


def follow(client: Client, url: str) -> None:
    """Print every event of a subscription that the server drops twice, and what becomes of the connection."""
    say("\n2. A subscription that the server drops twice\n", style="1")
    start = time.monotonic()

    def tell(text: str, style: str = "") -> None:
        say(f"{INDENT}{time.monotonic() - start:4.1f} s  {text}", style=style)

    def observe(change: Opened | Lost | Closed) -> None:
        match change:
            case Opened():
                last = change.attempt.last_event_id
                tell(f"connected, resumed after id {last}" if last else "connected", "32")
            case Lost():
                tell(f"connection lost: {one_line(change.error)}; again in {change.delay:.1f} s", "31")
            case Closed(reason="no content"):
                tell("the server has nothing more to say: 204", "32")
            case _:
                pass

    received: list[Event] = []
    with client.get(url, observer=observe) as events:
        for event in events:
            received.append(event)
            tell(f"id {event.id}: {event.data}")
    if [event.id for event in received] != [event.id for event in NEWS]:
        raise RuntimeError(f"expected the ids 1 to {len(NEWS)}, and got {', '.join(e.id for e in received)}")
    say(f"\n{INDENT}{len(received)} events: none lost, none twice", style="2")


def typed(texts: Iterable[str]) -> int:
    """Print texts as they come, in lines of the terminal's width; return how many there were."""
    room = min(shutil.get_terminal_size().columns, 96) - 12
    column = count = 0
    for text in texts:
        count += 1
        safe = "".join(char for char in text if char.isprintable() or char == "\n")  # no model moves the cursor
        for part in re.findall(r"\n|[^\S\n]+|\S+", safe):
            if part == "\n" or (column > room and part.isspace()):
                print()
                column = 0
                continue
            print(part if column else INDENT + part, end="", flush=True)
            column += len(part) if column else len(INDENT + part)
    print()
    return count


def say(text: str, *, style: str = "") -> None:
    """Print a line; in colour where there is a terminal that may show it."""
    plain = not style or not sys.stdout.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    print(text if plain else f"\x1b[{style}m{text}\x1b[0m", flush=True)


def one_line(message: object) -> str:
    """Return a message of whatever origin as text that fits behind a colon."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(message)).split()).rstrip(".")


def failed(message: str, code: int) -> int:
    """Say on stderr why the demo ends here."""
    print(f"\ndemo: {one_line(message)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
