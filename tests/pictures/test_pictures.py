"""The pictures of the pages are those of the code as it is; and its states are those of the table."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

import sse_client
from sse_client import Reconnect
from sse_client._core.states import TRANSITIONS
from sse_client._core.stream import StreamLoop
from sse_client.testing import CLOSE, STALL, Server, chunk, head, reply, stream

from .sessions import SESSIONS, shown
from .states import diagram
from .terminal import lines_of, picture, text_of

PICTURES = Path(__file__).parent.parent.parent / "docs" / "pictures"
_TIMES = re.compile(r"\d\d:\d\d:\d\d\.\d+|\d+(?:\.\d+)?(?:ms|s|asecond)(?![a-z])|[▁▂▃▄▅▆▇█]+")
_PLOT = re.compile(r"(?:T?\||0\|)+T?")


def same_each_time(lines: list[str]) -> str:
    """Return what is shown without blanks, times, and the bars that show them; where a line ends depends on those."""
    found = [_TIMES.sub("T", "".join(line.split())) for line in lines]
    return "".join(line for line in found if not _PLOT.fullmatch(line))


@pytest.mark.parametrize("name", SESSIONS)
def test_a_picture_of_a_terminal_is_current(name: str) -> None:
    kept = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    drawn = picture(shown(SESSIONS[name]), SESSIONS[name])
    assert same_each_time(text_of(drawn)) == same_each_time(text_of(kept)), "make pictures draws them again"
    assert "http" not in re.sub(r"http://(www\.w3\.org|localhost)", "", kept), "a picture loads nothing"


def test_the_diagram_is_current_and_has_every_transition() -> None:
    kept = (PICTURES / "states.svg").read_text(encoding="utf-8")
    assert kept == diagram(), "make pictures draws it again"
    for each in TRANSITIONS:
        assert each.reason is None or f">{each.reason}</tspan>" in kept


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("name", SESSIONS)
def test_a_screen_is_whole_at_each_width_and_without_colour(name: str, columns: int) -> None:
    plain = shown(SESSIONS[name], columns=columns, NO_COLOR="1")
    lines = lines_of(plain)
    if name != "chat":  # without colours, an answer is shown as it is written
        coloured = text_of((PICTURES / f"{name}.svg").read_text(encoding="utf-8"))
        assert same_each_time(coloured).endswith(same_each_time(lines))
    assert {cell.fg for row in range(len(lines)) for cell in plain.buffer[row].values()} == {"default"}
    assert max(map(len, lines)) <= columns


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str, str | None]]:
    """The transitions that streams make during a test."""
    found: set[tuple[str, str, str | None]] = set()
    final: list[StreamLoop] = []  # the objects: the id of one that is gone may be that of a later one
    connect, handle_loss, finish = StreamLoop._connect, StreamLoop._handle_loss, StreamLoop.finish

    async def connected(self: Any) -> Any:
        lost = await connect(self)
        if self.state == "open":
            found.add(("connecting", "open", None))
        return lost

    async def handled(self: Any, error: Any) -> Any:
        before = self.state
        raised = await handle_loss(self, error)
        if raised is not None:
            found.add((before, "closed", "error"))  # the face finishes it when it sees the error
            final.append(self)
        elif not self._closing():
            found.add((before, self.state, None))
        return raised

    async def finished(self: Any, reason: Any, error: Any = None) -> None:
        if self.state != "closed" and not any(each is self for each in final):
            found.add((self.state, "closed", reason))
        await finish(self, reason, error)

    for name, method in (("_connect", connected), ("_handle_loss", handled), ("finish", finished)):
        monkeypatch.setattr(StreamLoop, name, method)
    return found


def streams(server: Server) -> None:
    """Read streams that go through every transition of blocking ones."""
    rules = Reconnect(initial_delay=0, max_attempts=2)
    with sse_client.get(server.url, reconnect=rules) as events:  # refused, opened, lost, resumed, 204
        assert len(list(events)) == 2
    with sse_client.get(server.url, until="x") as events:
        assert list(events) == []
    with sse_client.post(server.url) as events:
        assert len(list(events)) == 1
    with sse_client.get(server.url) as events:
        next(events)
    with pytest.raises(sse_client.StatusError):
        sse_client.get(server.url).__enter__()
    with pytest.raises(sse_client.ConnectionFailed):
        list(sse_client.post(server.url))
    unread = sse_client.get(server.url)
    unread.close()


async def cancelled(url: str, server: Server) -> None:
    """Cancel a task that waits for a response, and one that waits for an event."""
    for state in ("connecting", "open"):
        asked = len(server.requests)
        async with sse_client.AsyncClient() as client:
            events = client.get(url)
            waiting = asyncio.ensure_future(anext(events))
            async with asyncio.timeout(30):
                while len(server.requests) == asked or events.state != state:  # noqa: ASYNC110  (it has no event)
                    await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting


def test_the_table_has_the_transitions_that_streams_make(seen: set[tuple[str, str, str | None]]) -> None:
    one = chunk(b"id: 1\ndata: x\n\n")
    scripts: list[Any] = [
        reply(503), [head(), one, CLOSE], [head(), one, CLOSE], reply(204),
        stream([b"data: x\n\n"]), stream([b"data: x\n\n"]), [head(), one, STALL], reply(404), [head(), one, CLOSE],
    ]  # fmt: skip
    with Server(*scripts) as server:
        streams(server)
    with Server([STALL], [head(), STALL]) as server:
        asyncio.run(cancelled(server.url, server))
    assert seen == {(each.source, each.target, each.reason) for each in TRANSITIONS}
