"""A chat in a terminal: answers are laid out as they come, and Ctrl-C stops one and keeps what has come of it.

    pip install sse-client rich
    python examples/terminal_chat.py ["What is an event stream?"]

It talks to a model inside this process. With OPENAI_API_KEY set (and OPENAI_BASE_URL and OPENAI_MODEL, if you like),
it talks to that service. An empty line, or Ctrl-D, ends the chat.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

try:
    from rich.console import Console
    from rich.live import Live
    from rich.markdown import Markdown
    from rich.rule import Rule
except ImportError as missing:
    sys.exit(f"terminal_chat: {missing}; install what it needs with: pip install sse-client rich")

from sse_client import SSEError, StreamTruncated
from sse_client.adapters.openai import ChatClient, ChatError
from sse_client.testing import Server

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

MODEL = os.environ.get("OPENAI_MODEL") or "gpt-4o-mini"


class Conversation:
    """The messages up to now, and how they are shown."""

    def __init__(self, chat: ChatClient, console: Console) -> None:
        self._chat = chat
        self._console = console
        self._messages: list[dict[str, Any]] = []

    def ask(self, question: str) -> None:
        """Show the answer to `question` as it comes; both become part of what the model is sent next."""
        self._messages.append({"role": "user", "content": question})
        said: list[str] = []
        how = ""
        # Once a frame, not once a token: laying out Markdown takes longer than a token does to come.
        with Live(console=self._console, refresh_per_second=12, vertical_overflow="visible") as live:
            try:
                with self._chat.stream(model=MODEL, messages=self._messages) as reply:
                    for text in reply.text():
                        said.append(text)
                        live.update(Markdown("".join(said)))
            except KeyboardInterrupt:
                how = "stopped"
            except StreamTruncated:
                how = "cut off"
        self._messages.append({"role": "assistant", "content": "".join(said)})
        self._console.print(Rule(how, style="dim") if how else "")

    def questions(self) -> Iterator[str]:
        """Yield what is typed, until an empty line or the end of the input."""
        with contextlib.suppress(EOFError, KeyboardInterrupt):
            while question := self._console.input("[bold]> [/bold]").strip():
                yield question


@contextlib.contextmanager
def connected() -> Generator[ChatClient]:
    """Yield a client of the service that the environment names, or of the model that comes along."""
    if os.environ.get("OPENAI_API_KEY"):
        with ChatClient() as chat:
            yield chat
        return
    with Server(answer=answer, pace=0.02) as server, ChatClient(api_key="any", base_url=f"{server.url}/v1") as chat:
        yield chat


def answer(request: dict[str, Any]) -> str:
    """Answer as the model that comes along."""
    asked = [message["content"] for message in request["messages"] if message["role"] == "user"]
    return (
        f"You asked **{asked[-1]}**. This model is part of the example, and knows one thing:\n\n"
        "- an *event stream* is a response that does not end;\n"
        "- each event is a few lines of text, and a blank line.\n\n"
        f"That was question {len(asked)}."
    )


def main() -> int:
    """Chat; return the exit code."""
    console = Console()
    first = " ".join(sys.argv[1:])
    try:
        with connected() as chat:
            conversation = Conversation(chat, console)
            if first:
                console.print(f"[bold]>[/bold] {first}", highlight=False)
                conversation.ask(first)
            for question in conversation.questions():
                conversation.ask(question)
    except (ChatError, SSEError, ValueError) as failure:
        print(f"terminal_chat: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
