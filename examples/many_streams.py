"""A thousand chat streams at once in one process: a progress bar, and how long the tokens took.

    python examples/many_streams.py [--streams 1000] [--tokens 40] [--pace 0.25]

They come from a server in a process of its own; with OPENAI_API_KEY set, and --model, from that service.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sse_client import AsyncClient, SSEError
from sse_client.adapters.openai import AsyncChatClient
from sse_client.testing import Server

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


@dataclass
class Progress:
    """What all streams together have done."""

    started: float = field(default_factory=time.monotonic)
    done: int = 0
    failed: int = 0
    tokens: int = 0
    first: list[float] = field(default_factory=list[float])
    rates: list[float] = field(default_factory=list[float])
    errors: dict[str, int] = field(default_factory=dict[str, int])


def serve(pipe: Connection, tokens: int, pace: float) -> None:
    """Run the server until the other end of the pipe is closed; say first where it is."""
    with Server(answer=" ".join(["token"] * tokens), pace=pace) as server:
        pipe.send(server.url)
        pipe.poll(None)


async def one(chat: AsyncChatClient, model: str, progress: Progress) -> None:
    """Read one reply, and take its times."""
    begun = time.monotonic()
    first: float | None = None
    count = 0
    try:
        async with chat.stream(model=model, messages=[{"role": "user", "content": "Count."}]) as reply:
            async for delta in reply:
                if delta.content:
                    first = first or time.monotonic()
                    count += 1
                    progress.tokens += 1
    except SSEError as error:
        progress.failed += 1
        progress.errors[str(error)] = progress.errors.get(str(error), 0) + 1
    else:
        progress.done += 1
        if first is not None:
            progress.first.append(first - begun)
            progress.rates.append((count - 1) / max(time.monotonic() - first, 1e-9))


async def show(progress: Progress, streams: int) -> None:
    """Draw the bar, over and over."""
    while True:
        ended = progress.done + progress.failed
        bar = "#" * (30 * ended // streams)
        running = f"{progress.tokens} tokens, {ended} of {streams} streams done"
        print(f"\r[{bar:<30}] {time.monotonic() - progress.started:4.1f} s  {running}", end="", flush=True)
        await asyncio.sleep(0.1)


async def run(base_url: str | None, key: str | None, model: str, streams: int) -> Progress:
    """Read all streams at once."""
    progress = Progress()
    async with AsyncClient(timeout=(30, 60)) as client:
        chat = AsyncChatClient(key, base_url, client=client)
        bar = asyncio.create_task(show(progress, streams)) if sys.stdout.isatty() else None
        await asyncio.gather(*(one(chat, model, progress) for _ in range(streams)))
        if bar is not None:
            bar.cancel()
            print()
    return progress


def percentiles(values: list[float], unit: str) -> str:
    """Return the median, the 90th and the 99th percentile, in words."""
    ordered = sorted(values) or [float("nan")]
    at = {share: ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 90, 99)}
    return ", ".join(f"p{share} {value:.3g} {unit}" for share, value in at.items())


def main() -> int:
    """Run it; return the exit code."""
    arguments = argparse.ArgumentParser(description="A thousand chat streams at once in one process.")
    arguments.add_argument("--streams", type=int, default=1000)
    arguments.add_argument("--tokens", type=int, default=40, help="of each reply")
    arguments.add_argument("--pace", type=float, default=0.25, help="seconds between two tokens")
    arguments.add_argument("--model", default="gpt-4o-mini")
    asked = arguments.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, asked.tokens, asked.pace))
    try:
        if os.environ.get("OPENAI_API_KEY"):
            progress = asyncio.run(run(None, None, asked.model, asked.streams))
        else:
            server.start()
            theirs.close()
            progress = asyncio.run(run(f"{ours.recv()}/v1", "key", asked.model, asked.streams))
    except KeyboardInterrupt:
        print("\nmany_streams: interrupted", file=sys.stderr)
        return 130
    except (EOFError, OSError, SSEError, ValueError) as failure:
        print(f"\nmany_streams: {str(failure) or type(failure).__name__}", file=sys.stderr)
        return 1
    finally:
        ours.close()
        if server.pid is not None:
            server.join(5)
    took = time.monotonic() - progress.started
    print(f"{progress.done} streams, {progress.tokens} tokens in {took:.1f} s; {progress.failed} failed")
    print(f"time to first token: {percentiles(progress.first, 's')}")
    print(f"tokens a second, each stream: {percentiles(progress.rates, '/s')}")
    for error, times in progress.errors.items():
        print(f"{times} times: {error}", file=sys.stderr)
    return 1 if progress.failed else 0


if __name__ == "__main__":
    sys.exit(main())
