"""Whatever happens after the server has answered a POST, it is not sent a second time."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
from requests.auth import HTTPDigestAuth

from sse_client import ConnectionFailed, Reconnect, StatusError, Timeout
from sse_client.testing import CLOSE, RESET, Server, reply, stream

from .kit import read_request, refused, serving, to

if TYPE_CHECKING:
    from asynchronous.kit import Client

    from sse_client.testing import Received, Step

DROPS_BODY = [301, 302, 303]


@pytest.mark.parametrize("status", DROPS_BODY)
def test_a_redirect_to_a_dead_place_sends_post_once(client: Client, status: int) -> None:
    with Server(default=lambda _: to(refused(), status)) as server:
        reading = client.read("POST", server.url, json={"order": 1})
        assert isinstance(reading.error, ConnectionFailed)
        assert reading.error.sent
        assert [request.method for request in server.requests] == ["POST"]


@pytest.mark.parametrize("status", DROPS_BODY)
def test_a_second_redirect_to_a_dead_place_sends_post_once(client: Client, status: int) -> None:
    def answer(request: Received) -> list[Step]:
        return to("/there", status) if request.method == "POST" else to(refused())

    with Server(default=answer) as server:
        assert isinstance(client.read("POST", server.url, json={}).error, ConnectionFailed)
        assert [request.method for request in server.requests] == ["POST", "GET"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "QUERY"])
@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_method_sends_it_once_each(client: Client, method: str, status: int) -> None:
    # Within the origin, with a body; the connection of the second request breaks before it is answered.
    with Server(to("/there", status), default=lambda _: [RESET]) as server:
        assert isinstance(client.read(method, server.url, data=b"x").error, ConnectionFailed)
        assert [request.path for request in server.requests] == ["/", "/there"]


@pytest.mark.parametrize("retry_after", ["0", "1"])
@pytest.mark.parametrize("refusal", [429, 503])
@pytest.mark.parametrize("status", [*DROPS_BODY, 307, 308])
def test_a_redirected_post_told_to_retry_is_not_sent_again(
    client: Client, status: int, refusal: int, retry_after: str
) -> None:
    def answer(request: Received) -> list[Step]:
        if request.path == "/":
            return to("/there", status)
        return reply(refusal, headers={"Retry-After": retry_after})

    with Server(default=answer) as server:
        error = client.read("POST", server.url, data=b"x").error
        assert isinstance(error, StatusError)
        assert error.redirected
        assert [request.path for request in server.requests] == ["/", "/there"]


@pytest.mark.parametrize("to_after_close", [True, False])
def test_a_pooled_connection_that_dies_after_a_redirect_sends_post_once(client: Client, to_after_close: bool) -> None:
    first = [*to("/there", 303), *([CLOSE] if to_after_close else [])]
    with Server(first, default=lambda _: [CLOSE]) as server:
        assert isinstance(client.read("POST", server.url, data=b"x").error, ConnectionFailed)
        assert [request.method for request in server.requests].count("POST") == 1


def test_a_challenge_answered_to_a_dead_server_sends_post_once(client: Client) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    received: list[bytes] = []

    def challenge_and_die() -> None:
        sock, _ = listener.accept()
        listener.close()  # the answer to the challenge finds nobody
        with sock:
            received.append(read_request(sock))
            fields = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth"', "Connection": "close"}
            sock.sendall(b"".join(step for step in reply(401, headers=fields) if isinstance(step, bytes)))

    server = threading.Thread(target=challenge_and_die, daemon=True)
    server.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    error = client.read("POST", url, auth=HTTPDigestAuth("user", "secret"), data=b"x").error
    server.join(5)
    assert isinstance(error, ConnectionFailed)
    assert error.sent
    assert len(received) == 1


@pytest.mark.parametrize(
    "challenge", ['realm="r", nonce="n", algorithm=UNKNOWN', 'realm="r", nonce="n", qop="auth-int"', 'realm="r"', '=,"']
)
def test_a_challenge_that_has_no_answer_sends_post_once(client: Client, challenge: str) -> None:
    with Server(default=lambda _: reply(401, headers={"WWW-Authenticate": f"Digest {challenge}"})) as server:
        reading = client.read("POST", server.url, auth=HTTPDigestAuth("user", "secret"), data=b"x")
        assert isinstance(reading.error, StatusError)
        assert len(server.requests) == 1


def test_the_body_of_a_challenge_is_not_read_to_its_end(client: Client) -> None:
    sent: list[int] = []

    def talk(sock: socket.socket) -> None:
        if b"uthorization" in read_request(sock):
            sock.sendall(b"".join(step for step in stream([b"data: 1\n\n"]) if isinstance(step, bytes)))
            return
        sock.sendall(b'HTTP/1.1 401 -\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n\r\n')
        for _ in range(1024):
            sock.sendall(bytes(65536))
            sent.append(65536)

    with serving(talk) as port:
        reading = client.read(
            "POST",
            f"http://127.0.0.1:{port}/",
            auth=HTTPDigestAuth("user", "secret"),
            data=b"x",
            timeout=Timeout(total=20),
        )
    assert reading.data == ["1"]
    assert sum(sent) < 32 * 1024 * 1024  # what the buffers of the system take


def test_a_redirected_get_is_tried_again(client: Client) -> None:
    rules = Reconnect(initial_delay=0, max_delay=0, max_attempts=3)
    with Server(default=lambda _: to(refused())) as server:
        assert isinstance(client.read("GET", server.url, reconnect=rules).error, ConnectionFailed)
        assert len(server.requests) == 3


def test_the_callers_word_sends_a_redirected_post_again(client: Client) -> None:
    rules = Reconnect(initial_delay=0, max_delay=0, max_attempts=3)
    with Server(default=lambda _: to(refused(), 303)) as server:
        client.read("POST", server.url, reconnect=rules, data=b"x")
        assert [request.method for request in server.requests] == ["POST"] * 3


def test_a_post_that_never_left_is_sent_when_it_can_be(client: Client) -> None:
    with Server(reply(429, headers={"Retry-After": "0"}), stream([b"data: 1\n\n"])) as server:
        reading = client.read("POST", server.url, data=b"x")
        assert reading.data == ["1"]
        assert [request.body for request in server.requests] == [b"x", b"x"]
