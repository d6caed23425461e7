"""What must hold on every HTTP stack; run by test_stacks.py, in a process of its own."""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

sys.path.append(str(Path(__file__).parent.parent))
if "without_posix" in sys.argv:
    importlib.import_module("without_posix")

import requests
import urllib3
from transports.renamed import private_names, renamed

import sse_client
from sse_client.adapters.openai import ChatClient
from sse_client.testing import CLOSE, LAST_CHUNK, STALL, Pause, Server, Step, Wait, chunk, head, reply, stream

if TYPE_CHECKING:
    from collections.abc import Callable

loop_factory: Any = importlib.import_module("uvloop").new_event_loop if "uvloop" in sys.argv else None

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


def leaves_a_used_session_to_its_owner() -> None:
    with Server(reply(200, b"before"), stream(SENT), reply(200, b"after"), stream(SENT)) as server:
        session = requests.Session()
        assert session.get(server.url).text == "before"
        client = sse_client.Client(session, timeout=LIMIT)
        assert len(list(client.post(server.url))) == 3
        assert session.get(server.url).text == "after"
        assert len(list(client.post(server.url))) == 3
        client.close()


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


def keeps_the_deadline_of_a_head() -> None:
    dribbling: list[Step] = [each for _ in range(400) for each in (b"X: y\r\n", Pause(0.05))]
    with Server([b"HTTP/1.1 200 OK\r\n", *dribbling]) as server:
        begun = time.monotonic()
        try:
            next(sse_client.get(server.url, timeout=sse_client.Timeout(read=20, total=0.5)))
        except sse_client.DeadlineExceeded:
            assert time.monotonic() - begun < 15  # the head takes 20 seconds
        else:
            raise AssertionError("an event came of half a head")


def chats() -> None:
    with Server(answer="it works") as server, ChatClient(api_key="key", base_url=server.url + "/v1") as chat:
        for _ in range(2):
            with chat.stream(model="m", messages=[{"role": "user", "content": "?"}]) as reply:
                assert "".join(reply.text()) == "it works"
            assert reply.outcome == "complete"


def keeps_a_checkpoint() -> None:
    with TemporaryDirectory() as folder:
        for first in (0, 1):
            with (
                Server(stream(SENT[first:])) as server,
                sse_client.get(server.url, checkpoint=Path(folder) / "place", reconnect=False, timeout=LIMIT) as events,
            ):
                assert [next(events).data, next(events).data] == [str(first), str(first + 1)]
                assert server.requests[0].headers.get("Last-Event-ID", "") == ("0" if first else "")


def streams_with_asyncio() -> None:
    async def main() -> None:
        for framing in FRAMINGS:
            for coding in CODINGS:
                with Server(stream(SENT, framing=framing, coding=coding)) as server:
                    async with sse_client.astream("POST", server.url, timeout=LIMIT) as events:
                        assert [event.data async for event in events] == ["0", "1", "2"], (framing, coding)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())


def reads_sockets_of_urllib3_future() -> None:
    if not {"urllib3-future", "niquests"} & set(sys.argv):
        return
    # Two packets: what h11 has of the body ends inside a size, inside data, before or inside a line end.
    for framing in FRAMINGS:
        parts = [each for each in stream(SENT, framing=framing) if isinstance(each, bytes)]
        whole = b"".join(parts)
        for cut in range(len(parts[0]), len(whole)):
            sent: list[Step] = [whole[:cut], whole[cut:], *([CLOSE] if framing == "close" else [])]
            with Server(sent, sent) as server, sse_client.Client(timeout=LIMIT) as client:
                for _ in range(2):
                    data, kind = _found(client, server.url)
                    assert data == ["0", "1", "2"], (framing, cut)
                    # Once the last chunk's size is there, only trailers are left, which the library reads.
                    assert kind == "PlainFutureBody" or cut >= len(whole) - len(b"\r\n"), (framing, cut)
                assert server.connections == (2 if framing == "close" else 1), (framing, cut)


def refuses_malformed_bodies() -> None:
    sent = b"".join(map(chunk, SENT))
    surplus: list[list[Step]] = [[head() + sent + LAST_CHUNK + b"x"], [head() + sent, LAST_CHUNK + b"x"]]
    for script in surplus:
        with Server(script, stream(SENT)) as server, sse_client.Client(timeout=LIMIT) as client:
            for _ in range(2):
                assert _found(client, server.url)[0] == ["0", "1", "2"]
            assert server.connections == 2
    # A flaw is found without waiting for what comes after it.
    flaw = b"+5\r\n"
    flawed: list[list[Step]] = [[head() + sent + flaw, STALL], [head() + sent, flaw, STALL], [head() + flaw, STALL]]
    for script in flawed:
        with Server(script) as server, sse_client.Client(timeout=LIMIT) as client:
            try:
                _found(client, server.url)
            except sse_client.IdleTimeout as error:
                raise AssertionError("it waited") from error
            except sse_client.ConnectionFailed:
                continue
            raise AssertionError("a malformed body passed for a whole one")


def _found(client: sse_client.Client, url: str, opened: threading.Event | None = None) -> tuple[list[str], str]:
    with client.get(url, reconnect=False) as events:
        kind = type(events._loop._body).__name__
        if opened is not None:
            opened.set()
        return [event.data for event in events], kind


def reads_through_a_library_that_looks_different() -> None:
    if not {"urllib3-future", "niquests"} & set(sys.argv):
        return
    names = private_names("_requests", "future_state")
    assert {"_matrix", "_bytes_in_chunk", "_remaining"} <= set(names)
    for name in names:
        came = threading.Event()
        begin, *rest = stream(SENT, framing="length" if name == "_remaining" else "chunked")
        gated: list[Step] = [begin, Wait(came), *rest]
        with renamed("_requests", name), Server(gated, gated) as server, sse_client.Client(timeout=LIMIT) as client:
            for _ in range(2):
                assert _found(client, server.url, came) == (["0", "1", "2"], "LibraryBody"), name
                came.clear()


def reads_what_others_have_opened() -> None:
    if "niquests" in sys.argv:
        niquests = importlib.import_module("niquests")
        _reads(lambda url: niquests.get(url, stream=True, timeout=20))
        _reads(lambda url: niquests.get(url, timeout=20), gated=False)
        _awaits(niquests.AsyncSession, lambda client, url: client.get(url, stream=True))
    if "pyreqwest" in sys.argv:
        pyreqwest = importlib.import_module("pyreqwest.client")
        with pyreqwest.SyncClientBuilder().build() as client, ExitStack() as stack:
            _reads(lambda url: stack.enter_context(client.get(url).streamed_read_buffer_limit(0).build_streamed()))
        _awaits(
            lambda: pyreqwest.ClientBuilder().build(),
            lambda client, url: client.get(url).streamed_read_buffer_limit(0).build_streamed().__aenter__(),
        )


def _reads(opened: Callable[[str], Any], *, gated: bool = True) -> None:
    came = threading.Event()
    begin, first, *rest = stream(SENT, coding="gzip")
    with Server([begin, first, *([Wait(came)] if gated else []), *rest]) as server:
        found: list[str] = []
        for event in sse_client.read(opened(server.url)):
            found.append(event.data)
            came.set()
    assert found == ["0", "1", "2"], found


def _awaits(made: Callable[[], Any], opened: Callable[[Any, str], Any]) -> None:
    async def main(url: str) -> list[str]:
        async with made() as client:
            return [event.data async for event in sse_client.aread(await opened(client, url))]

    with Server(stream(SENT)) as server:
        found = asyncio.run(main(server.url))
    assert found == ["0", "1", "2"], found


for scenario in (
    reads_promptly,
    tells_a_cut,
    gives_the_connection_back,
    leaves_a_used_session_to_its_owner,
    reconnects_with_the_last_event_id,
    wakes_a_reader,
    keeps_the_deadline_of_a_head,
    chats,
    keeps_a_checkpoint,
    streams_with_asyncio,
    reads_sockets_of_urllib3_future,
    refuses_malformed_bodies,
    reads_through_a_library_that_looks_different,
    reads_what_others_have_opened,
):
    scenario()
    print(scenario.__name__, flush=True)
print(f"urllib3 {version('urllib3')}, at {urllib3.__file__}", file=sys.stderr)
for opener in ("niquests", "pyreqwest"):
    if opener in sys.modules:
        print(f"{opener}, at {sys.modules[opener].__file__}", file=sys.stderr)
