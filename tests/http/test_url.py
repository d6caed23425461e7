"""URLs as they are sent, the same as requests and urllib3 send them."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as some
from urllib3.util import parse_url

from sse_client._http.url import MalformedRequest, _normalized, is_plain, request_url

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "s3cret"


def by_requests(url: str, params: Any = None) -> str:
    """Return the URL that requests prepares, with the last step of urllib3."""
    return parse_url(requests.Request("GET", url, params=params).prepare().url or "").url


URLS = [
    "http://example.com",
    "http://example.com/",
    "https://example.com?a=b",
    "https://a-b.example.com:8080/a/b;c=d?e=f&g=%20%2F",
    "http://127.0.0.1:65000/a",
    "http://127.0.0.1:65536/a",
    "http://h:80/",
    "http://h:08/",
    "http://h:/",
    "http://a/%7e%2f%41?%c3%a9",
    "http://a/100%?%",
    "http://a/%zz",
    "http://a/?%zz%20",
    "http://a/b/../c/./d/..",
    "http://a/.hidden/..",
    "http://a//b//c",
    "http://a/b?",
    "http://a/b#",
    "http://a/b?c#d",
    "http://a/[b]?[c]",
    "http://user:pass%20word@h/a",
    "http://us er@h/a".replace(" ", "%20"),
    "HTTP://H.EXAMPLE/A",
    "http://[::1]/a",
    "http://[FE80::1%25eth0]:1/",
    "http://b\xfccher.example/\xfc?\u20ac",
    "http://\u4f8b\u3048.jp/",
    "http://h_under.example/",
    "http://1.2.3.4.5/",
    "http://h/\ud800",
    "http://h/a\\b",
]


@pytest.mark.parametrize("params", [None, {}, {"a": "1", "b": ["x y", "\u20ac"]}, "c=d e", "%zz=%20", b"f#g"])
@pytest.mark.parametrize("url", URLS)
def test_url_is_that_of_requests(url: str, params: Any) -> None:
    try:
        expected = by_requests(url, params)
    except requests.RequestException:
        with pytest.raises(MalformedRequest):
            request_url(url, params)
    else:
        assert request_url(url, params) == expected


PARTS = some.text(some.sampled_from("ab/.%2e2fF0z?&=#[]@:;~!$ \u20ac\xe9\\|\"'+"), max_size=12)


@given(path=PARTS, params=some.one_of(some.none(), PARTS, some.dictionaries(PARTS, PARTS)))
def test_any_path_is_that_of_requests(path: str, params: Any) -> None:
    url = f"http://example.com/{path}"
    assert request_url(url, params) == by_requests(url, params)


@given(path=PARTS)
def test_plain_urls_need_no_more(path: str) -> None:
    url = f"http://example.com/{path}"
    if is_plain(url):
        assert request_url(url) == _normalized(url, "")


def test_plain_urls_load_no_urllib3(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "urllib3"]:
        monkeypatch.delitem(sys.modules, name)
    request_url("https://api.example.com:8443/v1/chat%20x?a=1", {"b": "\u20ac"})
    assert "urllib3" not in sys.modules


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({"a": None, "b": [], "c": [None, 1]}, "c=1"),
        ([("a", b"\xff"), (b"b", 2)], "a=%FF&b=2"),
        ((("a", "1"),), "a=1"),
        ({"a": {"b": 1}}, "a=b"),
        (iter([("a", "1")]), "a=1"),
    ],
)
def test_params_of_every_shape(params: Any, query: str) -> None:
    assert request_url("http://h/", params) == f"http://h/?{query}"


@pytest.mark.parametrize("params", [[1], [("a",)], [("a", "b", "c")], {"a": "\ud800"}, {"\ud800": "a"}, b"\xff"])
def test_params_that_cannot_be_encoded_are_refused(params: Any) -> None:
    with pytest.raises(MalformedRequest, match="params"):
        request_url("http://h/", params)


def test_params_of_another_type_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="params: expected a mapping, pairs, or a str, got int"):
        request_url("http://h/", 1)


def test_error_of_the_callers_own_pairs_is_not_hidden() -> None:
    def pairs() -> Any:
        yield "a", "1"
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        request_url("http://h/", pairs())


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{SECRET}@.h/?{SECRET}",
        f"http://user:{SECRET}@*.h/?{SECRET}",
        f"http://{SECRET}@h:99999/?{SECRET}#{SECRET}",
        f"http://{SECRET}@[::1/?{SECRET}",
        f"http://{SECRET}@a\u2488b/?{SECRET}",
        f"ftp://user:{SECRET}@h/?{SECRET}",
        f"http+unix://user:{SECRET}@h/?{SECRET}",
        f"//user:{SECRET}@h/?{SECRET}",
        f"http://user:{SECRET}@%00/",
        f"http://user:{SECRET}@h%7B/",
        f"http://user:{SECRET}@{{}}/?{SECRET}",
    ],
)
def test_malformed_url_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(MalformedRequest) as caught:
        request_url(url, {"a": SECRET})
    assert SECRET not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def cost(work: Callable[[], object]) -> float:
    times: list[float] = []
    for _ in range(5):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("unit", ["a", "a.", "-", "%41", "%20", "/", "?", "a/", "//", "&=", "%"])
@pytest.mark.parametrize("prefix", ["http://", "http://h", "http://h/", "http://h/?"])
def test_cost_of_a_plain_url_is_linear(prefix: str, unit: str) -> None:
    short, long = (f"{prefix}{unit * count}\x00" for count in (50_000, 100_000))
    assert cost(lambda: is_plain(long)) < 4 * cost(lambda: is_plain(short)) + 0.002


def test_user_and_fragment_stay_in_the_url() -> None:
    parts = urlsplit(request_url("http://user:word@h?a#f"))
    assert (parts.netloc, parts.path, parts.query, parts.fragment) == ("user:word@h", "/", "a", "f")
