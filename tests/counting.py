"""Operations instead of seconds: what the package executes for an event, the same on every machine and in every run.

`python tests/counting.py` prints the counts of this Python, and with `--write` makes them the new baseline. One
operation is a bytecode instruction in the package's own code, or a call from there into C. What C does by itself
(splitting, decoding, making events in bulk) counts once, so a row says which path was taken, and not how long it took.
"""

from __future__ import annotations

import json
import math
import os
import sys
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

ROOT = Path(__file__).parent.parent
TABLE = Path(__file__).with_name("costs.txt")
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType, FrameType

    from sse_client import Request
    from sse_client._core.deadlines import Limits
    from sse_client.transports._aiohttp.response_body import AiohttpBody

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_PACKAGE = tuple(f"{ROOT / name}{os.sep}" for name in ("sse_client", "adapters"))
_MOST = 100_000  # bytes of a stream: enough for reads of 64 KiB to come one after another


def count(work: Callable[[], object]) -> int:
    """Return the operations of `work` in the package."""
    return _monitored(work) if sys.version_info >= (3, 12) else _traced(work)


def _monitored(work: Callable[[], object]) -> int:
    """Count where there is PEP 669: since then, a trace function is told of some instructions only."""
    monitoring: Any = vars(sys)["monitoring"]  # of 3.12, and so unknown to the type checkers
    tool, events = monitoring.PROFILER_ID, monitoring.events
    operations = 0

    def executed(code: CodeType, *_: object) -> object:
        nonlocal operations
        if not code.co_filename.startswith(_PACKAGE):
            return monitoring.DISABLE
        operations += 1
        return None

    def called(code: CodeType, *_: object) -> object:
        return None if code.co_filename.startswith(_PACKAGE) else monitoring.DISABLE

    def left_c(code: CodeType, *_: object) -> None:
        nonlocal operations
        operations += code.co_filename.startswith(_PACKAGE)

    monitoring.use_tool_id(tool, __name__)
    monitoring.register_callback(tool, events.INSTRUCTION, executed)
    monitoring.register_callback(tool, events.CALL, called)  # without it, there is no word of what comes back from C
    monitoring.register_callback(tool, events.C_RETURN, left_c)
    monitoring.register_callback(tool, events.C_RAISE, left_c)
    monitoring.set_events(tool, events.INSTRUCTION | events.CALL)
    try:
        work()
    finally:
        monitoring.set_events(tool, events.NO_EVENTS)
        monitoring.free_tool_id(tool)
    return operations


def _traced(work: Callable[[], object]) -> int:
    operations = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal operations
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            operations += 1
        return trace

    def profile(frame: FrameType, event: str, _: object) -> None:
        nonlocal operations
        if event == "c_call" and frame.f_code.co_filename.startswith(_PACKAGE):
            operations += 1

    before = sys.gettrace()  # that of a measurement of coverage
    sys.settrace(trace)
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
        sys.settrace(before)
    return operations


def _an_event(feed: Callable[[bytes], object], reads: Iterable[bytes], events: int) -> float:
    def work() -> None:
        for data in reads:
            feed(data)

    return round(count(work) / events, 3)


def _parser(blocks: list[bytes], read: int | Literal["line"] | None) -> float:
    from benchmarks.streams import Workload
    from sse_client import Parser

    reads = Workload("", lambda: blocks, read).reads()
    warm, parser = Parser(), Parser()
    events = sum(len(warm.feed(data)) for data in reads)
    return _an_event(parser.feed, reads, events)


def parsers() -> Iterator[tuple[str, float]]:
    """Yield what `Parser.feed` costs an event."""
    from benchmarks.streams import FURTHER_WORKLOADS, IN_PIECES, PARSER_WORKLOADS, RECEIVE, chat_stream

    for workload in (*PARSER_WORKLOADS, *FURTHER_WORKLOADS, *IN_PIECES):
        blocks, size = workload.events(), 0
        kept = [block for block in blocks if (size := size + len(block)) <= _MOST] or blocks
        yield f"parser: {workload.name}", _parser(kept, workload.read)
    typed = [b'event: %s\ndata: {"n":%d}\n\n' % (name, n) for n in range(200) for name in (b"add", b"remove")]
    with_id = [b'id: %d\ndata: {"n":%d}\n\n' % (n, n) for n in range(400)]
    beats = [b": keep-alive\n\n", b"data: x\n\n"] * 100
    named = [b'event: delta\r\ndata: {"n":%d}\r\n\r\n' % n for n in range(4000)]
    yield "parser: event, data, CRLF, after a comment, 64 KiB reads", _parser([b": hi\r\n\r\n", *named], RECEIVE)
    yield "parser: event, data, CRLF, after a comment, 1,400-byte reads", _parser([b": hi\r\n\r\n", *named], 1400)
    yield "parser: chat, CRLF, 64-byte reads", _parser([e.replace(b"\n", b"\r\n") for e in chat_stream(450)], 64)
    yield "parser: types in turns, 64 KiB reads", _parser(typed, RECEIVE)
    yield "parser: id, data, 64 KiB reads", _parser(with_id, RECEIVE)
    # No fast path knows data in two places: these blocks are interpreted line by line.
    apart = [b'data: {"n":\nid: %d\ndata: %d}\n\n' % (n, n) for n in range(400)]
    yield "parser: data apart, id, one event a read", _parser(apart, None)
    yield "parser: data apart, id, 64 KiB reads", _parser(apart, RECEIVE)
    yield "parser: a comment a read between events", _parser(beats, None)


def unchunkers() -> Iterator[tuple[str, float]]:
    """Yield what `ChunkedDecoder.feed` costs a chunk."""
    from benchmarks.streams import RECEIVE, chat_stream
    from sse_client._http.chunked import ChunkedDecoder

    chunks = [b"%x\r\n%b\r\n" % (len(event), event) for event in chat_stream(900)]
    body = b"".join(chunks)
    receives = [body[at : at + RECEIVE] for at in range(0, len(body), RECEIVE)]
    warm = ChunkedDecoder()
    for receive in receives:
        warm.feed(receive)
    yield "unchunk: an event a chunk, 64 KiB receives", _an_event(ChunkedDecoder().feed, receives, len(chunks))
    yield "unchunk: an event a chunk, a chunk a receive", _an_event(ChunkedDecoder().feed, chunks[:300], 300)


def chats() -> Iterator[tuple[str, float]]:
    """Yield what a chunk costs."""
    from benchmarks.streams import chat_chunk
    from sse_client import Event
    from sse_client.adapters.openai import deltas

    events = [Event(chat_chunk(number).decode()) for number in range(400)]

    def work() -> None:
        _exhaust(islice(deltas(events), len(events)), len(events))

    work()
    yield "deltas: chat chunks", round(count(work) / len(events), 3)


def streams() -> Iterator[tuple[str, float]]:
    """Yield what an `EventStream` costs an event, from the transport's bytes to the caller's loop."""
    from benchmarks.streams import RECEIVE, chat_stream

    blocks = chat_stream(900)
    body = b"".join(blocks)
    for name, reads in [
        ("one event a read", blocks[:200]),
        ("64 KiB reads", [body[at : at + RECEIVE] for at in range(0, len(body), RECEIVE)]),
    ]:
        events = sum(read.count(b"\n\n") for read in reads)
        _stream(reads)()
        # The first event brings the connection.
        rest = _stream(reads, events)()
        yield f"stream: chat, {name}", round(count(partial(_exhaust, rest, events - 1)) / (events - 1), 3)


def _exhaust(items: Iterable[object], expected: int) -> None:
    found = sum(1 for _ in items)
    if found != expected:
        raise ValueError(f"{found} of {expected} came")


def _stream(reads: list[bytes], most: int | None = None) -> Callable[[], Iterable[object]]:
    """Return what opens a stream over a transport that brings these reads, and takes its first event."""
    import requests
    from requests.adapters import BaseAdapter

    import sse_client

    class Body:
        """As much of urllib3's response as the client uses."""

        def __init__(self) -> None:
            self.left = iter(reads)

        def read1(self, amt: int, *, decode_content: bool) -> bytes:
            return next(self.left, b"")

        def close(self) -> None:
            self.left = iter(())

    class Adapter(BaseAdapter):
        """A transport without a network."""

        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            response = requests.Response()
            response.status_code = 200
            response.url = request.url or ""
            response.request = request
            response.headers["Content-Type"] = "text/event-stream"
            response.raw = Body()
            return response

        def close(self) -> None:
            pass

    def opened() -> Iterator[object]:
        session = requests.Session()
        session.mount("http://", Adapter())
        stream = sse_client.Client(session).get("http://localhost/", reconnect=False)
        next(stream)
        return islice(stream, None if most is None else most - 1)

    return opened


def astreams() -> Iterator[tuple[str, float]]:
    """Yield what an `AsyncEventStream` costs an event, from aiohttp's reader to the caller's loop."""
    import asyncio
    from unittest.mock import patch

    from benchmarks.streams import chat_stream
    from sse_client._http import coding_steps
    from sse_client.transports._aiohttp import response_body

    blocks = chat_stream(400)
    # On a busy machine, a long read would come in parts, and give the event loop a turn in between.
    endless = patch.object(coding_steps, "_LONG", math.inf), patch.object(response_body, "TURN", math.inf)
    with endless[0], endless[1], asyncio.Runner() as runner:
        content, stream = runner.run(_astream())

        async def one_by_one() -> None:
            for block in blocks[:200]:
                waiting = asyncio.ensure_future(anext(stream))
                await asyncio.sleep(0)
                content.feed_data(block)
                await waiting

        async def at_once() -> None:
            for block in blocks:
                content.begin_http_chunk_receiving()
                content.feed_data(block)
                content.end_http_chunk_receiving()
            for _ in blocks:
                await anext(stream)

        for name, way, number in [("one event a wake-up", one_by_one, 200), ("400 a wake-up", at_once, len(blocks))]:
            runner.run(way())
            yield f"stream, asyncio: chat, {name}", round(count(lambda: runner.run(way())) / number, 3)  # noqa: B023


async def _astream() -> tuple[Any, Any]:
    """Return a reader of aiohttp's that nothing feeds, and a stream that is open over it."""
    import asyncio
    from types import SimpleNamespace
    from unittest.mock import patch

    from aiohttp import ClientSession, StreamReader

    from sse_client import AsyncClient
    from sse_client.observer import Response
    from sse_client.transports._aiohttp.live_body import _Protocol, body_of
    from sse_client.transports._aiohttp.transport import AiohttpTransport

    protocol: Any = _Protocol()
    content = StreamReader(protocol, 2**20, loop=asyncio.get_running_loop())
    content.begin_http_chunk_receiving()
    raw = SimpleNamespace(content=content, connection=None, headers={}, close=lambda: None)

    async def connect(transport: AiohttpTransport, request: Request, resume: bytes, limits: Limits) -> AiohttpBody:
        return body_of(
            Response(200, {"Content-Type": "text/event-stream"}, request.url, raw), transport, limits.silence
        )

    async with ClientSession() as session:
        with patch.object(AiohttpTransport, "open", connect):
            stream = AsyncClient(session).get("http://localhost/")
            await stream.__aenter__()
    return content, stream


def counts() -> dict[str, float]:
    """Return all counts, by the rows of the table."""
    return {name: found for part in (parsers, unchunkers, chats, streams, astreams) for name, found in part()}


def baselines() -> dict[str, dict[str, float]]:
    """Return the committed counts, by Python version and row."""
    head, *rows = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    versions = head.split("|")[1].split()
    table: dict[str, dict[str, float]] = {version: {} for version in versions}
    for row in rows:
        name, found = row.split("|")
        for version, number in zip(versions, found.split(), strict=True):
            if number != "-":
                table[version][name.strip()] = float(number)
    return table


def write(found: dict[str, float]) -> None:
    """Make `found` the baseline of this Python; what other versions had stays."""
    table = {**(baselines() if TABLE.exists() else {}), PYTHON: found}
    versions = sorted(table, key=lambda version: [int(part) for part in version.split(".")])
    width = max(map(len, found))
    lines = [
        "# Operations an event (a chunk for unchunk and deltas), by Python version; counting.py writes this.",
        f"{'':{width}} | " + " ".join(f"{version:>10}" for version in versions),
    ]
    for name in found:
        cells = [f"{table[version][name]:10.3f}" if name in table[version] else f"{'-':>10}" for version in versions]
        lines.append(f"{name:{width}} | " + " ".join(cells))
    TABLE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    found = counts()
    if "--write" in sys.argv:
        write(found)
    print(json.dumps(found, indent=1))
