"""The ways to a server that each transport has: SOCKS proxies, unix sockets, and names that are looked up elsewhere."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import threading
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import httpx
import httpx2
import pytest
import requests
import trio
from aiohttp.abc import AbstractResolver, ResolveResult
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

import sse_client
from sse_client import ConnectionFailed, StatusError
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, RESET, Pause, Server, Step, reply, stream

from .socks_server import Socks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path


def blocking(session: Callable[[], Any], url: str, **options: Any) -> list[str]:
    """Read a stream with the blocking client."""
    with sse_client.Client(session(), reconnect=False) as client, client.get(url, **options) as events:
        return [event.data for event in events]


def awaited(session: Callable[[], Any], url: str, loop: str = "asyncio", **options: Any) -> list[str]:
    """Read one with the asynchronous client."""
    data: list[str] = []

    async def main() -> None:
        async with AsyncClient(session(), reconnect=False) as client, client.get(url, **options) as events:
            data.extend([event.data async for event in events])

    if loop == "trio":
        trio.run(main)
    else:
        asyncio.run(main())
    return data


def on_trio(session: Callable[[], Any], url: str, **options: Any) -> list[str]:
    """Read one under trio."""
    return awaited(session, url, "trio", **options)


HTTPX: list[Any] = [
    pytest.param(library, kind, read, id=f"{library.__name__}-{name}")
    for library in (httpx2, httpx)
    for kind, read, name in (("Client", blocking, "blocking"), ("AsyncClient", awaited, "asyncio"),
                             ("AsyncClient", on_trio, "trio"))
]  # fmt: skip
httpx_columns = pytest.mark.parametrize(("library", "kind", "read"), HTTPX)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


# SOCKS


@pytest.fixture
def socks() -> Iterator[Socks]:
    with Server(stream([b"data: 1\n\n"])) as server, Socks(server) as proxy:
        yield proxy


@pytest.mark.parametrize("read", [blocking, awaited], ids=["requests", "aiohttp"])
def test_a_socks_proxy_of_an_option(read: Any, socks: Socks) -> None:
    proxies = {"http": f"socks5h://me:word@127.0.0.1:{socks.port}"}
    assert read(lambda: None, "http://example.invalid/", proxies=proxies) == ["1"]
    assert (socks.asked, socks.users) == ([(3, b"example.invalid")], [(b"me", b"word")])


@httpx_columns
def test_a_socks_proxy_of_a_client_of_httpx(library: Any, kind: str, read: Any, socks: Socks) -> None:
    proxy = f"socks5://me:word@127.0.0.1:{socks.port}"
    assert read(lambda: getattr(library, kind)(proxy=proxy), "http://example.invalid/") == ["1"]
    assert (socks.asked, socks.users) == ([(3, b"example.invalid")], [(b"me", b"word")])


@httpx_columns
@pytest.mark.parametrize("down", [True, False], ids=["is down", "refuses"])
def test_a_socks_proxy_that_fails_is_no_connection(library: Any, kind: str, read: Any, down: bool) -> None:
    with Server() as server, Socks(server, reply=5) as proxy:
        port = 9 if down else proxy.port
        said = rf"the proxy socks5://127\.0\.0\.1:{port}, on the way to http://example\.invalid/:"
        with pytest.raises(ConnectionFailed, match=f"could not connect to {said}") as caught:
            read(
                lambda: getattr(library, kind)(proxy=f"socks5://me:s3cret@127.0.0.1:{port}"), "http://example.invalid/"
            )
    assert not caught.value.sent
    assert "s3cret" not in str(caught.value)


@httpx_columns
@pytest.mark.parametrize("said", [b"", b"\x05", b"\x04\x00", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_socks_proxy_that_says_something_else_is_no_connection(
    library: Any, kind: str, read: Any, said: bytes
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with listener.accept()[0] as sock:
                sock.recv(100)
                sock.sendall(said)

        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        proxy = f"socks5://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(ConnectionFailed, match=f"to the proxy {proxy}, on the way to http://example") as caught:
            read(lambda: getattr(library, kind)(proxy=proxy), "http://example.invalid/", reconnect=False)
        answering.join(5)
    assert not caught.value.sent


@contextmanager
def resetting() -> Generator[int]:
    """Serve one connection: read what it sends first, and reset it; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            with listener.accept()[0] as sock:
                sock.recv(1000)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        thread = threading.Thread(target=reset, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


resets = pytest.mark.parametrize(
    ("scheme", "target"),
    [
        ("socks5", "http://example.invalid/"),
        ("socks5", "https://example.invalid/"),
        ("http", "https://example.invalid/"),
    ],
)


@httpx_columns
@resets
def test_a_proxy_that_resets_the_connection_is_named(
    library: Any, kind: str, read: Any, scheme: str, target: str
) -> None:
    with resetting() as port:
        proxy = f"{scheme}://127.0.0.1:{port}"
        with pytest.raises(ConnectionFailed, match=f"to the proxy {proxy}, on the way to {target}") as caught:
            read(lambda: getattr(library, kind)(proxy=proxy), target, reconnect=False)
    assert not caught.value.sent


@pytest.mark.parametrize("read", [blocking, awaited], ids=["requests", "aiohttp"])
@resets
def test_a_proxy_of_an_option_that_resets_the_connection_is_named(read: Any, scheme: str, target: str) -> None:
    scheme = scheme.replace("socks5", "socks5h")
    with resetting() as port:
        said = f"could not connect to the proxy {scheme}://127.0.0.1:{port}, on the way to {target}: .*[Rr]eset"
        proxy = f"{scheme}://me:s3cret@127.0.0.1:{port}"
        with pytest.raises(ConnectionFailed, match=said) as caught:
            read(lambda: None, target, proxies={target.partition(":")[0]: proxy}, reconnect=False)
    assert not caught.value.sent
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("read", [blocking, awaited], ids=["requests", "aiohttp"])
@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n"], ids=["none", "not HTTP", "cut"])
def test_a_proxy_of_an_option_that_answers_wrongly_is_named(read: Any, answer: bytes) -> None:
    with Server([answer, CLOSE]) as proxy:
        said = f"could not connect to the proxy {proxy.url}, on the way to https://example.invalid/: "
        with pytest.raises(ConnectionFailed, match=said) as caught:
            read(lambda: None, "https://example.invalid/", proxies={"https": proxy.url}, reconnect=False)
    assert not caught.value.sent


@pytest.mark.parametrize(
    ("read", "ends"),
    [(blocking, CLOSE), (awaited, CLOSE), (awaited, RESET)],
    ids=["requests", "aiohttp", "aiohttp, with a reset"],
)
def test_a_server_behind_a_proxy_of_an_option_that_fails_is_not_called_the_proxy(read: Any, ends: Any) -> None:
    script: list[Step] = [b"HTTP/1.1 200 Connection established\r\n\r\n", Pause(0.01), ends]
    with Server(script) as proxy, pytest.raises(ConnectionFailed) as caught:
        read(lambda: None, "https://example.invalid/", proxies={"https": proxy.url}, reconnect=False)
    assert "the proxy" not in str(caught.value)
    assert not caught.value.sent


def test_a_server_behind_a_socks_proxy_that_fails_is_not_called_the_proxy() -> None:
    with resetting() as port:
        server: Any = SimpleNamespace(port=port)
        with Socks(server) as proxy, pytest.raises(ConnectionFailed) as caught:
            awaited(
                lambda: None,
                "https://example.invalid/",
                proxies={"https": f"socks5h://127.0.0.1:{proxy.port}"},
                reconnect=False,
            )
    assert "the proxy" not in str(caught.value)
    assert not caught.value.sent


@httpx_columns
@pytest.mark.parametrize("target", ["http://example.invalid/a?key=s3cret", "https://example.invalid/a?key=s3cret"])
@pytest.mark.parametrize("down", [True, False], ids=["is down", "refuses"])
def test_a_proxy_that_fails_is_named(library: Any, kind: str, read: Any, down: bool, target: str) -> None:
    with Server(default=lambda _: reply(403)) as proxy:
        port = 9 if down else proxy.port
        session = partial(getattr(library, kind), proxy=f"http://me:s3cret@127.0.0.1:{port}")
        if down or target.startswith("https"):
            said = f"could not connect to the proxy http://127.0.0.1:{port}, on the way to {target.partition('?')[0]}: "
            with pytest.raises(ConnectionFailed, match=re.escape(said)) as caught:
                read(session, target)
            assert not caught.value.sent
            assert "s3cret" not in str(caught.value)
        else:  # what a proxy answers to a plain request may be the server's
            with pytest.raises(StatusError, match=r"from http://example\.invalid/a, got 403"):
                read(session, target)


@httpx_columns
def test_a_server_behind_a_proxy_that_fails_is_not_called_the_proxy(library: Any, kind: str, read: Any) -> None:
    script: list[Step] = [b"HTTP/1.1 200 Connection established\r\n\r\n", Pause(0.01), CLOSE]
    with Server(script) as proxy, pytest.raises(ConnectionFailed) as caught:
        read(partial(getattr(library, kind), proxy=proxy.url), "https://example.invalid/")
    assert "the proxy" not in str(caught.value)


@httpx_columns
def test_a_connection_that_takes_too_long_names_the_option(library: Any, kind: str, read: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # it shakes no hands
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        said = re.escape(f"could not connect to {url}: timed out after 0.3 s (timeout: connect)")
        with pytest.raises(ConnectionFailed, match=said):
            read(getattr(library, kind), url, timeout=(0.3, 9))


@pytest.mark.parametrize(("version", "asked"), [("socks4", None), ("socks5", (1, b"\x7f\x00\x00\x01"))])
def test_a_name_is_looked_up_here_where_the_proxy_is_not_to_do_it(
    version: str, asked: Any, socks: Socks, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(socket.AF_INET6, 1, 6, "", ("::1", 80, 0, 0)), (socket.AF_INET, 1, 6, "", ("127.0.0.1", 80))]
    known = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **options: Any) -> Any:
        if host != "somewhere.test":
            return known(host, *arguments, **options)
        if options:
            raise socket.gaierror
        return found[1:] if asked else found

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    proxies = {"http": f"{version}://127.0.0.1:{socks.port}"}
    if asked:
        assert blocking(lambda: None, "http://somewhere.test/", proxies=proxies) == ["1"]
        assert socks.asked == [asked]
        return
    del found[1]
    with pytest.raises(ConnectionFailed, match="no address of IPv4"):
        blocking(lambda: None, "http://somewhere.test/", proxies=proxies, reconnect=False)


# Unix sockets


class UnixServer:
    """Answers one request on a unix socket with two events, with a pause before the second one's last byte."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.head = b""
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(path)
        self._listening.listen()
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def _answer(self) -> None:
        sock, _ = self._listening.accept()
        with sock:
            while b"\r\n\r\n" not in self.head:
                self.head += sock.recv(65536)
            sock.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n"
            )

    def close(self) -> None:
        self._thread.join(10)
        self._listening.close()


@pytest.fixture
def unix(tmp_path: Path) -> Iterator[UnixServer]:
    server = UnixServer(str(tmp_path / "app.sock"))
    yield server
    server.close()


class UnixConnection(HTTPConnection):
    """Connects to the path that its pool names."""

    path = ""

    def _new_conn(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(10)
        sock.connect(self.path)
        return sock


class UnixAdapter(HTTPAdapter):
    """Sends requests over one unix socket, as docs/transports.md shows."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._pool: Any = HTTPConnectionPool("app")
        self._pool.ConnectionCls = type("Connection", (UnixConnection,), {"path": path})

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        return self._pool

    def close(self) -> None:
        super().close()
        self._pool.close()


def test_a_unix_socket_by_an_adapter_of_requests(unix: UnixServer) -> None:
    session = requests.Session()
    session.mount("http://app/", UnixAdapter(unix.path))
    assert blocking(lambda: session, "http://app/events") == ["1", "2"]
    assert b"host: app" in unix.head.lower()


def test_a_unix_socket_by_a_connector_of_aiohttp(unix: UnixServer) -> None:
    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.UnixConnector(unix.path))

    async def main() -> list[str]:
        async with AsyncClient(session(), reconnect=False) as client, client.get("http://app/events") as events:
            return [event.data async for event in events]

    assert asyncio.run(main()) == ["1", "2"]
    assert b"host: app" in unix.head.lower()


@httpx_columns
def test_a_unix_socket_by_a_transport_of_httpx(library: Any, kind: str, read: Any, unix: UnixServer) -> None:
    transport = library.HTTPTransport if kind == "Client" else library.AsyncHTTPTransport
    assert read(lambda: getattr(library, kind)(transport=transport(uds=unix.path)), "http://app/events") == ["1", "2"]
    assert b"host: app" in unix.head.lower()


# Names


def test_a_resolver_of_aiohttp_looks_names_up() -> None:
    class Resolver(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            names.append(host)
            found = ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=socket.AI_NUMERICHOST
            )
            return [found]

        async def close(self) -> None:
            return

    names: list[str] = []

    async def main() -> None:
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Resolver()))
        url = f"http://example.invalid:{server.port}/"
        async with AsyncClient(session, reconnect=False) as client, client.get(url) as events:
            assert [event.data async for event in events] == ["1"]

    with Server(stream([b"data: 1\n\n"])) as server:
        asyncio.run(main())
    assert names == ["example.invalid"]


def test_an_adapter_of_requests_names_the_address() -> None:
    class Addressed(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            request.headers["Host"] = urlsplit(request.url or "").netloc  # else it is that of the address
            return super().send(request, *args, **kwargs)

        def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
            host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
            names.append(host["host"])
            return {**host, "host": "127.0.0.1"}, pool

    names: list[str] = []
    session = requests.Session()
    session.mount("http://", Addressed())
    with Server(stream([b"data: 1\n\n"])) as server:
        assert blocking(lambda: session, f"http://example.invalid:{server.port}/") == ["1"]
        assert server.requests[0].headers["host"] == f"example.invalid:{server.port}"
    assert set(names) == {"example.invalid"}


@httpx_columns
def test_a_transport_of_httpx_names_the_address(library: Any, kind: str, read: Any) -> None:
    def addressed(request: Any) -> Any:
        names.append(request.url.host)
        request.extensions = {**request.extensions, "sni_hostname": request.url.host}
        request.url = request.url.copy_with(host="127.0.0.1")
        return request

    class Addressed(library.HTTPTransport):  # type: ignore[misc]
        def handle_request(self, request: Any) -> Any:
            inherited: Any = super()
            return inherited.handle_request(addressed(request))

    class AsyncAddressed(library.AsyncHTTPTransport):  # type: ignore[misc]
        async def handle_async_request(self, request: Any) -> Any:
            inherited: Any = super()
            return await inherited.handle_async_request(addressed(request))

    names: list[str] = []
    transport = Addressed if kind == "Client" else AsyncAddressed
    with Server(stream([b"data: 1\n\n"])) as server:
        url = f"http://example.invalid:{server.port}/"
        assert read(lambda: getattr(library, kind)(transport=transport()), url) == ["1"]
        assert server.requests[0].headers["host"] == f"example.invalid:{server.port}"
    assert names == ["example.invalid"]
