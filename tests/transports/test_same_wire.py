"""What both clients put on the wire for the same request: method, target, header fields and body."""

from __future__ import annotations

import array
import asyncio
import io
from http.cookiejar import Cookie, CookieJar
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import requests
from requests.auth import AuthBase, HTTPBasicAuth
from requests.cookies import cookiejar_from_dict

from sse_client import Client
from sse_client.aio import AsyncClient
from sse_client.testing import Received, Server, reply, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DONE = stream([b"data: 1\n\n"])

# Header fields that differ, and why they may.
DIFFERENT = {
    "user-agent",  # each names the library that it is on
    "connection",  # requests says "keep-alive", which is what HTTP/1.1 means without it
}

Sent = tuple[str, str, list[tuple[bytes, bytes]], bytes]


def sent(request: Received) -> Sent:
    """Return what there is to compare of a request: the order of different fields has no meaning."""
    fields = [(name.lower(), value) for name, value in request.raw_headers if name.decode().lower() not in DIFFERENT]
    body = request.body
    boundary = request.headers.get("content-type", "").partition("boundary=")[2].encode()
    if boundary:  # it is random
        body = body.replace(boundary, b"boundary")
        fields = [(name, value.replace(boundary, b"boundary")) for name, value in fields]
    return request.method, request.path, sorted(fields), body


def blocking(method: str, url: str, session: dict[str, Any], options: dict[str, Any]) -> None:
    made = requests.Session()
    made.headers.update(session.get("headers", {}))
    made.cookies.update(session.get("cookies", {}))
    with Client(made, reconnect=False) as client:
        list(client.stream(method, url, **options))


def asynchronous(method: str, url: str, session: dict[str, Any], options: dict[str, Any]) -> None:
    async def main() -> None:
        made = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), **session) if session else None
        async with AsyncClient(made, reconnect=False) as client:
            [event async for event in client.stream(method, url, **options)]

    asyncio.run(main())


def both(
    method: str,
    target: str,
    options: Callable[[], dict[str, Any]] = dict,
    *,
    session: dict[str, Any] | None = None,
    script: list[Any] | None = None,
) -> tuple[list[Sent], list[Sent]]:
    """Return what each client sends to a server of its own, both under one name."""
    results: list[list[Sent]] = []
    for send in (blocking, asynchronous):
        with Server(*(script or []), DONE) as server:
            port = server.url.rpartition(":")[2]
            host = server.url.removeprefix("http://")
            url = target.replace("SERVER", host) if "SERVER" in target else server.url + target
            send(method, url, session or {}, options())
            found = [sent(request) for request in server.requests]
        results.append([each_without(port, each) for each in found])
    return results[0], results[1]


def each_without(port: str, each: Sent) -> Sent:
    method, path, fields, body = each
    return method, path.replace(port, "PORT"), [(n, v.replace(port.encode(), b"PORT")) for n, v in fields], body


def jar(**cookies: str) -> CookieJar:
    """Return a jar of cookies for 127.0.0.1, one of them for a path, and one of another host."""
    made = CookieJar()
    for domain, path, (name, value) in (
        *(("127.0.0.1", "/", pair) for pair in cookies.items()),
        ("127.0.0.1", "/deep", ("deep", "1")),
        ("example.com", "/", ("other", "1")),
    ):
        made.set_cookie(
            Cookie(0, name, value, None, False, domain, True, False, path, True, False, None, True, None, None, {})
        )
    return made


def pieces(*parts: Any) -> Iterator[Any]:
    yield from parts


class Signing(AuthBase):
    """Signs all that a request has."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["X-Signature"] = f"{r.method} {str(r.url).partition('?')[2]} {r.body!r}"
        return r


class Rewriting(AuthBase):
    """Puts its token in the URL, and the body in an envelope."""

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.prepare_url(str(r.url), {"token": "a b"})
        r.body = b"<" + bytes(r.body if isinstance(r.body, bytes) else b"") + b">"
        return r


def at_three(file: Any) -> Any:
    file.seek(3)
    return file


PARAMS: list[Any] = [
    pytest.param({"a": "1", "b": "x y&z=\u20ac"}, id="a mapping"),
    pytest.param({"a": ["1", "2"], "b": None, "c": 3, "d": True, "e": 1.5, "f": b"\xff"}, id="values of all types"),
    pytest.param([("a", "1"), ("a", "2"), (1, b"x")], id="pairs"),
    pytest.param((("a", ("1", None)),), id="a tuple of pairs"),
    pytest.param("x y=z&\u00e9=%zz", id="a string"),
    pytest.param("a=%20%7E&b=[1]", id="an encoded string"),
    pytest.param("a#b", id="a string with a fragment"),
    pytest.param(b"a=b", id="bytes"),
    pytest.param({}, id="none"),
    pytest.param({"a": []}, id="an empty list"),
]

TARGETS = [
    "",
    "/",
    "?q",
    "/?",
    "/a/b.c~d_e-f;g=h,i:j@k!$&'()*+",
    "/a%20b%2Fc%7Ed%c3%a9",
    "/a b".replace(" ", "%20") + "?x=1&x=2",
    "/\u00fcber/\u20ac?\u00e9=\u00e8",
    "/a/../b/./c/..",
    "//double//slash",
    "/100%",
    "/%zz%20",
    '/a[0]{1}|^`"<>\\',
    "/a?b?c/d",
    "/a?b=[1]{2}'\"",
    "/a#fragment",
    "/a?b#c?d",
    "/~user/\U0001f600",
]

HEADERS: list[Any] = [
    pytest.param({"X-A": "1", "x-b": b"2", "X-Empty": ""}, id="text, bytes, and nothing"),
    pytest.param({"Accept": "a/b", "cache-control": "max-age=0"}, id="in place of ours"),
    pytest.param({"Accept": None, "Cache-Control": None, "X-None": None}, id="taken away"),
    pytest.param({"X-Utf-8": "\u20ac".encode(), "X-Tab": "a\tb"}, id="UTF-8"),
    pytest.param({"Host": "other.example"}, id="another host"),
    pytest.param({"Accept-Encoding": "identity", "Content-Type": "a/b"}, id="of a body that is not there"),
    pytest.param({"Authorization": "Bearer x", "Cookie": "a=b; c=d"}, id="credentials"),
    pytest.param({"Expect": "100-continue"}, id="an expectation"),
    pytest.param({"X-A": "1", "x-a": "2"}, id="one name twice"),
    pytest.param({"Connection": "close"}, id="a connection that is closed"),
    pytest.param({"Content-Length": "0"}, id="a length of nothing"),
]

BODIES: list[Any] = [
    pytest.param(lambda: {"data": b"bytes"}, id="bytes"),
    pytest.param(lambda: {"data": b""}, id="no bytes"),
    pytest.param(lambda: {"data": "\u20ac text"}, id="text"),
    pytest.param(lambda: {"data": bytearray(b"buffer")}, id="a bytearray"),
    pytest.param(lambda: {"data": memoryview(b"a-b")[::2]}, id="a memoryview"),
    pytest.param(lambda: {"data": array.array("H", b"abcd")}, id="an array"),
    pytest.param(lambda: {"data": {"a": "x y", "b": ["1", "2"], "c": None, "d": b"\xff", "\u00e9": 1}}, id="a form"),
    pytest.param(lambda: {"data": [("a", "1"), ("a", "2")]}, id="a form of pairs"),
    pytest.param(lambda: {"data": dict[str, str]()}, id="an empty form"),
    pytest.param(lambda: {"json": {"a": ["\u20ac", 1.5, None, True, {"b": ""}]}}, id="json"),
    pytest.param(lambda: {"json": list[str]()}, id="json of nothing"),
    pytest.param(lambda: {"json": 0}, id="json that is false"),
    pytest.param(lambda: {"json": {}, "headers": {"content-type": "application/ld+json"}}, id="json of another type"),
    pytest.param(lambda: {"data": "a=b", "headers": {"Content-Type": "a/b"}}, id="text of a type"),
    pytest.param(lambda: {"data": at_three(io.BytesIO(b"abcdef"))}, id="the rest of a file in memory"),
    pytest.param(lambda: {"data": io.BytesIO()}, id="an empty file"),
    pytest.param(lambda: {"data": io.StringIO("text")}, id="a file of text"),
    pytest.param(lambda: {"data": pieces(b"ab", b"", "c\u20ac")}, id="an iterator"),
    pytest.param(lambda: {"data": b"x" * 200_000}, id="many bytes"),
    pytest.param(lambda: {"data": b"abc", "headers": {"Content-Length": "9"}}, id="bytes of another length"),
    pytest.param(lambda: {"data": b"abc", "headers": {"Content-Encoding": "gzip"}}, id="coded bytes"),
    pytest.param(lambda: {"files": {"f": b"bytes", "g": ("n\u00e4me.txt", "text")}}, id="files of bytes and text"),
    pytest.param(lambda: {"files": {"f": ("n", io.BytesIO(b"x"), "a/b", {"X-A": "1"})}}, id="a file with headers"),
    pytest.param(lambda: {"files": [("f", io.BytesIO(b"x")), ("f", io.BytesIO(b"y"))]}, id="files of one field"),
    pytest.param(lambda: {"files": {"f": b"x"}, "data": {"a": ["1", "\u20ac"], b"b": 2, "c": None}}, id="files, form"),
    pytest.param(lambda: {"files": {"f": ("n", None), "g": b"1"}}, id="a file that is None"),
]

CREDENTIALS: list[Any] = [
    pytest.param("", lambda: {"auth": ("user", "pass:word")}, id="a pair"),
    pytest.param("", lambda: {"auth": (b"\xff", "\xe9")}, id="a pair of bytes and Latin-1"),
    pytest.param("", lambda: {"auth": HTTPBasicAuth("user", "word")}, id="basic authentication of requests"),
    pytest.param("", lambda: {"auth": Signing(), "params": {"a": "1"}, "json": {"b": 1}}, id="what signs"),
    pytest.param("", lambda: {"auth": Rewriting(), "data": b"abc"}, id="what rewrites"),
    pytest.param("", lambda: {"auth": ("u", "p"), "headers": {"Authorization": "Bearer x"}}, id="a pair and a header"),
    pytest.param("http://user:pa%20ss@SERVER/a", dict, id="in the URL"),
    pytest.param("http://user@SERVER/a", dict, id="a user alone in the URL"),
    pytest.param("http://:word@SERVER/a", dict, id="a password alone in the URL"),
    pytest.param("http://a:b@SERVER/", lambda: {"auth": ("u", "p")}, id="in the URL and a pair"),
    pytest.param("http://a:b@SERVER/", lambda: {"headers": {"authorization": "x"}}, id="in the URL and a header"),
]

COOKIES: list[Any] = [
    pytest.param(lambda: {"cookies": {"a": "1", "b": '"q"', "c": "x y"}}, id="a mapping"),
    pytest.param(lambda: {"cookies": {"a": None}}, id="without a value"),
    pytest.param(lambda: {"cookies": jar(a="1", b="2")}, id="a jar"),
    pytest.param(lambda: {"cookies": cookiejar_from_dict({"a": "1"})}, id="a jar of requests"),
    pytest.param(lambda: {"cookies": {"a": "1"}, "headers": {"Cookie": "mine=1"}}, id="a mapping and a header"),
    pytest.param(lambda: {"cookies": dict[str, str]()}, id="none"),
]

SESSIONS: list[Any] = [
    pytest.param({"headers": {"X-S": "1", "X-B": "2"}}, lambda: {"headers": {"x-b": "3"}}, id="headers"),
    pytest.param({"headers": {"X-S": "1", "X-B": "2"}}, lambda: {"headers": {"X-S": None}}, id="a header taken away"),
    pytest.param({"headers": {"Accept": "a/b", "Cache-Control": "x"}}, dict, id="headers that are ours otherwise"),
    pytest.param({"headers": {"Authorization": "Bearer s"}}, dict, id="a header of credentials"),
    pytest.param({"headers": {"Authorization": "Bearer s"}}, lambda: {"auth": ("u", "p")}, id="credentials replaced"),
    pytest.param({"headers": {"Content-Type": "a/b"}}, lambda: {"json": 1}, id="a type of content"),
    pytest.param({"cookies": {"s": "1"}}, dict, id="cookies"),
    pytest.param({"cookies": {"s": "1"}}, lambda: {"cookies": {"t": "2"}}, id="cookies, and more of them"),
    pytest.param({"cookies": {"s": "1"}}, lambda: {"headers": {"Cookie": "mine=1"}}, id="cookies, and a header"),
]


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "post"]
)
@pytest.mark.parametrize("options", [{}, {"json": {"a": 1}}], ids=["no body", "a body"])
def test_methods(method: str, options: dict[str, Any]) -> None:
    first, second = both(method, "/a", lambda: options, script=[reply(204)])
    assert first == second


@pytest.mark.parametrize("params", PARAMS)
@pytest.mark.parametrize("target", ["/a", "/a?q=1", "/\u00e9?#f"])
def test_params(target: str, params: Any) -> None:
    first, second = both("GET", target, lambda: {"params": params})
    assert first == second


@pytest.mark.parametrize("target", TARGETS)
def test_targets(target: str) -> None:
    first, second = both("GET", target)
    assert first == second


@pytest.mark.parametrize("url", ["HTTP://SERVER/A", "http://SERVER", "http://SERVER?a"])
def test_urls(url: str) -> None:
    first, second = both("GET", url)
    assert first == second


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_headers(method: str, headers: dict[str, Any]) -> None:
    first, second = both(method, "/", lambda: {"headers": headers})
    assert first == second


@pytest.mark.parametrize("options", BODIES)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_bodies(method: str, options: Callable[[], dict[str, Any]]) -> None:
    first, second = both(method, "/", options)
    assert first == second


@pytest.mark.parametrize("option", ["data", "files"])
def test_files_on_disk(tmp_path: Path, option: str) -> None:
    (tmp_path / "file.txt").write_bytes(b"head, and content")
    with (tmp_path / "file.txt").open("rb") as file:

        def options() -> dict[str, Any]:
            file.seek(4)
            return {option: {"f": file} if option == "files" else file}

        first, second = both("POST", "/", options)
    assert first == second


@pytest.mark.parametrize(("url", "options"), CREDENTIALS)
def test_credentials(url: str, options: Callable[[], dict[str, Any]]) -> None:
    first, second = both("POST", url, options)
    assert first == second


@pytest.mark.parametrize("options", COOKIES)
def test_cookies(options: Callable[[], dict[str, Any]]) -> None:
    first, second = both("GET", "/deep/a", options)
    assert first == second


@pytest.mark.parametrize(("session", "options"), SESSIONS)
def test_sessions(session: dict[str, Any], options: Callable[[], dict[str, Any]]) -> None:
    first, second = both("POST", "/", options, session=session)
    assert first == second


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer mine"}, {"Authorization": None}])
@pytest.mark.parametrize("url", ["http://SERVER/", "http://a:b@SERVER/"])
def test_passwords_of_netrc(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str, header: dict[str, str | None]
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    first, second = both("GET", url, lambda: {"headers": header})
    assert first == second


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_redirects(method: str, status: int) -> None:
    hops = [reply(status, headers={"Location": "/b c?\u00e9".encode().decode("latin-1")})]
    options: dict[str, Any] = {"headers": {"X-A": "1"}, "auth": ("u", "p"), "cookies": {"a": "1"}, "params": {"q": "1"}}
    if method != "GET":
        options["json"] = {"a": 1}
    first, second = both(method, "/a", lambda: options, script=hops)
    assert len(first) == 2
    assert first == second


@pytest.mark.parametrize(
    "url",
    [
        "http://example.invalid/a?b",
        "http://example.invalid:8080",
        "http://EXAMPLE.invalid/",
        "http://b\u00fccher.example/\u00fc",
        "http://user:word@example.invalid/",
        "http://[::1]:8080/a",
        "http://\u4f8b\u3048.\u30c6\u30b9\u30c8/",
    ],
)
def test_hosts(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    first, second = by_proxy(monkeypatch, url)
    assert first == second


def by_proxy(monkeypatch: pytest.MonkeyPatch, url: str) -> list[Sent]:
    """Return what each client sends to a proxy."""
    found: list[Sent] = []
    for send in (blocking, asynchronous):
        with Server(DONE) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            send("GET", url, {}, {})
            found += [sent(request) for request in proxy.requests]
    return found


# Where they differ


def test_default_port_by_a_proxy_is_left_out_by_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = by_proxy(monkeypatch, "http://example.invalid:80/a")
    assert (first[1], dict(first[2])[b"host"]) == ("http://example.invalid:80/a", b"example.invalid:80")
    assert (second[1], dict(second[2])[b"host"]) == ("http://example.invalid/a", b"example.invalid")


def test_no_accept_encoding_is_identity_to_http_client() -> None:
    first, second = both("GET", "/", lambda: {"headers": {"Accept-Encoding": None}})
    assert dict(first[0][2])[b"accept-encoding"] == b"identity"
    assert b"accept-encoding" not in dict(second[0][2])
