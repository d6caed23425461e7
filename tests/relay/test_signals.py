"""Signals that end a relay or a consumer, whichever thread the system hands them to."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from typing import Any

import pytest

from sse_client.relay._signals import on_terminate


def test_signals_are_left_alone_out_of_the_main_thread() -> None:
    before = signal.getsignal(signal.SIGTERM)
    inside: list[Any] = []

    def run() -> None:
        with on_terminate(print):
            inside.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert inside == [before]


@pytest.mark.parametrize("told", [True, False], ids=["main thread", "another thread"])
def test_a_main_thread_that_is_blocked_is_woken(told: bool) -> None:
    ours, theirs = socket.socketpair()
    ours.settimeout(20)
    thread = threading.main_thread().ident if told else None

    def send() -> None:
        time.sleep(0.1)
        signal.pthread_kill(thread or threading.get_ident(), signal.SIGUSR1)
        time.sleep(0.1)  # a signal needs a thread that still runs

    with ours, theirs, on_terminate(theirs.close, signal.SIGUSR1):
        sender = threading.Thread(target=send)
        sender.start()
        assert ours.recv(1) == b""  # at its end, and not at its time limit
        sender.join()


def test_what_is_told_of_signals_stays_so() -> None:
    with socket.socket() as other:
        other.setblocking(False)
        before = signal.set_wakeup_fd(other.fileno())
        try:
            with on_terminate(print, signal.SIGUSR1):
                assert signal.set_wakeup_fd(other.fileno()) == other.fileno()
            assert signal.set_wakeup_fd(other.fileno()) == other.fileno()
        finally:
            signal.set_wakeup_fd(before)


def test_a_loop_with_handlers_of_its_own_keeps_them() -> None:
    heard: list[str] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with on_terminate(lambda: heard.append("closed"), signal.SIGUSR2):
            loop.add_signal_handler(signal.SIGUSR1, heard.append, "loop")
            signal.raise_signal(signal.SIGUSR2)
        signal.raise_signal(signal.SIGUSR1)
        await asyncio.sleep(0.05)
        loop.remove_signal_handler(signal.SIGUSR1)

    asyncio.run(main())
    for thread in threading.enumerate():
        if thread.name == "sse_client relay close":
            thread.join(5)
    assert sorted(heard) == ["closed", "loop"]


def watchers() -> int:
    return [thread.name for thread in threading.enumerate()].count("sse_client relay signals")


def test_nothing_is_left() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with on_terminate(print, signal.SIGUSR1):
        assert watchers() == 1
    assert (signal.getsignal(signal.SIGUSR1), watchers()) == (before, 0)
    assert signal.set_wakeup_fd(-1) == -1
