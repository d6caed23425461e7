"""A model that may call functions: ask, call, answer, ask again, until it answers in words.

    python examples/tools_loop.py ["How warm is it in Oslo and in Rome?"]

It talks to a server inside this process. With OPENAI_API_KEY set (and OPENAI_BASE_URL and OPENAI_MODEL, if you like),
it talks to that service.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from sse_client import SSEError
from sse_client.adapters.openai import ChatClient, ChatError
from sse_client.testing import Server, ToolAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sse_client.adapters.openai import ToolCall

CELSIUS = {"Oslo": 4, "Rome": 17}
ROUNDS = 8  # a model that goes on calling is stopped


def temperature(city: str) -> dict[str, object]:
    """Return how warm it is in a city, which is what the model cannot know."""
    return {"city": city, "celsius": CELSIUS[city]} if city in CELSIUS else {"error": f"no such city: {city}"}


FUNCTIONS: dict[str, Callable[..., object]] = {"temperature": temperature}
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "temperature",
            "description": "How warm it is in a city now, in degrees Celsius.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


def converse(chat: ChatClient, model: str, question: str) -> bool:
    """Print the conversation; return whether it came to an answer."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": question}]
    for _ in range(ROUNDS):
        with chat.stream(model=model, messages=messages, tools=TOOLS) as reply:
            for text in reply.text():
                print(text, end="", flush=True)
        message = reply.completion.choices[0].message
        if not message.tool_calls:
            print()
            return True
        messages += [message.json(), *(answered(call) for call in message.tool_calls)]
    return False


def answered(call: ToolCall) -> dict[str, Any]:
    """Make a call; return its result as a message."""
    try:
        result = json.dumps(FUNCTIONS[call.name](**call.parsed()))
    except (ChatError, KeyError, TypeError) as error:  # broken JSON, no such function, wrong parameters
        result = json.dumps({"error": str(error)})  # the model may do better when it reads that
    print(f"   {call.name} {call.arguments} -> {result}")
    return {"role": "tool", "tool_call_id": call.id, "content": result}


def model_of_ours(body: dict[str, Any]) -> str | ToolAnswer:
    """Answer as a model would that asks for one city after the other."""
    asked: str = body["messages"][0]["content"]
    results = [json.loads(message["content"]) for message in body["messages"] if message["role"] == "tool"]
    cities = [city for city in CELSIUS if city in asked]
    if len(results) < len(cities):
        return ToolAnswer("temperature", {"city": cities[len(results)]})
    return " and ".join(f"{result['celsius']} degrees in {result['city']}" for result in results) or "I do not know."


@contextlib.contextmanager
def connected() -> Generator[ChatClient, None, None]:
    """Yield a client of the service that the environment names, or of the server that comes along."""
    if os.environ.get("OPENAI_API_KEY"):
        with ChatClient() as chat:
            yield chat
    else:
        with (
            Server(answer=model_of_ours, pace=0.03) as server,
            ChatClient(api_key="any", base_url=f"{server.url}/v1") as chat,
        ):
            yield chat


def main() -> int:
    """Run it; return the exit code."""
    question = " ".join(sys.argv[1:]) or "How warm is it in Oslo and in Rome?"
    print(f"> {question}")
    try:
        with connected() as chat:
            return 0 if converse(chat, os.environ.get("OPENAI_MODEL") or "gpt-4o-mini", question) else 1
    except (SSEError, ValueError) as failure:
        print(f"tools_loop: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
