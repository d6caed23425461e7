"""A response that is made in the background: the connection breaks twice, and no word is lost.

    python examples/background_response.py ["Write me a letter."]

It talks to a server inside this process. With OPENAI_API_KEY set (and OPENAI_BASE_URL and OPENAI_MODEL, if you like),
it talks to that service, and drops are as the network has them.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from sse_client import Client, Closed, Lost, Opened, SSEError
from sse_client.adapters.openai import ChatClient
from sse_client.adapters.openai.responses import ResponseTextDeltaEvent
from sse_client.testing import CLOSE, LAST_CHUNK, Pause, Received, Server, chunk, head

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sse_client.testing import Step

LETTER = (
    "Dear reader, this letter is written by a server that goes on writing whether or not anybody listens. "
    "Whoever comes back says how far they had read, and gets the rest."
)
DROP_AFTER = 12  # events


def read(chat: ChatClient, model: str, wish: str) -> None:
    """Print the response as it comes, and what becomes of its connection."""
    with chat.responses.stream(model=model, input=wish, background=True) as reply:
        numbers: list[int | None] = []
        for event in reply:
            numbers.append(event.sequence_number)
            if isinstance(event, ResponseTextDeltaEvent):
                print(event.delta, end="", flush=True)
    gapless = numbers == list(range(len(numbers)))
    print(f"\n   {len(numbers)} events, {'none lost, none twice' if gapless else 'as numbered by the server'}")
    print(f"   {reply.outcome}, {reply.response.status}, {len(reply.response.output_text)} characters")


def tell(change: Opened | Lost | Closed) -> None:
    """Print what becomes of the connection."""
    match change:
        case Opened() if change.attempt.number > 1:
            print(" | connected again |", end="", flush=True)
        case Lost():
            print(f" | lost, again in {change.delay:.1f} s", end="", flush=True)
        case _:
            pass


def events() -> Iterator[bytes]:
    """Yield the events of the response, as the API numbers them."""
    about: dict[str, Any] = {"id": "resp_1", "object": "response", "model": "m", "background": True}
    at = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    part: dict[str, Any] = {"type": "output_text", "text": LETTER, "annotations": []}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [part],
    }
    payloads: list[dict[str, Any]] = [
        {"type": "response.queued", "response": {**about, "status": "queued", "output": []}},
        *({"type": "response.output_text.delta", "delta": word, **at} for word in re.findall(r"\s*\S+", LETTER)),
        {"type": "response.output_item.done", "output_index": 0, "item": message},
        {"type": "response.completed", "response": {**about, "status": "completed", "output": [message]}},
    ]
    for number, payload in enumerate(payloads):
        data = json.dumps({**payload, "sequence_number": number})
        yield f"event: {payload['type']}\ndata: {data}\n\n".encode()


def serve(request: Received) -> Iterator[Step]:
    """Answer with the events behind the one that the request names, and break off."""
    asked = re.search(r"starting_after=(\d+)", request.path)
    rest = list(events())[int(asked[1]) + 1 if asked else 0 :]
    yield head()
    for number, event in enumerate(rest, 1):
        yield chunk(event)
        yield Pause(0.03)
        if number == DROP_AFTER and number < len(rest):
            yield CLOSE
    yield LAST_CHUNK


@contextlib.contextmanager
def connected() -> Generator[ChatClient, None, None]:
    """Yield a client of the service that the environment names, or of the server that comes along."""
    with Client(observer=tell) as client:
        if os.environ.get("OPENAI_API_KEY"):
            yield ChatClient(client=client)
        else:
            with Server(*[serve] * 10) as server:
                yield ChatClient(api_key="any", base_url=f"{server.url}/v1", client=client)


def main() -> int:
    """Run it; return the exit code."""
    wish = " ".join(sys.argv[1:]) or "Write me a letter."
    print(f"> {wish}")
    try:
        with connected() as chat:
            read(chat, os.environ.get("OPENAI_MODEL") or "gpt-4o-mini", wish)
    except (SSEError, ValueError) as failure:
        print(f"\nbackground_response: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
