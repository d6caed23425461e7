"""Each clock is one deadline, whatever number of steps the other side names; what is connecting can be closed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import requests

import sse_client
from sse_client import ConnectionFailed, DeadlineExceeded, IdleTimeout, Request, SSEError, Timeout
from sse_client.aio import AsyncClient, astream
from sse_client.testing import Server, stream

from .kit import SLACK, bound, read_request, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from asynchronous.kit import Client

DEAD = [f"127.0.{number}.1" for number in range(10, 14)]


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port on which four addresses of `dead.test` accept nothing: their backlogs are full."""
    with contextlib.ExitStack() as stack:
        port = 0
        for address in DEAD:
            listener = stack.enter_context(socket.socket())
            listener.bind((address, port))
            listener.listen(0)
            port = listener.getsockname()[1]
            for _ in range(3):  # the kernel takes a few more than it was told to
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex((address, port))
        look_up = socket.getaddrinfo

        def addresses(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host not in {"dead.test", b"dead.test"}:
                return look_up(host, *args, **kwargs)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in DEAD]

        monkeypatch.setattr(socket, "getaddrinfo", addresses)
        yield port


CLOCKS = [
    Timeout(connect=0.5),
    Timeout(connect=10, total=0.5),
    Timeout(connect=10, event=0.5),
    Timeout(connect=10, first=0.5),
]


@pytest.mark.parametrize("clock", ["connect", "total", "event", "first"])
def test_four_dead_addresses_take_no_longer_than_one(client: Client, dead: int, clock: str) -> None:
    url = f"http://dead.test:{dead}/"
    timeout = Timeout(**{"connect": 10, clock: 1.2})  # with this for each address, it would be 4.8 s
    reading = bound(1.2, lambda: client.read("POST", url, timeout=timeout, reconnect=False))
    assert isinstance(reading.error, (ConnectionFailed, DeadlineExceeded))


@pytest.mark.parametrize("timeout", CLOCKS, ids=["connect", "total", "event", "first"])
def test_a_slow_look_up_of_a_name_is_under_the_same_clock(
    client: Client, monkeypatch: pytest.MonkeyPatch, timeout: Timeout
) -> None:
    over = threading.Event()
    in_time: list[bool] = []
    look_up = socket.getaddrinfo

    def slow(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in {"slow.test", b"slow.test"} and not kwargs.get("flags", 0) & socket.AI_NUMERICHOST:
            in_time.append(over.wait(20))
        return look_up(host, *args, **kwargs)

    def observer(news: object) -> None:
        if isinstance(news, sse_client.Closed):
            over.set()  # asyncio.run waits for its threads at the end

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    reading = client.read("POST", "http://slow.test/", timeout=timeout, reconnect=False, observer=observer)
    assert isinstance(reading.error, (ConnectionFailed, DeadlineExceeded))
    while not in_time:
        time.sleep(0.005)
    assert in_time == [True]  # the stream had ended before the look-up did


def test_a_live_address_after_dead_ones_is_found(client: Client, dead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(stream([b"data: 1\n\n"]), port=dead) as server:
        look_up = socket.getaddrinfo

        def addresses(host: Any, *args: Any, **kwargs: Any) -> Any:
            found = list(look_up(host, *args, **kwargs))
            if host in {"dead.test", b"dead.test"}:
                found.append((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)))
            return found

        monkeypatch.setattr(socket, "getaddrinfo", addresses)
        url = f"http://dead.test:{dead}/"
        assert bound(3, lambda: client.read("POST", url, timeout=Timeout(connect=3))).data == ["1"]


def closed_after(session: Any, url: str, seconds: float, close: Callable[[Any], object]) -> float:
    """Close a blocking stream that is connecting; return how long its reader took to end."""
    client = sse_client.Client(session)
    events = client.get(url, timeout=Timeout(connect=20))
    ended: list[float] = []

    def read() -> None:
        with contextlib.suppress(SSEError):
            for _ in events:
                pass
        ended.append(time.monotonic())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(seconds)
    begin = time.monotonic()
    close(client if close is sse_client.Client.close else events)
    reader.join(10)
    client.close()
    return ended[0] - begin


SESSIONS = [pytest.param(requests.Session, id="requests"), pytest.param(httpx2.Client, id="httpx2")]


@pytest.mark.parametrize("close", [sse_client.EventStream.close, sse_client.Client.close], ids=["stream", "client"])
@pytest.mark.parametrize("session", SESSIONS)
def test_close_ends_a_connect_to_dead_addresses(dead: int, session: Any, close: Callable[[Any], object]) -> None:
    assert closed_after(session(), f"http://dead.test:{dead}/", 0.2, close) < SLACK


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("session", SESSIONS)
def test_close_ends_a_connect_to_a_silent_server(session: Any, scheme: str) -> None:
    with serving(lambda sock: sock.recv(0) or threading.Event().wait(10)) as port:
        assert closed_after(session(), f"{scheme}://127.0.0.1:{port}/", 0.2, sse_client.EventStream.close) < SLACK


@pytest.mark.parametrize("close", [sse_client.EventStream.close, sse_client.Client.close], ids=["stream", "client"])
@pytest.mark.parametrize("session", [requests.Session, httpx2.Client], ids=["requests", "httpx2"])
def test_close_ends_the_wait_for_a_proxy(session: Any, close: Callable[[Any], object]) -> None:
    with serving(lines) as port:
        proxy = f"http://127.0.0.1:{port}"
        made: Any = session(proxy=proxy) if session is httpx2.Client else session()
        if session is requests.Session:
            made.proxies = {"https": proxy}
        assert closed_after(made, "https://host.test/", 0.2, close) < SLACK


def test_aclose_ends_a_connect_to_dead_addresses(dead: int) -> None:
    async def main() -> None:
        events = astream("GET", f"http://dead.test:{dead}/", timeout=Timeout(connect=20))

        async def read() -> None:
            async for _ in events:
                pass

        task = asyncio.ensure_future(read())
        await asyncio.sleep(0.2)
        begin = time.monotonic()
        await events.aclose()
        await task
        assert time.monotonic() - begin < SLACK

    asyncio.run(main())


# A proxy that answers CONNECT, a server that sends its head: bytes without end, none of which is the last.


def lines(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        sock.sendall(b"X-Y: 1\r\n")
        time.sleep(0.02)


def one_line(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        sock.sendall(b"y")
        time.sleep(0.02)


def interim(sock: socket.socket) -> None:
    read_request(sock)
    while True:
        sock.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        time.sleep(0.02)


def silence(sock: socket.socket) -> None:
    read_request(sock)
    sock.recv(1)


DRIBBLES = [lines, one_line, interim, silence]


@pytest.mark.parametrize("timeout", CLOCKS[1:], ids=["total", "event", "first"])
@pytest.mark.parametrize("talk", DRIBBLES)
def test_a_head_that_dribbles_is_over_at_the_deadline(client: Client, talk: Any, timeout: Timeout) -> None:
    with serving(talk) as port:
        url = f"http://127.0.0.1:{port}/"
        reading = bound(0.5, lambda: client.read("POST", url, timeout=timeout, reconnect=False))
        assert isinstance(reading.error, (IdleTimeout, DeadlineExceeded))


@pytest.mark.parametrize("timeout", CLOCKS, ids=["connect", "total", "event", "first"])
@pytest.mark.parametrize("talk", DRIBBLES)
def test_a_proxy_that_dribbles_is_over_at_the_deadline(client: Client, talk: Any, timeout: Timeout) -> None:
    with serving(talk) as port:
        options: dict[str, Any] = {"proxies": {"https": f"http://127.0.0.1:{port}"}, "timeout": timeout}
        reading = bound(0.5, lambda: client.read("POST", "https://host.test/", reconnect=False, **options))
        assert isinstance(reading.error, (ConnectionFailed, DeadlineExceeded))


# A SOCKS proxy: an answer that comes byte by byte, or none.


def socks_name(sock: socket.socket) -> None:
    sock.recv(100)
    sock.sendall(b"\x05\x00")
    sock.recv(300)
    sock.sendall(b"\x05\x00\x00\x03\xff")
    while True:
        sock.sendall(b"a")
        time.sleep(0.05)


def socks_nothing(sock: socket.socket) -> None:
    sock.recv(100)
    sock.recv(1)


@pytest.mark.parametrize("timeout", CLOCKS[:2], ids=["connect", "total"])
@pytest.mark.parametrize("version", ["socks4", "socks5h"])
@pytest.mark.parametrize("talk", [socks_name, socks_nothing])
def test_a_socks_proxy_that_dribbles_is_over_at_the_deadline(talk: Any, version: str, timeout: Timeout) -> None:
    def read(port: int) -> None:
        proxies = {"http": f"{version}://127.0.0.1:{port}"}
        with pytest.raises((ConnectionFailed, DeadlineExceeded)):
            list(sse_client.post("http://127.0.0.1:9/", timeout=timeout, proxies=proxies, reconnect=False))

    with serving(talk) as port:
        bound(0.5, lambda: read(port))


@pytest.mark.parametrize("close", [sse_client.EventStream.close, sse_client.Client.close], ids=["stream", "client"])
@pytest.mark.parametrize("talk", [socks_name, socks_nothing])
def test_close_ends_the_wait_for_a_socks_proxy(talk: Any, close: Callable[[Any], object]) -> None:
    with serving(talk) as port:
        made = requests.Session()
        made.proxies = {"https": f"socks5h://127.0.0.1:{port}"}
        assert closed_after(made, "https://host.test/", 0.2, close) < SLACK


@pytest.mark.parametrize("rest", [None, b"", b"X: y\r\n", b"X"])
def test_a_proxy_that_ends_inside_its_answer_makes_no_tunnel(client: Client, rest: bytes | None) -> None:
    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(b"" if rest is None else b"HTTP/1.1 200 OK\r\n" + rest)

    with serving(talk) as port:
        options: dict[str, Any] = {"proxies": {"https": f"http://127.0.0.1:{port}"}, "timeout": Timeout(total=20)}
        error = client.read("POST", "https://host.test/", reconnect=False, **options).error
        assert isinstance(error, ConnectionFailed)
        assert not error.sent


def flood(start: bytes, unit: bytes) -> Callable[[socket.socket], None]:
    """Return what sends `start`, and then `unit` for as long as it is taken."""

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(start)
        while True:
            sock.sendall(unit * 1000)

    return talk


FLOODS = [
    pytest.param(flood(b"HTTP/1.1 200 OK\r\n", b"X-Y: 1\r\n"), id="fields"),
    pytest.param(flood(b"HTTP/1.1 200 OK\r\nX: ", b"y"), id="a field"),
    pytest.param(flood(b"HTTP/1.1 200 ", b"y"), id="a phrase"),
    pytest.param(flood(b"", b"y"), id="a status line"),
    pytest.param(flood(b"", b"HTTP/1.1 103 -\r\n\r\n"), id="interim responses"),
    pytest.param(flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="continues"),
]


# aiohttp reads any number of fields: the deadline ends it there, and what is received until then costs time.
@pytest.mark.parametrize("talk", FLOODS)
def test_a_head_without_end_is_refused(client: Client, talk: Any) -> None:
    with serving(talk) as port:
        url = f"http://127.0.0.1:{port}/"
        reading = bound(2, lambda: client.read("POST", url, timeout=Timeout(total=1)))
        assert isinstance(reading.error, (ConnectionFailed, DeadlineExceeded))


@pytest.mark.parametrize("talk", FLOODS[-2:])
@pytest.mark.parametrize("used", [False, True], ids=["a new connection", "a used one"])
def test_interim_responses_without_end_need_no_deadline(client: Client, talk: Any, used: bool) -> None:
    def after_one(sock: socket.socket) -> None:
        if used:
            read_request(sock)
            sock.sendall(b"HTTP/1.1 503 -\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
        talk(sock)

    with serving(after_one) as port:
        error = client.read("POST", f"http://127.0.0.1:{port}/").error
    assert isinstance(error, ConnectionFailed)
    assert error.sent


@pytest.mark.parametrize("talk", FLOODS)
def test_a_proxys_head_without_end_is_refused(client: Client, talk: Any) -> None:
    with serving(talk) as port:
        options: dict[str, Any] = {"proxies": {"https": f"http://127.0.0.1:{port}"}, "timeout": Timeout(total=1)}
        reading = bound(15, lambda: client.read("POST", "https://host.test/", reconnect=False, **options))
        assert isinstance(reading.error, (ConnectionFailed, DeadlineExceeded))


def test_a_tls_handshake_that_dribbles_is_over_at_the_deadline(client: Client) -> None:
    def talk(sock: socket.socket) -> None:
        sock.recv(1000)
        sock.sendall(b"\x16\x03\x03\x40\x00")
        while True:
            sock.sendall(b"\x02")
            time.sleep(0.02)

    with serving(talk) as port:
        url, timeout = f"https://127.0.0.1:{port}/", Timeout(connect=0.5)
        reading = bound(0.5, lambda: client.read("POST", url, timeout=timeout, reconnect=False))
        assert isinstance(reading.error, ConnectionFailed)
        assert not reading.error.sent


def test_total_runs_while_prepare_is_awaited() -> None:
    async def prepare(request: Request, _: object) -> Request:
        await asyncio.sleep(30)
        return request

    async def main() -> None:
        with pytest.raises(DeadlineExceeded):
            async for _ in astream("GET", "http://127.0.0.1:9/", prepare=prepare, timeout=Timeout(total=0.3)):
                pass

    bound(0.3, lambda: asyncio.run(main()))


@pytest.mark.parametrize("stage", ["chunk size", "event", "comment", "blank"])
def test_a_body_that_dribbles_is_over_at_the_deadline(client: Client, stage: str) -> None:
    unit = {"chunk size": b"0", "event": b"1\r\nx\r\n", "comment": b"2\r\n:\n\r\n", "blank": b"1\r\n\n\r\n"}[stage]

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(1500):
            sock.sendall(unit)
            time.sleep(0.02)

    with serving(talk) as port:
        url = f"http://127.0.0.1:{port}/"
        reading = bound(0.5, lambda: client.read("POST", url, timeout=Timeout(total=0.5)))
        assert isinstance(reading.error, DeadlineExceeded)
        assert bound(0.5, lambda: client.read("POST", url, timeout=Timeout(event=0.5))).error is not None


def flooding(unit: bytes) -> Callable[[socket.socket], None]:
    """Return a conversation that sends chunks of `unit` as fast as they are taken, for some seconds."""
    chunks = (b"%x\r\n%b\r\n" % (len(unit) * 100, unit * 100)) * 100

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        end = time.monotonic() + 6
        while time.monotonic() < end:
            sock.sendall(chunks)

    return talk


@pytest.mark.parametrize(
    ("unit", "timeout"),
    [(b"id\n", Timeout(total=0.3)), (b"id\n", Timeout(event=0.3)), (b"data: x\n\n", Timeout(total=0.3))],
)
def test_a_body_that_floods_is_over_at_the_deadline(client: Client, unit: bytes, timeout: Timeout) -> None:
    with serving(flooding(unit)) as port:
        reading = bound(0.3, lambda: client.read("POST", f"http://127.0.0.1:{port}/", timeout=timeout))
        assert isinstance(reading.error, (DeadlineExceeded, IdleTimeout))


@pytest.mark.parametrize("session", [None, httpx2.AsyncClient])
def test_a_reader_that_awaits_is_over_at_the_deadline(session: Any) -> None:
    # Whenever it comes back for more, more has arrived: nothing is ever waited for.
    async def main(url: str) -> None:
        async with AsyncClient(session and session()) as client:
            async for _ in client.stream("POST", url, timeout=Timeout(total=0.3)):
                await asyncio.sleep(0)

    def read() -> None:
        with pytest.raises(DeadlineExceeded):
            asyncio.run(main(f"http://127.0.0.1:{port}/"))

    with serving(flooding(b"data: x\n\n")) as port:
        bound(0.3, read)
