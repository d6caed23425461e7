"""How many frames of the package an event passes, and how many a failed connection shows."""

from __future__ import annotations

import asyncio
import gc
import gzip
import os
import socket
import sys
import threading
import traceback
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

import sse_client
from sse_client import ConnectionFailed, Reconnect, Timeout
from sse_client._core import response_body
from sse_client.adapters.openai import AsyncChatClient, ChatClient
from sse_client.testing import LAST_CHUNK, STALL, Server, Wait, chunk, head

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from sse_client.testing import Step

PACKAGE = str(Path(sse_client.__file__).parent) + os.sep
TESTING = PACKAGE + "testing" + os.sep
EVENT = chunk(b"data: x\n\n")
BEFORE = 4
"""Events that a stream has yielded before one is counted: the first ones take slower paths."""


def is_ours(file: str) -> bool:
    return file.startswith(PACKAGE) and not file.startswith(TESTING)


class Calls:
    """The Python calls of this thread, a coroutine that continues included, while it is entered."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self.own: list[str] = []

    def __enter__(self) -> Calls:
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is not Calls.__exit__.__code__:
            name = f"{Path(frame.f_code.co_filename).name}: {frame.f_code.co_name}"
            self.all.append(name)
            if is_ours(frame.f_code.co_filename):
                self.own.append(name)


def paced() -> tuple[list[Step], list[threading.Event]]:
    """Return a script whose events come one by one, and what each but the first waits for."""
    gates = [threading.Event() for _ in range(BEFORE + 1)]
    steps: list[Step] = [head()]
    for gate in gates:
        steps += [EVENT, Wait(gate)]
    return steps, gates


def live_event(**options: Any) -> Calls:
    script, gates = paced()
    calls = Calls()
    with Server(script) as server, sse_client.get(server.url, reconnect=False, **options) as events:
        for gate in gates[:BEFORE]:
            next(events)
            gate.set()
        with calls:
            next(events)
        gates[-1].set()
    return calls


def live_event_of_asyncio(**options: Any) -> Calls:
    script, gates = paced()
    calls = Calls()

    async def main() -> None:
        async with sse_client.astream("GET", server.url, reconnect=False, **options) as events:
            for gate in gates[:BEFORE]:
                await anext(events)
                gate.set()
            with calls:
                await anext(events)
            gates[-1].set()

    with Server(script) as server:
        asyncio.run(main())
    return calls


@pytest.mark.parametrize(("options", "most"), [({}, 8), ({"timeout": Timeout(event=30)}, 10)])
def test_a_live_event_passes_few_frames(options: dict[str, Any], most: int) -> None:
    own = live_event(**options).own
    assert len(own) <= most, own


def test_a_live_event_makes_few_calls_in_all() -> None:
    calls = live_event().all
    assert len(calls) <= 8, calls


@pytest.mark.parametrize(("options", "most"), [({}, 8), ({"timeout": Timeout(event=30)}, 12)])
def test_a_live_event_of_asyncio_passes_few_frames(options: dict[str, Any], most: int) -> None:
    own = live_event_of_asyncio(**options).own
    assert len(own) <= most, own


def test_options_are_merged_once_and_a_coded_response_has_one_decoder() -> None:
    calls = Calls()
    coded: list[Step] = [head(headers={"Content-Encoding": "gzip"}), chunk(gzip.compress(b"data: x\n\n")), STALL]
    with Server(coded) as server, calls, sse_client.get(server.url, reconnect=False) as events:
        next(events)
    assert calls.own.count("options.py: merged") == 1
    assert calls.own.count("content_decoding.py: decoder_for") == 1


# Opening a stream

OPENING: list[Step] = [head() + EVENT, STALL]  # in one segment, so that nothing depends on how the two are received


def opened_and_closed(url: str, **options: Any) -> None:
    with sse_client.get(url, reconnect=False, **options) as events:
        next(events)


def opened_and_closed_in_asyncio(url: str, **options: Any) -> None:
    async def main() -> None:
        async with sse_client.astream("GET", url, reconnect=False, **options) as events:
            await anext(events)

    asyncio.run(main())


def calls_to_open(way: Callable[..., None]) -> list[str]:
    """Return the package's own calls to open a stream, read one event, and close: the fewest of some runs.

    Each wait of a coroutine counts for all that it goes through again, and how often one waits is up to the system.
    """
    found: list[list[str]] = []
    with Server(default=lambda _: OPENING) as server:
        way(server.url)  # imports, and what is looked at once a process
        for _ in range(4):
            with Calls() as calls:
                way(server.url)
            found.append(calls.own)
    return min(found, key=len)


@pytest.mark.parametrize(("way", "most"), [(opened_and_closed, 89), (opened_and_closed_in_asyncio, 89)])
def test_opening_a_stream_takes_few_calls(way: Callable[..., None], most: int) -> None:
    own = calls_to_open(way)
    assert len(own) <= most, own


# Short chats

TOKEN = (
    b'data: {"id":"c","model":"m","created":1,"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":%s}]}\n\n'
)
CHAT: list[Step] = [
    head() + b"".join(map(chunk, [*[TOKEN % b"null"] * 9, TOKEN % b'"stop"', b"data: [DONE]\n\n"])) + LAST_CHUNK
]
MESSAGES: list[Any] = [{"role": "user", "content": "Say something short."}]


def chats(url: str, calls: list[Calls]) -> None:
    with ChatClient(api_key="key", base_url=url) as client:
        for each in calls:
            with each, client.stream(model="m", messages=MESSAGES) as reply:
                assert "".join(reply.text()) == "a" * 10


def chats_in_asyncio(url: str, calls: list[Calls]) -> None:
    async def main() -> None:
        async with AsyncChatClient(api_key="key", base_url=url) as client:
            for each in calls:
                with each:
                    async with client.stream(model="m", messages=MESSAGES) as reply:
                        assert "".join([text async for text in reply.text()]) == "a" * 10

    asyncio.run(main())


# They take 219 and 188 calls if a response is received at once, and at least one more if it comes in two pieces.
@pytest.mark.parametrize(("way", "most"), [(chats, 224), (chats_in_asyncio, 193)])
def test_a_short_chat_over_a_pool_takes_few_calls(way: Callable[..., None], most: int) -> None:
    calls = [Calls() for _ in range(8)]  # the first two import, and make the connection
    with Server(default=lambda _: CHAT) as server:
        way(server.url, calls)
        assert server.connections == 1
    own = min((each.own for each in calls[2:]), key=len)
    assert len(own) <= most, Counter(own)


# Bursts


def test_a_long_read_of_asyncio_takes_few_calls_beside_those_of_its_events(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with sse_client.astream("GET", server.url, reconnect=False) as events:
            with calls:
                received.extend([event.data async for event in events])

    monkeypatch.setattr(response_body, "thread_time", lambda: 0.0)  # no read is divided, however long it takes here
    received: list[str] = []
    calls = Calls()
    burst = b"data: %b\n\n" % (b"x" * 200) * 20_000
    with Server([head(framing="length", length=len(burst)), burst]) as server:
        asyncio.run(main())
    assert len(received) == 20_000
    own = [name for name in calls.own if name != "async_event_stream.py: __anext__"]
    reads = own.count("delivery.py: feed")
    assert reads <= 100, reads
    assert len(own) <= 17 * reads, (len(own), reads, set(own))


class Marked(str):
    """The value of a header, told from all others by its identity."""


class Copies:
    """The dicts in which a header stands, seen whenever a call of the package ends."""

    def __init__(self, value: Marked) -> None:
        self.value = value
        self.found: list[dict[str, Any]] = []

    def __enter__(self) -> Copies:
        gc.collect()
        gc.freeze()  # what is there already need not be searched; conftest.py freezes, too
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        if event == "return" and is_ours(frame.f_code.co_filename):
            holders: list[Any] = gc.get_referrers(self.value)
            # A field may be a pair of its name, as it was given, and its value.
            pairs: list[Any] = [holder for holder in holders if isinstance(holder, tuple)]
            for each in chain(holders, *(gc.get_referrers(pair) for pair in pairs)):
                if isinstance(each, dict) and not any(each is one for one in self.found):
                    self.found.append(cast("dict[str, Any]", each))


# Two are the package's: the caller's, and those merged with the session's. The others are what requests and aiohttp are
# given, in the type that they keep, and the copy that urllib3 makes of that.
@pytest.mark.parametrize(("way", "most"), [(opened_and_closed, 2 + 2), (opened_and_closed_in_asyncio, 2 + 1)])
def test_headers_are_copied_twice_before_the_library_gets_them(way: Callable[..., None], most: int) -> None:
    value = Marked("marked")
    headers = {"X-Marked": value}
    with Server(default=lambda _: OPENING) as server:
        way(server.url)
        with Copies(value) as copies:
            way(server.url, headers=headers)
    made = [each for each in copies.found if each is not headers]
    assert 2 <= len(made) <= most, made


# Failures


def refused_url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def entered(url: str, **options: Any) -> None:
    with sse_client.get(url, **options):
        pass


def iterated(url: str, **options: Any) -> None:
    next(sse_client.get(url, **options))


def entered_in_asyncio(url: str, **options: Any) -> None:
    async def main() -> None:
        async with sse_client.astream("GET", url, **options):
            pass

    asyncio.run(main())


def iterated_in_asyncio(url: str, **options: Any) -> None:
    async def main() -> None:
        await anext(sse_client.astream("GET", url, **options))

    asyncio.run(main())


def frames(error: BaseException) -> list[str]:
    """Return the package's frames in an error's traceback."""
    found = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
    return [f"{Path(code.co_filename).name}: {code.co_name}" for code in found if is_ours(code.co_filename)]


@pytest.mark.parametrize("attempts", [1, 3])
@pytest.mark.parametrize("way", [entered, iterated, entered_in_asyncio, iterated_in_asyncio])
def test_a_refused_connection_shows_few_frames_and_none_twice(way: Callable[..., None], attempts: int) -> None:
    rules = Reconnect(initial_delay=0, max_delay=0, max_attempts=attempts)
    with pytest.raises(ConnectionFailed) as caught:
        way(refused_url(), reconnect=rules)
    found = frames(caught.value)
    assert len(found) <= 6, found
    assert len(set(found)) == len(found), found
    error: BaseException | None = caught.value
    while error is not None:
        # What is suppressed is still kept, and may show a URL with its query.
        for each in (error.__cause__, error.__context__):
            assert each is None or type(each).__module__.split(".")[0] not in {"aiohttp", "requests", "urllib3"}
        error = error.__cause__
        assert error is None or frames(error) == []
