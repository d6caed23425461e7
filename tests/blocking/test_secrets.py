"""No error shows a URL's query or credentials, or a header: not in its text, and not in that of its causes."""

from __future__ import annotations

import re
import ssl
import traceback
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme

import sse_client
from sse_client import Client
from sse_client.testing import CLOSE, RESET, STALL, Server, chunk, head, reply, stream

from .kit import ONE, certify

if TYPE_CHECKING:
    from pathlib import Path

# Each is in what is sent, and in no line of this file that a traceback could show.
WORD = "s3" + "cret"
QUERY = f"?token={WORD}&a=b"
OPTIONS: dict[str, Any] = {"headers": {"X-Key": WORD, "Authorization": f"Bearer {WORD}"}, "cookies": {"sid": WORD}}


def shown(error: BaseException) -> str:
    """Return what is printed for it, with every cause and context."""
    return "".join(traceback.format_exception(error))


def raised(call: Any) -> BaseException:
    try:
        with call() as events:
            for _ in events:
                pass
    except (sse_client.SSEError, ValueError, TypeError, RuntimeError) as error:
        return error
    raise AssertionError("it did not raise")


def with_secrets(url: str) -> str:
    return f"{url.replace('//', f'//{WORD}:{WORD}@')}/path{QUERY}"


LOSSES: list[Any] = [
    pytest.param([RESET], id="a reset"),
    pytest.param([CLOSE], id="nothing"),
    pytest.param([b"rubbish\r\n\r\n", CLOSE], id="rubbish"),
    pytest.param([b"HTTP/1.1 200 OK\r\nX: y", CLOSE], id="a head cut off"),
    pytest.param([b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n", CLOSE], id="too many headers"),
    pytest.param([*ONE, b"20\r\ndata", CLOSE], id="a cut"),
    pytest.param([*ONE, b"zz\r\n", CLOSE], id="bad chunks"),
    pytest.param([head(framing="length", length=20), b"data", CLOSE], id="a length not met"),
    pytest.param([STALL], id="silence"),
    pytest.param([*ONE, STALL], id="silence in the body"),
    pytest.param([head(framing="length", length=20), STALL], id="silence in a body of a length"),
    pytest.param([head(200, {"Content-Encoding": "gzip"}), chunk(b"no gzip"), STALL], id="corrupt gzip"),
    pytest.param([head(200, {"Content-Encoding": "compress"}), STALL], id="a coding that cannot be undone"),
    pytest.param(reply(500, b"no"), id="a bad status"),
    pytest.param(reply(200, b"<html>"), id="a page"),
    pytest.param(stream([b"data: 1\n\n"]), id="an end before until"),
    pytest.param([*ONE, chunk(b"data: " + b"x" * 500), STALL], id="too large"),
    pytest.param(reply(302, headers={"Location": f"ftp://{WORD}:{WORD}@a/{QUERY}"}), id="a redirect to nowhere"),
    pytest.param(reply(302, headers={"Location": f"http://{WORD}:{WORD}@*/{QUERY}"}), id="a redirect to no host"),
    pytest.param(
        reply(302, headers={"Location": f"http://{WORD}:{WORD}@a:{WORD}/{QUERY}"}), id="a redirect to no port"
    ),
    pytest.param(reply(302, headers={"Location": f"http://{WORD}@127.0.0.1:9/{QUERY}"}), id="a redirect to nobody"),
    pytest.param(reply(307, headers={"Location": f"http://{WORD}@127.0.0.2/{QUERY}"}), id="a refused redirect"),
]


@pytest.mark.parametrize("script", LOSSES)
def test_no_error_of_a_response_shows_a_secret(script: Any, naps: list[float]) -> None:
    with Server(script) as server:
        url = with_secrets(server.url)
        error = raised(
            lambda: sse_client.post(
                url, data=b"x", reconnect=False, until="never", max_event_size=400, timeout=0.2, **OPTIONS
            )
        )
    assert WORD not in shown(error)
    assert isinstance(error, sse_client.SSEError)


def test_no_error_of_many_attempts_shows_a_secret(naps: list[float]) -> None:
    with Server([RESET], [*ONE, CLOSE], reply(503), [STALL], [b"rubbish\r\n\r\n", CLOSE], *[reply(500)] * 4) as server:
        url = with_secrets(server.url)
        error = raised(lambda: sse_client.get(url, timeout=0.2, **OPTIONS))
    assert WORD not in shown(error)


@pytest.mark.parametrize("host", ["127.0.0.1:9", "nowhere.invalid"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_error_of_connecting_shows_a_secret(scheme: str, host: str) -> None:
    url = with_secrets(f"{scheme}://{host}")
    error = raised(lambda: sse_client.get(url, reconnect=False, **OPTIONS))
    assert WORD not in shown(error)
    assert host.partition(":")[0] in str(error)
    assert error.__cause__ is not None


def test_no_error_of_tls_shows_a_secret() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certify(context, trustme.CA())
    with Server(tls=context) as server:
        url = with_secrets(server.url)
        error = raised(lambda: sse_client.get(url, reconnect=False, **OPTIONS))
    assert isinstance(error, sse_client.ConnectionFailed)
    assert isinstance(error.__cause__, ssl.SSLError)
    assert "certificate" in str(error).lower()
    assert WORD not in shown(error)


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{WORD}/x@127.0.0.1/",
        f"http://user:{WORD}#x@127.0.0.1/",
        f"http://user:{WORD}?x@127.0.0.1/",
        f"http://user:{WORD}@[::1/",
        f"http://user:{WORD}@127.0.0.1:99999/",
        f"http://user:{WORD} @127.0.0.1/",
        f"http://user:{WORD}\n@127.0.0.1/",
        f"http://user:{WORD}@127.0.0.1\uff0fx/",
        f"ftp://user:{WORD}@127.0.0.1/",
        f"http://user:{WORD}@*/",
        f"http://user:{WORD}@{'a' * 70}.example/",
        f"/path{QUERY}",
        f"user:{WORD}@127.0.0.1",
    ],
)
def test_no_error_of_a_bad_url_shows_a_secret(url: str) -> None:
    error = raised(lambda: sse_client.get(url, reconnect=False))
    assert isinstance(error, ValueError)
    assert WORD not in shown(error)


@pytest.mark.parametrize("value", [f"{WORD}\r\nX: y", f" {WORD}", f"{WORD}\0", f"{WORD}\u20ac"])
@pytest.mark.parametrize("of_session", [False, True])
def test_no_error_of_a_bad_header_shows_its_value(value: str, of_session: bool) -> None:
    with Server() as server, requests.Session() as session, Client(session) as client:
        if of_session:
            session.headers["X-Key"] = value
        headers = {} if of_session else {"X-Key": value}
        error = raised(lambda: client.get(server.url, headers=headers, reconnect=False))
        assert server.requests == []
    assert isinstance(error, ValueError)
    # A UnicodeEncodeError has the value as an attribute, and does not print it.
    assert WORD not in shown(error)


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://user:{WORD}@127.0.0.1:9",
        f"http://user:{WORD}@127.0.0.1:9x{WORD}",
        f"user:{WORD}@@:::",
        f"foo://user:{WORD}@h",
        f"http://user:{WORD}@*",
        "http://",
    ],
)
def test_no_error_of_a_proxy_shows_a_secret(proxy: str) -> None:
    with requests.Session() as session, Client(session) as client:
        session.proxies = {"http": proxy}
        error = raised(lambda: client.get("http://127.0.0.1:9/", reconnect=False))
    assert WORD not in shown(error)
    assert type(error).__module__.partition(".")[0] in {"builtins", "sse_client"}


def test_no_error_shows_a_password_from_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "netrc"
    path.write_text(f"machine 127.0.0.1 login user password {WORD}\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    with Server(reply(401), [RESET]) as server:
        errors = [raised(lambda: sse_client.get(server.url, reconnect=False)) for _ in range(2)]
        assert all("authorization" in request.headers for request in server.requests)
    for error in errors:
        assert WORD not in shown(error)


def test_an_error_says_what_was_expected_what_came_and_where_from() -> None:
    with Server(reply(404), reply(200, b"x"), [RESET]) as server:
        texts = [str(raised(lambda: sse_client.get(f"{server.url}/path", reconnect=False))) for _ in range(3)]
    assert texts[0] == f"expected status 200 from {server.url}/path, got 404 (Not Found)"
    assert texts[1] == f"expected text/event-stream from {server.url}/path, got text/plain"
    assert re.match(f"the connection to {re.escape(server.url)}/path broke: .*reset", texts[2])


def test_causes_are_those_of_the_network() -> None:
    with Server([RESET], [STALL]) as server:
        reset = raised(lambda: sse_client.get(server.url, reconnect=False))
        silent = raised(lambda: sse_client.get(server.url, reconnect=False, timeout=0.2))
    assert isinstance(reset.__cause__, ConnectionResetError)
    assert isinstance(silent.__cause__, TimeoutError)
    refused = raised(lambda: sse_client.get("http://127.0.0.1:9/", reconnect=False))
    assert isinstance(refused.__cause__, ConnectionRefusedError)


# What is shown of the parts, in a debugger or a log.


def test_a_stream_shows_its_state_its_method_and_its_url() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        events = sse_client.post(with_secrets(server.url), until="1", **OPTIONS)
        where = f"POST {server.url}/path"
        assert repr(events) == f"<EventStream connecting: {where}>"
        with events:
            assert repr(events) == f"<EventStream open: {where}>"
            assert list(events) == []
        assert repr(events) == f"<EventStream closed (until): {where}>"


def test_a_client_shows_whether_it_is_closed() -> None:
    client = Client(**OPTIONS)
    assert repr(client) == "<Client open>"
    client.close()
    assert repr(client) == "<Client closed>"


def test_a_subscription_shows_its_stream_and_what_ended_it() -> None:
    def fail(_: sse_client.Event) -> None:
        raise ZeroDivisionError(WORD)

    with Server(ONE) as server, sse_client.subscribe("GET", with_secrets(server.url), fail) as subscription:
        assert subscription.join(10)
        stream_shown = f"<EventStream closed (closed): GET {server.url}/path>"
        assert repr(subscription) == f"<Subscription of {stream_shown}, failed with ZeroDivisionError>"
    with Server([STALL]) as server, sse_client.subscribe("GET", with_secrets(server.url), print) as subscription:
        assert repr(subscription) == f"<Subscription of <EventStream connecting: GET {server.url}/path>>"


def test_what_an_observer_is_told_shows_no_secret() -> None:
    news: list[Any] = []
    with Server(reply(503, b"x"), stream([b"data: 1\n\n"], headers={"Set-Cookie": f"sid={WORD}"})) as server:
        rules = sse_client.Reconnect(initial_delay=0)
        told: dict[str, Any] = {"observer": news.append, "reconnect": rules, "until": "1", **OPTIONS}
        with sse_client.get(with_secrets(server.url), **told) as events:
            assert list(events) == []
        assert f"Opened(response=<Response 200 from {server.url}/path>, attempt=Attempt(number=2" in repr(news)
    assert WORD not in repr(news)
