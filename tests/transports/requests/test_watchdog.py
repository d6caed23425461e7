"""Shutting a connection down at a deadline, from a thread that watches it."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from sse_client.transports._requests.wakeup import Wakeup
from sse_client.transports._requests.watchdog import Watchdog
from transports.requests.kit import NEVER, SOON, Pair, Reader, ToldSocket

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def watchdog(wakeup: Wakeup) -> Iterator[Watchdog]:
    dog = Watchdog(wakeup)
    yield dog
    dog.stop()
    dog._thread.join(SOON)
    assert not dog._thread.is_alive()


def watched(wakeup: Wakeup) -> ToldSocket:
    sock = ToldSocket()
    wakeup.watch(sock)
    return sock


def test_the_connection_is_shut_down_at_the_deadline(wakeup: Wakeup, watchdog: Watchdog, pair: Pair) -> None:
    wakeup.watch(pair[0])
    reader = Reader(lambda: pair[0].recv(1))
    watchdog.arm(time.monotonic() + 0.02)
    assert reader.ends() == b""
    assert not wakeup.closed


def test_a_deadline_that_has_passed_counts_at_once(wakeup: Wakeup, watchdog: Watchdog) -> None:
    sock = watched(wakeup)
    watchdog.arm(time.monotonic() - 1)
    assert sock.shut.wait(SOON)


def test_each_deadline_shuts_down_once(wakeup: Wakeup, watchdog: Watchdog) -> None:
    for _ in range(3):
        wakeup.release_socket()
        sock = watched(wakeup)
        watchdog.arm(time.monotonic() + 0.005)
        assert sock.shut.wait(SOON)
        assert sock.ways == [socket.SHUT_RDWR]


def test_an_earlier_deadline_takes_the_place_of_a_later_one(wakeup: Wakeup, watchdog: Watchdog) -> None:
    sock = watched(wakeup)
    watchdog.arm(time.monotonic() + NEVER)
    watchdog.arm(time.monotonic() + 0.01)
    assert sock.shut.wait(SOON)


def test_a_later_deadline_takes_the_place_of_an_earlier_one(wakeup: Wakeup, watchdog: Watchdog) -> None:
    sock = watched(wakeup)
    begun = time.monotonic()
    watchdog.arm(begun + 0.05)
    watchdog.arm(begun + 0.15)
    assert sock.shut.wait(SOON)
    assert time.monotonic() >= begun + 0.15


def test_a_disarmed_deadline_shuts_nothing_down(wakeup: Wakeup, watchdog: Watchdog) -> None:
    first = watched(wakeup)
    watchdog.arm(time.monotonic() + 0.02)
    watchdog.disarm()
    # The other deadline is later: when it is kept, the one that was disarmed has passed.
    other = Wakeup()
    second = watched(other)
    control = Watchdog(other)
    control.arm(time.monotonic() + 0.05)
    assert second.shut.wait(SOON)
    control.stop()
    assert first.ways == []


def test_disarming_reports_whether_it_is_too_late(wakeup: Wakeup, watchdog: Watchdog) -> None:
    sock = watched(wakeup)
    watchdog.arm(time.monotonic() + NEVER)
    assert not watchdog.disarm()
    watchdog.arm(time.monotonic())
    assert sock.shut.wait(SOON)
    assert watchdog.disarm()


def test_a_deadline_after_a_disarmed_one_is_kept(wakeup: Wakeup, watchdog: Watchdog) -> None:
    sock = watched(wakeup)
    begun = time.monotonic()
    watchdog.arm(begun + 0.03)
    watchdog.disarm()
    watchdog.arm(begun + 0.06)
    assert sock.shut.wait(SOON)
    assert time.monotonic() >= begun + 0.06


def test_a_deadline_without_a_connection_does_nothing(wakeup: Wakeup) -> None:
    watchdog = Watchdog(wakeup)
    watchdog.arm(time.monotonic())
    watchdog.stop()
    assert watched(wakeup).ways == []


def test_a_stopped_watchdog_shuts_nothing_down(wakeup: Wakeup) -> None:
    sock = watched(wakeup)
    watchdog = Watchdog(wakeup)
    watchdog.arm(time.monotonic() + NEVER)
    watchdog.stop()
    watchdog._thread.join(SOON)
    assert not watchdog._thread.is_alive()
    assert sock.ways == []


def test_it_does_not_keep_the_program_alive(watchdog: Watchdog) -> None:
    assert watchdog._thread.daemon


def test_it_may_be_stopped_by_its_own_thread(wakeup: Wakeup, monkeypatch: pytest.MonkeyPatch) -> None:
    watchdog = Watchdog(wakeup)

    def stop(_: Wakeup) -> None:
        watchdog.stop()

    monkeypatch.setattr(Wakeup, "interrupt", stop)
    watchdog.arm(time.monotonic())
    watchdog._thread.join(SOON)
    assert not watchdog._thread.is_alive()
