"""What a session adds to a request is what requests would have it add."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.auth import AuthBase
from requests.cookies import cookiejar_from_dict, create_cookie

from sse_client._ambient import prepare, settings
from sse_client._prepare import may_have_proxies

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://example.com/path?a=1"


def note(response: requests.Response, *_: Any, **__: Any) -> requests.Response:
    return response


def jar(*names: str) -> CookieJar:
    cookies = CookieJar()
    for name in names:
        cookies.set_cookie(create_cookie(name, "of the caller", domain="example.com"))
    return cookies


class Bearer(AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = "Bearer x"
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
    "an authentication object": {"auth": Bearer()},
    "parameters": {"params": {"b": "3", "c": ["1", "2"]}},
    "parameters as text": {"params": "b=3"},
    "a hook": {"hooks": {"response": note}},
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


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("attributes", SESSIONS.values(), ids=SESSIONS)
def test_a_request_is_prepared_as_requests_prepares_it(attributes: dict[str, Any], request_: dict[str, Any]) -> None:
    session = session_of(attributes)
    ours = prepare(session, requests.Request("POST", URL, **request_))
    theirs = session.prepare_request(requests.Request("POST", URL, **request_))
    assert (ours.method, ours.url, list(ours.headers.items()), ours.hooks) == (
        theirs.method,
        theirs.url,
        list(theirs.headers.items()),
        theirs.hooks,
    )
    if not request_.get("files"):
        assert ours.body == theirs.body


def test_preparing_changes_neither_the_session_nor_the_cookies_of_the_caller() -> None:
    session = session_of({"cookies": cookiejar_from_dict({"a": "1"})})
    theirs = jar("b")
    prepare(session, requests.Request("GET", URL, cookies=theirs))
    assert [cookie.name for cookie in session.cookies] == ["a"]
    assert [cookie.name for cookie in theirs] == ["b"]


def test_what_is_prepared_without_cookies_takes_those_that_an_answer_sets_before_it_is_sent_again() -> None:
    again = prepare(requests.Session(), requests.Request("GET", URL)).copy()
    assert "Cookie" not in again.headers
    cookies: Any = again._cookies
    cookies.set("a", "1")
    again.prepare_cookies(cookies)
    assert again.headers["Cookie"] == "a=1"


def test_a_session_that_prepares_requests_otherwise_does() -> None:
    class Signing(requests.Session):
        def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
            prepared = super().prepare_request(request)
            prepared.headers["Signature"] = "x"
            return prepared

    assert prepare(Signing(), requests.Request("GET", URL)).headers["Signature"] == "x"


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({}, id="a new session"),
        pytest.param({"verify": False}, id="a session that verifies nothing"),
        pytest.param({"verify": "/mine"}, id="a session with a bundle of its own"),
        pytest.param({"verify": None}, id="a session that leaves verifying open"),
        pytest.param({"cert": ("a", "b")}, id="a session with a certificate"),
        pytest.param({"proxies": {"http": "http://proxy"}}, id="a session with a proxy"),
        pytest.param({"trust_env": False}, id="a session that trusts nothing around"),
    ],
)
@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="nothing in the environment"),
        pytest.param({"REQUESTS_CA_BUNDLE": "/theirs"}, id="a bundle for requests"),
        pytest.param({"CURL_CA_BUNDLE": "/theirs"}, id="a bundle for curl"),
        pytest.param({"http_proxy": "http://other"}, id="a proxy"),
        pytest.param({"NO_PROXY": "example.com"}, id="hosts that need no proxy"),
        pytest.param({"NO_PROXY": "example.com", "ALL_PROXY": "http://other"}, id="a proxy, and a host without"),
    ],
)
def test_settings_are_those_that_requests_finds(
    attributes: dict[str, Any], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(attributes)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    theirs = session.merge_environment_settings(URL, {}, True, None if session.verify is True else session.verify, None)
    ours = settings(session, URL)
    ours["proxies"].pop("no", None)
    theirs["proxies"].pop("no", None)
    assert ours == theirs
    assert ours["proxies"] is not session.proxies


def test_a_session_that_merges_settings_otherwise_does() -> None:
    class Pinned(requests.Session):
        def merge_environment_settings(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            return {**super().merge_environment_settings(*args, **kwargs), "cert": "mine"}

    assert settings(Pinned(), URL)["cert"] == "mine"


@pytest.mark.parametrize(
    ("names", "may"),
    [
        pytest.param([], False, id="nothing"),
        pytest.param(["no_proxy", "NO_PROXY"], False, id="hosts that need none"),
        pytest.param(["HTTP_PROXY"], True, id="one for http"),
        pytest.param(["no_proxy", "all_proxy"], True, id="one for all, and hosts that need none"),
    ],
)
def test_the_environment_may_name_a_proxy_if_it_holds(
    names: list[str], may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names:
        monkeypatch.setenv(name, "x")
    assert may_have_proxies() is may
