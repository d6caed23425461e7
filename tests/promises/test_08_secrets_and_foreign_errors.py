"""Every error that leaves is of our tree, holds no secret in its chain, and shows foreign text escaped and cut."""

# pyright: reportUnknownArgumentType=false
from __future__ import annotations

import logging
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import Reconnect, SSEError, Timeout

from .kit import read_request, refused, serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from asynchronous.kit import Client

SECRET = "hunter2"
OPTIONS: dict[str, Any] = {
    "headers": {"Authorization": f"Bearer {SECRET}1", "X-Key": f"{SECRET}2"},
    "params": {"token": f"{SECRET}3"},
    "cookies": {"session": f"{SECRET}4"},
    "json": {"password": f"{SECRET}5"},
    "timeout": Timeout(connect=2, read=2, total=5),
}
URL = f"user:{SECRET}6@"


def errors_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and everything that it is chained to, suppressed or not."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [each for each in (one.__cause__, one.__context__) if each is not None]
            waiting += [each for each in one.args if isinstance(each, BaseException)]


def words_of(error: BaseException) -> str:
    """Return all that a log or an error tracker would show of an error, its attributes included."""
    words = ["".join(traceback.format_exception(error))]
    for one in errors_of(error):
        words += [str(one), repr(one), repr(one.args), *getattr(one, "__notes__", ())]
        attributes: dict[str, Any] = dict(getattr(one, "__dict__", {}))
        attributes.pop("headers", None)  # of the response, which the server sent
        words.append(repr(attributes))
        holders: list[Any] = [value for value in attributes.values() if hasattr(value, "__dict__")]
        words += [repr(vars(value)) for value in holders]
    return "\n".join(words)


class Records:
    """An observer that keeps what could be printed of everything that it is told."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def __call__(self, news: Any) -> None:
        error = getattr(news, "error", None)
        self.words.append(type(news).__name__ if error is None else words_of(error))


def raw(answer: bytes) -> Callable[[socket.socket], None]:
    """Return what gives an answer as it is, and closes."""

    def talk(sock: socket.socket) -> None:
        read_request(sock)
        sock.sendall(answer)

    return talk


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
ANSWERS = {
    "nothing": b"",
    "garbage": b"\x00\xff garbage\r\n\r\n",
    "two lengths": STREAM + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a length of two numbers": STREAM + b"Content-Length: 1, 2\r\n\r\nxx",
    "a length that is none": STREAM + b"Content-Length: x\r\n\r\nxx",
    "a negative length": STREAM + b"Content-Length: -1\r\n\r\nxx",
    "length beside chunked": STREAM + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown transfer coding": STREAM + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a status that is none": b"HTTP/1.1 2x0 OK\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "a cut head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "a cut body": STREAM + b"Content-Length: 99\r\n\r\ndata: 1\n",
    "a bad chunk": STREAM + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "bad gzip": STREAM + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
    "a bad cookie": STREAM + b"Set-Cookie: a=\x01\x02; Domain=;;;\r\nContent-Length: 99\r\n\r\nx",
    "a bad location": b"HTTP/1.1 302 -\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n",
    "a location of another scheme": b"HTTP/1.1 302 -\r\nLocation: gopher://x/\r\nContent-Length: 0\r\n\r\n",
    "a location with a bad port": b"HTTP/1.1 302 -\r\nLocation: http://a:99999/\r\nContent-Length: 0\r\n\r\n",
    "a location with a bad host": b"HTTP/1.1 302 -\r\nLocation: http://a..b/\r\nContent-Length: 0\r\n\r\n",
    "a location elsewhere": b"HTTP/1.1 307 -\r\nLocation: http://elsewhere.test/?t\r\nContent-Length: 0\r\n\r\n",
    "a refusal": b"HTTP/1.1 401 -\r\nContent-Length: 0\r\n\r\n",
    "a bad challenge": b'HTTP/1.1 401 -\r\nWWW-Authenticate: Digest \xff="\r\nContent-Length: 0\r\n\r\n',
    "a page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p>x",
    "a bad line": STREAM + b"no colon here\r\n\r\n",
    "a blank before the colon": STREAM + b"X : y\r\n\r\n",
}


@pytest.mark.parametrize("reconnect", [None, Reconnect(initial_delay=0, max_delay=0, max_attempts=2)])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_an_error_of_ours_without_a_secret(
    client: Client, name: str, reconnect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "sse_client")
    records = Records()
    with serving(raw(ANSWERS[name])) as port:
        url = f"http://{URL}127.0.0.1:{port}/path?q={SECRET}7"
        error = client.read("POST", url, observer=records, reconnect=reconnect, **OPTIONS).error
    assert isinstance(error, SSEError), error
    shown = words_of(error) + "\n".join(records.words)
    assert SECRET not in shown
    ours = [record.getMessage() + str(record.exc_text) for record in caplog.records if record.name == "sse_client"]
    assert SECRET not in "".join(ours)


PLACES = {
    "a refused connection": lambda: refused().replace("://", f"://{URL}") + f"?q={SECRET}7",
    "a name that does not exist": lambda: f"http://{URL}host.invalid/?q={SECRET}7",
}


@pytest.mark.parametrize("name", PLACES)
def test_a_place_that_cannot_be_reached_shows_no_secret(client: Client, name: str) -> None:
    records = Records()
    error = client.read("POST", PLACES[name](), observer=records, reconnect=False, **OPTIONS).error
    assert isinstance(error, SSEError)
    assert SECRET not in words_of(error) + "".join(records.words)


@pytest.mark.parametrize("target", ["http", "https"])
@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 -\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 503 -\r\n\r\n", b"garbage\r\n\r\n", b""]
)
def test_a_proxy_that_refuses_shows_no_secret(client: Client, target: str, answer: bytes) -> None:
    records = Records()
    with serving(raw(answer)) as port:
        proxy = f"http://{URL}127.0.0.1:{port}"
        options: dict[str, Any] = {
            **OPTIONS,
            "proxies": {"http": proxy, "https": proxy},
            "observer": records,
            "reconnect": False,
        }
        error = client.read("POST", f"{target}://{URL}host.test/?q={SECRET}7", **options).error
    assert isinstance(error, SSEError)
    assert SECRET not in words_of(error) + "".join(records.words)


@pytest.mark.parametrize(
    "proxy", ["http://{}127.0.0.1:1", "socks5://{}127.0.0.1:1", "socks9://{}h", "http://{}:x", "{}"]
)
@pytest.mark.parametrize("by", ["environment", "option"])
@pytest.mark.parametrize("installed", [True, False])
@pytest.mark.parametrize("client", ["blocking", "asyncio"], indirect=True)  # those of httpx refuse it themselves
def test_a_proxy_that_cannot_be_used_shows_no_secret(
    client: Client, proxy: str, by: str, installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = proxy.format(URL)
    if not installed:
        for module in ("socks", "python_socks", "aiohttp_socks"):
            monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
    options = dict(OPTIONS)
    if by == "environment":
        monkeypatch.setenv("http_proxy", url)
    else:
        options["proxies"] = {"http": url}
    records = Records()
    error = client.read("POST", "http://host.test/", observer=records, reconnect=False, **options).error
    assert isinstance(error, (SSEError, ValueError, TypeError)), error
    assert SECRET not in words_of(error) + "".join(records.words)


BAD: dict[str, dict[str, Any]] = {
    "a cookie with a line end": {"cookies": {"a": f"{SECRET}\r\nX: y"}},
    "a header with a line end": {"headers": {"X": f"{SECRET}\n"}},
    "a header beyond latin-1": {"headers": {"X": f"{SECRET}\ud800"}},
    "a password with a line end": {"auth": ("user", f"{SECRET}\r\n\0")},
    "a query with a surrogate": {"params": {"q": f"{SECRET}\ud800"}},
    "a body with a surrogate": {"data": f"{SECRET}\ud800"},
}


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_of_the_callers_shows_no_secret(client: Client, name: str) -> None:
    records = Records()
    with serving(raw(b"HTTP/1.1 400 -\r\nContent-Length: 0\r\n\r\n")) as port:
        url = f"http://127.0.0.1:{port}/"
        try:
            error = client.read("POST", url, observer=records, **BAD[name]).error
        except (ValueError, TypeError) as refusal:
            error = refusal
    if error is None or isinstance(error, SSEError):
        return  # it can be sent
    assert isinstance(error, (ValueError, TypeError))
    assert SECRET not in words_of(error) + "".join(records.words)


LONG = b"\x1b[31mred\x9b\x07" + b"A" * 60_000
FOREIGN = {
    "a phrase": b"HTTP/1.1 400 " + LONG + b"\r\nContent-Length: 0\r\n\r\n",
    "a content type": b"HTTP/1.1 200 OK\r\nContent-Type: " + LONG + b"\r\nContent-Length: 0\r\n\r\n",
    "a media type": b"HTTP/1.1 200 OK\r\nContent-Type: text/" + b"A" * 60_000 + b"\r\nContent-Length: 0\r\n\r\n",
    "a coding": STREAM + b"Content-Encoding: compress;" + LONG + b"\r\n\r\n",
    "a location": b"HTTP/1.1 302 -\r\nLocation: " + LONG.replace(b"\x1b", b"") + b"://x\r\nContent-Length: 0\r\n\r\n",
    "a host": b"HTTP/1.1 307 -\r\nLocation: http://" + b"A" * 60_000 + b"/\r\nContent-Length: 0\r\n\r\n",
    "a status line": b"HTTP/" + LONG + b"\r\n\r\n",
    "a field": STREAM + LONG + b"\r\n\r\n",
    "a length": STREAM + b"Content-Length: " + b"9" * 60_000 + b"x\r\n\r\n",
    "a transfer coding": STREAM + b"Transfer-Encoding: " + LONG + b"\r\n\r\n",
    "a chunk size": STREAM + b"Transfer-Encoding: chunked\r\n\r\n" + LONG + b"\r\n",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_text_is_escaped_and_cut(client: Client, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "sse_client")
    with serving(raw(FOREIGN[name])) as port:
        error = client.read("POST", f"http://127.0.0.1:{port}/", reconnect=False).error
    assert isinstance(error, SSEError)
    for words in (*map(str, errors_of(error)), *(record.getMessage() for record in caplog.records)):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", words), words[:300]
        assert len(words) < 600
