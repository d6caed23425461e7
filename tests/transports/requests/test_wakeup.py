"""Waking a reader: one that sleeps, one that waits in a read, and one whose socket comes too late."""

from __future__ import annotations

import socket
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from sse_client.transports._requests import wakeup as module
from transports.requests.kit import NEVER, SOON, Pair, Reader, ToldSocket

if TYPE_CHECKING:
    from sse_client.transports._requests.wakeup import Wakeup


@pytest.mark.parametrize("way", ["close", "interrupt"])
def test_a_reader_that_is_blocked_in_a_read_wakes_and_the_server_sees_the_end(
    wakeup: Wakeup, pair: Pair, way: str
) -> None:
    ours, theirs = pair
    wakeup.watch(ours)
    reader = Reader(lambda: ours.recv(1))
    getattr(wakeup, way)()
    assert reader.ends() == b""
    assert theirs.recv(1) == b""


def test_a_socket_that_comes_after_close_is_shut_down_at_once(wakeup: Wakeup, pair: Pair) -> None:
    wakeup.close()
    wakeup.watch(pair[0])
    assert pair[0].recv(1) == b""
    with pytest.raises(BrokenPipeError):
        pair[0].send(b"x")


def test_an_interrupt_does_not_reach_the_next_connection(wakeup: Wakeup, pair: Pair) -> None:
    wakeup.interrupt()
    wakeup.release_socket()
    wakeup.watch(pair[0])
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"
    assert not wakeup.closed


def test_what_is_closed_stays_closed_for_every_later_connection(wakeup: Wakeup, pair: Pair) -> None:
    wakeup.close()
    wakeup.release_socket()
    wakeup.watch(pair[0])
    assert pair[0].recv(1) == b""
    assert wakeup.closed


@pytest.mark.parametrize("way", ["close", "interrupt"])
def test_a_socket_that_was_let_go_is_left_alone(wakeup: Wakeup, pair: Pair, way: str) -> None:
    wakeup.watch(pair[0])
    wakeup.release_socket()
    getattr(wakeup, way)()
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"


@pytest.mark.parametrize("way", ["close", "interrupt"])
def test_a_socket_that_is_closed_already_does_no_harm(wakeup: Wakeup, pair: Pair, way: str) -> None:
    wakeup.watch(pair[0])
    pair[0].close()
    getattr(wakeup, way)()
    getattr(wakeup, way)()


def test_a_socket_of_another_library_is_shut_down_by_its_own_method(wakeup: Wakeup) -> None:
    sock = ToldSocket()
    wakeup.watch(sock)
    wakeup.close()
    assert sock.ways == [socket.SHUT_RDWR]


def test_a_tls_socket_keeps_its_state_for_the_thread_that_reads(wakeup: Wakeup) -> None:
    class Tls(socket.socket):
        def shutdown(self, how: int) -> None:
            raise AssertionError("this would take the state away")

    ours, theirs = socket.socketpair()
    with theirs, Tls(fileno=ours.detach()) as sock:
        sock.settimeout(SOON)
        wakeup.watch(sock)
        wakeup.interrupt()
        assert sock.recv(1) == b""


def test_close_ends_a_sleep_and_all_later_ones(wakeup: Wakeup) -> None:
    sleeper = Reader(lambda: wakeup.pause(NEVER))
    wakeup.close()
    sleeper.ends()
    wakeup.pause(NEVER)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.001])
def test_a_sleep_ends_by_itself(wakeup: Wakeup, seconds: float) -> None:
    wakeup.pause(seconds)
    assert not wakeup.closed


def test_an_interrupt_neither_ends_a_sleep_nor_closes(wakeup: Wakeup) -> None:
    wakeup.interrupt()
    assert not wakeup.closed
    wakeup.pause(0.001)


@pytest.mark.parametrize("seconds", [1e10, 1e300])
def test_a_sleep_beyond_the_platforms_limit_is_a_long_one(
    wakeup: Wakeup, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    waits: list[float] = []

    class Lock:
        def acquire(self, timeout: float = 0.0) -> bool:
            waits.append(timeout)
            return len(waits) > 100

    monkeypatch.setattr(module, "threading", SimpleNamespace(Lock=Lock))
    wakeup.pause(seconds)
    assert len(waits) == 101
    assert all(0 < wait <= threading.TIMEOUT_MAX for wait in waits[1:])
