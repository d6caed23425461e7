"""The transport's errors in this package's words: what kind it is, and no secret in it."""

from __future__ import annotations

import ssl
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any

import pytest
import requests
from urllib3 import exceptions as urllib3_errors

from sse_client._core.failures import innermost
from sse_client.errors import ConnectionFailed, IdleTimeout
from sse_client.transports._requests.errors import TRANSPORT_ERRORS, broken, never_connected

URL = "https://user:password@example.com:8443/path?key=secret#part"

POOL: Any = None  # urllib3's errors only keep it
REFUSED = ConnectionRefusedError(111, "Connection refused")


def chained(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def max_retries(reason: Exception) -> urllib3_errors.MaxRetryError:
    return urllib3_errors.MaxRetryError(POOL, "/path?key=secret", reason)


NEW = urllib3_errors.NewConnectionError(POOL, "Failed to establish a new connection")
NAME = urllib3_errors.NameResolutionError("example.com", POOL, OSError("not known"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (any OSError is shown)
SLOW = urllib3_errors.ConnectTimeoutError(POOL, "timed out")
READ = urllib3_errors.ReadTimeoutError(POOL, "/path?key=secret", "Read timed out.")
RESET = ConnectionResetError(104, "Connection reset by peer")


@pytest.mark.parametrize(
    "error",
    [
        requests.ReadTimeout("secret"),
        READ,
        TimeoutError("timed out"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_silence_is_an_idle_timeout(error: BaseException) -> None:
    loss = broken(error, URL)
    assert type(loss) is IdleTimeout
    assert str(loss) == (
        "expected data from https://example.com:8443/path, got nothing for as long as `timeout` allows"
    )
    assert loss.sent


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(RESET, "[Errno 104] Connection reset by peer", id="the socket's own"),
        pytest.param(
            requests.ConnectionError(urllib3_errors.ProtocolError("Connection aborted.", RESET)),
            "[Errno 104] Connection reset by peer",
            id="in two wrappings",
        ),
        pytest.param(
            urllib3_errors.ProtocolError("Connection broken", IncompleteRead(b"", 5)),
            "IncompleteRead(0 bytes read, 5 more expected)",
            id="a body that is cut",
        ),
        pytest.param(RemoteDisconnected("closed without response"), "closed without response", id="no answer"),
        pytest.param(ConnectionAbortedError(), "ConnectionAbortedError", id="without words of its own"),
        pytest.param(ssl.SSLError(1, "bad record"), "bad record", id="a reason that is text"),
        pytest.param(ValueError("I/O operation on closed file"), "I/O operation on closed file", id="a closed file"),
    ],
)
def test_what_broke_is_a_failed_connection_in_the_words_of_the_first_cause(error: BaseException, words: str) -> None:
    loss = broken(error, URL)
    assert type(loss) is ConnectionFailed
    assert str(loss).startswith("the connection to https://example.com:8443/path broke: ")
    assert words in str(loss)
    assert loss.sent


def test_what_was_never_made_was_never_sent_also_when_it_timed_out() -> None:
    for error in (requests.ConnectTimeout(max_retries(SLOW)), TimeoutError("timed out"), REFUSED):
        loss = broken(error, URL, connected=False)
        assert type(loss) is ConnectionFailed
        assert str(loss).startswith("could not connect to https://example.com:8443/path: ")
        assert not loss.sent


@pytest.mark.parametrize(
    ("error", "first"),
    [
        pytest.param(REFUSED, REFUSED, id="it is the first itself"),
        pytest.param(requests.ConnectionError(max_retries(NEW)), NEW, id="by reason"),
        pytest.param(chained(RuntimeError("above"), REFUSED), REFUSED, id="by cause"),
        pytest.param(RuntimeError("text", REFUSED, RESET), REFUSED, id="by argument"),
        pytest.param(requests.ConnectionError(max_retries(SLOW)), SLOW, id="a timeout"),
    ],
)
def test_the_innermost_error_is_the_first_cause(error: BaseException, first: BaseException) -> None:
    assert innermost(error) is first


def test_the_innermost_error_of_a_refused_connection_is_the_sockets() -> None:
    new = urllib3_errors.NewConnectionError(POOL, "failed")
    assert innermost(requests.ConnectionError(max_retries(chained(new, REFUSED)))) is REFUSED


@pytest.mark.parametrize("connected", [True, False])
@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError(max_retries(NEW)),
        requests.ConnectionError(max_retries(NAME)),
        requests.ConnectTimeout(max_retries(SLOW)),
        requests.ReadTimeout(READ),
        requests.exceptions.SSLError(max_retries(ssl.SSLError(1, "bad certificate"))),
        requests.exceptions.ProxyError(max_retries(urllib3_errors.ProxyError("no tunnel", OSError("407")))),
        requests.exceptions.RetryError(max_retries(urllib3_errors.ResponseError("too many 503 error responses"))),
        READ,
    ],
    ids=lambda each: type(each).__name__,
)
def test_nothing_of_a_urls_query_or_credentials_is_shown(error: Exception, connected: bool) -> None:
    loss = broken(error, URL, connected=connected)
    for text in (str(loss), str(innermost(error))):
        assert "secret" not in text
        assert "password" not in text
        assert "part" not in text


@pytest.mark.parametrize(
    ("error", "proof"),
    [
        pytest.param(requests.ConnectTimeout(max_retries(SLOW)), True, id="requests' timeout"),
        pytest.param(requests.ConnectTimeout(), True, id="requests' timeout, without more"),
        pytest.param(SLOW, True, id="urllib3's timeout"),
        pytest.param(NEW, True, id="urllib3's refusal"),
        pytest.param(NAME, True, id="urllib3's name that is unknown"),
        pytest.param(max_retries(NEW), True, id="urllib3's refusal in its wrapping"),
        pytest.param(requests.ConnectionError(max_retries(NEW)), True, id="requests' refusal"),
        pytest.param(requests.ConnectionError(max_retries(NAME)), True, id="requests' name that is unknown"),
        pytest.param(requests.ConnectionError(max_retries(SLOW)), True, id="a timeout in requests' general error"),
        pytest.param(requests.ConnectionError(), False, id="requests' general error"),
        pytest.param(requests.ConnectionError("text"), False, id="requests' general error with text"),
        pytest.param(requests.ReadTimeout(READ), False, id="a read timeout"),
        pytest.param(requests.ConnectionError(urllib3_errors.ProtocolError("aborted", RESET)), False, id="a reset"),
        pytest.param(ConnectionResetError(), False, id="the socket's own reset"),
    ],
)
def test_only_some_errors_prove_that_no_connection_was_made(error: BaseException, proof: bool) -> None:
    assert never_connected(error) is proof


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectionError(),
        READ,
        urllib3_errors.DecodeError(),
        RESET,
        TimeoutError(),
        ValueError(),
        ssl.SSLError(),
    ],
    ids=lambda each: type(each).__name__,
)
def test_every_kind_of_a_transports_error_is_caught(error: BaseException) -> None:
    assert isinstance(error, TRANSPORT_ERRORS)


@pytest.mark.parametrize(
    ("proxy", "named"),
    [
        pytest.param(
            "socks5h://user:secret@127.0.0.1:9", "the proxy socks5h://127.0.0.1:9, on the way to ", id="SOCKS"
        ),
        pytest.param("http://user:secret@127.0.0.1:9", "", id="HTTP, whose own errors say that it is the proxy"),
        pytest.param(None, "", id="none"),
    ],
)
def test_socks_proxy_is_named_by_whatever_was_not_connected(proxy: str | None, named: str) -> None:
    error = requests.ConnectionError(max_retries(NEW))
    failed = broken(error, URL, connected=False, proxy=proxy)
    assert str(failed).startswith(f"could not connect to {named}https://example.com:8443/path: ")
    assert "secret" not in str(failed)
