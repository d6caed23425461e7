"""What must hold on every HTTP stack; run by test_stacks.py, in a process of its own."""

from __future__ import annotations

import asyncio
import sys
import threading
from importlib.metadata import version
from typing import Any, Literal

import urllib3

import sse_client
from sse_client.adapters.openai import ChatClient
from sse_client.testing import CLOSE, STALL, Server, Step, Wait, chunk, head, stream

FRAMINGS: tuple[Literal["chunked", "length", "close"], ...] = ("chunked", "length", "close")
CODINGS: tuple[Literal["gzip", "deflate"] | None, ...] = (None, "gzip", "deflate")
LIMIT = sse_client.Timeout(connect=10, read=20)
SENT = [b"id: %d\ndata: %d\n\n" % (number, number) for number in range(3)]


def reads_promptly() -> None:
    for framing in FRAMINGS:
        for coding in CODINGS:
            came = threading.Event()
            begin, first, *rest = stream(SENT, framing=framing, coding=coding)
            with (
                Server([begin, first, Wait(came), *rest]) as server,
                sse_client.get(server.url, timeout=LIMIT, reconnect=False) as events,
            ):
                assert next(events).data == "0", (framing, coding)
                came.set()
                assert [event.data for event in events] == ["1", "2"], (framing, coding)
                assert events.reason == "end"


def tells_a_cut() -> None:
    for sent in ([head(), chunk(SENT[0]), CLOSE], stream(SENT, framing="length")[:2]):
        with Server([*sent, CLOSE]) as server:
            got: list[str] = []
            try:
                with sse_client.post(server.url, timeout=LIMIT) as events:
                    got.extend(event.data for event in events)
            except sse_client.ConnectionFailed:
                assert got == ["0"]
            else:
                raise AssertionError(f"a body that was cut off passed for a whole one: {got}")


def gives_the_connection_back() -> None:
    whole = stream([*SENT, b"data: end\n\n"])
    with Server(whole, whole, whole) as server, sse_client.Client(timeout=LIMIT) as client:
        for _ in range(3):
            assert len(list(client.post(server.url, until="end"))) == 3
        assert server.connections == 1


def reconnects_with_the_last_event_id() -> None:
    with Server([head(), chunk(SENT[1]), CLOSE], stream([b"data: end\n\n"])) as server:
        rules = sse_client.Reconnect(initial_delay=0)
        with sse_client.get(server.url, until="end", reconnect=rules, timeout=LIMIT) as events:
            assert [event.data for event in events] == ["1"]
        assert server.requests[1].headers["Last-Event-ID"] == "1"


def wakes_a_reader() -> None:
    scripts: list[list[Step]] = [[STALL], [head(), STALL], [head(framing="close"), STALL]]
    for script in scripts:
        with Server(script) as server:
            events = sse_client.get(server.url, timeout=LIMIT)
            got: list[Any] = []
            reading = threading.Thread(target=lambda: got.append(next(events, None)), daemon=True)  # noqa: B023
            reading.start()
            server.wait_for(1)
            events.close()
            reading.join(10)
            assert got == [None], script


def chats() -> None:
    with Server(answer="it works") as server, ChatClient("key", server.url + "/v1") as chat:
        for _ in range(2):
            with chat.stream(model="m", messages=[{"role": "user", "content": "?"}]) as reply:
                assert "".join(reply.text()) == "it works"
            assert reply.outcome == "complete"


def streams_with_asyncio() -> None:
    async def main() -> None:
        for framing in FRAMINGS:
            for coding in CODINGS:
                with Server(stream(SENT, framing=framing, coding=coding)) as server:
                    async with sse_client.astream("POST", server.url, timeout=LIMIT) as events:
                        assert [event.data async for event in events] == ["0", "1", "2"], (framing, coding)

    asyncio.run(main())


for scenario in (
    reads_promptly,
    tells_a_cut,
    gives_the_connection_back,
    reconnects_with_the_last_event_id,
    wakes_a_reader,
    chats,
    streams_with_asyncio,
):
    scenario()
    print(scenario.__name__, flush=True)
print(f"urllib3 {version('urllib3')}, at {urllib3.__file__}", file=sys.stderr)
