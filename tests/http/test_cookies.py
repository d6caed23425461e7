"""Cookies of a session and a request to one `Cookie` header."""

from __future__ import annotations

from http.cookiejar import Cookie, CookieJar
from http.cookies import SimpleCookie
from typing import Any

import pytest
from requests.cookies import RequestsCookieJar, cookiejar_from_dict

from sse_client._http.cookies import cookie_header, cookies_in, limit_cookies
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


def cookie(name: str, value: str = "1", domain: str = "example.com", path: str = "/", **rest: str) -> Cookie:
    return Cookie(
        0, name, value, None, False, domain, True, False, path, True, False, None, True, None, None, dict(rest)
    )


def after(jar: CookieJar, *responses: list[Cookie]) -> list[Cookie]:
    """Return what is in a jar after it was given what some responses set."""
    for came in responses:
        before = cookies_in(jar)
        for each in came:
            jar.set_cookie(each)
        limit_cookies(jar, before, came)
    return cookies_in(jar)


def test_what_other_hosts_set_is_limited_too() -> None:
    responses = [[cookie(f"c{number}", domain=f"{host}.example") for number in range(20)] for host in range(60)]
    kept = after(CookieJar(), *responses)
    assert len(kept) == 1000
    assert {each.domain for each in kept} == {f"{host}.example" for host in range(50)}


def test_replaced_cookies_stay_within_the_limit_of_their_domain() -> None:
    short = [cookie(f"c{number}") for number in range(50)]
    kept = after(CookieJar(), short, [cookie(f"c{number}", "v" * 4000) for number in range(50)])
    assert len(kept) == 50
    assert sum(len(each.name + str(each.value)) for each in kept) <= 8 * 1024
    again = after(CookieJar(), [cookie("c", "v" * 4000)], [cookie("c", "w" * 3000)], [cookie("d", "v" * 4000)])
    assert [(each.name, str(each.value)[0]) for each in again] == [("c", "w"), ("d", "v")]


@pytest.mark.parametrize(
    "huge",
    [
        cookie("a", "v" * 5000),
        cookie("n" * 5000),
        cookie("a", path="/" + "p" * 5000),
        cookie("a", unknown="u" * 5000),
    ],
)
def test_attributes_count_to_the_size_of_a_cookie(huge: Cookie) -> None:
    assert after(CookieJar(), [huge]) == []


def test_a_cookie_that_is_too_long_does_not_replace_one() -> None:
    first = cookie("a")
    assert after(CookieJar(), [first], [cookie("a", "v" * 5000)]) == [first]


def test_what_the_jar_itself_refuses_stays_out() -> None:
    jar = CookieJar()
    limit_cookies(jar, (), [cookie("a", "v" * 5000)])
    assert cookies_in(jar) == []


def test_a_cookie_that_another_thread_removes_meanwhile_is_passed_over() -> None:
    first = cookie("a")
    assert cookies_in([first, None]) == [first]
