"""A request and what a session adds, to what is sent."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from sse_client import Request
from sse_client._http.cookies import cookie_header
from sse_client._http.outgoing import OutgoingRequest, SessionDefaults, outgoing
from sse_client._http.url import MalformedRequest

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://example.com/a"
NOTHING = SessionDefaults()


def made(method: str = "GET", url: str = URL, *, session: SessionDefaults = NOTHING, **options: Any) -> OutgoingRequest:
    return outgoing(Request(method=method, url=url, **options), session)


STANDARD = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}


def headers(*arguments: Any, **options: Any) -> dict[str, str | bytes]:
    """Return the header fields without those that every stream asks with."""
    return {name: value for name, value in made(*arguments, **options).headers.values() if name not in STANDARD}


def test_repr_shows_no_secrets() -> None:
    request = made("POST", "http://a:s3cret@h/b?s3cret", headers={"X": "s3cret"}, data="s3cret")
    assert repr(request) == "<OutgoingRequest POST http://h/b>"
    assert "s3cret" not in repr(SessionDefaults(headers={"X": "s3cret"}))


# Header fields


def test_headers_of_the_request_replace_those_of_the_session() -> None:
    session = SessionDefaults(headers={"X-A": "1", "X-B": b"2", "X-C": "3", "X-D": None})
    assert headers(session=session, headers={"x-a": "4", "X-c": None, "X-E": None}) == {"x-a": "4", "X-B": b"2"}


def test_headers_are_found_by_their_name_in_lower_case() -> None:
    assert made(headers={"X-A": "1"}).headers == {
        "accept": ("Accept", "text/event-stream"),
        "cache-control": ("Cache-Control", "no-cache"),
        "x-a": ("X-A", "1"),
    }


@pytest.mark.parametrize(
    ("session", "own", "resume", "expected"),
    [
        pytest.param({}, {}, b"", {"Accept": "text/event-stream", "Cache-Control": "no-cache"}, id="where nobody does"),
        pytest.param({"accept": "*/*"}, {}, b"", STANDARD, id="in place of what a library accepts by itself"),
        pytest.param({"accept": "a/b"}, {}, b"", {"accept": "a/b", "Cache-Control": "no-cache"}, id="session: accept"),
        pytest.param({"Cache-Control": "x"}, {}, b"", {**STANDARD, "Cache-Control": "x"}, id="session: cache"),
        pytest.param({}, {"accept": "*/*"}, b"", {"accept": "*/*", "Cache-Control": "no-cache"}, id="request: accept"),
        pytest.param({}, dict.fromkeys(STANDARD), b"", {}, id="taken away"),
        pytest.param({"accept": None}, {}, b"", {"Cache-Control": "no-cache"}, id="taken away by the session"),
        pytest.param({}, {}, b"7", {**STANDARD, "Last-Event-ID": b"7"}, id="where to resume"),
        pytest.param(
            {"last-event-id": "8"}, {}, b"7", {**STANDARD, "Last-Event-ID": b"7"}, id="whatever a session has"
        ),
        pytest.param(
            {}, {"last-event-id": "9"}, b"7", {**STANDARD, "last-event-id": "9"}, id="unless the request says"
        ),
        pytest.param({}, {"Last-Event-ID": None}, b"7", STANDARD, id="or says that it does not"),
    ],
)
def test_headers_of_the_standard_are_sent_unless_others_are_set(
    session: dict[str, Any], own: dict[str, Any], resume: bytes, expected: dict[str, Any]
) -> None:
    request = Request(method="GET", url=URL, headers=own)
    sent = outgoing(request, SessionDefaults(headers=session), resume)
    assert dict(sent.headers.values()) == expected


@pytest.mark.parametrize("value", ["s3cret\r\n", b"s3cret\n", "s3cret\0", " s3cret", "\ts3cret", b" s3cret"])
@pytest.mark.parametrize("where", ["request", "session"])
def test_field_that_would_be_read_otherwise_is_refused(where: str, value: Any) -> None:
    fields = {"X-A": value}
    with pytest.raises(MalformedRequest, match="header X-A") as caught:
        made(headers=fields) if where == "request" else made(session=SessionDefaults(headers=fields))
    assert "s3cret" not in str(caught.value)


def test_field_of_another_type_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="header X-A: expected str or bytes, got int"):
        made(session=SessionDefaults(headers={"X-A": 1}))


def test_impersonal_defaults_alone_cross_origins() -> None:
    session = SessionDefaults(
        headers={"User-Agent": "mine", "accept": "a/b", "X-Mine": "1", "Authorization": "x"},
        params={"a": "1"},
        cookies=lambda _, __: "a=1",
        auth=("user", "word"),
        netrc=True,
    )
    assert session.across_origins() == SessionDefaults(headers={"User-Agent": "mine", "accept": "a/b"})


# Parameters


@pytest.mark.parametrize(
    ("own", "session", "query"),
    [
        (None, {"a": "1"}, "a=1"),
        ({"b": "2"}, {"a": "1", "b": "1"}, "a=1&b=2"),
        ({"a": None}, {"a": "1"}, ""),
        ({}, {"a": "1"}, "a=1"),
        ("c", {"a": "1"}, "c"),
        ([("c", "1")], {"a": "1"}, "c=1"),
        ({"a": "1"}, [("c", "1")], "a=1"),
    ],
)
def test_params_of_the_request_replace_those_of_the_session(own: Any, session: Any, query: str) -> None:
    prepared = requests.Session()
    prepared.params = session
    assert made(params=own, session=SessionDefaults(params=session)).url == f"{URL}?{query}".rstrip("?")
    assert prepared.prepare_request(requests.Request("GET", URL, params=own)).url == f"{URL}?{query}".rstrip("?")


# Framing


@pytest.mark.parametrize(
    ("method", "options", "expected"),
    [
        ("GET", {}, {}),
        ("HEAD", {}, {}),
        ("POST", {}, {"Content-Length": "0"}),
        ("OPTIONS", {}, {"Content-Length": "0"}),
        ("POST", {"data": b"abc"}, {"Content-Length": "3"}),
        ("GET", {"data": b"abc"}, {"Content-Length": "3"}),
        ("POST", {"data": io.BytesIO(b"abc")}, {"Content-Length": "3"}),
        ("POST", {"data": iter([b"abc"])}, {"Transfer-Encoding": "chunked"}),
        ("POST", {"data": b"abc", "headers": {"content-length": "9"}}, {"Content-Length": "3"}),
        ("POST", {"data": iter([b"abc"]), "headers": {"content-length": "3"}}, {"content-length": "3"}),
        ("POST", {"headers": {"content-length": "0"}}, {"content-length": "0"}),
        ("GET", {"headers": {"content-length": b"0"}}, {"content-length": b"0"}),
        ("POST", {"data": b"abc", "headers": {"Transfer-Encoding": "chunked"}}, {"Content-Length": "3"}),
        ("POST", {"data": iter([b"abc"]), "headers": {"transfer-encoding": "x"}}, {"Transfer-Encoding": "chunked"}),
        ("GET", {"headers": {"transfer-encoding": "chunked"}}, {}),
    ],
)
def test_length_is_said_once(method: str, options: dict[str, Any], expected: dict[str, str]) -> None:
    assert headers(method, **options) == expected


@pytest.mark.parametrize("data", [None, iter([b"abc"])])
@pytest.mark.parametrize("length", ["3", "", "-1", "+3", "1_0", "\u00b2", "9" * 19, b"3\xff", "3, 3"])
def test_a_length_without_a_body_or_that_is_no_number_is_refused(length: str | bytes, data: Any) -> None:
    if length == "3" and data is not None:
        assert headers("POST", data=data, headers={"Content-Length": length}) == {"Content-Length": "3"}
        return
    with pytest.raises(MalformedRequest, match="header Content-Length: expected a "):
        made("POST", data=data, headers={"Content-Length": length})


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"json": {}}, "application/json"),
        ({"data": {"a": "1"}}, "application/x-www-form-urlencoded"),
        ({"data": "a=1"}, None),
        ({"json": {}, "headers": {"content-type": "a/b"}}, "a/b"),
        ({"json": {}, "headers": {"content-type": None}}, "application/json"),
        ({"json": {}, "session": SessionDefaults(headers={"Content-Type": "a/b"})}, "a/b"),
    ],
)
def test_media_type_is_that_of_the_body_unless_one_is_given(options: dict[str, Any], expected: str | None) -> None:
    assert made("POST", **options).headers.get("content-type", (None, None))[1] == expected


# Cookies


def test_cookies_of_session_and_request_are_one_header() -> None:
    asked: list[str] = []

    def cookies(sent: OutgoingRequest, own: Any) -> str:
        asked.append(sent.url)
        return cookie_header(sent.url, [("a", "1"), ("b", "1")], own)

    session = SessionDefaults(cookies=cookies)
    assert headers(session=session, cookies={"b": "2"}, params={"q": "1"})["Cookie"] == "a=1; b=2"
    assert asked == [f"{URL}?q=1"]
    assert headers(session=session)["Cookie"] == "a=1; b=1"
    assert headers(session=session, cookies={"b": "2"}, headers={"cookie": "mine=1"}) == {"cookie": "mine=1"}
    assert headers(cookies={"b": "2"}) == {"Cookie": "b=2"}


def test_no_cookies_are_no_header() -> None:
    assert headers(session=SessionDefaults(cookies=lambda _, __: ""), cookies={}) == {}


# Credentials

USER, SESSION, FILE, ADDRESS = (HTTPBasicAuth(name, "") for name in ("user", "session", "file", "url"))


def basic(auth: HTTPBasicAuth | None) -> str | bytes | None:
    return requests.Request("GET", URL, auth=auth).prepare().headers.get("Authorization")


@pytest.mark.parametrize(
    ("options", "session", "url", "expected"),
    [
        ({}, {}, URL, None),
        ({}, {}, "http://url:@h/", ADDRESS),
        ({}, {"netrc": True}, "http://url:@h/", FILE),
        ({}, {"auth": SESSION, "netrc": True}, "http://url:@h/", SESSION),
        ({"auth": ("user", "")}, {"auth": SESSION, "netrc": True}, "http://url:@h/", USER),
        ({"auth": USER}, {}, URL, USER),
        ({"auth": ()}, {"auth": ("session", "")}, URL, SESSION),
        ({"auth": USER, "headers": {"authorization": "Bearer x"}}, {}, URL, USER),
    ],
)
def test_credentials_come_from_the_first_that_has_some(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: dict[str, Any],
    session: dict[str, Any],
    url: str,
    expected: HTTPBasicAuth | None,
) -> None:
    (tmp_path / "netrc").write_text('default login file password ""\n')
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    found = made(url=url, session=SessionDefaults(**session), **options).headers.get("authorization")
    assert (found[1] if found else None) == basic(expected)


@pytest.mark.parametrize("value", ["Bearer x", b"Bearer x", None])
@pytest.mark.parametrize("where", ["request", "session"])
def test_authorization_of_the_callers_is_never_replaced(where: str, value: Any) -> None:
    fields = {"authorization": value}
    session = SessionDefaults(headers=fields if where == "session" else {}, auth=SESSION, netrc=True)
    own = fields if where == "request" else {}
    expected = {} if value is None else fields
    assert headers(url="http://url:@h/", session=session, headers=own) == expected


class Changing(AuthBase):
    """Changes all of a request."""

    def __init__(self, body: Any) -> None:
        self.body = body

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        assert (r.method, r.url, r.headers["x-a"], r.body) == ("POST", URL, "1", b"abc")
        r.method, r.url, r.body = "PUT", f"{URL}?signed", self.body
        r.headers["X-A"] = "2"
        return r


@pytest.mark.parametrize(
    ("body", "framing"),
    [
        (b"abcd", {"content-length": ("Content-Length", "4")}),
        ("\u20ac", {"content-length": ("Content-Length", "3")}),
        (None, {"content-length": ("Content-Length", "0")}),
        (iter([b"x"]), {"transfer-encoding": ("Transfer-Encoding", "chunked")}),
    ],
)
def test_authentication_object_may_change_all_of_a_request(body: Any, framing: dict[str, Any]) -> None:
    request = made("POST", headers={"X-A": "1"}, data=b"abc", auth=Changing(body))
    assert (request.method, request.url, request.body) == ("PUT", f"{URL}?signed", body)
    standard = {name.lower(): (name, value) for name, value in STANDARD.items()}
    assert request.headers == {**standard, "x-a": ("X-A", "2"), **framing}
    assert isinstance(request.prepared, requests.PreparedRequest)


def test_digest_authentication_of_requests_begins_without_credentials() -> None:
    request = made(auth=HTTPDigestAuth("user", "word"))
    assert "authorization" not in request.headers
    assert request.prepared is not None


@pytest.mark.parametrize("auth", ["token", ["user", "word"], ("a", "b", "c"), 1])
def test_auth_of_another_type_is_a_type_error(auth: Any) -> None:
    with pytest.raises(TypeError, match=f"auth: expected a pair of user and password.* got {type(auth).__name__}"):
        made(auth=auth)


@pytest.mark.parametrize("auth", [("user", None), (None, "password"), (None, None)])
def test_none_is_neither_a_user_nor_a_password(auth: Any) -> None:
    with pytest.raises(TypeError, match="expected a user and a password, got None"):
        made(auth=auth)


def test_auth_that_returns_no_request_is_a_type_error() -> None:
    def auth(request: requests.PreparedRequest) -> None:
        pass

    with pytest.raises(TypeError, match="auth: expected function to return the request, got NoneType"):
        made(auth=auth)


def test_header_of_an_authentication_object_is_checked() -> None:
    def auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-A"] = "s3cret\r\nX-B: 1"
        return request

    with pytest.raises(MalformedRequest, match="header X-A"):
        made(auth=auth)
