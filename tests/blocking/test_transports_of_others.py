"""What users plug into a session of requests: adapters, hooks, authentication, proxies, certificates."""

from __future__ import annotations

import contextlib
import gzip
import io
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase, HTTPDigestAuth
from urllib3 import HTTPConnectionPool, HTTPResponse

import sse_client
from sse_client import Client, ConnectionFailed, EventStream, StatusError
from sse_client.testing import CLOSE, STALL, Server, chunk, head, reply, stream

from .kit import AT_ONCE, ONE, PROMPT, Task, certify, outcome, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator


class Canned(HTTPAdapter):
    """Answers without a network, as test libraries for requests do."""

    def __init__(self, *bodies: bytes | Exception, **headers: str) -> None:
        super().__init__()
        self.sent: list[requests.PreparedRequest] = []
        self._bodies = list(bodies)
        self._headers = {"Content-Type": "text/event-stream"} | headers

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent.append(request)
        body = self._bodies.pop(0)
        if isinstance(body, Exception):
            raise body
        raw = HTTPResponse(body=io.BytesIO(body), headers=self._headers, status=200, preload_content=False)
        return self.build_response(request, raw)


class File(io.BytesIO):
    """A body that is no response of urllib3's."""

    def read1(self, size: int | None = -1, /, *, decode_content: bool = True) -> bytes:
        return super().read1(size)


class Bare(BaseAdapter):
    """The least that an adapter can be."""

    def __init__(self, *bodies: bytes) -> None:
        super().__init__()
        self._bodies = list(bodies)
        self.closed = False

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "text/event-stream"
        response.url = request.url or ""
        response.request = request
        response.raw = File(self._bodies.pop(0))
        return response

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def test_an_adapter_with_canned_answers_works(session: requests.Session) -> None:
    adapter = Canned(b"id: 1\ndata: 1\n\n", b"data: 2\n\ndata: end\n\n")
    session.mount("mock://", adapter)
    session.mount("https://example.com/", adapter)
    with Client(session, reconnect=AT_ONCE, until="end") as client:
        assert outcome(client.get("https://example.com/a?b=c")) == (["1", "2"], None)
    assert [request.headers.get("Last-Event-ID") for request in adapter.sent] == [None, b"1"]


def test_an_adapter_of_a_scheme_of_its_own_works(session: requests.Session) -> None:
    adapter = Bare(b"data: 1\n\n")
    session.mount("mock://", adapter)
    with Client(session) as client:
        assert outcome(client.post("mock://host/path")) == (["1"], None)
    assert adapter.closed


def test_canned_answers_may_be_compressed(session: requests.Session) -> None:
    session.mount("https://example.com/", Canned(gzip.compress(b"data: 1\n\n"), **{"Content-Encoding": "gzip"}))
    with Client(session) as client:
        assert outcome(client.post("https://example.com/")) == (["1"], None)


def test_an_adapter_that_fails_is_a_lost_connection(session: requests.Session, naps: list[float]) -> None:
    adapter = Canned(requests.ConnectionError("no"), requests.ReadTimeout("late"), b"data: 1\n\n")
    session.mount("https://example.com/", adapter)
    with Client(session, until="1") as client:
        assert outcome(client.get("https://example.com/")) == ([], None)
    assert len(adapter.sent) == 3
    adapter = Canned(requests.ConnectionError("no"), b"data: 1\n\n")
    session.mount("https://example.com/", adapter)
    with Client(session) as client:
        _, error = outcome(client.post("https://example.com/"))
    assert isinstance(error, ConnectionFailed)
    assert len(adapter.sent) == 1


def test_response_hooks_see_every_response(session: requests.Session) -> None:
    seen: list[int] = []

    def hook(response: requests.Response, *args: Any, **kwargs: Any) -> None:
        seen.append(response.status_code)

    session.hooks["response"].append(hook)
    answers = [reply(302, headers={"Location": "/b"}), reply(503), stream([b"data: end\n\n"])]
    with Server(*answers) as server, Client(session, until="end", reconnect=AT_ONCE) as client:
        assert outcome(client.get(server.url)) == ([], None)
    assert seen == [302, 503, 200]


def test_a_hook_that_raises_for_status_raises_to_the_user(session: requests.Session) -> None:
    def hook(response: requests.Response, *args: Any, **kwargs: Any) -> None:
        response.raise_for_status()

    session.hooks["response"].append(hook)
    with Server(reply(401)) as server, Client(session) as client:
        with pytest.raises(requests.HTTPError):
            outcome(client.get(server.url))
        assert len(server.requests) == 1


CHALLENGE = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'}


@pytest.mark.parametrize("body", [b"who are you", b""])
def test_digest_authentication_works(body: bytes) -> None:
    with Server(reply(401, body, CHALLENGE), [*ONE, STALL]) as server, Client() as client:
        events = client.post(server.url, data=b"x", auth=HTTPDigestAuth("user", "password"))
        with events:
            assert next(events).data == "1"
            task = Task(lambda: list(events))
            assert seconds(events.close) < PROMPT
            assert task.result() == []
        first, second = server.requests
        assert "authorization" not in first.headers
        assert second.headers["authorization"].startswith("Digest ")
        assert [request.body for request in server.requests] == [b"x", b"x"]


def test_the_challenges_connection_is_let_go_of_before_it_can_be_anybody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[Any] = []
    put = HTTPConnectionPool._put_conn

    def watched(pool: HTTPConnectionPool, connection: Any) -> None:
        held.append(events._wakeup._socket)
        put(pool, connection)

    monkeypatch.setattr(HTTPConnectionPool, "_put_conn", watched)
    with Server(reply(401, b"no", CHALLENGE), stream([b"data: 1\n\n"])) as server, Client() as client:
        events = client.get(server.url, auth=HTTPDigestAuth("user", "password"), reconnect=False)
        with events:
            assert held == [None]
            ours = events._wakeup._socket
            assert ours is not None
            assert events.response is not None
            events.response.raw.history[0].close()  # once more
            assert events._wakeup._socket is ours
            assert len(list(events)) == 1
    assert held == [None, None]


def test_digest_authentication_that_fails_is_a_bad_status() -> None:
    with Server(*[reply(401, b"no", CHALLENGE)] * 2) as server:
        _, error = outcome(sse_client.get(server.url, auth=HTTPDigestAuth("user", "wrong")))
    assert isinstance(error, StatusError)
    assert error.status == 401


def test_digest_authentication_sends_a_post_twice_only_for_a_challenge() -> None:
    with Server(reply(401, b"", CHALLENGE), [CLOSE], stream([b"data: 1\n\n"])) as server:
        _, error = outcome(sse_client.post(server.url, data=b"x", auth=HTTPDigestAuth("user", "password")))
        assert isinstance(error, ConnectionFailed)
        assert len(server.requests) == 2


def test_an_authentication_object_is_asked_for_every_attempt() -> None:
    class Counting(AuthBase):
        number = 0

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            type(self).number += 1
            request.headers["Authorization"] = f"Token {self.number}"
            return request

    with Server(reply(503), stream([b"data: end\n\n"])) as server:
        outcome(sse_client.get(server.url, auth=Counting(), reconnect=AT_ONCE, until="end"))
        assert [request.headers["authorization"] for request in server.requests] == ["Token 1", "Token 2"]


class OwnPools(HTTPAdapter):
    """An adapter that has a say in which pool serves a request."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        return super().get_connection_with_tls_context(*args, **kwargs)


@pytest.mark.parametrize("adapter", [HTTPAdapter, OwnPools])
def test_a_reader_wakes_whatever_the_session_has_connected_to_before(
    session: requests.Session, adapter: type[HTTPAdapter]
) -> None:
    session.mount("http://", adapter())
    with (
        Server(reply(200, b"x"), [*ONE, STALL]) as known,
        Server(stream([b"data: 1\n\n"]), [*ONE, STALL]) as first,
        Server([*ONE, STALL]) as new,
        Client(session, timeout=60) as client,
    ):
        session.get(known.url)
        assert outcome(client.post(first.url)) == (["1"], None)
        for server in (known, first, new):
            assert_wakes(client.post(server.url))


def assert_wakes(stream: EventStream) -> None:
    with stream as events:
        assert next(events).data == "1"
        task = Task(lambda: list(events))
        assert seconds(events.close) < PROMPT
        assert task.result() == []


class Proxy:
    """A small HTTP proxy: it forwards absolute requests, and tunnels what asks for it."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets = [self._listener]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self._spawn(self._serve, sock)

    def _spawn(self, function: Any, *args: Any) -> None:
        self._sockets.extend(args)
        self._threads.append(threading.Thread(target=function, args=args, daemon=True))
        self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            data = b""
            while b"\r\n\r\n" not in data:
                data += client.recv(65536)
            self.heads.append(data)
            line, _, rest = data.partition(b"\r\n")
            method, target, version = line.split(b" ")
            host = target.removeprefix(b"http://").partition(b"/")[0]
            name, _, port = host.decode().partition(":")
            server = socket.create_connection((name, int(port)))
            if method == b"CONNECT":
                client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                path = target.removeprefix(b"http://" + host) or b"/"
                server.sendall(b" ".join((method, path, version)) + b"\r\n" + rest)
            self._spawn(self._pump, server, client)
            self._pump(client, server)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for sock in (source, sink):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with contextlib.closing(Proxy()) as proxy:
        yield proxy


def test_a_proxy_is_used_and_a_reader_behind_it_wakes(proxy: Proxy, session: requests.Session) -> None:
    session.proxies = {"http": proxy.url.replace("//", "//me:word@")}
    with Server([*ONE, STALL], [STALL]) as server, Client(session, timeout=60) as client:
        with client.post(f"{server.url}/path", data=b"x") as events:
            assert next(events).data == "1"
            task = Task(lambda: list(events))
            assert seconds(events.close) < PROMPT
            assert task.result() == []
        events = client.post(f"{server.url}/path", data=b"x")
        task = Task(lambda: list(events))
        server.wait_for(2)
        assert seconds(events.close) < PROMPT
        assert task.result() == []
        assert server.requests[0].body == b"x"
    assert proxy.heads[0].startswith(f"POST {server.url}/path HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic" in proxy.heads[0]


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_Proxy"])
def test_a_proxy_from_the_environment_is_used(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, proxy.url)
    with Server(stream([b"data: 1\n\n"])) as server:
        assert outcome(sse_client.post(server.url)) == (["1"], None)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        server.script(stream([b"data: 2\n\n"]))
        assert outcome(sse_client.post(server.url)) == (["2"], None)
    assert len(proxy.heads) == 1


def test_the_environment_may_get_a_proxy_and_lose_it_between_two_requests(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(*[stream([b"data: 1\n\n"])] * 3) as server, Client() as client:
        assert outcome(client.post(server.url)) == (["1"], None)
        with monkeypatch.context() as for_now:
            for_now.setenv("http_proxy", proxy.url)
            assert outcome(client.post(server.url)) == (["1"], None)
        assert outcome(client.post(server.url)) == (["1"], None)
    assert len(proxy.heads) == 1


def test_a_proxy_that_the_platform_keeps_elsewhere_is_used(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    def kept_elsewhere() -> dict[str, str]:
        return {"http": proxy.url}

    monkeypatch.setattr("requests.utils.getproxies", kept_elsewhere)
    monkeypatch.setattr("sse_client._http.environment.getproxies", kept_elsewhere)
    with Server(stream([b"data: 1\n\n"])) as server:
        assert outcome(sse_client.post(server.url)) == (["1"], None)
    assert len(proxy.heads) == 1


@pytest.fixture
def tls() -> Iterator[tuple[ssl.SSLContext, str]]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certify(context, authority)
    with authority.cert_pem.tempfile() as path:
        yield context, path


def test_tls_through_a_tunnel_works_and_a_reader_in_it_wakes(
    proxy: Proxy, session: requests.Session, tls: tuple[ssl.SSLContext, str]
) -> None:
    session.proxies = {"https": proxy.url}
    session.verify = tls[1]
    with (
        Server([*ONE, STALL], tls=tls[0]) as server,
        Client(session, timeout=60) as client,
        client.post(server.url) as events,
    ):
        assert next(events).data == "1"
        task = Task(lambda: list(events))
        assert seconds(events.close) < PROMPT
        assert task.result() == []
    assert proxy.heads[0].startswith(b"CONNECT ")


def test_a_proxy_that_refuses_the_tunnel_proves_that_nothing_was_sent(
    session: requests.Session, naps: list[float]
) -> None:
    with Server(*[reply(407)] * 5) as refusing:
        session.proxies = {"https": refusing.url}
        with Client(session) as client:
            _, error = outcome(client.post("https://127.0.0.1:9/", data=b"x"))
    assert isinstance(error, ConnectionFailed)
    assert not error.sent


def test_certificates_are_verified_unless_the_session_says_otherwise(
    session: requests.Session, tls: tuple[ssl.SSLContext, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(*[stream([b"data: 1\n\n"])] * 3, tls=tls[0]) as server, Client(session, reconnect=False) as client:
        _, error = outcome(client.get(server.url))
        assert isinstance(error, ConnectionFailed)
        assert isinstance(error.__cause__, ssl.SSLCertVerificationError)
        assert server.requests == []
        session.verify = tls[1]
        assert outcome(client.get(server.url)) == (["1"], None)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/dev/null")
        assert outcome(client.get(server.url)) == (["1"], None)
        session.verify = True
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", tls[1])
        assert outcome(client.get(server.url)) == (["1"], None)


def test_a_tls_body_cut_off_is_told_from_one_that_has_ended(
    session: requests.Session, tls: tuple[ssl.SSLContext, str]
) -> None:
    session.verify = tls[1]
    with (
        Server([head(), chunk(b"data: 1\n\n"), CLOSE], stream([b"data: 1\n\n"], framing="close"), tls=tls[0]) as server,
        Client(session) as client,
    ):
        data, error = outcome(client.post(server.url))
        assert (data, type(error)) == (["1"], ConnectionFailed)
        assert outcome(client.post(server.url)) == (["1"], None)


def uncalled(*_: Any, **__: Any) -> Any:
    pytest.fail("called")


BYPASSED = [
    *("send", "request", "get", "post", "resolve_redirects", "get_redirect_target", "rebuild_auth", "rebuild_method"),
    *("rebuild_proxies", "should_strip_auth"),
]


@pytest.mark.parametrize("name", BYPASSED)
def test_a_method_that_streams_do_not_call_is_warned_of(name: str) -> None:
    own = type("Own", (requests.Session,), {name: uncalled})
    with Server(reply(302, headers={"Location": "/there"}), stream([b"data: 1\n\n"])) as server, own() as session:
        with pytest.warns(UserWarning, match=f"^Own overrides {name} of requests.Session, which streams do") as warned:
            client = Client(session)
        assert warned[0].filename == __file__
        with client.get(server.url, headers={"Authorization": "secret"}) as events:
            assert next(events).data == "1"


def test_methods_that_streams_do_not_call_are_listed() -> None:
    class Own(requests.Session):
        def get(self, *_: Any, **__: Any) -> Any: ...

    session: Any = Own()
    session.request = session.rebuild_auth = print
    with pytest.warns(UserWarning, match="^Own overrides request, get and rebuild_auth of requests.Session"):
        Client(session)


@pytest.mark.filterwarnings("error")
def test_what_streams_do_call_is_not_warned_of() -> None:
    class Own(requests.Session):
        def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
            return super().prepare_request(request)

        def get_adapter(self, url: Any) -> Any:
            return super().get_adapter(url)

    session: Any = Own()
    session.send = print
    Client(session)


def test_a_subclass_of_a_session_is_a_session() -> None:
    class Own(requests.Session):
        def get_adapter(self, url: str | bytes) -> BaseAdapter:
            return Canned(b"data: own\n\n")

    with Own() as session, Client(session) as client:
        assert outcome(client.post("https://example.com/")) == (["own"], None)


def test_cookies_of_the_session_are_kept_up_to_date(session: requests.Session) -> None:
    first = stream([b"data: 1\n\n"], headers={"Set-Cookie": "a=1"})
    with Server(first, stream([b"data: 2\n\n"])) as server, Client(session) as client:
        outcome(client.post(server.url))
        assert session.cookies.get("a") == "1"
        outcome(client.post(server.url))
        assert server.requests[1].headers["cookie"] == "a=1"
