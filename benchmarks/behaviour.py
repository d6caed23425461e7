"""What each Python client does with the same bytes, as observed: `python -m benchmarks.behaviour`.

Every cell of the table comes from a process of its own, with a time limit: a scripted server, and one client that is
used as its own documentation says. A cell is `yes`, `no`, `raises X` or `hangs`, as observed, or `n/a` if the client
lacks the feature. A client that reconnects only on request is told to reconnect in the rows from "sends
Last-Event-ID" to "stops on 204".
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import platform
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal

import sse_client
from sse_client.testing import (
    CLOSE,
    LAST_CHUNK,
    RESET,
    STALL,
    Pause,
    Received,
    Script,
    Server,
    Step,
    chunk,
    head,
    reply,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LIMIT = 90.0
"""Seconds that a cell may take: more than any wait inside it."""
_MIB = 1024 * 1024
_END = "end"
_MESSAGES = [{"role": "user", "content": "Say something."}]


@dataclass(frozen=True)
class Ask:
    """What a client is asked to do.

    Attributes:
        url: where; the API's path may be put behind it.
        method: the HTTP method.
        body: sent as JSON, unless None.
        reconnect: reconnect where that is an option.
        unlimited: lift the limit on an event's size where that is an option.
    """

    url: str
    method: str = "GET"
    body: object = None
    reconnect: bool = False
    unlimited: bool = False


@dataclass(frozen=True)
class Seen:
    """An event, and when it came: by the clock, and in CPU seconds of the thread that reads."""

    data: str
    id: str
    at: float
    cpu: float


class Reading:
    """A client at work, in a thread that is left behind where it hangs.

    Attributes:
        events: what came so far.
        error: what the client raised.
        close: what the client's documentation closes it with; None before it is connected, and where it has nothing.
    """

    def __init__(self, peer: Peer, ask: Ask) -> None:
        self.events: list[Seen] = []
        self.error: Exception | None = None
        self.close: Callable[[], object] | None = None
        self._thread = threading.Thread(target=self._run, args=(peer, ask), daemon=True)
        self._thread.start()

    def _run(self, peer: Peer, ask: Ask) -> None:
        try:
            peer.read(ask, self)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is the observation)
            self.error = error

    def add(self, data: str | None, last_event_id: str | None = "") -> None:
        """Take an event."""
        self.events.append(Seen(data or "", last_event_id or "", time.monotonic(), time.thread_time()))

    @property
    def texts(self) -> list[str]:
        return [event.data for event in self.events]

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def wait(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> bool:
        """Return whether the client ended, or there was enough, within some seconds."""
        deadline = time.monotonic() + seconds
        while not self.ended and not enough() and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.ended or enough()

    def wait_for_end(self, seconds: float = 8.0) -> None:
        """Wait for the last event of a script."""
        self.wait(seconds, lambda: _END in self.texts)


@dataclass(frozen=True)
class Peer:
    """A client.

    Attributes:
        package: its distribution, and others that it is used with.
        read: reads a stream, and hands each event to a `Reading`.
        methods: whether its documentation knows of methods other than GET.
        reconnects: after what, if ever.
        sync: whether there is a thread that blocks.
        chat: whether it reads chat streams, and nothing else.
    """

    package: tuple[str, ...]
    read: Callable[[Ask, Reading], None]
    methods: bool = True
    reconnects: Literal["drop", "end", None] = None
    sync: bool = True
    chat: bool = False

    def block(self, text: str, *, last_event_id: str = "") -> bytes:
        """Return an event with a text, of which a chat client sees the same text."""
        fields = f"id: {last_event_id}\n" if last_event_id else ""
        return f"{fields}data: {_delta(text) if self.chat else text}\n\n".encode()

    def ask(self, server: Server, **options: Any) -> Reading:
        """Let it read from a server."""
        return Reading(self, Ask(f"{server.url}/stream", **options))


def _delta(text: str) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return json.dumps(frame)


# The clients, each as its own documentation says.


def _ours(ask: Ask, reading: Reading) -> None:
    options: dict[str, Any] = {"json": ask.body} if ask.body is not None else {}
    with sse_client.stream(ask.method, ask.url, **options) as events:
        reading.close = events.close
        for event in events:
            reading.add(event.data, event.id)


def _our_chat(ask: Ask, reading: Reading) -> None:
    from sse_client.adapters.openai import ChatClient

    with ChatClient(api_key="none", base_url=ask.url).stream(model="m", messages=_MESSAGES) as reply:
        reading.close = reply.close
        for delta in reply:
            if delta.content is not None:
                reading.add(delta.content)


def _openai(ask: Ask, reading: Reading) -> None:
    from openai import OpenAI

    messages: Any = _MESSAGES
    stream = OpenAI(api_key="none", base_url=ask.url).chat.completions.create(model="m", messages=messages, stream=True)
    reading.close = stream.close
    for part in stream:
        for choice in part.choices:
            if choice.delta.content is not None:
                reading.add(choice.delta.content)


def _sseclient_py(ask: Ask, reading: Reading) -> None:
    import requests
    from sseclient import SSEClient

    client = SSEClient(requests.request(ask.method, ask.url, json=ask.body, stream=True))
    reading.close = client.close
    for event in client.events():
        reading.add(event.data, event.id)


def _httpx_sse(ask: Ask, reading: Reading) -> None:
    try:
        httpx = importlib.import_module("httpx")
    except ModuleNotFoundError:
        import httpx2

        httpx2.alias_httpx()
        httpx = httpx2
    from httpx_sse import connect_sse

    with httpx.Client() as client, connect_sse(client, ask.method, ask.url, json=ask.body) as source:
        reading.close = source.response.close
        for event in source.iter_sse():
            reading.add(event.data, event.id)


def _httpx2(ask: Ask, reading: Reading) -> None:
    import httpx2

    options: dict[str, Any] = {"max_event_size": None} if ask.unlimited else {}
    with httpx2.Client() as client, client.sse(ask.url, method=ask.method, json=ask.body, **options) as source:
        reading.close = source.response.close
        for event in source:
            reading.add(event.data, event.id)


def _launchdarkly(ask: Ask, reading: Reading) -> None:
    from ld_eventsource import SSEClient
    from ld_eventsource.config import ErrorStrategy

    options: dict[str, Any] = {"error_strategy": ErrorStrategy.always_continue()} if ask.reconnect else {}
    with SSEClient(ask.url, **options) as client:
        reading.close = client.close
        for event in client.events:
            reading.add(event.data, event.last_event_id)


def _requests_sse(ask: Ask, reading: Reading) -> None:
    source_class = importlib.import_module("requests_sse").EventSource
    with source_class(ask.url, method=ask.method, json=ask.body) as source:
        reading.close = source.close
        for event in source:
            reading.add(event.data, event.last_event_id)


def _aiohttp_sse_client(ask: Ask, reading: Reading) -> None:
    source_class = importlib.import_module("aiohttp_sse_client.client").EventSource

    async def read() -> None:
        async with source_class(ask.url, option={"method": ask.method}, json=ask.body) as source:
            async for event in source:
                reading.add(event.data, event.last_event_id)

    asyncio.run(read())


def _aiosseclient(ask: Ask, reading: Reading) -> None:
    events = importlib.import_module("aiosseclient").aiosseclient

    async def read() -> None:
        async for event in events(ask.url):
            reading.add(event.data, event.id)

    asyncio.run(read())


PEERS = {
    "sse_client": Peer(("requests", "urllib3"), _ours, reconnects="drop"),
    "sseclient-py": Peer(("sseclient-py", "requests"), _sseclient_py),
    "httpx-sse": Peer(("httpx-sse", "httpx"), _httpx_sse),
    "httpx2": Peer(("httpx2",), _httpx2),
    "launchdarkly-eventsource": Peer(("launchdarkly-eventsource",), _launchdarkly, methods=False, reconnects="drop"),
    "requests-sse": Peer(("requests-sse",), _requests_sse, reconnects="drop"),
    "aiohttp-sse-client": Peer(("aiohttp-sse-client", "aiohttp"), _aiohttp_sse_client, reconnects="end", sync=False),
    "aiosseclient": Peer(("aiosseclient", "aiohttp"), _aiosseclient, methods=False, sync=False),
    "openai": Peer(("openai",), _openai, chat=True),
    "ChatClient": Peer(("requests", "urllib3"), _our_chat, chat=True),
}


# The behaviours.


@dataclass(frozen=True)
class Found:
    """A cell.

    Attributes:
        cell: what the table says.
        seen: what that was concluded from.
    """

    cell: str
    seen: str = ""


_NOT_ITS_PART = Found("n/a")


def _found(reading: Reading, holds: bool, seen: object = None) -> Found:
    error = reading.error
    raised = "" if error is None else f"{type(error).__name__}: {' '.join(str(error).split())[:120]}"
    said = [str(reading.texts if seen is None else seen), *([raised] if raised else [])]
    cell = "yes" if holds else f"raises {type(error).__name__}" if error else "no"
    return Found(cell, "; ".join(said))


def _stream(*blocks: bytes) -> Script:
    """Return a script that sends each block in a chunk and a packet of its own, and stays open."""
    steps: list[Step] = [head()]
    for block in blocks:
        steps += [chunk(block), Pause(0.05)]
    return [*steps, STALL]


def _read(peer: Peer, *blocks: bytes) -> Reading:
    """Return what came of some blocks and a last one."""
    reading = peer.ask(Server(_stream(*blocks, peer.block(_END))).start())
    reading.wait_for_end()
    return reading


def _leading_bom(peer: Peer) -> Found:
    reading = _read(peer, b"\xef\xbb\xbf" + peer.block("first"))
    return _found(reading, reading.texts == ["first", _END])


def _malformed_utf8(peer: Peer) -> Found:
    reading = _read(peer, peer.block("aXb").replace(b"aXb", b"a\xffb"))
    return _found(reading, reading.error is None and reading.texts == ["a\ufffdb", _END])


def _split_crlf(peer: Peer) -> Found:
    # A line end in the middle of a chat client's JSON is white space.
    first, last = _delta("a").split(" ", 1) if peer.chat else ("a", "b")
    reading = _read(peer, f"data: {first}\r".encode(), f"\ndata: {last}\r\n\r\n".encode())
    return _found(reading, reading.texts == ["a" if peer.chat else "a\nb", _END])


def _id_only_remembered(peer: Peer) -> Found:
    if peer.chat:
        return _NOT_ITS_PART
    reading = _read(peer, b"id: 7\n\n")
    return _found(
        reading, bool(reading.events) and reading.events[-1].id == "7", [(e.data, e.id) for e in reading.events]
    )


def _id_only_no_event(peer: Peer) -> Found:
    reading = _read(peer, b"id: 7\n\n")
    return _found(reading, reading.texts == [_END])


def _empty_lines_of_data(peer: Peer) -> Found:
    if peer.chat:
        return _NOT_ITS_PART
    reading = _read(peer, b"data\ndata\n\n")
    return _found(reading, reading.texts == ["\n", _END])


def _unfinished_at_end(peer: Peer) -> Found:
    script = [head(), chunk(peer.block("whole")), chunk(peer.block("half")[:-1]), LAST_CHUNK]
    reading = peer.ask(Server(script, [STALL]).start())
    reading.wait(8, lambda: bool(reading.events))
    reading.wait(1.5, lambda: len(reading.events) > 1)
    if "half" in reading.texts:
        # Whatever it raises after that.
        return Found("no", str(reading.texts))
    return _found(reading, reading.texts == ["whole"])


def _id_with_nul(peer: Peer) -> Found:
    if peer.chat:
        return _NOT_ITS_PART
    reading = _read(peer, b"id: 1\ndata: a\n\n", b"id: 2\x003\ndata: b\n\n")
    holds = reading.texts == ["a", "b", _END] and not any("\0" in event.id for event in reading.events)
    return _found(reading, holds, [(event.data, event.id) for event in reading.events])


def _heartbeat_after_id(peer: Peer) -> Found:
    reading = _read(peer, peer.block("a", last_event_id="1"), b": heartbeat\n\n", b": heartbeat\n\n")
    return _found(reading, reading.texts == ["a", _END])


def _any_method(peer: Peer) -> Found:
    if peer.chat:
        return _NOT_ITS_PART
    if not peer.methods:
        return Found("no", "GET only")
    for method in ("POST", "PUT", "PATCH"):
        server = Server(_stream(peer.block(_END))).start()
        reading = peer.ask(server, method=method, body={"q": 1})
        reading.wait_for_end()
        came = [(request.method, request.body) for request in server.requests]
        if len(came) != 1 or came[0][0] != method or json.loads(came[0][1] or b"null") != {"q": 1} or reading.error:
            return _found(reading, False, came)
    return Found("yes")


class _Losses:
    """Streams that are lost, and when they were asked for and lost."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._clean = peer.reconnects == "end"
        self._began: list[float] = []
        self._lost: list[float] = []

    def stream(self, number: int, extra: bytes = b"") -> Script:
        """Return a script of one event, and a loss."""

        def script(_request: Received) -> Iterator[Step]:
            self._began.append(time.monotonic())
            yield head()
            yield chunk(extra + self._peer.block(f"event {number}", last_event_id=str(number)))
            yield Pause(0.2)
            if not self._clean:
                yield b"100\r\ndata: cut"
                yield Pause(0.05)
            self._lost.append(time.monotonic())
            yield LAST_CHUNK if self._clean else RESET

        return script

    @property
    def waits(self) -> list[float]:
        """Seconds from a loss to the next request."""
        return [after - before for before, after in zip(self._lost, self._began[1:], strict=False)]


def _reconnects_by_default(peer: Peer) -> Found:
    if peer.chat:
        return _NOT_ITS_PART
    drop = [head(), chunk(peer.block("event 1", last_event_id="1")), Pause(0.2), b"100\r\ndata: cut", RESET]
    server = Server(drop, _stream(peer.block(_END))).start()
    reading = peer.ask(server)
    reading.wait_for_end(20)
    return _found(reading, _END in reading.texts, f"{reading.texts}, {len(server.requests)} requests")


def _sends_last_event_id(peer: Peer) -> Found:
    if peer.reconnects is None:
        return _NOT_ITS_PART
    server = Server(_Losses(peer).stream(1), _stream(peer.block(_END))).start()
    reading = peer.ask(server, reconnect=True)
    reading.wait_for_end(20)
    sent = [request.headers.get("last-event-id") for request in server.requests]
    return _found(reading, sent == [None, "1"], f"sent {sent}")


def _honours_retry(peer: Peer) -> Found:
    if peer.reconnects is None:
        return _NOT_ITS_PART
    losses = _Losses(peer)
    scripts = [losses.stream(1, b"retry: 300\n\n"), losses.stream(2), losses.stream(3)]
    reading = peer.ask(Server(*scripts, [STALL]).start(), reconnect=True)
    reading.wait(6, lambda: len(losses.waits) == 2)
    waits = losses.waits
    seen = f"waited {[round(wait, 2) for wait in waits]} s, the third request {'came' if waits[1:] else 'not in 6 s'}"
    # More than was asked for is allowed; the client's own delays, a second or more, are not what was asked for.
    return _found(reading, len(waits) == 2 and all(0.27 <= wait < 0.9 for wait in waits), seen)


def _honours_retry_after(peer: Peer) -> Found:
    came: list[float] = []

    def refusal(_request: Received) -> list[Step]:
        came.append(time.monotonic())
        return reply(503, b"busy", {"Retry-After": "2"})

    def answer(_request: Received) -> Script:
        came.append(time.monotonic())
        return _stream(peer.block(_END))

    reading = peer.ask(Server(refusal, answer).start(), reconnect=True)
    reading.wait_for_end(14)
    waited = came[1] - came[0] if len(came) > 1 else 0.0
    seen = f"asked again after {waited:.2f} s" if waited else "did not ask again"
    return _found(reading, _END in reading.texts and 1.95 <= waited < 3.5, seen)


def _stops_on_204(peer: Peer) -> Found:
    if peer.chat:
        return _NOT_ITS_PART
    first = [_Losses(peer).stream(1, b"retry: 50\n\n")] if peer.reconnects else []
    server = Server(*first, reply(204), reply(204), _stream(peer.block(_END))).start()
    reading = peer.ask(server, reconnect=True)
    asked = len(first) + 1
    reading.wait(15, lambda: len(server.requests) > asked)
    time.sleep(0.2)
    after = len(server.requests) - asked
    return _found(reading, not after and reading.ended and not reading.error, f"{after} requests after it")


def _finished_post(peer: Peer) -> Found:
    if not peer.methods:
        return _NOT_ITS_PART
    answer = [
        head(),
        chunk(b"retry: 50\n\n" if not peer.chat else b": \n\n"),
        chunk(peer.block("a")),
        chunk(b"data: [DONE]\n\n"),
        Pause(0.05),
        LAST_CHUNK,
    ]
    server = Server(answer, answer, [STALL]).start()
    reading = peer.ask(server, method="POST", body={"q": 1})
    reading.wait(12, lambda: len(server.requests) > 1)
    count = len(server.requests)
    return _found(reading, count == 1 and reading.error is None, f"{count} requests")


def _status_and_body(peer: Peer) -> Found:
    refusal = json.dumps({"error": {"message": "no such model"}}).encode()
    reading = peer.ask(Server(reply(400, refusal, {"Content-Type": "application/json"})).start())
    reading.wait(6)
    status = body = False
    for holder in (reading.error, getattr(reading.error, "response", None)):
        status = status or 400 in {getattr(holder, name, None) for name in ("status", "status_code")}
        body = body or "no such model" in _text(holder)
    if reading.error is None:
        return _found(reading, False, f"{reading.texts}, no error")
    seen = f"{type(reading.error).__name__}: status {'yes' if status else 'no'}, body {'yes' if body else 'no'}"
    return Found("yes" if status and body else "no", seen)


def _text(holder: object) -> str:
    """Return what there is to read of an error or a response."""
    texts = [str(holder)] if isinstance(holder, Exception) else []
    for name in ("body", "text"):
        try:
            texts.append(str(getattr(holder, name, "")))
        except Exception as error:  # noqa: BLE001  (httpx: the body was never read)
            texts.append(type(error).__name__)
    return " ".join(texts)


def _close_wakes(peer: Peer) -> Found:
    if not peer.sync:
        return _NOT_ITS_PART
    reading = peer.ask(Server(_stream(peer.block("a")), [STALL]).start())
    if not reading.wait(8, lambda: bool(reading.events)) or not reading.events or reading.close is None:
        return _found(reading, False, "no event came")
    time.sleep(0.3)
    began = time.monotonic()
    closing = threading.Thread(target=_quietly, args=(reading.close,), daemon=True)
    closing.start()
    woken = reading.wait(3)
    took = time.monotonic() - began
    closing.join(max(0.0, 3 - took))
    seen = f"reader {f'ended after {took:.3f} s' if woken else 'still blocked after 3 s'}"
    return _found(reading, woken and took <= 0.5, seen + (", close() blocked" if closing.is_alive() else ""))


def _quietly(close: Callable[[], object]) -> None:
    try:
        close()
    except Exception as error:  # noqa: BLE001
        print(f"close() raised {error!r}", file=sys.stderr)


def _prompt_without_framing(peer: Peer) -> Found:
    sent: list[float] = []

    def script(_request: Received) -> Iterator[Step]:
        yield head(framing="close")
        yield Pause(0.2)
        sent.append(time.monotonic())
        yield peer.block("a")
        yield Pause(0.8)
        yield peer.block(_END)
        yield Pause(0.8)
        yield CLOSE

    reading = peer.ask(Server(script, [STALL]).start())
    reading.wait_for_end()
    if not reading.events:
        return _found(reading, False, "no event in 8 s")
    delay = reading.events[0].at - sent[0]
    return _found(reading, delay < 0.3, f"came {delay:.3f} s after it was sent")


def _cut_off_chat(peer: Peer) -> Found:
    if not peer.chat:
        return _NOT_ITS_PART
    reading = peer.ask(Server([head(), chunk(peer.block("a")), LAST_CHUNK]).start())
    reading.wait(6)
    error = reading.error
    if "a" not in reading.texts:
        return _found(reading, False, "nothing came")
    return Found("yes" if error else "no", f"{reading.texts}, {f'{type(error).__name__}: {error}' if error else 'end'}")


def _limits_event_size(peer: Peer) -> Found:
    line = chunk(b"data: " + b"x" * (256 * 1024) + b"\n")
    sent = 0

    def script(_request: Received) -> Iterator[Step]:
        nonlocal sent
        yield head()
        while sent < 72 * _MIB:
            sent += len(line)
            yield line
        yield chunk(b"\n" + peer.block(_END))
        yield STALL

    # Many lines, not one: a limit on lines is none on events.
    reading = peer.ask(Server(script, [STALL]).start())
    dead = reading.wait(60, lambda: bool(reading.events)) and reading.error is not None
    size = f"{sent / _MIB:.0f} MiB sent"
    if peer.chat and isinstance(reading.error, ValueError) and sent >= 72 * _MIB:
        return Found("no", f"{size}, then {type(reading.error).__name__}: it was decoded")
    if not dead and not reading.events and not reading.ended:
        return Found(f"not in {sent / _MIB:.0f} MiB", f"{size} in 60 s")
    return _found(reading, dead and sent > 0, size)


def _linear_cost(peer: Peer) -> Found:
    def cost(size: int) -> tuple[float, Reading]:
        block = peer.block("x" * size)
        pieces = [chunk(block[start : start + 4096]) for start in range(0, len(block), 4096)]
        script = [head(), chunk(peer.block("start")), Pause(0.1), *pieces, STALL]
        reading = peer.ask(Server(script, [STALL]).start(), unlimited=True)
        reading.wait(25, lambda: len(reading.events) > 1)
        return (reading.events[1].cpu - reading.events[0].cpu if len(reading.events) > 1 else 0.0), reading

    best: list[float] = []
    for size in (_MIB // 2, 4 * _MIB):
        costs: list[float] = []
        # The best of some reads, the first of which warms up; one that is slow needs no second.
        while len(costs) < 4 and (not costs or costs[-1] < 1.0):
            spent, reading = cost(size)
            if not spent:
                return _found(reading, False, f"{size / _MIB:g} MiB did not come in 25 s")
            costs.append(spent)
        best.append(min(costs))
    ratio = best[1] / best[0]
    return Found("yes" if ratio < 16 else "no", f"{ratio:.1f} times: {best[0]:.4f} s, {best[1]:.4f} s")


BEHAVIOURS: dict[str, Callable[[Peer], Found]] = {
    "a leading BOM is dropped": _leading_bom,
    "a malformed UTF-8 byte does not raise": _malformed_utf8,
    "CRLF split over chunks is one line end": _split_crlf,
    "an id-only block is remembered": _id_only_remembered,
    "an id-only block makes no event": _id_only_no_event,
    "`data` twice gives `'\\n'`": _empty_lines_of_data,
    "an unfinished event at the end is not dispatched": _unfinished_at_end,
    "an id with NUL is ignored": _id_with_nul,
    "a heartbeat after an id makes no event": _heartbeat_after_id,
    "any method, with a body": _any_method,
    "reconnects after an abrupt drop by default (GET)": _reconnects_by_default,
    "sends Last-Event-ID when it reconnects": _sends_last_event_id,
    "honours `retry:`, twice": _honours_retry,
    "honours Retry-After on a 503": _honours_retry_after,
    "stops on 204": _stops_on_204,
    "a finished POST is not sent again": _finished_post,
    "an error carries status and body": _status_and_body,
    "`close()` from another thread wakes a reader in 0.5 s": _close_wakes,
    "reads promptly on a body without framing": _prompt_without_framing,
    "detects a chat stream that is cut off": _cut_off_chat,
    "limits an event's size by default": _limits_event_size,
    "a line 8 times as long costs less than 16 times the CPU": _linear_cost,
}


# The table.


@dataclass
class _Table:
    peers: list[str]
    rows: list[list[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def observe(self, behaviour: str) -> None:
        """Fill one row, one process after the other."""
        found = {peer: _observe(peer, behaviour) for peer in self.peers}
        self.rows.append([behaviour, *(found[peer].cell for peer in self.peers)])
        self.notes += [f"- {behaviour}, {peer}: {one.cell}: {one.seen}" for peer, one in found.items() if one.seen]

    def lines(self) -> list[str]:
        """Return the table in Markdown."""
        rows = [["", *self.peers], ["---"] * (len(self.peers) + 1), *self.rows]
        return ["| " + " | ".join(row) + " |" for row in rows]


def _observe(peer: str, behaviour: str) -> Found:
    """Return what a process of its own observed."""
    command = [sys.executable, "-m", "benchmarks.behaviour", "--cell", peer, behaviour]
    environment = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=_LIMIT, env=environment)
    except subprocess.TimeoutExpired:
        return Found("hangs", f"{_LIMIT:.0f} s")
    if done.returncode:
        raise RuntimeError(f"{peer}, {behaviour}: {done.stderr}")
    return Found(**json.loads(done.stdout.splitlines()[-1]))


def _cell(peer: str, behaviour: str) -> None:
    print(json.dumps(vars(BEHAVIOURS[behaviour](PEERS[peer]))), flush=True)
    # Threads that hang are part of what is observed: nothing waits for them.
    os._exit(0)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.behaviour", description=__doc__)
    arguments.add_argument("peers", nargs="*", metavar="client", help=f"all that are installed of: {', '.join(PEERS)}")
    arguments.add_argument("--only", default="", metavar="WORD", help="behaviours that have it in their name")
    arguments.add_argument("--seen", action="store_true", help="print what each cell was concluded from, too")
    arguments.add_argument("--cell", nargs=2, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.cell:
        _cell(*asked.cell)
    if unknown := set(asked.peers) - set(PEERS):
        arguments.error(f"expected {', '.join(PEERS)}, got {', '.join(unknown)}")
    table = _Table([name for name in asked.peers or PEERS if _version(PEERS[name].package[0])])
    for behaviour in BEHAVIOURS:
        if asked.only.lower() in behaviour.lower():
            table.observe(behaviour)
            print(f"\r{len(table.rows)} of {len(BEHAVIOURS)}", end="\r", file=sys.stderr, flush=True)
    print(*table.lines(), sep="\n")
    packages = dict.fromkeys(package for name in table.peers for package in PEERS[name].package)
    versions = ", ".join(f"{package} {_version(package) or 'not installed'}" for package in packages)
    python = f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}"
    print(f"\n{python}; sse_client {sse_client.__version__}, {versions}")
    if asked.seen:
        print("", *table.notes, sep="\n")


if __name__ == "__main__":
    main()
