"""The door for transports of others: what is refused, and that a session of theirs is used as any other."""

from __future__ import annotations

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


def read(session: Canned, method: str = "POST", **options: Any) -> list[str]:
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
