"""What an open stream takes in memory: little, and no more after a hundred thousand events than after the first."""

from __future__ import annotations

import gc
import logging
import sys
import weakref
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from core.kit import body

from sse_client import EventStream
from sse_client._core.deadlines import Deadlines
from sse_client._core.session import Session
from sse_client._core.stream import StreamLoop
from sse_client.async_event_stream import AsyncEventStream
from sse_client.errors import ConnectionFailed
from sse_client.events import Event
from sse_client.options import Options, merged
from sse_client.transports._aiohttp.live_body import LiveBody
from sse_client.transports._aiohttp.response_body import AiohttpBody
from sse_client.transports._requests.response_body import LibraryBody
from sse_client.transports._requests.socket_body import SocketBody
from sse_client.transports._requests.wakeup import Wakeup

if TYPE_CHECKING:
    from collections.abc import Iterable

KIB = 1024
DEFAULTS = Options()  # of a client: its streams share them


def reachable(*roots: object, without: Iterable[object] = ()) -> list[object]:
    """Return all objects that these hold, code excepted, and what `without` holds."""
    seen = {id(each): each for each in without}
    known = len(seen)
    left = list(roots)
    while left:
        each = left.pop()
        if id(each) not in seen and not isinstance(each, (type, ModuleType, FunctionType, BuiltinFunctionType)):
            seen[id(each)] = each
            left += gc.get_referents(each)
    return list(seen.values())[known:]


def own(session: Session) -> list[object]:
    """Return what a session holds that no other one does, and its caller has not made."""
    other, _ = opened()
    lose(other)
    return reachable(session, without=reachable(other, session._options, session.request))


def size(objects: Iterable[object]) -> int:
    return sum(map(sys.getsizeof, objects))


def opened(**options: Any) -> tuple[Session, Deadlines]:
    chosen = merged(DEFAULTS, options)
    session = Session(chosen.request("GET", "http://127.0.0.1/"), chosen)
    connect(session)
    return session, Deadlines(chosen.timeout, "http://127.0.0.1/")


def connect(session: Session) -> None:
    session.attempt()
    assert session.opened(body()) is None


def lose(session: Session) -> None:
    session.lost(ConnectionFailed("lost"))


def receive(session: Session, data: bytes) -> None:
    for _ in session.delivery.feed(data):
        pass
    session.consumed()


def test_an_open_stream_takes_less_than_a_kibibyte_in_parser_session_and_clocks() -> None:
    session, clocks = opened()
    assert size([*own(session), *reachable(clocks, without=reachable(opened()[1]))]) < KIB
    for data in (b"data: 1\n\n", b"id: 2\ndata: 2\n\n: alive\n\n", b"data: be"):
        receive(session, data)
        assert size(own(session)) < KIB
    lose(session)
    connect(session)
    receive(session, b"data: 3\n\n")
    assert size(own(session)) < KIB


def test_what_wakes_a_stream_takes_next_to_nothing_before_it_is_needed() -> None:
    assert size(reachable(Wakeup(), without=reachable(Wakeup()))) < KIB / 4


def test_nothing_hides_in_a_dict_of_attributes() -> None:
    session, _ = opened()
    lose(session)
    for each in (session, session.delivery, session.delivery.parser, session._policy, Wakeup()):
        assert not hasattr(each, "__dict__")
    for kind in (EventStream, AsyncEventStream, StreamLoop, SocketBody, LibraryBody, AiohttpBody, LiveBody, Deadlines):
        assert not kind.__dictoffset__, kind


def never(_: Event) -> bool:
    return False


@pytest.mark.parametrize(
    "options",
    [{}, {"comments": True}, {"until": "[DONE]"}, {"until": never}],
    ids=["plain", "comments", "text", "predicate"],
)
def test_nothing_grows_with_the_number_of_events(options: dict[str, Any]) -> None:
    session, _ = opened(**options)
    read = b"".join(b": alive\nid: %03d\nretry: 1000\ndata: text\n\n" % number for number in range(100))
    sizes: list[tuple[int, int]] = []
    for _ in range(2):
        for _ in range(500):
            receive(session, read)
        held = own(session)
        sizes.append((len(held), size(held)))
    assert session.stats.events == 100_000
    assert sizes[0] == sizes[1]


def test_an_open_stream_holds_neither_the_last_loss_nor_the_events_before(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "sse_client")  # what is captured is held
    session, _ = opened()
    error = ConnectionFailed("lost")
    session.lost(error)
    connect(session)
    gone = weakref.ref(error)
    del error
    assert gone() is None
    receive(session, b"data: 1\n\ndata: 2\n\n")
    assert not [each for each in own(session) if isinstance(each, Event)]
