"""Cookies of a session and a request to one `Cookie` header."""

from __future__ import annotations

from http.cookiejar import Cookie, CookieJar
from http.cookies import SimpleCookie
from typing import Any

import pytest
from requests.cookies import RequestsCookieJar, cookiejar_from_dict

from sse_client._http.cookies import cookie_header
from sse_client._http.url import MalformedRequest

URL = "http://example.com/a/b?c"


def in_a_jar(name: str, domain: str = "example.com", path: str = "/", *, secure: bool = False) -> CookieJar:
    jar = CookieJar()
    jar.set_cookie(
        Cookie(0, name, "1", None, False, domain, True, False, path, True, secure, None, True, None, None, {})
    )
    return jar


def simple(text: str) -> SimpleCookie:
    return SimpleCookie(text)


@pytest.mark.parametrize(
    ("own", "header"),
    [
        ({"a": "1", "b": "x y"}, "a=1; b=x y"),
        ({"a": None, "b": 2}, "a; b=2"),
        ({"a": '"\\"q\\""'}, 'a="q"'),
        (simple('a="q"; b=2'), 'a="q"; b=2'),
        (in_a_jar("a"), "a=1"),
        (in_a_jar("a", path="/a"), "a=1"),
        (in_a_jar("a", path="/other"), ""),
        (in_a_jar("a", "example.org"), ""),
        (in_a_jar("a", secure=True), ""),
        (cookiejar_from_dict({"a": "1"}), "a=1"),
        (RequestsCookieJar(), ""),
        (CookieJar(), ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_cookies_of_a_request(own: Any, header: str) -> None:
    assert cookie_header(URL, [], own) == header


def test_cookie_of_a_request_replaces_that_of_the_session() -> None:
    assert cookie_header(URL, [("a", "1"), ("b", "2")], {"b": "3", "c": "4"}) == "a=1; b=3; c=4"
    assert cookie_header(URL, [("a", "0"), ("b", "2")], in_a_jar("a")) == "a=1; b=2"


def test_cookie_of_a_jar_without_a_value_stays_without_one() -> None:
    jar = in_a_jar("a")
    for cookie in jar:
        cookie.value = None
    assert cookie_header(URL, [], jar) == "a"


@pytest.mark.parametrize("cookies", [{"a": "s3cret\r\nX: 1"}, {"a\n": "s3cret"}, {"a": "s3cret\0"}])
def test_cookie_that_would_be_another_header_is_refused(cookies: dict[str, str]) -> None:
    with pytest.raises(MalformedRequest, match="cookies") as caught:
        cookie_header(URL, [], cookies)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("cookies", ["a=1", [("a", "1")], 1])
def test_cookies_of_another_type_are_a_type_error(cookies: Any) -> None:
    with pytest.raises(TypeError, match="cookies: expected a mapping or a cookie jar, got"):
        cookie_header(URL, [], cookies)
