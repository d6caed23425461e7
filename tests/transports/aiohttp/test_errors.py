"""What aiohttp raises, in this package's words."""

from __future__ import annotations

import errno
import socket
import ssl
import traceback
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from sse_client import ConnectionFailed, IdleTimeout
from sse_client.transports._aiohttp.errors import translated

SECRET = "s3cret"
URL_SHOWN = "https://user:s3cret@example.com/a?s3cret#s3cret"
PROXY = "http://user:s3cret@proxy.example:3128"
INFO: Any = aiohttp.RequestInfo(URL(URL_SHOWN), "GET", CIMultiDictProxy(CIMultiDict({"A": SECRET})), URL(URL_SHOWN))
KEY: Any = None


def refused() -> OSError:
    return ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 9)")


def certificate() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")
    error.verify_code = 18
    return error


NEVER_CONNECTED: list[Any] = [
    (aiohttp.ClientConnectorError(KEY, refused()), "could not connect to https://example.com/a: .*Connect call"),
    (
        aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(-2, "Name or service not known")),
        "example.com/a: .*Name or",
    ),
    (aiohttp.ConnectionTimeoutError(f"Connection timeout to host {URL_SHOWN}"), "example.com/a: timed out"),
    (
        aiohttp.ClientProxyConnectionError(KEY, refused()),
        "could not connect to the proxy http://proxy.example:3128, on the way to https://example.com/a: .*Connect call",
    ),
    (
        aiohttp.ClientHttpProxyError(INFO, (), status=407, message=SECRET),
        "the proxy http://proxy.example:3128, on the way to https://example.com/a: the proxy answered with status 407",
    ),
    (aiohttp.ClientConnectorCertificateError(KEY, certificate()), "example.com/a: .*self-signed certificate"),
    (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError(1, "wrong version number")), "example.com/a: .*wrong version"),
    (aiohttp.ServerFingerprintMismatch(b"a", b"b", "h", 1), "its certificate is not the one"),
]

BROKEN: list[Any] = [
    (aiohttp.ServerDisconnectedError(SECRET), "the connection to https://example.com/a broke: the server closed it"),
    (aiohttp.ClientOSError(errno.ECONNRESET, f"Can not write request body for {URL_SHOWN}"), "reset by peer"),
    (aiohttp.ClientPayloadError(SECRET), "cut off before its end"),
    (aiohttp.ClientResponseError(INFO, (), message=SECRET), "head is malformed"),
    (aiohttp.ClientConnectionError(SECRET), "it was closed"),
    (RuntimeError(SECRET), "it was closed"),
    (OSError(errno.EPIPE, "Broken pipe"), "Broken pipe"),
    (OSError(), "OSError"),
]


def texts(error: ConnectionFailed) -> str:
    return "".join(traceback.format_exception(error))


@pytest.mark.parametrize(("error", "words"), NEVER_CONNECTED)
def test_connection_that_was_not_made(error: Exception, words: str) -> None:
    failed = translated(error, URL_SHOWN, connected=False, proxy=PROXY)
    with pytest.raises(ConnectionFailed, match=words):
        raise failed
    assert not failed.sent
    assert isinstance(failed.__cause__, OSError)
    assert SECRET not in texts(failed)


def test_certificates_alone_are_final() -> None:
    final = [translated(error, URL_SHOWN, connected=False).final for error, _ in NEVER_CONNECTED]
    assert final == [False] * 5 + [True, False, True]


@pytest.mark.parametrize(("error", "words"), BROKEN)
def test_connection_that_broke(error: Exception, words: str) -> None:
    failed = translated(error, URL_SHOWN)
    with pytest.raises(ConnectionFailed, match=words):
        raise failed
    assert (failed.sent, failed.final) == (True, False)
    assert type(failed) is ConnectionFailed
    assert SECRET not in texts(failed)


@pytest.mark.parametrize("error", [TimeoutError(), aiohttp.SocketTimeoutError(SECRET), TimeoutError(SECRET)])
def test_silence_is_an_idle_timeout(error: Exception) -> None:
    failed = translated(error, URL_SHOWN)
    assert isinstance(failed, IdleTimeout)
    assert str(failed) == "expected data from https://example.com/a, got nothing for as long as `timeout` allows"
    assert SECRET not in texts(failed)
