"""A thousand chat streams at once in one process: a progress bar, and how long the tokens took.

    python examples/many_streams.py [--streams 1000] [--tokens 40] [--pace 0.25]
    python examples/many_streams.py --url http://localhost:8000/v1 --model m --streams 100

They come from a small server in a process of its own, or from the one that --url names; the key for that is in
OPENAI_API_KEY. It needs the extra: pip install '.[async]'.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import os
import re
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sse_client import SSEError

try:
    from sse_client import AsyncClient
    from sse_client.adapters.openai import AsyncChatClient
except ImportError as missing:
    sys.exit(f"many_streams: {missing}; install what it needs with: pip install 'sse-client[async]'")

if TYPE_CHECKING:
    from collections.abc import Generator
    from multiprocessing.connection import Connection

MESSAGES = [{"role": "user", "content": "Count."}]
BAR = 30


@dataclass
class Progress:
    """What all streams together have done, and for how long; times in seconds."""

    streams: int
    started: float = field(default_factory=time.monotonic)
    open: int = 0
    done: int = 0
    tokens: int = 0
    first: list[float] = field(default_factory=list[float])
    rates: list[float] = field(default_factory=list[float])
    errors: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def failed(self) -> int:
        """How many streams ended with an error."""
        return sum(self.errors.values())

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self.started


async def one(chat: AsyncChatClient, model: str, progress: Progress) -> None:
    """Read one reply, and take its times."""
    begun = time.monotonic()
    first, count = 0.0, 0
    try:
        async with chat.stream(model=model, messages=MESSAGES) as reply:
            progress.open += 1
            try:
                async for text in reply.text():
                    first = first or time.monotonic()
                    count += bool(text)
                    progress.tokens += 1
            finally:
                progress.open -= 1
    except SSEError as error:
        progress.errors[str(error)] = progress.errors.get(str(error), 0) + 1
        return
    progress.done += 1
    if first:
        progress.first.append(first - begun)
    if count > 1:
        progress.rates.append((count - 1) / max(time.monotonic() - first, 1e-9))


async def show(progress: Progress) -> None:
    """Draw the bar ten times a second, until this task is cancelled."""
    tokens, now = 0, time.monotonic()
    while True:
        await asyncio.sleep(0.1)
        rate = (progress.tokens - tokens) / (time.monotonic() - now)
        tokens, now = progress.tokens, time.monotonic()
        draw(progress, f"{progress.open:,} open, {rate:,.0f} tokens/s")


def draw(progress: Progress, words: str) -> None:
    """Draw the bar."""
    ended = progress.done + progress.failed
    bar = "#" * (BAR * ended // progress.streams)
    text = f"[{bar:<{BAR}}] {progress.seconds:4.1f} s  {words}, {ended:,} of {progress.streams:,} done"
    print(f"\r{text:<78}", end="", flush=True)


async def run(url: str, key: str | None, model: str, streams: int) -> Progress:
    """Read all streams at once."""
    progress = Progress(streams)
    async with AsyncClient(timeout=(30, 60)) as client:
        chat = AsyncChatClient(api_key=key, base_url=url, client=client)
        bar = asyncio.create_task(show(progress)) if sys.stdout.isatty() else None
        try:
            await asyncio.gather(*(one(chat, model, progress) for _ in range(streams)))
        finally:
            if bar is not None:
                bar.cancel()
                draw(progress, f"{progress.tokens:,} tokens")
                print()
    return progress


class Answers(asyncio.Protocol):
    """Answers one request after the other with as many tokens, one every `pace` seconds, the first at once."""

    transport: asyncio.Transport

    def __init__(self, tokens: int, pace: float) -> None:
        self._tokens, self._pace = tokens, pace
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer the request, once it is whole."""
        self._received += data
        top, found, body = self._received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\ncontent-length: *(\d+)", top)
        if found and length and len(body) >= int(length[1]):
            self._received = b""
            head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            self.transport.write(head.encode())
            self._write(1)

    def _write(self, number: int) -> None:
        if self.transport.is_closing():
            return
        finish = "stop" if number == self._tokens else None
        choice = {"index": 0, "delta": {"content": f" {number}"}, "finish_reason": finish}
        chunk = {"id": "chat-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self._send(json.dumps(chunk))
        if finish is None:
            asyncio.get_running_loop().call_later(self._pace, self._write, number + 1)
        else:
            self._send("[DONE]")
            self.transport.write(b"0\r\n\r\n")

    def _send(self, data: str) -> None:
        event = f"data: {data}\n\n".encode()
        self.transport.write(b"%x\r\n%b\r\n" % (len(event), event))


def serve(pipe: Connection, tokens: int, pace: float) -> None:
    """Run the server until the process is ended; say first where it is."""

    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Answers(tokens, pace), "127.0.0.1", 0, backlog=4096)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    allow_files()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(forever())


@contextlib.contextmanager
def serving(tokens: int, pace: float) -> Generator[str, None, None]:
    """Run the server in a process of its own; its base URL is the value."""
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, tokens, pace), daemon=True)
    server.start()
    theirs.close()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/v1"
    finally:
        server.terminate()
        server.join()


def allow_files() -> None:
    """Let this process have a socket for each stream; many systems allow 1,024 files unless asked."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = 65536 if hard == resource.RLIM_INFINITY else hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def percentiles(values: list[float], form: str, shares: tuple[int, ...]) -> str:
    """Return percentiles in words."""
    ordered = sorted(values)
    at = {share: ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in shares}
    return ", ".join(f"p{share} {form.format(value)}" for share, value in at.items())


def report(progress: Progress, cpu: float) -> None:
    """Print what was found."""
    done = f"{progress.done:,} streams, {progress.tokens:,} tokens in {progress.seconds:.1f} s"
    print(f"{done}; {progress.failed:,} failed")
    if progress.first:
        first = [seconds * 1000 for seconds in progress.first]
        print(f"time to first token, all at once   {percentiles(first, '{:.0f} ms', (50, 90, 99))}")
    if progress.rates:
        print(f"tokens a second, of each stream    {percentiles(progress.rates, '{:.2f}', (50, 10, 1))}")
    if progress.tokens:
        each = cpu / progress.tokens * 1e6
        print(f"CPU of this process                {cpu:.1f} s, {each:.0f} µs a token, connecting included")
    for error, times in progress.errors.items():
        print(f"{times} times: {error}", file=sys.stderr)


def main() -> int:
    """Run it; return the exit code."""
    arguments = argparse.ArgumentParser(description="A thousand chat streams at once in one process.")
    arguments.add_argument("--streams", type=int, default=1000)
    arguments.add_argument("--tokens", type=int, default=40, help="of each reply")
    arguments.add_argument("--pace", type=float, default=0.25, help="seconds between two tokens")
    arguments.add_argument("--url", help="base URL of a server to ask, instead of the one that comes along")
    arguments.add_argument("--model", default="gpt-4o-mini")
    asked = arguments.parse_args()
    if asked.streams < 1 or asked.tokens < 1 or asked.pace < 0:
        arguments.error("expected at least one stream, one token, and a pace that is not negative")
    allow_files()
    try:
        key = os.environ.get("OPENAI_API_KEY") if asked.url else "any"
        with contextlib.nullcontext(asked.url) if asked.url else serving(asked.tokens, asked.pace) as url:
            cpu = time.process_time()
            progress = asyncio.run(run(url, key, asked.model, asked.streams))
            report(progress, time.process_time() - cpu)
    except KeyboardInterrupt:
        print("\nmany_streams: interrupted", file=sys.stderr)
        return 130
    except (EOFError, OSError, SSEError, ValueError) as failure:
        print(f"\nmany_streams: {str(failure) or type(failure).__name__}", file=sys.stderr)
        return 1
    return 1 if progress.failed else 0


if __name__ == "__main__":
    sys.exit(main())
