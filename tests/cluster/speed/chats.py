"""Chats a second: a batch in one process and in two, beside the client that it stands on."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from time import perf_counter, process_time
from typing import TYPE_CHECKING, NamedTuple
from urllib.request import urlopen

from relay.kit import eventually, free_port

from cluster.speed.feed import TESTS
from sse_client.adapters.openai import AsyncChatClient
from sse_client.adapters.openai.batch import ChatBatch

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

__all__ = ["WARM_UP", "Spent", "at_once", "replies", "server_cpu"]

WARM_UP = 50
"""Chats of each process before those that count."""

_CONCURRENCY = 32
_PIPE = subprocess.PIPE


async def _bare(url: str, chats: range) -> None:
    numbers = iter(chats)
    async with AsyncChatClient(api_key="k", base_url=url) as client:

        async def work() -> None:
            for number in numbers:
                messages = [{"role": "user", "content": f"row {number}"}]
                key = {"Idempotency-Key": str(number)}
                asked = client.stream(model="m", messages=messages, headers=key, stream_options={"include_usage": True})
                async with asked as reply:
                    async for _ in reply:
                        pass
                assert reply.completion.choices

        await asyncio.gather(*(work() for _ in range(_CONCURRENCY)))


def _batched(url: str, chats: range) -> None:
    with ChatBatch(model="m", api_key="k", base_url=url, concurrency=_CONCURRENCY) as ask:
        assert not any(row["error"] for row in ask([f"row {number}" for number in chats]))


def _computed(_url: str, chats: range) -> None:
    """Take about as much CPU as so many chats, and share nothing: neither a server nor the loopback interface."""
    request = {"messages": [{"role": "user", "content": f"row {number}"} for number in range(40)]}
    for _number in chats:
        for _ in range(6):
            json.loads(json.dumps(request))


class Spent(NamedTuple):
    """What a run of one or more processes took.

    Attributes:
        wall: seconds by the clock, from the first to begin to the last to end.
        cpu: seconds of CPU in all processes.
        share: the least share of a core that one of them had.
        together: the share of `wall` in which all of them ran.
    """

    wall: float
    cpu: float
    share: float
    together: float


def at_once(kind: str, urls: Sequence[str], chats: int) -> Spent:
    """Ask `chats` chats of each server, with a process for each.

    Args:
        kind: `bare`, `batch`, or `computed`, which asks nobody.
        urls: of the servers.
        chats: of each.
    """
    command = [sys.executable, "-m", "cluster.speed.chats", kind]
    children = [
        subprocess.Popen([*command, url, str(chats)], stdin=_PIPE, stdout=_PIPE, text=True, cwd=TESTS) for url in urls
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    # All of them begin before any is waited for: `communicate` returns when its child has ended.
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    found = [json.loads(child.communicate(timeout=600)[0]) for child in children]
    began, ended = [each["began"] for each in found], [each["ended"] for each in found]
    wall = max(ended) - min(began)
    return Spent(
        wall=wall,
        cpu=sum(each["cpu"] for each in found),
        share=min(each["cpu"] / (each["ended"] - each["began"]) for each in found),
        together=max(0.0, min(ended) - max(began)) / wall,
    )


@contextmanager
def replies() -> Generator[str]:
    """Run the server of `cluster.speed.replies`; give its URL."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    server = subprocess.Popen([sys.executable, "-m", "cluster.speed.replies", str(port)], cwd=TESTS)
    try:
        eventually(lambda: _listens(port))
        yield url
    finally:
        server.kill()
        server.wait()


def server_cpu(url: str) -> float:
    """Return the seconds of CPU that the server of `replies` has used."""
    with urlopen(f"{url}/cpu") as answer:
        return float(answer.read())


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _main(kind: str, url: str, chats: int) -> None:
    def bare(url: str, numbers: range) -> None:
        asyncio.run(_bare(url, numbers))

    work = {"bare": bare, "batch": _batched, "computed": _computed}[kind]
    work(url, range(WARM_UP))  # what is imported at the first use is no cost of a chat
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu = perf_counter(), process_time()
    work(url, range(chats))
    # The monotonic clock is the same in all processes.
    print(json.dumps({"cpu": process_time() - cpu, "began": began, "ended": perf_counter()}))


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
