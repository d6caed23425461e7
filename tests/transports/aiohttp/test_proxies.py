"""Proxies of the asyncio client: of the caller, the session and the environment; HTTP, and SOCKS."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
import aiohttp_socks
import pytest
from aiohttp_socks import ProxyConnector
from asynchronous.kit import run

from sse_client import ConnectionFailed, Reconnect
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, Received, Server, reply, stream
from sse_client.transports._aiohttp import proxies as module
from transports.socks_server import Socks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sse_client.testing import Step

DONE = stream([b"data: 1\n\n"])


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)


def asked(
    url: str, make: Callable[[], aiohttp.ClientSession | None] = lambda: None, times: int = 1, **options: Any
) -> list[str]:
    """Return the events of answers to requests over one session, one after the other."""
    seen: list[str] = []

    async def main() -> None:
        async with AsyncClient(make(), reconnect=False) as client:
            for _ in range(times):
                seen.extend([event.data async for event in client.get(url, **options)])

    run(main)
    return seen


def answering(request: Received) -> list[Step]:
    return DONE if request.method == "GET" else reply(403)


# HTTP


def test_proxies_are_used_in_any_session() -> None:
    for make in (lambda: None, aiohttp.ClientSession):
        with Server(answering) as proxy:
            assert asked("http://example.invalid/a", make, proxies={"http": proxy.url}) == ["1"]
            assert proxy.requests[0].path == "http://example.invalid/a"


def test_proxies_replace_that_of_the_session() -> None:
    with Server(answering) as proxy:
        asked(
            "http://example.invalid/",
            lambda: aiohttp.ClientSession(proxy="http://127.0.0.1:9"),
            proxies={"http": proxy.url},
        )
        assert len(proxy.requests) == 1


def test_no_proxy_of_the_caller_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Server(DONE, DONE) as server:
        assert asked(server.url, proxies={"http": None}) == ["1"]
        assert asked(server.url, proxies={"no_proxy": "127.0.0.1"}) == ["1"]


def test_proxy_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://user:s3cret@127.0.0.1:9")
    for scheme in ("http", "https"):
        with pytest.raises(ConnectionFailed, match=r"could not connect to the proxy http://127.0.0.1:9, on") as caught:
            asked(f"{scheme}://example.invalid/a?s3cret")
        assert not caught.value.sent
        assert f"{scheme}://example.invalid/a:" in str(caught.value)
        assert "s3cret" not in str(caught.value)


def test_proxy_that_refuses_is_named() -> None:
    with Server(answering) as proxy, pytest.raises(ConnectionFailed, match="status 403") as caught:
        asked("https://example.invalid/", proxies={"https": proxy.url})
    assert f"the proxy {proxy.url}, on the way to https://example.invalid/" in str(caught.value)


def test_host_that_breaks_behind_a_proxy_is_no_fault_of_the_proxy() -> None:
    with Server([CLOSE]) as proxy, pytest.raises(ConnectionFailed, match=r"to http://example.invalid/ broke"):
        asked("http://example.invalid/", proxies={"http": proxy.url})


@pytest.mark.parametrize("proxy", ["ftp://127.0.0.1:9", "quic://user:s3cret@127.0.0.1:9"])
def test_proxy_of_another_protocol_is_refused(proxy: str) -> None:
    with pytest.raises(ValueError, match="expected a proxy of http, https or SOCKS") as caught:
        asked("http://example.invalid/", proxies={"all": proxy})
    assert "s3cret" not in str(caught.value)
    with pytest.raises(ValueError, match="expected a proxy of http, https or SOCKS"):
        asked("http://example.invalid/", lambda: aiohttp.ClientSession(proxy=proxy))


@pytest.mark.parametrize("proxy", ["http://", "socks5://", "https:///"])
def test_a_proxy_without_a_host_is_no_leave_to_go_without(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as server:
        with pytest.raises(ValueError, match="expected a proxy with a host"):
            asked(server.url, proxies={"http": proxy})
        monkeypatch.setenv("http_proxy", proxy)
        with pytest.raises(ValueError, match="expected a proxy with a host"):
            asked(server.url)
        assert server.requests == []


def test_system_settings_are_looked_at_outside_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def looked_up(url: str, proxies: Any, *, environment: bool) -> None:
        threads.append(threading.current_thread())

    monkeypatch.setattr(module, "getproxies", dict)
    monkeypatch.setattr(module, "may_have_proxies", lambda: True)
    monkeypatch.setattr(module, "proxy_for", looked_up)
    with Server(DONE) as server:
        asked(server.url)
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


# SOCKS


@pytest.fixture
def socks() -> Iterator[tuple[Server, Socks]]:
    with Server(DONE, DONE) as server, Socks(server) as proxy:
        yield server, proxy


def test_socks_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, socks: tuple[Server, Socks]) -> None:
    server, proxy = socks
    monkeypatch.setenv("ALL_PROXY", f"socks5h://127.0.0.1:{proxy.port}")
    assert asked("http://example.invalid:81/a?b", times=2) == ["1", "1"]
    assert proxy.asked == [(3, b"example.invalid")]  # one connection, kept for the second request
    assert [request.path for request in server.requests] == ["/a?b", "/a?b"]
    assert server.requests[0].headers["host"] == "example.invalid:81"


def test_socks_proxy_has_its_credentials_and_the_host_has_not(socks: tuple[Server, Socks]) -> None:
    server, proxy = socks
    url = f"socks5h://me:wo%20rd@127.0.0.1:{proxy.port}"
    assert asked("http://example.invalid/", proxies={"http": url}) == ["1"]
    assert proxy.users == [(b"me", b"wo rd")]
    assert not {"authorization", "proxy-authorization"} & {*server.requests[0].headers}


def test_socks5_looks_names_up_here(socks: tuple[Server, Socks]) -> None:
    _, proxy = socks
    assert asked("http://localhost:1/", proxies={"http": f"socks5://127.0.0.1:{proxy.port}"}) == ["1"]
    assert proxy.asked[0] in {(1, b"\x7f\0\0\1"), (4, b"\0" * 15 + b"\1")}


def test_host_without_a_proxy_is_connected_to_beside(socks: tuple[Server, Socks]) -> None:
    server, proxy = socks
    assert asked(server.url, proxies={"https": f"socks5h://127.0.0.1:{proxy.port}"}) == ["1"]
    assert proxy.asked == []


def test_socks_proxy_that_is_down_is_named() -> None:
    with pytest.raises(
        ConnectionFailed, match=r"to the proxy socks5://127.0.0.1:9, on the way to http://h/a"
    ) as caught:
        asked("http://h/a?s3cret", proxies={"all": "socks5://user:s3cret@127.0.0.1:9"})
    assert not caught.value.sent
    assert "s3cret" not in str(caught.value)


def test_socks_proxy_that_refuses_is_named() -> None:
    with Server() as server, Socks(server, reply=5) as proxy:
        url = f"socks5h://127.0.0.1:{proxy.port}"
        with pytest.raises(ConnectionFailed, match=r"on the way to http://example.invalid/") as caught:
            asked("http://example.invalid/", proxies={"all": url})
        assert url in str(caught.value)


def test_socks_proxy_needs_a_package_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp_socks", None)
    monkeypatch.setenv("ALL_PROXY", "socks5://user:s3cret@127.0.0.1:9")
    with pytest.raises(ValueError, match=r"speaks SOCKS.* pip install aiohttp-socks") as caught:
        asked("http://example.invalid/", times=1)
    assert "s3cret" not in str(caught.value)


def test_missing_package_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with AsyncClient(reconnect=Reconnect(initial_delay=60)) as client:
            with pytest.raises(ValueError, match="pip install aiohttp-socks"):
                await anext(client.get("http://example.invalid/"))

    monkeypatch.setitem(sys.modules, "aiohttp_socks", None)
    monkeypatch.setenv("ALL_PROXY", "socks4://127.0.0.1:9")
    run(main)


def test_session_of_the_callers_needs_a_connector_that_speaks_socks(socks: tuple[Server, Socks]) -> None:
    _, proxy = socks
    url = f"socks5://127.0.0.1:{proxy.port}"
    with pytest.raises(ValueError, match=r"which the session's connector does not: pass aiohttp.ClientSession"):
        asked("http://example.invalid/", lambda: aiohttp.ClientSession(proxy=url))
    with pytest.raises(ValueError, match="which the session's connector does not"):
        asked("http://example.invalid/", aiohttp.ClientSession, proxies={"all": url})
    assert asked("http://example.invalid/", lambda: aiohttp.ClientSession(connector=ProxyConnector.from_url(url))) == [
        "1"
    ]


@pytest.mark.parametrize(
    "error", [aiohttp_socks.ProxyTimeoutError("late"), aiohttp_socks.ProxyError("general failure")]
)
def test_errors_of_the_package_are_connections_that_were_not_made(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def failing(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(ProxyConnector, "connect", failing)
    with pytest.raises(ConnectionFailed, match=f"the proxy socks5://127.0.0.1, on the way .*: {error}") as caught:
        asked("http://example.invalid/", proxies={"all": "socks5://127.0.0.1"})
    assert not caught.value.sent


def test_errors_of_the_callers_own_connector_are_connections_that_were_not_made() -> None:
    connector = "socks5://user:s3cret@127.0.0.1:9"
    with pytest.raises(ConnectionFailed, match=r"could not connect to http://h/: .*proxy 127.0.0.1:9") as caught:
        asked("http://h/", lambda: aiohttp.ClientSession(connector=ProxyConnector.from_url(connector)))
    assert not caught.value.sent
    assert "s3cret" not in str(caught.value)
