"""What a session adds to a request is what requests would have it add."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.auth import AuthBase
from requests.cookies import cookiejar_from_dict, create_cookie

from sse_client import Request
from sse_client._http.redirects import RedirectChain
from sse_client._http.request_body import ReplayableBody
from sse_client._http.url import MalformedRequest
from sse_client.transports._requests.prepared_request import prepared

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://example.com/path?a=1"
STANDARD = {"accept": "text/event-stream", "cache-control": "no-cache"}


def note(response: requests.Response, *_: Any, **__: Any) -> requests.Response:
    return response


def jar(*names: str) -> CookieJar:
    cookies = CookieJar()
    for name in names:
        cookies.set_cookie(create_cookie(name, "of the caller", domain="example.com"))
    return cookies


class Bearer(AuthBase):
    """Puts a token in the header, and looks at the body as requests has it."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {request.body!r}"
        return request


SESSIONS: dict[str, dict[str, Any]] = {
    "a new session": {},
    "a session with headers": {"headers": {"X-A": "1", "user-agent": "me", "x-b": "2"}},
    "a session with cookies": {"cookies": cookiejar_from_dict({"a": "1", "b": "2"})},
    "a session with a plain jar": {"cookies": jar("a")},
    "a session with credentials": {"auth": ("me", "word")},
    "a session with parameters": {"params": {"a": "2"}},
    "a session with a hook": {"hooks": {"response": [note]}},
    "a session that trusts nothing around": {"trust_env": False},
}
REQUESTS: dict[str, dict[str, Any]] = {
    "nothing else": {},
    "JSON": {"json": {"a": "ü", "b": [1.5, None]}},
    "a form": {"data": {"a": "1"}},
    "bytes": {"data": b"x"},
    "a file": {"files": {"f": ("name", b"x")}, "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
    "headers": {"headers": {"x-a": "3", "User-Agent": None, "X-C": b"\xff"}},
    "cookies": {"cookies": {"b": "3", "c": "4"}},
    "a jar of cookies": {"cookies": jar("b", "c")},
    "an empty jar of cookies": {"cookies": jar()},
    "credentials": {"auth": ("you", "word")},
    "an authentication object": {"auth": Bearer(), "data": {"a": "1"}},
    "parameters": {"params": {"b": "3", "c": ["1", "2"]}},
    "parameters as text": {"params": "b=3"},
    "text": {"data": "\u20ac"},
    "an iterator": {"data": iter((b"x", b"y"))},
}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine example.com login netrc password word\n")
    monkeypatch.setenv("NETRC", str(netrc))


def session_of(attributes: dict[str, Any]) -> requests.Session:
    session = requests.Session()
    for name, value in attributes.items():
        setattr(session, name, value)
    return session


def ours(
    session: requests.Session, method: str = "GET", resume: bytes = b"", **options: Any
) -> requests.PreparedRequest:
    request = Request(method=method, url=URL, **options)
    return prepared(session, request, RedirectChain(request, ReplayableBody()), resume)


def fields(request: requests.PreparedRequest) -> dict[str, Any]:
    return {name.lower(): value for name, value in request.headers.items()}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("attributes", SESSIONS.values(), ids=SESSIONS)
def test_a_request_is_prepared_as_requests_prepares_it(attributes: dict[str, Any], request_: dict[str, Any]) -> None:
    session = session_of(attributes)
    made = ours(session, "POST", **request_)
    theirs = session.prepare_request(requests.Request("POST", URL, **request_))
    assert fields(made) == {**fields(theirs), **STANDARD}
    assert (made.method, made.url, made.hooks) == (theirs.method, theirs.url, theirs.hooks)
    if not request_.get("files"):
        assert made.body == theirs.body


def test_preparing_changes_neither_the_session_nor_the_cookies_of_the_caller() -> None:
    session = session_of({"cookies": cookiejar_from_dict({"a": "1"})})
    theirs = jar("b")
    ours(session, cookies=theirs)
    assert [cookie.name for cookie in session.cookies] == ["a"]
    assert [cookie.name for cookie in theirs] == ["b"]


def test_cookies_are_those_of_the_host_that_a_header_names() -> None:
    cookies = jar("a")
    assert fields(ours(requests.Session(), cookies=cookies))["cookie"] == "a=of the caller"
    assert "cookie" not in fields(ours(requests.Session(), cookies=cookies, headers={"Host": "example.org"}))


def test_cookies_of_another_type_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="cookies: expected a mapping or a cookie jar, got str"):
        ours(requests.Session(), cookies="a=1")


def test_what_is_prepared_without_cookies_takes_those_that_an_answer_sets_before_it_is_sent_again() -> None:
    again = ours(requests.Session()).copy()
    assert "Cookie" not in again.headers
    cookies: Any = again._cookies
    cookies.set("a", "1")
    again.prepare_cookies(cookies)
    assert again.headers["Cookie"] == "a=1"


def test_adapter_for_another_scheme_gets_the_url_as_it_is() -> None:
    request = Request(method="GET", url="mock://a/b?c", params={"d": "1"})
    made = prepared(requests.Session(), request, RedirectChain(request, ReplayableBody()), b"")
    assert made.url == requests.Request("GET", "mock://a/b?c", params={"d": "1"}).prepare().url == "mock://a/b?c"


class Signing(requests.Session):
    """Prepares requests in a way of its own."""

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        made = super().prepare_request(request)
        made.headers["Signature"] = "x"
        return made


def test_a_session_that_prepares_requests_otherwise_does() -> None:
    made = ours(Signing(), "POST", b"\x0c7", json={"a": 1}, params={"b": "2"})
    assert made.headers["Signature"] == "x"
    assert fields(made).items() >= {**STANDARD, "last-event-id": b"\x0c7", "content-type": "application/json"}.items()
    assert (made.url, made.body) == (f"{URL}&b=2", b'{"a": 1}')


@pytest.mark.parametrize("headers", [{"authorization": "Bearer mine"}, {}])
def test_such_a_session_keeps_the_callers_own_key(headers: dict[str, str]) -> None:
    expected = headers.get("authorization", "Basic bmV0cmM6d29yZA==")
    assert ours(Signing(), headers=headers).headers["Authorization"] == expected


def test_such_a_session_may_find_a_request_malformed() -> None:
    with pytest.raises(MalformedRequest, match=r"http://example\.com/path is malformed: InvalidHeader"):
        ours(Signing(), headers={"X-A": " s3cret"})
    with pytest.raises(MalformedRequest, match="half of a surrogate pair"):
        ours(Signing(), "POST", data={"a": "\ud800"})
