"""requests-mock: its fixture, its `Mocker`, and its adapter, under the blocking client."""

from __future__ import annotations

import gzip
import io
import re
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
import requests
import requests_mock as library

from sse_client import Client, ConnectionFailed, ContentTypeError, IdleTimeout, StatusError
from sse_client.testing import Server, stream

from .kit import AT_ONCE, BODY, CHAT, CHAT_URL, EVENTS, TYPE, URL, blocking, blocking_chat, shown

if TYPE_CHECKING:
    from requests_mock import Mocker


def test_stream_is_read(requests_mock: Mocker) -> None:
    requests_mock.post(URL, content=BODY, headers=TYPE)
    assert blocking(json={"a": 1}, headers={"X-A": "b"}) == EVENTS
    (request,) = requests_mock.request_history
    assert (request.method, request.json(), request.headers["X-A"]) == ("POST", {"a": 1}, "b")
    assert request.headers["Accept"] == "text/event-stream"


def test_stream_reconnects_and_resumes(requests_mock: Mocker) -> None:
    answers: list[Any] = [
        {"exc": requests.ConnectTimeout},
        {"status_code": 503},
        {"content": BODY, "headers": TYPE},
        {"status_code": 204},
    ]
    requests_mock.get(URL, answers)
    assert blocking("GET", reconnect=AT_ONCE) == EVENTS
    assert [request.headers.get("Last-Event-ID") for request in requests_mock.request_history] == [
        None, None, None, b"2",
    ]  # fmt: skip


def called_back(*_: object) -> bytes:
    return BODY


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"text": BODY.decode()}, id="text"),
        pytest.param({"body": io.BytesIO(BODY)}, id="file"),
        pytest.param({"content": called_back}, id="callback"),
    ],
)
def test_body_may_be_given_in_any_way(requests_mock: Mocker, answer: dict[str, Any]) -> None:
    requests_mock.post(URL, headers=TYPE, **answer)
    assert blocking() == EVENTS


def test_body_may_be_compressed(requests_mock: Mocker) -> None:
    requests_mock.post(URL, content=gzip.compress(BODY), headers={**TYPE, "Content-Encoding": "gzip"})
    assert blocking() == EVENTS


def test_redirect_is_followed(requests_mock: Mocker) -> None:
    requests_mock.get("http://example.com/old", status_code=307, headers={"Location": "/events"})
    requests_mock.get(URL, [{"content": BODY, "headers": TYPE}, {"status_code": 204}])
    assert blocking("GET", "http://example.com/old", reconnect=False) == EVENTS


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"status_code": 404, "text": "no"}, StatusError),
        ({"json": {"error": 1}}, ContentTypeError),
        ({"exc": requests.ConnectionError}, ConnectionFailed),
        ({"exc": requests.ReadTimeout}, IdleTimeout),
    ],
)
def test_failure_is_an_error_of_ours(requests_mock: Mocker, answer: dict[str, Any], error: type[Exception]) -> None:
    requests_mock.post(URL, **answer)
    with pytest.raises(error):
        blocking()


def test_request_without_a_mock_does_not_leave_the_process(requests_mock: Mocker) -> None:
    with pytest.raises(library.NoMockAddress, match=f"^No mock address: POST {re.escape(URL)}$"):
        blocking()


def test_session_may_be_mocked_alone() -> None:
    with requests.Session() as session, library.Mocker(session=session) as mocker, Client(session) as client:
        mocker.post(URL, content=BODY, headers=TYPE)
        with client.post(URL) as events:
            assert [shown(event) for event in events] == EVENTS


def test_adapter_may_be_mounted() -> None:
    adapter = library.Adapter()
    adapter.register_uri("POST", "mock://host/events", content=BODY, headers=TYPE)
    with requests.Session() as session, Client(session) as client:
        session.mount("mock://", adapter)
        with client.post("mock://host/events") as events:
            assert [shown(event) for event in events] == EVENTS


def test_chat_is_read(requests_mock: Mocker) -> None:
    requests_mock.post(CHAT_URL, content=CHAT, headers=TYPE)
    assert blocking_chat() == "Hello there"
    assert requests_mock.last_request is not None
    assert requests_mock.last_request.json()["model"] == "m"


def test_send_may_be_replaced_by_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(stream([BODY])) as server, requests.Session() as session, Client(session) as client:
        send = Mock(side_effect=session.send)
        monkeypatch.setattr(session, "send", send)
        with client.post(server.url) as events:
            assert [shown(event) for event in events] == EVENTS
        send.assert_called_once()


def test_send_of_a_subclass_is_called_no_more_than_without_a_mock(requests_mock: Mocker) -> None:
    class Own(requests.Session):
        def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
            raise AssertionError

    with (
        Server(stream([BODY])) as server,
        Own() as session,
        pytest.warns(UserWarning, match="Own overrides send"),
        Client(session) as client,
        client.post(server.url) as events,
    ):
        assert [shown(event) for event in events] == EVENTS
