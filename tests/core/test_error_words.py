"""Errors say where, what was expected, with the option and its number, and what came; the same in both clients."""

from __future__ import annotations

import asyncio
import gzip
import logging
import queue
from typing import TYPE_CHECKING, Any

import pytest
from asynchronous.kit import AT_ONCE, Asyncio, Blocking

from sse_client import AsyncClient, Reconnect, SSEError, Timeout, subscribe
from sse_client._core.failures import no_connection
from sse_client.testing import CLOSE, STALL, Server, chunk, head, reply, stream

if TYPE_CHECKING:
    from asynchronous.kit import Client

    from sse_client import Event
    from sse_client.testing import Step

ONE = b"data: 1\n\n"


@pytest.fixture(params=[Blocking, Asyncio], ids=["blocking", "asyncio"])
def client(request: pytest.FixtureRequest) -> Client:
    made: Client = request.param()
    return made


def is_last(event: Event) -> bool:
    return event.data == "last"


def to(location: str) -> list[Step]:
    return reply(302, headers={"Location": location})


CASES: list[Any] = [
    pytest.param(
        [STALL], {"timeout": (5, 0.2)}, "expected data from {url}, got nothing within 0.2 s (timeout: read)", id="read"
    ),
    pytest.param(
        [head(), chunk(ONE), STALL],
        {"timeout": 0.2},
        "expected data from {url}, got nothing within 0.2 s (timeout: read)",
        id="read, in the body",
    ),
    pytest.param(
        [STALL],
        {"timeout": Timeout(event=0.2)},
        "expected an event from {url} within 0.2 s (timeout: event), got none",
        id="event, before the head",
    ),
    pytest.param(
        [head(), STALL],
        {"timeout": Timeout(event=9, first=0.2)},
        "expected an event from {url} within 0.2 s (timeout: first), got none",
        id="first",
    ),
    pytest.param(
        [head(), chunk(ONE), STALL],
        {"timeout": Timeout(event=0.2, first=9)},
        "expected an event from {url} within 0.2 s (timeout: event), got none",
        id="event",
    ),
    pytest.param(
        [head(), STALL],
        {"timeout": Timeout(total=0.2)},
        "expected the whole stream from {url} within 0.2 s (timeout: total)",
        id="total",
    ),
    pytest.param(
        stream([ONE]),
        {"timeout": Timeout(total=5), "reconnect": Reconnect(initial_delay=99)},
        "expected the whole stream from {url} within 5 s (timeout: total), "
        "and the next connection would come only after another 99 s",
        id="total, while waiting to connect again",
    ),
    pytest.param(
        stream([ONE]),
        {"until": "[DONE]"},
        "the stream from {url} ended before the event that `until` names ('[DONE]')",
        id="until",
    ),
    pytest.param(
        stream([ONE]),
        {"until": is_last},
        "the stream from {url} ended before the event that `until` names (is_last)",
        id="until, a predicate",
    ),
    pytest.param(stream([]), {"reconnect": AT_ONCE}, "the server ended the stream from {url}", id="a clean end"),
    pytest.param(
        [head(), chunk(ONE), CLOSE], {}, "the connection to {url} broke: it ended before the body's end", id="cut off"
    ),
    pytest.param(
        stream([b"data: 123456789\n\n"]),
        {"max_event_size": 8},
        "expected at most 8 bytes in an event (max_event_size), got more, from {url}",
        id="max_event_size",
    ),
    pytest.param(
        reply(503),
        {"reconnect": False},
        "expected a 2xx status with content from {url}, got 503 (Service Unavailable)",
        id="a status",
    ),
    pytest.param(
        reply(200, b"{}", headers={"Content-Type": "application/json"}),
        {},
        "expected text/event-stream from {url}, got application/json",
        id="a content type",
    ),
    pytest.param(
        [head(headers={"Content-Encoding": "gzip"}), chunk(gzip.compress(ONE)[:-4]), b"0\r\n\r\n"],
        {},
        "the compressed body was cut off before its end, from {url}",
        id="a coding that is cut off",
    ),
    pytest.param(
        stream([ONE], headers={"Content-Encoding": "gzip"}),
        {},
        "the compressed body is corrupt, from {url}",
        id="a corrupt coding",
    ),
    pytest.param(
        to("/x"),
        {"allow_redirects": False},
        "expected no redirect (allow_redirects=False), got 302 to",
        id="a redirect",
    ),
    pytest.param(
        to("ftp://h/"),
        {},
        "expected a redirect to an http or https URL, got one to ftp:, from {url}",
        id="a redirect to no HTTP",
    ),
    pytest.param(
        to("http://h:0/"),
        {},
        "expected a redirect to an HTTP URL, got one without a host, or to port 0, from {url}",
        id="to port 0",
    ),
]


@pytest.mark.parametrize(("script", "options", "message"), CASES)
def test_an_error_names_the_url_and_the_option_with_its_number(
    client: Client, script: list[Step], options: dict[str, Any], message: str
) -> None:
    with Server(default=lambda _: script) as server:
        url = f"{server.url}/path"
        reading = client.read("POST", url.replace("//", "//me:s3cret@") + "?key=s3cret", **options)
    assert isinstance(reading.error, SSEError)
    said = str(reading.error)
    assert said.startswith(message.format(url=url)), said
    assert "s3cret" not in said


def test_log_lines_carry_the_url_and_structured_fields(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with Server(stream([ONE]), reply(204)) as server, caplog.at_level(logging.INFO, logger="sse_client"):
        client.read("GET", f"{server.url}/path?key=s3cret", reconnect=AT_ONCE)
        name = f"GET {server.url}/path"
    said = [(record.getMessage(), record.__dict__["sse_request"]) for record in caplog.records]
    assert [(text.partition(":")[0], request) for text, request in said] == [
        ("opened", name),
        ("lost", name),
        ("closed", name),
    ]
    assert all(f"{server.url}/path" in text and "s3cret" not in text for text, _ in said)
    opened, lost, closed = (record.__dict__ for record in caplog.records)
    assert (opened["sse_attempt"], lost["sse_delay"], closed["sse_reason"]) == (1, 0.0, "no content")


def test_a_subscription_that_fails_is_logged_with_its_url(caplog: pytest.LogCaptureFixture) -> None:
    with Server(reply(404)) as server, caplog.at_level(logging.ERROR, logger="sse_client"):
        assert subscribe("GET", f"{server.url}/path?key=s3cret", print, reconnect=False).join(10)
        name = f"GET {server.url}/path"
    (record,) = caplog.records
    assert record.getMessage().startswith(f"subscription to {name} ended: StatusError(")
    assert record.__dict__["sse_request"] == name
    assert "s3cret" not in record.getMessage()


@pytest.mark.parametrize(
    ("handler", "events", "message"),
    [
        (queue.Queue[Any](), None, "handler: expected a callable, got Queue: pass its put"),
        ("print", None, "handler: expected a callable, got str$"),
        (print, "message", "events: expected an iterable of event types, got one str"),
        (print, [1], "events: expected event types, each a str, got int"),
    ],
)
def test_a_handler_of_the_wrong_kind_is_a_type_error_at_once(handler: Any, events: Any, message: str) -> None:
    with Server() as server:
        with pytest.raises(TypeError, match=message):
            subscribe("GET", server.url, handler, events=events)
        assert server.connections == 0

        async def main() -> None:
            async with AsyncClient() as client:
                with pytest.raises(TypeError, match=message):
                    client.subscribe("GET", server.url, handler, events=events)

        asyncio.run(main())
        assert server.connections == 0


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        ("http://user:secret@127.0.0.1:9", "http://127.0.0.1:9"),
        ("127.0.0.1:9", "http://127.0.0.1:9"),
        ("user:secret@proxy:9", "http://proxy:9"),
        ("socks5://proxy:9", "socks5://proxy:9"),
    ],
)
def test_a_proxy_is_named_with_or_without_a_scheme(proxy: str, shown: str) -> None:
    error = no_connection("http://h/?secret", ConnectionRefusedError(111, "Connection refused"), proxy)
    assert (
        str(error) == f"could not connect to the proxy {shown}, on the way to http://h/: [Errno 111] Connection refused"
    )
