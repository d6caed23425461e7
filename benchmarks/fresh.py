"""Counts the instructions that a fresh process takes to its first token: `python -m benchmarks.fresh`.

valgrind counts them, so that a busy machine counts what an idle one does; two runs differ by a millionth. The start of
the interpreter, all imports, and the end of the process are included, as for whoever runs a program.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sse_client.testing import Pause, Server, chunk, head

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sse_client.testing import Received, Step

__all__ = ["SCRIPTS", "instructions", "main", "served"]

_REQUESTS = """
import sys, requests
with requests.{} as response:
    next(filter(None, response.iter_lines()))
"""
_AIOHTTP = """
import asyncio, sys, aiohttp
async def main():
    async with aiohttp.ClientSession() as session, session.{} as response:
        await response.content.readline()
asyncio.run(main())
"""
_BODY = (
    '"/v1/chat/completions", json={"model": "m", "messages": [], "stream": True}, headers={"Authorization": "Bearer k"}'
)

SCRIPTS = {
    "requests, GET": _REQUESTS.format("get(sys.argv[1], stream=True)"),
    "sse_client, GET": """
import sys, sse_client
with sse_client.get(sys.argv[1]) as events:
    next(events)
""",
    "requests, chat": _REQUESTS.format(f"post(sys.argv[1] + {_BODY}, stream=True)"),
    "sse_client, chat": """
import sys
from sse_client.adapters.openai import ChatClient
with ChatClient(api_key="k", base_url=sys.argv[1] + "/v1").stream(model="m", messages=[]) as reply:
    next(reply.text())
""",
    "aiohttp, GET": _AIOHTTP.format("get(sys.argv[1])"),
    "sse_client, asyncio, GET": """
import asyncio, sys, sse_client
async def main():
    async with sse_client.astream("GET", sys.argv[1]) as events:
        await anext(events)
asyncio.run(main())
""",
    "aiohttp, chat": _AIOHTTP.format(f"post(sys.argv[1] + {_BODY})"),
    "sse_client, asyncio, chat": """
import asyncio, sys
from sse_client.adapters.openai import AsyncChatClient
async def main():
    async with AsyncChatClient(api_key="k", base_url=sys.argv[1] + "/v1") as client:
        async with client.stream(model="m", messages=[]) as reply:
            await anext(reply.text())
asyncio.run(main())
""",
}
"""Programs that read one event or token from the server whose URL is their argument; each base comes before ours."""

_TOKEN = b'data: {"id":"c","model":"m","created":1,"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
_COUNTED = re.compile(r"I +refs: +([\d,]+)")
_PAUSE = 3.0  # seconds after the token, in which nothing else comes


def served(request: Received) -> Iterable[Step]:
    """Return a stream of one event: with a POST, of a chat."""
    return [head(), chunk(_TOKEN if request.method == "POST" else b"data: 1\n\n"), Pause(_PAUSE)]


def instructions(script: str, url: str) -> int:
    """Return the instructions of a process that runs `script`.

    Raises:
        CalledProcessError: the script fails.
        FileNotFoundError: valgrind is not installed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONHASHSEED"] = "0"
    command = [sys.executable, "-c", script, url]
    subprocess.run(command, check=True, env=environment)  # writes the bytecode
    counting = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={os.devnull}", *command]
    done = subprocess.run(counting, check=True, env=environment, capture_output=True, text=True)
    found = _COUNTED.search(done.stderr)
    assert found is not None, done.stderr
    return int(found[1].replace(",", ""))


def main() -> None:
    """Count, and print a table."""
    base = 0
    with Server(default=served) as server:
        for name, script in SCRIPTS.items():
            if "asyncio" in script and not find_spec("aiohttp"):
                continue
            count = instructions(script, server.url)
            base = base if name.startswith("sse_client") else count
            print(f"{name:26} {count / 1e6:7.1f} million instructions  {count / base:.3f}")


if __name__ == "__main__":
    main()
