"""What the asyncio client sends by a caller's `aiohttp.ClientSession`, and what that may see and add."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
from __future__ import annotations

import asyncio
import sys
from base64 import b64encode
from importlib import import_module
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests
from requests.auth import AuthBase, HTTPDigestAuth

from sse_client import BodyNotReplayable, ConnectionFailed, RedirectRefused, StatusError
from sse_client.aio import AsyncClient, astream
from sse_client.testing import CLOSE, Received, Server, reply, stream
from sse_client.transports._aiohttp import sender

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from aiohttp.client_middlewares import ClientHandlerType

    from sse_client.testing import Step

DONE = stream([b"data: 1\n\n"])
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def to(location: str, status: int = 302) -> list[Step]:
    return reply(status, headers={"Location": location})


def tracing(**headers: str) -> aiohttp.TraceConfig:
    """Return traces that add header fields, as those of OpenTelemetry do."""

    async def start(session: Any, context: Any, params: aiohttp.TraceRequestStartParams) -> None:
        params.headers.update(headers)

    config = aiohttp.TraceConfig()
    config.on_request_start.append(start)
    return config


def send(
    *scripts: Any, method: str = "GET", target: str = "/", session: dict[str, Any] | None = None, **options: Any
) -> list[Received]:
    """Return what a stream sends to a server with these scripts."""

    async def main() -> None:
        settings: dict[str, Any] = {"cookie_jar": aiohttp.CookieJar(unsafe=True), **(session or {})}
        made = aiohttp.ClientSession(**settings) if session else None
        async with AsyncClient(made, reconnect=False) as client:
            assert [event.data async for event in client.stream(method, server.url + target, **options)] == ["1"]

    with Server(*(scripts or (DONE,))) as server:
        asyncio.run(main())
        return server.requests


def other_origin(**arguments: Any) -> tuple[Received, Received]:
    """Return the request, and the one that a redirect to another origin leads to."""
    with Server(DONE) as second:
        (first,) = send(to(second.url), **arguments)
        return first, second.requests[0]


# What the session may see and add


def test_traces_see_the_headers_and_add_their_own() -> None:
    seen: list[dict[str, str]] = []

    async def start(session: Any, context: Any, params: aiohttp.TraceRequestStartParams) -> None:
        seen.append(dict(params.headers))
        params.headers["traceparent"] = PARENT
        params.headers["X-Mine"] = "changed"

    config = aiohttp.TraceConfig()
    config.on_request_start.append(start)
    (request,) = send(session={"trace_configs": [config]}, headers={"X-Mine": "1"}, json={"a": 1})
    assert (request.headers["traceparent"], request.headers["x-mine"]) == (PARENT, "changed")
    assert seen[0]["X-Mine"] == "1"
    assert seen[0]["Accept"] == "text/event-stream"
    assert seen[0]["Content-Type"] == "application/json"


def test_traces_are_called_by_the_callers_session_and_for_each_redirect() -> None:
    calls: list[Any] = []

    async def start(session: Any, context: Any, params: aiohttp.TraceRequestStartParams) -> None:
        calls.append((session, params.url.path))

    async def main() -> None:
        config = aiohttp.TraceConfig()
        config.on_request_start.append(start)
        session = aiohttp.ClientSession(trace_configs=[config])
        async with AsyncClient(session) as client:
            assert [event.data async for event in client.get(f"{server.url}/a", until="1")] == []
        assert calls == [(session, "/a"), (session, "/b")]

    with Server(to("/b"), DONE) as server:
        asyncio.run(main())


def test_traces_may_say_more_than_a_header_that_the_session_has() -> None:
    (request,) = send(session={"trace_configs": [tracing(**{"X-S": "traced"})], "headers": {"X-S": "1"}})
    assert request.headers["x-s"] == "traced"


def test_trace_context_alone_crosses_origins() -> None:
    config = tracing(traceparent=PARENT, tracestate="a=b", Authorization="s3cret", baggage="user=me", Cookie="a=b")
    first, second = other_origin(session={"trace_configs": [config]})
    assert first.headers["authorization"] == "s3cret"
    assert (second.headers["traceparent"], second.headers["tracestate"]) == (PARENT, "a=b")
    assert not {"authorization", "baggage", "cookie"} & {*second.headers}


def test_middlewares_see_the_request_as_it_is_sent() -> None:
    seen: list[dict[str, str]] = []

    async def looking(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        seen.append(dict(request.headers))
        request.headers["X-Added"] = "1"
        return await handler(request)

    (request,) = send(
        session={"middlewares": (looking,), "headers": {"X-S": "1"}, "cookies": {"s": "1"}},
        headers={"X-S": None, "Cookie": "mine=1", "Expect": "100-continue"},
    )
    assert request.headers["x-added"] == "1"
    assert seen[0]["Cookie"] == "mine=1"
    assert seen[0]["Expect"] == "100-continue"
    assert "X-S" not in seen[0]


def test_middleware_sees_the_errors_of_aiohttp_and_may_try_again() -> None:
    errors: list[Exception] = []

    async def retrying(request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        try:
            return await handler(request)
        except aiohttp.ClientError as error:
            errors.append(error)
            return await handler(request)

    first, second = send([CLOSE], DONE, session={"middlewares": (retrying,)})
    assert first.raw_headers == second.raw_headers
    assert [type(error) for error in errors] == [aiohttp.ServerDisconnectedError]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "GET"])
def test_request_is_not_sent_a_second_time_by_aiohttp(method: str) -> None:
    async def main() -> None:
        async with AsyncClient(reconnect=False) as client:
            assert [event.data async for event in client.stream(method, server.url)] == ["1"]
            with pytest.raises(ConnectionFailed, match="the server closed it"):
                await anext(client.stream(method, server.url))
        assert len(server.requests) == 2

    with Server(DONE, [CLOSE], DONE) as server:
        asyncio.run(main())


# What aiohttp would add or merge by itself


def test_headers_taken_away_are_not_added_by_aiohttp() -> None:
    names = ["Accept", "Accept-Encoding", "User-Agent", "Content-Type", "Cache-Control", "X-S"]
    (request,) = send(method="POST", session={"headers": {"X-S": "1"}}, headers=dict.fromkeys(names))
    assert {*request.headers} == {"host", "content-length"}


def test_expectation_is_sent_without_waiting_for_an_answer_to_it() -> None:
    (request,) = send(method="POST", headers={"Expect": "100-continue"}, data=b"abc", timeout=2)
    assert (request.headers["expect"], request.body) == ("100-continue", b"abc")


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, "s=1; t=1"),
        ({"cookies": {"t": "2"}}, "s=1; t=2"),
        ({"cookies": {"u": "3"}}, "s=1; t=1; u=3"),
        ({"headers": {"cookie": "mine=1"}}, "mine=1"),
        ({"headers": {"cookie": "mine=1"}, "cookies": {"t": "2"}}, "mine=1"),
    ],
)
def test_each_cookie_is_sent_once(own: dict[str, Any], expected: str) -> None:
    (request,) = send(session={"cookies": {"s": "1", "t": "1"}}, **own)
    assert [value for name, value in request.raw_headers if name.lower() == b"cookie"] == [expected.encode()]


def test_cookies_that_a_redirect_sets_are_sent_within_the_origin() -> None:
    script = reply(302, headers={"Location": "/b", "Set-Cookie": "set=1; Path=/"})
    first, second = send(script, DONE, session={"cookies": {"s": "1"}}, cookies={"own": "2"})
    assert first.headers["cookie"] == "s=1; own=2"
    assert set(second.headers["cookie"].split("; ")) == {"s=1", "own=2", "set=1"}


@pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("target", "options", "expected"),
    [
        ("/", {}, b"session:word"),
        ("/", {"auth": ("user", "word")}, b"user:word"),
        ("//url:word@HOST/", {}, b"url:word"),
    ],
)
def test_credentials_of_the_request_replace_those_of_the_session(
    target: str, options: dict[str, Any], expected: bytes
) -> None:
    async def main() -> None:
        session = aiohttp.ClientSession(auth=aiohttp.BasicAuth("session", "word"))
        async with AsyncClient(session, reconnect=False) as client:
            address = server.url.removeprefix("http://")
            url = server.url + target if target == "/" else "http:" + target.replace("HOST", address)
            assert [event.data async for event in client.get(url, **options)] == ["1"]

    with Server(DONE) as server:
        asyncio.run(main())
        assert server.requests[0].headers["authorization"] == "Basic " + b64encode(expected).decode()


@pytest.mark.parametrize("trusts", [True, False, None])
def test_key_of_the_callers_is_never_replaced_by_netrc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trusts: bool | None
) -> None:
    (tmp_path / "netrc").write_text("default login me password word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    session = None if trusts is None else {"trust_env": trusts}
    (request,) = send(session=session, headers={"Authorization": "Bearer mine"})
    assert request.headers["authorization"] == "Bearer mine"
    (request,) = send(session=session)
    assert ("authorization" in request.headers) is (trusts is not False)


def test_nothing_personal_crosses_origins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "netrc").write_text("default login me password word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    first, second = other_origin(
        session={"headers": {"X-S": "1", "User-Agent": "mine"}, "cookies": {"s": "1"}, "trust_env": True},
        headers={"X-Own": "1", "Accept": "a/b", "Last-Event-ID": "7"},
        cookies={"own": "1"},
    )
    assert {"x-s", "x-own", "cookie", "authorization"} <= {*first.headers}
    assert {*second.headers} == {"host", "accept", "accept-encoding", "cache-control", "user-agent", "last-event-id"}
    assert (second.headers["user-agent"], second.headers["accept"]) == ("mine", "a/b")


def test_credentials_in_the_location_of_a_redirect_are_sent() -> None:
    with Server(DONE) as second:
        send(to(second.url.replace("//", "//there:word@")), session={"headers": {"Authorization": "mine"}})
        assert second.requests[0].headers["authorization"] == "Basic " + b64encode(b"there:word").decode()


# Redirects


def test_redirect_to_a_malformed_url_is_the_servers_mistake() -> None:
    async def main() -> None:
        with pytest.raises(RedirectRefused, match="a URL that can be requested"):
            await anext(astream("GET", server.url, reconnect=False))

    with Server(to("http://*.example/")) as server:
        asyncio.run(main())


def test_thirty_redirects_are_followed() -> None:
    assert len(send(*[to("/a")] * 30, DONE)) == 31

    async def main() -> None:
        with pytest.raises(RedirectRefused, match="at most 30 redirects"):
            await anext(astream("GET", server.url, reconnect=False))

    with Server(*[to("/a")] * 31) as server:
        asyncio.run(main())
        assert len(server.requests) == 31


# Digest authentication

CHALLENGE = reply(401, b"a page", headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'})


def test_digest_authentication_answers_the_challenge() -> None:
    auth = HTTPDigestAuth("user", "word")
    first, second = send(CHALLENGE, DONE, method="POST", target="/a?b=c", auth=auth, json={"a": 1})
    assert "authorization" not in first.headers
    assert second.headers["authorization"].startswith('Digest username="user", realm="r", nonce="n", uri="/a?b=c"')
    assert first.body == second.body == b'{"a": 1}'
    (third,) = send(auth=auth)
    assert "nc=00000002" in third.headers["authorization"]


def test_digest_authentication_is_that_of_the_blocking_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.urandom", lambda count: b"x" * count)
    monkeypatch.setattr("time.ctime", lambda: "now")
    _, second = send(CHALLENGE, DONE, auth=HTTPDigestAuth("user", "word"))
    with Server(CHALLENGE, DONE) as server:
        assert requests.get(server.url, auth=HTTPDigestAuth("user", "word"), timeout=5).ok
        assert server.requests[1].headers["authorization"] == second.headers["authorization"]


def test_digest_authentication_that_is_refused_is_a_bad_status() -> None:
    with pytest.raises(StatusError, match="got 401"):
        send(CHALLENGE, CHALLENGE, auth=HTTPDigestAuth("user", "word"))
    with pytest.raises(StatusError, match="got 401"):
        send(reply(401), auth=HTTPDigestAuth("user", "word"))


def test_error_of_an_authentication_object_is_the_callers() -> None:
    class Failing(HTTPDigestAuth):
        def handle_401(self, r: requests.Response, **_: Any) -> requests.Response:
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        send(CHALLENGE, auth=Failing("user", "word"))


def test_file_is_sent_again_with_the_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"head and content")
    with (tmp_path / "file").open("rb") as file:
        file.seek(5)
        first, second = send(CHALLENGE, DONE, method="POST", auth=HTTPDigestAuth("user", "word"), data=file)
    assert first.body == second.body == b"and content"


def test_generator_cannot_be_sent_again_with_the_answer() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x"

    with pytest.raises(BodyNotReplayable):
        send(CHALLENGE, DONE, method="POST", auth=HTTPDigestAuth("user", "word"), data=pieces())


def test_digest_authentication_is_asked_again_after_a_redirect() -> None:
    received = send(CHALLENGE, to("/b", 307), DONE, auth=HTTPDigestAuth("user", "word"))
    assert ['uri="/"' in each.headers.get("authorization", "") for each in received] == [False, True, False]
    assert 'uri="/b"' in received[2].headers["authorization"]


class Negotiating(AuthBase):
    """Waits for the response, as the objects for NTLM and Kerberos do."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.register_hook("response", lambda response, **_: response)
        return r


def test_other_authentication_that_waits_for_the_response_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"auth: Negotiating waits for .* HTTPDigestAuth of requests alone"):
        send(auth=Negotiating())


# Loading


@pytest.mark.parametrize(
    ("target", "options", "name"),
    [
        ("/\u00e9", dict, "urllib3.filepost"),
        ("/", lambda: {"params": "a b"}, "urllib3.filepost"),
        ("/", lambda: {"files": {"f": b"x"}, "method": "POST"}, "urllib3.filepost"),
        ("/", lambda: {"auth": lambda request: request}, "requests"),
    ],
)
def test_what_is_slow_to_load_is_loaded_outside_of_the_loop(
    monkeypatch: pytest.MonkeyPatch, target: str, options: Callable[[], dict[str, Any]], name: str
) -> None:
    loaded: list[tuple[str, bool]] = []
    loading = import_module

    def watched(each: str) -> object:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            loaded.append((each, True))
        else:
            loaded.append((each, False))
        return loading(each)

    monkeypatch.setattr(sender, "import_module", watched)
    monkeypatch.delitem(sys.modules, name)
    send(target=target, **options())
    assert (name, True) in loaded
    assert all(outside for _, outside in loaded)


# Bodies


async def pieces() -> AsyncIterator[Any]:
    yield b"a"
    yield "\u20ac"
    yield b""


@pytest.mark.parametrize("length", [None, "4"])
def test_length_of_an_asynchronous_body_is_the_callers(length: str | None) -> None:
    (request,) = send(method="POST", data=pieces(), headers={"Content-Length": length})
    assert request.body == b"a\xe2\x82\xac"
    assert request.headers.get("content-length") == length
    assert request.headers.get("transfer-encoding") == (None if length else "chunked")
