"""Calls of a handler, and the wait of those who close for one that is about to begin."""

from __future__ import annotations

import functools
import queue
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import Event
from sse_client._core import handler_calls
from sse_client._core.handler_calls import HandlerCalls

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

EVENT = Event("x")


def test_a_handler_is_called_while_the_stream_is_open() -> None:
    closed = False
    calls = HandlerCalls(lambda event: event.data * 2, lambda: closed)
    assert calls.call(EVENT) == (True, "xx")
    closed = True
    assert calls.call(EVENT) == (False, None)
    calls.settle()


def test_an_error_of_the_handler_leaves_nothing_to_wait_for() -> None:
    def fails(_: Event) -> None:
        raise OSError("full")

    calls = HandlerCalls(fails, lambda: False)
    with pytest.raises(OSError, match="full"):
        calls.call(EVENT)
    thread = threading.Thread(target=calls.settle)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def running(handler: Callable[[Event], object], closed: Callable[[], bool] = lambda: False) -> HandlerCalls:
    """Return the calls of a handler that has been called in another thread."""
    calls = HandlerCalls(handler, closed)
    threading.Thread(target=calls.call, args=(EVENT,), daemon=True).start()
    while not calls._calling:
        time.sleep(0.001)
    return calls


def test_code_that_runs_before_the_call_is_not_taken_for_the_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracer's frame, like one of garbage collection, lies where the handler's would."""
    monkeypatch.setattr(handler_calls, "_GRACE", 0)
    reached, go_on = threading.Event(), threading.Event()
    order: list[str] = []
    calls = HandlerCalls(lambda _: order.append("handler"), lambda: False)

    def wait_in_enter(frame: FrameType, what: str, _: object) -> Any:
        if frame.f_code is HandlerCalls._enter.__code__:
            if what == "line":
                reached.set()
                assert go_on.wait(20)
            return wait_in_enter
        return None

    def call() -> None:
        sys.settrace(wait_in_enter)  # for this thread alone
        calls.call(EVENT)

    def settle() -> None:
        calls.settle()
        order.append("settled")

    threads = [threading.Thread(target=call), threading.Thread(target=settle)]
    threads[0].start()
    assert reached.wait(20)
    threads[1].start()
    threads[1].join(0.05)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert order == ["handler", "settled"]


class Waiting:
    """A handler that waits until the test is over."""

    def __init__(self) -> None:
        self.over: queue.SimpleQueue[object] = queue.SimpleQueue()

    def __call__(self, _: Event) -> None:
        self.over.get()


HANDLERS: dict[str, Callable[[Waiting], Callable[[Any], object]]] = {
    "object": lambda waiting: waiting,
    "method": lambda waiting: waiting.__call__,
    "partial": lambda waiting: functools.partial(Waiting.__call__, waiting),
    "C function": lambda waiting: waiting.over.get,  # the event is taken for its `block`
}


@pytest.mark.parametrize("kind", HANDLERS)
def test_a_handler_of_any_kind_that_waits_is_not_waited_for(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler_calls, "_LOOKS", 10**9)  # it would be for ever
    waiting = Waiting()
    calls = running(HANDLERS[kind](waiting))
    settled = threading.Thread(target=calls.settle, daemon=True)
    settled.start()
    settled.join(20)
    assert not settled.is_alive()
    assert calls._calling
    waiting.over.put(None)


def test_one_that_is_about_to_call_is_waited_for() -> None:
    """The thread is between the announcement and the handler: here, in `closed`, for as long as the test likes."""
    going = threading.Event()
    begun: list[Event] = []
    calls = running(begun.append, lambda: not going.wait(20))
    settled = threading.Thread(target=calls.settle, daemon=True)
    settled.start()
    settled.join(0.3)
    assert settled.is_alive()
    assert begun == []
    going.set()
    settled.join(20)
    assert not settled.is_alive()
    assert begun == [EVENT]


def test_the_wait_for_a_thread_that_never_runs_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler_calls, "_LOOKS", 20)
    going = threading.Event()
    calls = running(lambda _: None, lambda: not going.wait(20))
    calls.settle()
    going.set()


def test_a_thread_that_is_no_more_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler_calls, "_LOOKS", 10**9)
    calls = HandlerCalls(lambda _: None, lambda: False)
    calls._calling, calls._thread = True, -1  # as a fork leaves it
    calls.settle()


def test_settling_inside_settling_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals that come faster than the handler's thread gets the processor put one call on top of another."""
    depths: list[int] = []
    going = threading.Event()
    calls = running(lambda _: None, lambda: not going.wait(20))

    def interrupted(_: float) -> None:
        depths.append(calls._settling)
        calls.settle()
        going.set()

    monkeypatch.setattr(handler_calls.time, "sleep", interrupted)  # type: ignore[attr-defined]
    calls.settle()
    assert max(depths) == handler_calls._NESTED
