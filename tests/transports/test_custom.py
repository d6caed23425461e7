"""The door for transports of others: what is refused, and that a session of theirs is used as any other."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import Client, ConnectionFailed, IdleTimeout
from sse_client.transports.custom import BlockingBody, BlockingSession, BlockingTransport, Headers, Response

if TYPE_CHECKING:
    from sse_client.options import Options
    from sse_client.transports.custom import Limits, OutgoingRequest


class Canned(BlockingSession):
    """Answers with what it is given: an error, a redirect, or pieces of a body and what ends it."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.sent: list[OutgoingRequest] = []
        self.closed = 0

    def transport(self, options: Options) -> BlockingTransport:
        return Transport(options, self)

    def close(self) -> None:
        self.closed += 1


class Transport(BlockingTransport):
    def __init__(self, options: Options, session: Canned) -> None:
        super().__init__(options)
        self._session = session

    def send(self, request: OutgoingRequest, limits: Limits) -> BlockingBody:
        self._session.sent.append(request)
        answer = self._session.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, fields, pieces = answer
        head = Response(status, Headers([(b"Content-Type", b"text/event-stream"), *fields]), request.url, answer)
        return Body(head, limits, self, pieces)


class Body(BlockingBody):
    def __init__(self, response: Response, limits: Limits, transport: BlockingTransport, pieces: list[Any]) -> None:
        super().__init__(response, limits, transport)
        self.left = pieces
        self.closed = False

    def receive(self, timeout: float | None) -> bytes:
        if not self.left:
            return b""
        piece = self.left.pop(0)
        if isinstance(piece, Exception):
            raise piece
        return bytes(piece)

    def close(self) -> None:
        self.closed = True


def read(session: BlockingSession, method: str = "POST", **options: Any) -> list[str]:
    with Client(session) as client, client.stream(method, "http://example.test/a", **options) as events:
        return [event.data for event in events]


def test_a_session_of_others_is_used_and_closed() -> None:
    session = Canned((200, [], [b"data: 1\n", b"\ndata: 2\n\n"]))
    assert read(session, json={"a": 1}, params={"b": "c"}) == ["1", "2"]
    (request,) = session.sent
    assert (request.method, request.url, request.body) == ("POST", "http://example.test/a?b=c", b'{"a": 1}')
    assert request.headers["content-length"] == ("Content-Length", "8")
    assert session.closed == 1


def test_redirects_are_followed_without_what_is_personal() -> None:
    moved: Any = 307, [(b"Location", b"http://other.test/b")], []
    session = Canned(moved, (200, [], [b"data: 1\n\n"]))
    assert read(session, "GET", headers={"Authorization": "Bearer mine"}, reconnect=False) == ["1"]
    first, second = session.sent
    assert second.url == "http://other.test/b"
    assert ("authorization" in first.headers, "authorization" in second.headers) == (True, False)


ANSWERS: list[Any] = [
    (ConnectionRefusedError(111, "refused"), ConnectionFailed, False),
    (EOFError("it ended"), ConnectionFailed, True),
    (TimeoutError("late"), IdleTimeout, True),
    ((200, [(b"Content-Length", b"1"), (b"Content-Length", b"2")], []), ConnectionFailed, True),
    ((200, [], [b"data: 1\n\n", EOFError("it ended")]), ConnectionFailed, True),
    ((200, [], [TimeoutError("late")]), IdleTimeout, True),
]


@pytest.mark.parametrize(
    ("answer", "error", "sent"),
    ANSWERS,
    ids=["no connection", "no head", "no head in time", "two lengths", "a body cut off", "silence"],
)
def test_what_it_raises_decides_whether_anything_was_sent(answer: Any, error: type[Exception], sent: bool) -> None:
    session = Canned(answer)
    with pytest.raises(error) as caught:
        read(session, reconnect=False)
    assert type(caught.value) is error
    failure: Any = caught.value
    assert failure.sent is sent


def test_what_is_no_session_of_others_is_refused() -> None:
    class Like:
        def transport(self, options: Any) -> None: ...

        def close(self) -> None: ...

    like: Any = Like()
    with pytest.raises(TypeError, match=r"expected a requests\.Session"):
        Client(like)


class Library(Exception):
    """What a library raises whose text quotes what came."""


class OverSockets(BlockingSession):
    """Connects to nothing: a pair of sockets, of which the other end is the test's.

    Args:
        where: while connecting, once connected, or while reading.
        error: what is raised there.
    """

    def __init__(self, where: str = "", error: Exception | None = None) -> None:
        self.where, self.error = where, error
        self.ours, self.theirs = socket.socketpair()
        self.timeouts: list[float | None] = []

    def fail(self, where: str) -> None:
        if where == self.where and self.error is not None:
            raise self.error

    def transport(self, options: Options) -> BlockingTransport:
        return OverSocket(options, self)


class OverSocket(BlockingTransport):
    accepts = frozenset({"verify"})
    errors = (Library,)

    def __init__(self, options: Options, session: OverSockets) -> None:
        super().__init__(options)
        self._session = session

    def send(self, request: OutgoingRequest, limits: Limits) -> BlockingBody:
        with self.connecting(self._session.ours.close):
            self._session.fail("connecting")
        self.watch(self._session.ours)
        self._session.fail("connected")
        head = Response(200, Headers([("Content-Type", "text/event-stream")]), request.url, self._session)
        return SocketBody(head, limits, self)


class SocketBody(BlockingBody):
    def receive(self, timeout: float | None) -> bytes:
        session: OverSockets = self.response.raw
        session.timeouts.append(session.ours.gettimeout())
        session.fail("reading")
        return session.ours.recv(100)


PLACES: list[Any] = [
    ("connecting", TimeoutError("late"), "could not connect .*timed out after 3 s .timeout: connect", False),
    ("connecting", EOFError("the proxy hung up"), "could not connect .*the proxy hung up", False),
    ("connecting", Library("secret"), r"could not connect .*\(Library\)", False),
    ("connected", ConnectionResetError(104, "reset"), "broke: .*reset", True),
    ("connected", TimeoutError("late"), "got nothing within 4 s", True),
    ("connected", Library("secret"), r"broke: it ended too early, or is malformed \(Library\)", True),
    ("reading", Library("secret"), r"broke: it ended too early, or is malformed \(Library\)", True),
]


@pytest.mark.parametrize(("where", "error", "words", "sent"), PLACES)
def test_what_fails_while_connecting_has_sent_nothing(where: str, error: Exception, words: str, sent: bool) -> None:
    session = OverSockets(where, error)
    with pytest.raises(ConnectionFailed, match=words) as caught:
        read(session, reconnect=False, timeout=(3, 4))
    assert caught.value.sent is sent
    assert "secret" not in f"{caught.value}{caught.value.__cause__}"
    assert session.ours.fileno() == -1
    session.theirs.close()


def test_a_body_is_received_within_its_timeout_and_closes_its_connection() -> None:
    session = OverSockets()
    with session.theirs:
        session.theirs.sendall(b"data: 1\n\n")
        assert read(session, until="1", timeout=(3, 4)) == []
        assert session.timeouts[0] == 4.0
        assert session.ours.fileno() == -1


@pytest.mark.parametrize("name", ["cert", "proxies"])
def test_an_option_that_a_transport_does_not_accept_is_refused(name: str) -> None:
    session = OverSockets()
    value: Any = {"cert": "mine.pem", "proxies": {"http": "http://proxy"}}[name]
    with session.ours, session.theirs, Client(session) as client:
        client.get("http://example.test/a", verify=False)
        with pytest.raises(TypeError, match=f"{name}: this transport has no such option"):
            client.get("http://example.test/a", **{name: value})
