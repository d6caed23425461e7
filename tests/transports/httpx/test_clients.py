"""Which clients are accepted, what is refused by name, and what they bring along."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import trio

import sse_client
from sse_client.aio import AsyncClient
from sse_client.testing import LAST_CHUNK, Server, chunk, head, reply, stream
from sse_client.transports.async_custom import AsyncSession
from sse_client.transports.custom import BlockingSession

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

libraries = pytest.mark.parametrize("library", [httpx2, httpx], ids=["httpx2", "httpx"])
loops = pytest.mark.parametrize("loop", ["asyncio", "trio"])

DONE = stream([b"data: 1\n\n"])


def run(loop: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    if loop == "trio":
        trio.run(main)
    else:
        asyncio.run(main())


def data(client: sse_client.Client, url: str, **options: Any) -> list[str]:
    with client.post(url, **options) as events:
        return [event.data for event in events]


@libraries
@pytest.mark.parametrize(
    ("option", "argument"),
    [({"verify": False}, "verify=..."), ({"cert": "cert.pem"}, "verify=..."), ({"proxies": {}}, "proxy=...")],
)
def test_what_is_fixed_for_a_client_says_where_it_belongs(library: Any, option: Any, argument: str) -> None:
    where = rf"{library.__name__}\.Client\({argument}\)".replace("...", r"\.\.\.")
    with sse_client.Client(library.Client()) as client, pytest.raises(TypeError, match=where):
        client.get("http://127.0.0.1/", **option)
    with library.Client() as session, pytest.raises(TypeError, match=where):
        sse_client.Client(session, **option)
    other = AsyncClient(library.AsyncClient())
    with pytest.raises(TypeError, match=where.replace(".Client", ".AsyncClient")):
        other.get("http://127.0.0.1/", **option)
    with pytest.raises(TypeError, match=where.replace(".Client", ".AsyncClient")):
        AsyncClient(library.AsyncClient(), **option)


@libraries
@pytest.mark.parametrize("base", ["", "/v1", "/v1/"])
@pytest.mark.parametrize("url", ["events?a=b", "/events?a=b"])
def test_a_relative_url_is_joined_to_the_base_of_the_client(library: Any, base: str, url: str) -> None:
    async def main(origin: str) -> None:
        async with AsyncClient(library.AsyncClient(base_url=origin + base)) as client, client.post(url) as events:
            assert [event.data async for event in events] == ["1"]

    answer = [head(), chunk(b"data: 1\n\n"), LAST_CHUNK]
    with Server(answer, answer, answer) as server:
        origin = server.url.rstrip("/")
        asyncio.run(main(origin))
        with sse_client.Client(library.Client(base_url=origin + base)) as client:
            for each in (url, f"{origin}/elsewhere"):
                with client.post(each) as events:
                    assert [event.data for event in events] == ["1"]
        path = f"{base.rstrip('/')}/events?a=b"
        assert [request.path for request in server.requests] == [path, path, "/elsewhere"]


@pytest.mark.parametrize("url", ["events?a=b", "/events?a=b"])
def test_a_relative_url_is_joined_to_the_base_of_a_session_of_aiohttp(url: str) -> None:
    async def main(origin: str) -> None:
        async with AsyncClient(aiohttp.ClientSession(base_url=f"{origin}/v1/")) as client:
            for each in (url, f"{origin}/elsewhere"):
                async with client.post(each) as events:
                    assert [event.data async for event in events] == ["1"]
            with pytest.raises(ValueError, match="malformed"):
                client.get("http://[")

    with Server(DONE, DONE) as server:
        asyncio.run(main(server.url.rstrip("/")))
        joined = "/events?a=b" if url.startswith("/") else "/v1/events?a=b"
        assert [request.path for request in server.requests] == [joined, "/elsewhere"]


@libraries
def test_a_client_says_how_many_redirects_are_followed(library: Any) -> None:
    to = reply(302, headers={"Location": "/"})
    for options, most in (({"max_redirects": 1}, 1), ({}, 30)):
        with Server(*[to] * (most + 1)) as server, sse_client.Client(library.Client(**options)) as client:
            with pytest.raises(sse_client.RedirectRefused, match=f"at most {most} redirects"):
                data(client, server.url)
            assert len(server.requests) == most + 1


def test_a_relative_url_without_a_base_is_refused() -> None:
    with sse_client.Client(httpx2.Client()) as client, pytest.raises(ValueError, match="expected an absolute URL"):
        client.get("/events")


def test_what_is_no_url_is_refused_whatever_the_base() -> None:
    with sse_client.Client(httpx2.Client(base_url="http://127.0.0.1/")) as client:
        nothing: Any = None
        with pytest.raises(TypeError, match="url"):
            client.get(nothing)
        with pytest.raises(ValueError, match="malformed"):
            client.get("http://[")


@libraries
def test_a_client_of_the_other_kind_is_refused_at_once(library: Any) -> None:
    with pytest.raises(TypeError, match=rf"got {library.__name__}.AsyncClient: pass it to AsyncClient"):
        sse_client.Client(library.AsyncClient())
    with library.Client() as blocking, pytest.raises(TypeError, match=rf"got {library.__name__}.Client: pass it to Cl"):
        AsyncClient(blocking)


@libraries
def test_a_closed_client_is_refused_at_once(library: Any) -> None:
    blocking = library.Client()
    blocking.close()
    with pytest.raises(RuntimeError, match=rf"the {library.__name__}.Client is closed"):
        sse_client.Client(blocking)
    awaiting = library.AsyncClient()
    asyncio.run(awaiting.aclose())
    with pytest.raises(RuntimeError, match=rf"the {library.__name__}.AsyncClient is closed"):
        AsyncClient(awaiting)


def uncalled(*_: Any, **__: Any) -> Any:
    pytest.fail("called")


@libraries
@pytest.mark.parametrize("name", ["request", "stream", "build_request", "post"])
def test_a_method_that_streams_do_not_call_is_warned_of(library: Any, name: str) -> None:
    for base, kind in ((library.Client, sse_client.Client), (library.AsyncClient, AsyncClient)):
        own = type("Own", (base,), {name: uncalled})
        with pytest.warns(
            UserWarning, match=rf"^Own overrides {name} of {library.__name__}\.{base.__name__}, .* send"
        ) as w:
            kind(own())
        assert w[0].filename == __file__


@libraries
def test_a_send_of_its_own_is_called(library: Any) -> None:
    class Own(library.Client):  # type: ignore[misc]  # one of two classes
        def send(self, *arguments: Any, **options: Any) -> Any:
            sent.append(arguments)
            return library.Client.send(self, *arguments, **options)

    sent: list[Any] = []
    with Server(DONE) as server, sse_client.Client(Own()) as client:
        assert data(client, server.url) == ["1"]
    assert len(sent) == 1


def test_a_closed_session_of_aiohttp_is_refused_at_once() -> None:
    async def main() -> None:
        session = aiohttp.ClientSession()
        await session.close()
        with pytest.raises(RuntimeError, match=r"the aiohttp.ClientSession is closed"):
            AsyncClient(session)

    asyncio.run(main())


def test_a_client_that_its_owner_closes_later_is_named() -> None:
    session = httpx2.Client()
    client = sse_client.Client(session)
    session.close()
    with pytest.raises(RuntimeError, match=r"the httpx2.Client is closed"):
        data(client, "http://127.0.0.1/")


@pytest.mark.parametrize("made", [object(), requests, "http://127.0.0.1/"])
def test_what_is_no_client_is_refused_with_what_is_accepted(made: Any) -> None:
    with pytest.raises(TypeError, match=r"expected a requests.Session, or a Client of httpx2 or httpx, got"):
        sse_client.Client(made)
    with pytest.raises(TypeError, match=r"expected an aiohttp.ClientSession, or an AsyncClient of httpx2 or httpx,"):
        AsyncClient(made)


@pytest.mark.parametrize("made", [requests.Session, httpx2.Client, httpx.AsyncClient, aiohttp.ClientSession])
def test_a_class_in_the_place_of_an_instance_says_so(made: Any) -> None:
    for kind in (sse_client.Client, AsyncClient):
        with pytest.raises(TypeError, match=rf"got the class {made.__module__}\.{made.__name__}: pass an instance"):
            kind(made)


def test_a_session_for_the_other_client_says_which() -> None:
    class Blocking(BlockingSession):
        transport = uncalled

    class Awaited(AsyncSession):
        transport = uncalled

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            wrong: Any = session
            with pytest.raises(TypeError, match=r"got aiohttp\.client\.ClientSession: pass it to AsyncClient"):
                sse_client.Client(wrong)

    asyncio.run(main())
    made: Any
    for made in (requests.Session(), Blocking()):
        with pytest.raises(TypeError, match=r"got .*: pass it to Client$"):
            AsyncClient(made)
    made = Awaited()
    with pytest.raises(TypeError, match=r"got .*Awaited: pass it to AsyncClient$"):
        sse_client.Client(made)


def test_a_session_of_niquests_is_refused_with_what_to_do() -> None:
    session: Any = type("Session", (), {"__module__": "niquests.sessions"})()
    with pytest.raises(TypeError, match=r"got niquests.sessions.Session: .* sse_client.read reads its open responses"):
        sse_client.Client(session)


def test_a_client_of_another_loop_is_refused() -> None:
    client = AsyncClient(httpx2.AsyncClient(limits=httpx2.Limits(max_keepalive_connections=0)))

    async def main() -> None:
        async with client.get(server.url, reconnect=False) as events:
            assert [event.data async for event in events] == ["1"]

    with Server(DONE, DONE) as server:
        asyncio.run(main())
        with pytest.raises(RuntimeError, match="belongs to another event loop"):
            asyncio.run(main())


@libraries
@pytest.mark.parametrize(
    "words", ["Event loop is closed", "<Lock> is bound to a different event loop", "must be called from async context"]
)
def test_connections_that_its_owner_made_in_another_loop_are_named(library: Any, words: str) -> None:
    def uses_another_loops(_: Any) -> Any:
        raise RuntimeError(words)

    async def main() -> None:
        owner = library.AsyncClient(transport=library.MockTransport(uses_another_loops))
        async with AsyncClient(owner) as client:
            await anext(client.get("http://example.test/"))

    with pytest.raises(
        RuntimeError, match=rf"the {library.__name__}.AsyncClient has connections of another event loop"
    ):
        asyncio.run(main())


def test_a_session_of_aiohttp_of_another_loop_is_refused() -> None:
    async def made() -> AsyncClient:
        return AsyncClient(aiohttp.ClientSession())

    async def main() -> None:
        with pytest.raises(RuntimeError, match=r"the aiohttp.ClientSession belongs to another event loop"):
            await anext(client.get("http://127.0.0.1/"))
        await client.aclose()

    client = asyncio.run(made())
    asyncio.run(main())


def test_aiohttp_under_trio_is_an_error_that_says_what_to_do() -> None:
    async def main() -> None:
        async with sse_client.astream("GET", "http://127.0.0.1/"):
            pass

    with pytest.raises(RuntimeError, match=r"this is trio: pass an httpx2.AsyncClient to AsyncClient"):
        trio.run(main)


@libraries
def test_headers_params_cookies_and_credentials_of_the_client_are_sent(library: Any) -> None:
    session = library.Client(headers={"X-Mine": "1"}, params={"a": "b"}, cookies={"c": "d"}, auth=("user", "word"))
    with Server(DONE, DONE) as server, sse_client.Client(session) as client:
        assert data(client, server.url, params={"e": "f"}, cookies={"g": "h"}) == ["1"]
        assert data(client, server.url, headers={"Authorization": "Bearer mine"}) == ["1"]
        first, second = server.requests
    assert first.headers["X-Mine"] == "1"
    assert first.path.endswith("?a=b&e=f")
    assert first.headers["Cookie"] == "c=d; g=h"
    assert first.headers["Authorization"].startswith("Basic ")
    assert second.headers["Authorization"] == "Bearer mine"


@libraries
def test_nothing_of_the_client_goes_to_another_origin(library: Any) -> None:
    session = library.Client(headers={"X-Mine": "1"}, cookies={"c": "d"}, auth=("user", "word"))
    with Server(DONE) as other, Server(reply(302, headers={"Location": other.url})) as server:
        with sse_client.Client(session) as client, client.get(server.url, reconnect=False) as events:
            assert [event.data for event in events] == ["1"]
        (request,) = other.requests
    assert not {"x-mine", "cookie", "authorization"} & {name.lower() for name in request.headers}


@libraries
def test_event_hooks_see_what_is_sent_and_their_errors_are_the_callers(library: Any) -> None:
    seen: list[str] = []

    def note(request: Any) -> None:
        seen.append(request.method)

    session = library.Client(event_hooks={"request": [note]})
    with Server(DONE) as server, sse_client.Client(session) as client:
        assert data(client, server.url) == ["1"]
    assert seen == ["POST"]

    def refuse(response: Any) -> None:
        response.raise_for_status()

    session = library.Client(event_hooks={"response": [refuse]})
    with Server(reply(500)) as server, sse_client.Client(session) as client, pytest.raises(library.HTTPStatusError):
        data(client, server.url)


@libraries
def test_digest_credentials_of_the_library_answer_a_challenge(library: Any) -> None:
    challenge = reply(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"'})
    with Server(challenge, DONE) as server, sse_client.Client(library.Client()) as client:
        assert data(client, server.url, json={}, auth=library.DigestAuth("user", "word")) == ["1"]
        assert server.requests[1].headers["Authorization"].startswith("Digest ")
        assert server.requests[1].body == server.requests[0].body == b"{}"


@libraries
def test_a_mock_transport_needs_no_socket(library: Any) -> None:
    def answer(request: Any) -> Any:
        assert request.headers["Accept"] == "text/event-stream"
        return library.Response(200, headers={"Content-Type": "text/event-stream"}, content=b"data: mock\n\n")

    with sse_client.Client(library.Client(transport=library.MockTransport(answer))) as client:
        assert data(client, "http://example.test/") == ["mock"]


async def app(scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        continue
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for number in (b"1", b"2"):
        await send({"type": "http.response.body", "body": b"data: %b\n\n" % number, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@libraries
@loops
def test_an_application_under_test_needs_no_socket(library: Any, loop: str) -> None:
    async def main() -> None:
        client = AsyncClient(library.AsyncClient(transport=library.ASGITransport(app=app)))
        async with client, client.post("http://example.test/") as events:
            assert [event.data async for event in events] == ["1", "2"]

    run(loop, main)


def test_respx_answers_a_client_of_httpx() -> None:
    import respx

    with respx.mock, sse_client.Client(httpx.Client()) as client:
        respx.post("http://example.test/").respond(
            headers={"Content-Type": "text/event-stream"}, content=b"data: mock\n\n"
        )
        assert data(client, "http://example.test/") == ["mock"]


SCRIPT = """
import sys, sse_client
assert not {"httpx", "httpx2", "anyio", "trio"} & sys.modules.keys()
sse_client.Client().close()
assert not {"httpx", "httpx2", "anyio", "trio"} & sys.modules.keys()
import httpx2, trio
from sse_client.testing import Server, stream
loaded = "asyncio" in sys.modules
async def main():
    async with sse_client.AsyncClient(httpx2.AsyncClient()) as client, client.post(server.url) as events:
        print(*[event.data async for event in events], loaded, "asyncio" in sys.modules)
with Server(stream([b"data: 1\\n\\n"])) as server:
    trio.run(main)
"""


def test_the_package_imports_no_library_and_a_stream_under_trio_no_asyncio() -> None:
    ran = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout.split() == ["1", "False", "False"], ran.stderr
