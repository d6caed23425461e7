"""Waking a reader: one that sleeps, one that waits in a read, and one whose socket comes too late."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sse_client._interrupt import Interrupt, Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOON = 10.0  # seconds after which a test has failed
NEVER = 3600.0


class Reader:
    """Runs something that blocks in a thread of its own."""

    def __init__(self, block: Callable[[], object]) -> None:
        self.result: object = None
        self._begun = threading.Event()
        self._block = block
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._begun.wait(SOON)

    def _run(self) -> None:
        self._begun.set()
        self.result = self._block()

    def ends(self) -> object:
        self._thread.join(SOON)
        assert not self._thread.is_alive()
        return self.result


class Told:
    """Stands for a socket that is none of the standard library's, as that of another TLS library."""

    def __init__(self) -> None:
        self.shut = threading.Event()
        self.ways: list[int] = []

    def shutdown(self, how: int) -> None:
        self.ways.append(how)
        self.shut.set()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(SOON)
        theirs.settimeout(SOON)
        yield ours, theirs


@pytest.fixture
def interrupt() -> Interrupt:
    return Interrupt()


Pair = tuple[socket.socket, socket.socket]


@pytest.mark.parametrize("way", ["close", "break_off"])
def test_a_reader_that_is_blocked_in_a_read_wakes_and_the_server_sees_the_end(
    interrupt: Interrupt, pair: Pair, way: str
) -> None:
    ours, theirs = pair
    interrupt.watch(ours)
    reader = Reader(lambda: ours.recv(1))
    getattr(interrupt, way)()
    assert reader.ends() == b""
    assert theirs.recv(1) == b""


@pytest.mark.parametrize("way", ["close", "break_off"])
def test_a_socket_that_comes_too_late_is_shut_down_at_once(interrupt: Interrupt, pair: Pair, way: str) -> None:
    getattr(interrupt, way)()
    interrupt.watch(pair[0])
    assert pair[0].recv(1) == b""
    with pytest.raises(BrokenPipeError):
        pair[0].send(b"x")


def test_a_connection_that_was_broken_off_does_not_break_the_next(interrupt: Interrupt, pair: Pair) -> None:
    interrupt.break_off()
    interrupt.forget()
    interrupt.watch(pair[0])
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"
    assert not interrupt.closed


def test_what_is_closed_stays_closed_for_every_later_connection(interrupt: Interrupt, pair: Pair) -> None:
    interrupt.close()
    interrupt.forget()
    interrupt.watch(pair[0])
    assert pair[0].recv(1) == b""
    assert interrupt.closed


@pytest.mark.parametrize("way", ["close", "break_off"])
def test_a_socket_that_was_let_go_is_left_alone(interrupt: Interrupt, pair: Pair, way: str) -> None:
    interrupt.watch(pair[0])
    interrupt.forget()
    getattr(interrupt, way)()
    pair[1].send(b"x")
    assert pair[0].recv(1) == b"x"


@pytest.mark.parametrize("way", ["close", "break_off"])
def test_a_socket_that_is_closed_already_does_no_harm(interrupt: Interrupt, pair: Pair, way: str) -> None:
    interrupt.watch(pair[0])
    pair[0].close()
    getattr(interrupt, way)()
    getattr(interrupt, way)()


def test_a_socket_of_another_library_is_shut_down_by_its_own_method(interrupt: Interrupt) -> None:
    sock = Told()
    interrupt.watch(sock)
    interrupt.close()
    assert sock.ways == [socket.SHUT_RDWR]


def test_a_tls_socket_keeps_its_state_for_the_thread_that_reads(interrupt: Interrupt) -> None:
    class Tls(socket.socket):
        def shutdown(self, how: int) -> None:
            raise AssertionError("this would take the state away")

    ours, theirs = socket.socketpair()
    with theirs, Tls(fileno=ours.detach()) as sock:
        sock.settimeout(SOON)
        interrupt.watch(sock)
        interrupt.break_off()
        assert sock.recv(1) == b""


def test_close_ends_a_sleep_and_all_later_ones(interrupt: Interrupt) -> None:
    sleeper = Reader(lambda: interrupt.sleep(NEVER))
    interrupt.close()
    sleeper.ends()
    interrupt.sleep(NEVER)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.001])
def test_a_sleep_ends_by_itself(interrupt: Interrupt, seconds: float) -> None:
    interrupt.sleep(seconds)
    assert not interrupt.closed


def test_breaking_off_does_not_end_a_sleep_nor_close(interrupt: Interrupt) -> None:
    interrupt.break_off()
    assert not interrupt.closed
    interrupt.sleep(0.001)


@pytest.mark.parametrize("seconds", [1e10, 1e300])
def test_a_sleep_that_is_longer_than_the_platform_can_count_is_a_long_sleep(
    interrupt: Interrupt, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    waits: list[float] = []

    def wait(_: threading.Event, seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(threading.Event, "wait", wait)
    interrupt.sleep(seconds)
    assert NEVER < waits[0] <= threading.TIMEOUT_MAX


def test_the_next_reads_wait_for_as_long_as_they_are_told(interrupt: Interrupt, pair: Pair) -> None:
    interrupt.time_out_after(1.0)
    interrupt.watch(pair[0])
    interrupt.time_out_after(0.25)
    assert pair[0].gettimeout() == 0.25
    interrupt.forget()
    interrupt.time_out_after(2.0)
    assert pair[0].gettimeout() == 0.25


def test_a_closed_socket_cannot_be_told_and_need_not(interrupt: Interrupt, pair: Pair) -> None:
    class Closed(Told):
        def settimeout(self, _: float) -> None:
            raise OSError(9, "Bad file descriptor")

    interrupt.watch(Closed())
    interrupt.time_out_after(1.0)


# --- The watchdog. ---


@pytest.fixture
def watchdog(interrupt: Interrupt) -> Iterator[Watchdog]:
    dog = Watchdog(interrupt)
    yield dog
    dog.stop()
    dog._thread.join(SOON)
    assert not dog._thread.is_alive()


def watched(interrupt: Interrupt) -> Told:
    sock = Told()
    interrupt.watch(sock)
    return sock


def test_at_the_deadline_the_connection_is_broken_off(interrupt: Interrupt, watchdog: Watchdog, pair: Pair) -> None:
    interrupt.watch(pair[0])
    reader = Reader(lambda: pair[0].recv(1))
    watchdog.expect(time.monotonic() + 0.02)
    assert reader.ends() == b""
    assert not interrupt.closed


def test_a_deadline_that_is_over_breaks_off_at_once(interrupt: Interrupt, watchdog: Watchdog) -> None:
    sock = watched(interrupt)
    watchdog.expect(time.monotonic() - 1)
    assert sock.shut.wait(SOON)


def test_it_breaks_off_once_for_each_deadline(interrupt: Interrupt, watchdog: Watchdog) -> None:
    for _ in range(3):
        interrupt.forget()
        sock = watched(interrupt)
        watchdog.expect(time.monotonic() + 0.005)
        assert sock.shut.wait(SOON)
        assert sock.ways == [socket.SHUT_RDWR]


def test_an_earlier_deadline_takes_the_place_of_a_later_one(interrupt: Interrupt, watchdog: Watchdog) -> None:
    sock = watched(interrupt)
    watchdog.expect(time.monotonic() + NEVER)
    watchdog.expect(time.monotonic() + 0.01)
    assert sock.shut.wait(SOON)


def test_a_later_deadline_takes_the_place_of_an_earlier_one(interrupt: Interrupt, watchdog: Watchdog) -> None:
    sock = watched(interrupt)
    begun = time.monotonic()
    watchdog.expect(begun + 0.05)
    watchdog.expect(begun + 0.15)
    assert sock.shut.wait(SOON)
    assert time.monotonic() >= begun + 0.15


def test_a_deadline_that_was_called_off_breaks_nothing_off(interrupt: Interrupt, watchdog: Watchdog) -> None:
    first = watched(interrupt)
    watchdog.expect(time.monotonic() + 0.02)
    watchdog.call_off()
    # The other one's deadline is later: when it is kept, the time that was called off is over.
    other = Interrupt()
    second = watched(other)
    control = Watchdog(other)
    control.expect(time.monotonic() + 0.05)
    assert second.shut.wait(SOON)
    control.stop()
    assert first.ways == []


def test_whoever_calls_it_off_is_told_if_it_is_too_late(interrupt: Interrupt, watchdog: Watchdog) -> None:
    sock = watched(interrupt)
    watchdog.expect(time.monotonic() + NEVER)
    assert not watchdog.call_off()
    watchdog.expect(time.monotonic())
    assert sock.shut.wait(SOON)
    assert watchdog.call_off()


def test_a_deadline_after_one_that_was_called_off_is_kept(interrupt: Interrupt, watchdog: Watchdog) -> None:
    sock = watched(interrupt)
    begun = time.monotonic()
    watchdog.expect(begun + 0.03)
    watchdog.call_off()
    watchdog.expect(begun + 0.06)
    assert sock.shut.wait(SOON)
    assert time.monotonic() >= begun + 0.06


def test_a_connection_that_is_only_being_made_is_broken_off_when_it_is_there(
    interrupt: Interrupt, watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = threading.Event()
    break_off = Interrupt.break_off

    def told(interrupt: Interrupt) -> None:
        break_off(interrupt)
        broken.set()

    monkeypatch.setattr(Interrupt, "break_off", told)
    watchdog.expect(time.monotonic())
    assert broken.wait(SOON)
    assert watched(interrupt).ways == [socket.SHUT_RDWR]


def test_a_watchdog_that_is_stopped_breaks_nothing_off(interrupt: Interrupt) -> None:
    sock = watched(interrupt)
    watchdog = Watchdog(interrupt)
    watchdog.expect(time.monotonic() + NEVER)
    watchdog.stop()
    watchdog._thread.join(SOON)
    assert not watchdog._thread.is_alive()
    assert sock.ways == []


def test_it_does_not_keep_the_program_alive(watchdog: Watchdog) -> None:
    assert watchdog._thread.daemon


def test_it_may_be_stopped_by_what_it_calls(interrupt: Interrupt, monkeypatch: pytest.MonkeyPatch) -> None:
    watchdog = Watchdog(interrupt)

    def stop(_: Interrupt) -> None:
        watchdog.stop()

    monkeypatch.setattr(Interrupt, "break_off", stop)
    watchdog.expect(time.monotonic())
    watchdog._thread.join(SOON)
    assert not watchdog._thread.is_alive()
