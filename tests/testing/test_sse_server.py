"""Answers in the words of a test, and what it may assert of the requests."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest
import requests
from sseclient import SSEClient

import sse_client
from sse_client import Comment, Event, Reconnect
from sse_client.testing import CLOSE, RESET, STALL, Pause, Wait, chunk

from .kit import exchange

if TYPE_CHECKING:
    from sse_client.testing import SSEServer

AT_ONCE = Reconnect(initial_delay=0, max_delay=0, max_attempts=3)


def test_items_are_sent_in_order(sse_server: SSEServer) -> None:
    sse_server.answer(
        "a\nb", {"n": 1}, Event(data="e", event="x", id="1"), Comment("beat"), b"raw\n\n", Pause(0.001), "z"
    )
    answer = requests.get(sse_server.url, timeout=10)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.text == (
        'data: a\ndata: b\n\ndata: {"n": 1}\n\nevent: x\nid: 1\ndata: e\n\n: beat\n\nraw\n\ndata: z\n\n'
    )


def test_each_item_is_a_chunk_of_its_own(sse_server: SSEServer) -> None:
    sse_server.answer("a", "b", CLOSE)
    assert exchange(sse_server).partition(b"\r\n\r\n")[2] == chunk(b"data: a\n\n") + chunk(b"data: b\n\n")


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("coding", [None, "gzip"])
def test_answer_has_framing_coding_status_and_headers(sse_server: SSEServer, framing: Any, coding: Any) -> None:
    sse_server.answer("a", Pause(0), "b", framing=framing, coding=coding, status=201, headers={"X-A": ["1", "2"]})
    with requests.post(sse_server.url, stream=True, timeout=10) as answer:
        body = answer.raw.read(decode_content=False)
    assert (gzip.decompress(body) if coding else body) == b"data: a\n\ndata: b\n\n"
    assert (answer.status_code, answer.headers["x-a"]) == (201, "1, 2")


def test_waits_are_for_the_test(sse_server: SSEServer, event: threading.Event) -> None:
    sse_server.answer("a", Wait(event), "b")
    with requests.get(sse_server.url, stream=True, timeout=10) as response:
        pieces = response.iter_content(None)
        assert next(pieces) == b"data: a\n\n"
        event.set()
        assert next(pieces) == b"data: b\n\n"


@pytest.mark.parametrize(
    ("body", "content", "content_type"),
    [
        (b"\xff", b"\xff", "text/plain; charset=utf-8"),
        ("nö", "nö".encode(), "text/plain; charset=utf-8"),
        ({"error": 1}, b'{"error": 1}', "application/json"),
        (b"", b"", None),
    ],
)
def test_refusal_has_status_and_body(sse_server: SSEServer, body: Any, content: bytes, content_type: str) -> None:
    sse_server.refuse(503, body, headers={"Retry-After": "0"})
    answer = requests.get(sse_server.url, timeout=10)
    assert (answer.status_code, answer.content, answer.headers["retry-after"]) == (503, content, "0")
    assert answer.headers.get("content-type") == content_type


@pytest.mark.parametrize("wrong", [1, None, ["a"], object()])
def test_item_of_another_type_is_refused_at_once(sse_server: SSEServer, wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"expected a text, a mapping, an Event.*got {type(wrong).__name__}"):
        sse_server.answer("a", wrong)
    assert sse_server.answers_left == 0


def test_event_that_cannot_be_written_is_refused_at_once(sse_server: SSEServer) -> None:
    with pytest.raises(ValueError, match="must hold no CR"):
        sse_server.answer("a\rb")


# Which answer a request gets


def test_answers_of_a_path_are_for_it_alone(sse_server: SSEServer) -> None:
    sse_server.answer("any 1")
    sse_server.answer("a 1", path="/a")
    sse_server.answer("a 2", path="/a")
    texts = [requests.get(f"{sse_server.url}{path}", timeout=10).text for path in ("/a?x=1", "/b", "/a")]
    assert texts == ["data: a 1\n\n", "data: any 1\n\n", "data: a 2\n\n"]
    assert sse_server.answers_left == 0


def test_path_without_answers_of_its_own_left_takes_those_of_any(sse_server: SSEServer) -> None:
    sse_server.answer("a", path="/a")
    sse_server.answer("any")
    texts = [requests.get(f"{sse_server.url}/a", timeout=10).text for _ in range(3)]
    assert texts == ["data: a\n\n", "data: any\n\n", ""]


def test_subscription_ends_where_no_answer_is_left(sse_server: SSEServer) -> None:
    sse_server.answer("a", path="/events")
    assert [requests.get(f"{sse_server.url}/events", timeout=10).status_code for _ in range(3)] == [200, 204, 204]
    unknown = requests.get(f"{sse_server.url}/other", timeout=10)
    assert (unknown.status_code, unknown.text) == (404, "the test has no answer for GET /other")


def test_scripts_come_before_answers(sse_server: SSEServer) -> None:
    sse_server.answer("b")
    sse_server.script([b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"])
    assert [requests.get(sse_server.url, timeout=10).text for _ in range(2)] == ["a", "data: b\n\n"]


def test_requests_of_many_threads_share_the_answers(sse_server: SSEServer) -> None:
    for number in range(20):
        sse_server.answer(str(number), path="/a")
    texts: list[str] = []

    def get() -> None:
        texts.extend(requests.get(f"{sse_server.url}/a", timeout=10).text for _ in range(6))

    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(texts) == sorted([*[""] * 4, *(f"data: {number}\n\n" for number in range(20))])


# What came


def test_last_event_ids_show_where_a_client_resumed(sse_server: SSEServer) -> None:
    sse_server.answer(Event(data="a", id="1"), RESET)
    sse_server.answer(Event(data="b", id="ä€"))
    with sse_client.get(sse_server.url, reconnect=AT_ONCE) as events:
        assert [event.data for event in events] == ["a", "b"]
    assert sse_server.last_event_ids == [None, "1", "ä€"]


def test_request_that_came_is_returned(sse_server: SSEServer) -> None:
    sse_server.answer("a")
    requests.post(f"{sse_server.url}/a?x=1&y=ä", json={"b": 2}, headers={"X-C": "3"}, timeout=10)
    (request,) = sse_server.assert_requested(
        "post", "/a", query={"x": "1", "y": "ä"}, json={"b": 2}, headers={"x-c": "3", "x-d": None}, times=1
    )
    assert request is not None
    assert request.last_event_id is None
    assert sse_server.assert_requested("POST")
    assert sse_server.assert_requested("GET", times=0) == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"method": "GET"},
        {"path": "/b"},
        {"query": {}},
        {"json": {"b": 3}},
        {"headers": {"X-C": "4"}},
        {"headers": {"X-C": None}},
        {"headers": {"X-E": ""}},
        {"times": 2},
        {"times": 0},
    ],
)
def test_request_that_did_not_come_is_an_assertion_error(sse_server: SSEServer, wanted: dict[str, Any]) -> None:
    requests.post(f"{sse_server.url}/a?x=1", json={"b": 2}, headers={"X-C": "3"}, timeout=10)
    with pytest.raises(AssertionError):
        sse_server.assert_requested(wanted.pop("method", "POST"), **wanted)


def test_assertion_error_shows_what_came(sse_server: SSEServer) -> None:
    headers = {"Authorization": "Bearer s3cret", "X-Who": "me"}
    requests.post(f"{sse_server.url}/a?token=s3cret&x=1", data=b"no", headers=headers, timeout=10)
    requests.get(f"{sse_server.url}/b", timeout=10)
    with pytest.raises(AssertionError) as caught:
        sse_server.assert_requested(
            "POST", "/a", query={"token": "s"}, headers={"Authorization": "x", "X-Who": "you"}, json=[1], times=2
        )
    assert str(caught.value) == (
        "expected 2 times\n"
        "  POST /a, query {'token': '***'}, headers {'Authorization': '***', 'X-Who': 'you'}, body [1]\n"
        "There came\n"
        "  POST /a, query {'token': '***', 'x': '1'}, headers {'Authorization': '***', 'X-Who': 'me'}, body b'no'\n"
        "  GET /b, query {}, headers {'Authorization': None, 'X-Who': None}, body b''"
    )
    with pytest.raises(AssertionError, match=r"^expected at least once\n  PUT\nThere came\n  POST\n  GET$"):
        sse_server.assert_requested("PUT")


def test_assertion_error_says_that_nothing_came(sse_server: SSEServer) -> None:
    with pytest.raises(AssertionError, match=r"expected at least once\n  GET /a\nThere came\n  nothing$"):
        sse_server.assert_requested("GET", "/a")


# Any client


def prepared(server: SSEServer) -> None:
    server.answer(Event(data="a", id="1"), {"n": 1}, Comment("beat"), Event(data="c", event="end"))


EXPECTED = [("message", "a"), ("message", '{"n": 1}'), ("end", "c")]


def test_requests_and_sseclient_py_read_it(sse_server: SSEServer) -> None:
    prepared(sse_server)
    with requests.get(sse_server.url, stream=True, timeout=10) as response:
        assert [(event.event, event.data) for event in SSEClient(response.iter_content()).events()] == EXPECTED


def test_httpx_reads_it(sse_server: SSEServer) -> None:
    prepared(sse_server)
    with httpx.stream("GET", sse_server.url) as response:
        assert [line for line in response.iter_lines() if line.startswith("data")] == [
            f"data: {data}" for _, data in EXPECTED
        ]


def test_both_our_clients_read_it(sse_server: SSEServer) -> None:
    prepared(sse_server)
    prepared(sse_server)
    with sse_client.get(sse_server.url, reconnect=False) as events:
        assert [(event.event, event.data) for event in events] == EXPECTED

    async def main() -> None:
        async with sse_client.astream("GET", sse_server.url, reconnect=False) as events:
            assert [(event.event, event.data) async for event in events] == EXPECTED

    asyncio.run(main())


def test_aiohttp_reads_it_while_the_loop_waits_for_requests(sse_server: SSEServer) -> None:
    prepared(sse_server)

    async def main() -> None:
        async with aiohttp.ClientSession() as session:
            waiting = asyncio.create_task(asyncio.to_thread(sse_server.wait_for, 1))
            async with session.get(sse_server.url) as response:
                lines = (await response.read()).decode().splitlines()
            (request,) = await waiting
        assert request.method == "GET"
        assert [json.loads(line[6:]) for line in lines if line.startswith("data: {")] == [{"n": 1}]

    asyncio.run(main())


def test_stall_ends_with_the_test(sse_server: SSEServer) -> None:
    sse_server.answer("a", STALL)
    with requests.get(sse_server.url, stream=True, timeout=10) as response:
        assert next(response.iter_content(None)) == b"data: a\n\n"


@pytest.mark.parametrize("path", ["events", "", "/events?page=1", "http://127.0.0.1/events"])
def test_path_that_no_request_has_is_refused_at_once(sse_server: SSEServer, path: str) -> None:
    with pytest.raises(ValueError, match="path: expected a path such as '/events', without a query, got "):
        sse_server.answer("a", path=path)
    with pytest.raises(ValueError, match="path: expected a path"):
        sse_server.refuse(503, path=path)
    assert sse_server.answers_left == 0


def test_status_that_is_no_number_is_refused_at_once(sse_server: SSEServer) -> None:
    wrong: Any = "503"
    with pytest.raises(TypeError, match="status: expected an int, got str"):
        sse_server.refuse(wrong)
    with pytest.raises(TypeError, match="status: expected an int, got str"):
        sse_server.answer("a", status=wrong)
