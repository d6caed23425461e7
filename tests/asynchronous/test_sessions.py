"""What a caller's `aiohttp.ClientSession` brings along, and what of it does not leave the caller's origin."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from sse_client import ConnectionFailed, SSEError, StatusError, Timeout
from sse_client.aio import AsyncClient, astream
from sse_client.testing import CLOSE, LAST_CHUNK, STALL, Received, Server, chunk, head, reply, stream

from .kit import AT_ONCE, ONE, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.client_middlewares import ClientHandlerType

    from sse_client.testing import Step

DONE = stream([b"data: 1\n\n"])


def sent(session: dict[str, Any], *, redirect: bool = False, **options: Any) -> list[Received]:
    """Return what a stream over such a session sends: the first request, and the one that a redirect leads to."""
    received: list[Received] = []

    async def main() -> None:
        with Server() as first, Server(DONE) as second:
            first.script(reply(302, headers={"Location": second.url}) if redirect else DONE)
            arguments: Any = {"cookie_jar": aiohttp.CookieJar(unsafe=True), **session}
            made = aiohttp.ClientSession(**arguments)
            async with AsyncClient(made, reconnect=False) as client:
                assert [event.data async for event in client.get(first.url, **options)] == ["1"]
            received.extend([*first.requests, *second.requests])

    run(main)
    return received


def test_headers_of_the_session_are_sent_and_those_of_the_call_beat_them() -> None:
    (request,) = sent(
        {"headers": {"X-A": "1", "X-B": "1", "X-C": "1", "User-Agent": "mine"}}, headers={"x-b": "2", "X-C": None}
    )
    assert (request.headers["x-a"], request.headers["x-b"]) == ("1", "2")
    assert "x-c" not in request.headers
    assert request.headers["user-agent"] == "mine"


def test_headers_that_the_session_skips_are_not_sent() -> None:
    (request,) = sent({"skip_auto_headers": ["User-Agent", "Accept-Encoding"]})
    assert not {"user-agent", "accept-encoding"} & {*request.headers}


def test_an_accept_of_the_session_is_kept_and_one_for_anything_is_not() -> None:
    (request,) = sent({"headers": {"Accept": "text/plain"}})
    assert request.headers["accept"] == "text/plain"
    (request,) = sent({"headers": {"Accept": "*/*"}})
    assert request.headers["accept"] == "text/event-stream"


def test_cookies_of_the_session_are_sent_beside_those_of_the_call() -> None:
    (request,) = sent({"cookies": {"a": "1", "b": "1"}}, cookies={"b": "2"})
    assert set(request.headers["cookie"].split("; ")) == {"a=1", "b=2"}
    (request,) = sent({"cookies": {"a": "1"}}, headers={"Cookie": "mine=1"})
    assert request.headers["cookie"] == "mine=1"


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
def test_auth_of_the_session_is_sent_unless_the_call_has_its_own() -> None:
    session = {"auth": aiohttp.BasicAuth("user", "word")}
    (request,) = sent(session)
    assert request.headers["authorization"] == "Basic " + b64encode(b"user:word").decode()
    (request,) = sent(session, headers={"Authorization": "Bearer mine"})
    assert request.headers["authorization"] == "Bearer mine"


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    "session",
    [
        {"auth": ("user", "word")},
        {"headers": {"Authorization": "Bearer key", "api-key": "1", "X-Mine": "1"}},
        {"cookies": {"sid": "1"}},
    ],
    ids=["auth", "headers", "cookies"],
)
def test_nothing_personal_of_the_session_leaves_the_origin(session: dict[str, Any]) -> None:
    if "auth" in session:
        session = {"auth": aiohttp.BasicAuth(*session["auth"])}
    before, after = sent(session, redirect=True)
    personal = {"authorization", "api-key", "x-mine", "cookie"}
    assert personal & {*before.headers}
    assert not personal & {*after.headers}
    assert after.headers["user-agent"] == before.headers["user-agent"]


def test_middlewares_of_the_session_work_within_the_origin() -> None:
    async def signing(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        request.headers["X-Signature"] = "1"
        return await handler(request)

    before, after = sent({"middlewares": (signing,)}, redirect=True)
    assert before.headers["x-signature"] == "1"
    assert "x-signature" not in after.headers


def test_its_limits_of_time_and_lines_do_not_cut_a_stream() -> None:
    async def main() -> None:
        long = "x" * 60_000
        steps: list[Step] = [head(200, {"X-Long": long}), chunk(f"data: {long * 4}\n\n".encode()), LAST_CHUNK]
        with Server(steps) as server:
            timeout = aiohttp.ClientTimeout(total=0.001, sock_read=0.001)
            session = aiohttp.ClientSession(timeout=timeout, max_line_size=10, max_field_size=10, read_bufsize=16)
            async with AsyncClient(session) as client, client.post(server.url) as events:
                await asyncio.sleep(0.05)
                assert [event.data async for event in events] == [long * 4]
                assert events.response is not None
                assert events.response.headers["x-long"] == long

    run(main)


def test_a_session_that_decompresses_and_raises_does_neither() -> None:
    async def main() -> None:
        with Server(stream([b"data: 1\n\n"], coding="gzip"), reply(500)) as server:
            session = aiohttp.ClientSession(auto_decompress=True, raise_for_status=True)
            async with AsyncClient(session, reconnect=False) as client:
                assert [event.data async for event in client.get(server.url)] == ["1"]
                with pytest.raises(StatusError):
                    await anext(client.get(server.url))

    run(main)


def test_a_session_made_here_accepts_long_lines_and_leaves_decoding_to_the_stream() -> None:
    async def main() -> None:
        long = "x" * 60_000
        with Server([head(200, {"X-Long": long}), LAST_CHUNK], stream([b"data: 1\n\n"], coding="gzip")) as server:
            async with AsyncClient(reconnect=False) as client:
                async with client.get(server.url) as events:
                    assert events.response is not None
                    assert events.response.headers["x-long"] == long
                assert [event.data async for event in client.get(server.url)] == ["1"]

    run(main)


def proxied(request: Received) -> list[Step]:
    return DONE if request.method == "GET" else reply(403)


def test_a_proxy_of_the_session_is_used() -> None:
    async def main() -> None:
        with Server(proxied, proxied) as proxy:
            session = aiohttp.ClientSession(proxy=proxy.url)
            async with AsyncClient(session, reconnect=False) as client:
                assert [event.data async for event in client.get("http://example.invalid/a")] == ["1"]
                assert proxy.requests[0].path == "http://example.invalid/a"
                with pytest.raises(ConnectionFailed, match="the proxy answered with status 403") as caught:
                    await anext(client.post("https://example.invalid/a"))
                assert not caught.value.sent

    run(main)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
@pytest.mark.parametrize("prefix", ["http://", "", "http://me:word@"], ids=["a URL", "without scheme", "credentials"])
def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, name: str, prefix: str) -> None:
    async def main() -> None:
        with Server(proxied) as proxy:
            monkeypatch.setenv(name, prefix + proxy.url.removeprefix("http://"))
            events = astream("GET", "http://example.invalid/a", reconnect=False)
            assert [event.data async for event in events] == ["1"]
            expected = "Basic " + b64encode(b"me:word").decode() if "@" in prefix else None
            assert proxy.requests[0].headers.get("Proxy-Authorization") == expected

    run(main)


def test_a_host_that_no_proxy_names_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        with Server(proxied) as proxy, Server(DONE, DONE, DONE) as server:
            async with AsyncClient(reconnect=False) as client:
                assert [event.data async for event in client.get(server.url)] == ["1"]
                monkeypatch.setenv("http_proxy", proxy.url)
                monkeypatch.setenv("no_proxy", "127.0.0.1")
                assert [event.data async for event in client.get(server.url)] == ["1"]
                monkeypatch.delenv("no_proxy")
                assert [event.data async for event in client.get(server.url)] == ["1"]
            assert (len(server.requests), len(proxy.requests)) == (2, 1)

    run(main)


@pytest.mark.parametrize("trusts", [True, False])
def test_a_session_of_the_callers_decides_for_itself_whether_the_environment_counts(
    monkeypatch: pytest.MonkeyPatch, trusts: bool
) -> None:
    async def main() -> None:
        with Server(proxied) as proxy, Server(DONE) as server:
            monkeypatch.setenv("http_proxy", proxy.url)
            async with AsyncClient(aiohttp.ClientSession(trust_env=trusts), reconnect=False) as client:
                assert [event.data async for event in client.get(server.url)] == ["1"]
            assert (len(proxy.requests), len(server.requests)) == (trusts, not trusts)

    run(main)


@pytest.mark.parametrize("proxy", ["http://[", "ftp://127.0.0.1"])
def test_a_proxy_that_makes_no_sense_is_the_callers_mistake(proxy: str) -> None:
    async def main() -> None:
        async with AsyncClient(aiohttp.ClientSession(proxy=proxy)) as client:
            with pytest.raises((ValueError, SSEError)):
                await anext(client.get("http://127.0.0.1:9/", reconnect=False))

    run(main)


# Header values: what aiohttp can send


@pytest.mark.parametrize("value", ["\xe9", b"\xff", "a\x01b", "\x7f"])
def test_a_header_that_would_be_sent_otherwise_is_refused(value: str | bytes) -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="X-Mine"):
            await anext(astream("GET", "http://127.0.0.1:9/", headers={"X-Mine": value}))

    run(main)


def test_a_header_in_utf_8_is_sent_as_it_is() -> None:
    (request,) = sent({}, headers={"X-Mine": "\u20ac".encode()})
    assert dict(request.raw_headers)[b"X-Mine"] == "\u20ac".encode()


def test_an_id_that_aiohttp_cannot_send_is_left_out() -> None:
    async def main() -> None:
        with Server([head(), chunk(b"id: \x01\ndata: 1\n\n"), CLOSE], stream([b"data: end\n\n"])) as server:
            events = astream("GET", server.url, reconnect=AT_ONCE, until="end")
            assert [event.id async for event in events] == ["\x01"]
            assert "Last-Event-ID" not in server.requests[1].headers

    run(main)


# Asynchronous bodies


async def pieces() -> AsyncIterator[bytes]:
    yield b"ab"
    yield b"cd"


class Again:
    """An asynchronous iterable that can begin anew."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return pieces()


@pytest.mark.parametrize("data", [pieces, Again()], ids=["an async generator function", "an async iterable"])
def test_an_asynchronous_body_is_sent_again_as_it_was(data: Any) -> None:
    async def main() -> None:
        with Server(reply(503), [*ONE, CLOSE], stream([b"data: 2\n\n"])) as server:
            events = astream("POST", server.url, data=data, reconnect=AT_ONCE, until="2")
            assert [event.data async for event in events] == ["1"]
            assert [request.body for request in server.requests] == [b"abcd"] * 3
            assert server.requests[0].headers["transfer-encoding"] == "chunked"

    run(main)


def test_an_error_of_an_asynchronous_body_is_the_callers() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise LookupError("mine")

    async def main() -> None:
        with Server([STALL]) as server:
            with pytest.raises(LookupError, match="mine"):
                await anext(astream("POST", server.url, data=broken, reconnect=AT_ONCE))
            await asyncio.to_thread(server.close)

    run(main)


class Stopped(BaseException):
    """What some test libraries raise: no `Exception`."""


@pytest.mark.parametrize("kind", [Stopped, asyncio.CancelledError])
def test_a_base_exception_of_a_body_is_the_callers(kind: type[BaseException]) -> None:
    error = kind("mine")

    async def broken() -> AsyncIterator[bytes]:
        yield b"x"
        raise error  # a body that awaits a cancelled task raises a CancelledError, without having been cancelled

    async def main() -> None:
        with Server([STALL]) as server:
            with pytest.raises(kind) as raised:
                await anext(astream("POST", server.url, data=broken, reconnect=AT_ONCE, timeout=Timeout(total=10)))
            assert raised.value is error
            await asyncio.to_thread(server.close)

    run(main)


# Back-pressure


def test_a_slow_consumer_holds_its_own_stream_back_and_no_other() -> None:
    size, count = 10_000, 2_000
    progress = [0]

    def flood() -> Any:
        yield head()
        for number in range(count):
            progress[0] = number
            yield chunk(b"data: " + b"x" * size + b"\n\n")
        yield LAST_CHUNK

    async def main() -> None:
        with Server(flood(), stream([b"data: 1\n\n"] * 100)) as server:
            async with AsyncClient() as client:
                slow = client.post(server.url)
                assert len((await anext(slow)).data) == size
                other = client.post(server.url)
                assert len([event async for event in other]) == 100
                await asyncio.sleep(0.3)
                assert progress[0] < count / 2  # the kernel's buffers hold the rest
                held = slow.stats.bytes
                assert held < 2_000_000
                assert len([event async for event in slow]) == count - 1

    run(main)


def test_what_arrived_before_a_consumer_came_back_is_not_lost_with_the_connection() -> None:
    body = b"".join(b"data: %d\n\n" % number for number in range(50_000))

    async def main() -> None:
        with Server([head(framing="close"), body, CLOSE], [head(), chunk(body), CLOSE]) as server:
            for error in (False, True):
                events = astream("POST", server.url, timeout=(5, 0.1))
                seen = [await anext(events)]
                await asyncio.sleep(0.4)  # longer than the silence that is allowed
                try:
                    async for event in events:
                        seen.append(event)
                except ConnectionFailed:
                    assert error
                assert len(seen) == 50_000

    run(main)


def test_a_client_shows_whether_it_is_closed() -> None:
    async def main() -> None:
        client = AsyncClient()
        assert repr(client) == "<AsyncClient open>"
        await client.aclose()
        assert repr(client) == "<AsyncClient closed>"

    run(main)
