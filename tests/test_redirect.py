"""Redirects: where they lead, and what goes along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from sse_client._redirect import leads_on, redirected
from sse_client.errors import RedirectRefused
from sse_client.request import Request

URL = "https://example.com/events"


def get(url: str = URL, **fields: Any) -> Request:
    return Request(method="GET", url=url, **fields)


def post(url: str = URL, **fields: Any) -> Request:
    return Request(method="POST", url=url, **fields)


HEADERS = {
    "Accept": "text/event-stream",
    "accept-language": "de",
    "Cache-Control": "no-cache",
    "User-Agent": "me",
    "Last-Event-ID": b"7",
    "Authorization": "Bearer s3cret",
    "Cookie": "s3cret",
    "api-key": "s3cret",
    "X-API-Key": "s3cret",
    "Referer": "s3cret",
    "Content-Type": "a/b",
    "content-encoding": "gzip",
}
FOREIGN = ["Accept", "accept-language", "Cache-Control", "User-Agent", "Last-Event-ID"]


def follow(request: Request, status: int, location: str) -> Request:
    return redirected(request, request.url, status, location)[0]


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "GET", "GET"),
        (301, "HEAD", "HEAD"),
        (301, "POST", "GET"),
        (301, "PUT", "PUT"),
        (302, "GET", "GET"),
        (302, "HEAD", "HEAD"),
        (302, "POST", "GET"),
        (302, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (303, "POST", "GET"),
        (303, "DELETE", "GET"),
        (307, "POST", "POST"),
        (307, "PUT", "PUT"),
        (308, "GET", "GET"),
        (308, "POST", "POST"),
    ],
)
def test_the_method_changes_as_requests_changes_it(status: int, method: str, then: str) -> None:
    request = Request(method=method, url=URL)
    assert follow(request, status, "/x").method == then

    answer = requests.Response()
    answer.status_code = status
    prepared = requests.Request(method, URL).prepare()
    requests.Session().rebuild_method(prepared, answer)
    assert prepared.method == then


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_body_keeps_all_within_an_origin(status: int) -> None:
    request = post(data=b"body", headers=HEADERS, auth=("u", "p"), cookies={"a": "b"})
    assert follow(request, status, "/x") == replace(request, url="https://example.com/x")
    files = post(files={"f": b""})
    assert follow(files, status, "/x").files == {"f": b""}


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize(
    "fields", [{"data": b"body"}, {"json": []}, {"files": {"f": b""}}], ids=["data", "json", "files"]
)
def test_a_redirect_that_drops_the_body_drops_what_describes_it(status: int, fields: dict[str, Any]) -> None:
    there = follow(post(headers=HEADERS, auth=("u", "p"), **fields), status, "/x")
    assert (there.data, there.json, there.files, there.auth) == (None, None, None, ("u", "p"))
    assert list(there.headers) == [name for name in HEADERS if not name.lower().startswith("content-")]


def test_a_body_that_is_dropped_takes_its_framing_with_it() -> None:
    there = follow(post(data=iter([b"x"]), headers={"Transfer-Encoding": "chunked"}), 303, "/x")
    assert there.headers == {}


def test_the_parameters_are_in_the_url_already() -> None:
    there, _ = redirected(get(params={"a": "b"}), URL + "?a=b", 302, "?c=d")
    assert (there.url, there.params) == (URL + "?c=d", None)


WITHIN = [
    ("https://example.com/a/b?q", "c", "https://example.com/a/c"),
    ("https://example.com/a/b?q", "../c", "https://example.com/c"),
    ("https://example.com/a/b?q", "/c?d=e#f", "https://example.com/c?d=e#f"),
    ("https://example.com/a/b?q", "?r", "https://example.com/a/b?r"),
    ("https://example.com/a/b?q", "//example.com/c", "https://example.com/c"),
    ("https://example.com/a", "https://EXAMPLE.com:443/c", "https://EXAMPLE.com:443/c"),
    ("https://example.com:443/a", "HTTPS://example.com/c", "https://example.com/c"),
    ("http://example.com/a", "http://example.com:80/c", "http://example.com:80/c"),
    ("http://example.com/a", "http://example.com:/c", "http://example.com:/c"),
    ("http://example.com:8080/a", "/c", "http://example.com:8080/c"),
    ("http://user:pass@example.com/a", "/c", "http://user:pass@example.com/c"),
    ("http://user:pass@example.com/a", "http://example.com:80/c?d", "http://user:pass@example.com:80/c?d"),
    ("http://user:pass@example.com/a", "http://other:word@example.com/c", "http://other:word@example.com/c"),
    ("http://[::1]:8080/a", "http://[::1]:8080/c", "http://[::1]:8080/c"),
    ("https://example.com/a", "/with blank/ü?ü=%20", "https://example.com/with%20blank/%C3%BC?%C3%BC=%20"),
    ("https://example.com/a", "/\r\nX: 1", "https://example.com/%0D%0AX:%201"),
    ("https://example.com/a", "\\\\evil.example/", "https://example.com/%5C%5Cevil.example/"),
    ("https://example.com/a", "", "https://example.com/a"),
]


@pytest.mark.parametrize(("url", "location", "there"), WITHIN)
@pytest.mark.parametrize("status", [302, 307])
def test_within_an_origin_every_header_stays(url: str, location: str, there: str, status: int) -> None:
    request, leaves = redirected(get(url, headers={"Authorization": "s3cret"}, auth=len), url, status, location)
    assert (request.url, leaves) == (there, False)
    assert (request.headers, request.auth) == ({"Authorization": "s3cret"}, len)


ACROSS = [
    ("https://example.com/a", "https://www.example.com/"),
    ("https://example.com/a", "https://example.com.evil.example/"),
    ("https://example.com/a", "https://example.com:8443/"),
    ("https://example.com/a", "https://example.com:80/"),
    ("https://example.com/a", "http://example.com/"),
    ("http://example.com/a", "https://example.com/"),
    ("http://example.com/a", "https://example.com:80/"),
    ("https://example.com/a", "//other.example/"),
    ("https://example.com/a", "https://example.com@other.example/"),
    ("https://example.com/a", "https://example.com\\@other.example/"),
    ("http://127.0.0.1/", "http://localhost/"),
    ("http://[::1]/", "http://[::2]/"),
]


@pytest.mark.parametrize(("url", "location"), ACROSS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_across_origins_no_header_goes_that_could_be_a_secret(url: str, location: str, status: int) -> None:
    request = get(url, headers=HEADERS, auth=("u", "p"), cookies={"a": "b"})
    there, leaves = redirected(request, url, status, location)
    assert leaves
    assert list(there.headers) == FOREIGN
    assert (there.auth, there.cookies) == (None, None)


@pytest.mark.parametrize(("url", "location"), ACROSS)
@pytest.mark.parametrize(
    "fields", [{"data": b"s3cret"}, {"json": []}, {"files": {"f": b""}}], ids=["data", "json", "files"]
)
def test_across_origins_no_body_goes(url: str, location: str, fields: dict[str, Any]) -> None:
    request = post(url + "?k=s3cret", **fields)
    for status in (307, 308):
        with pytest.raises(RedirectRefused, match=r"would carry the body to") as refused:
            follow(request, status, location + "?k=s3cret")
        assert "s3cret" not in str(refused.value)
    for status in (301, 302, 303):
        there = follow(request, status, location)
        assert (there.method, there.data, there.json, there.files) == ("GET", None, None, None)


@pytest.mark.parametrize(
    "location",
    [
        "javascript:alert('s3cret')",
        "data:text/event-stream,data:%20s3cret",
        "file:///s3cret",
        "ftp://s3cret/",
        "wss://example.com/?s3cret",
        "mailto:s3cret@example.com",
        "http://example.com:s3cret/",
        "http://example.com:99999/",
        "http://example.com:-1/",
        "http://[::1/",
        "http://[s3cret]/",
        "http://example.com:80 80/",
        "http:///s3cret",
        "http://user:s3cret@/",
        "http://:80/",
        "http:s3cret",
    ],
)
def test_a_redirect_to_what_is_no_http_url_is_refused_and_not_shown(location: str) -> None:
    url = "https://example.com/"
    for request in (get(url), post(url, data=b"body")):
        for status in (302, 307):
            with pytest.raises(RedirectRefused) as refused:
                redirected(request, url, status, location)
            assert "s3cret" not in str(refused.value)
            assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_only_five_statuses_are_redirects() -> None:
    assert [status for status in range(100, 600) if leads_on(status)] == [301, 302, 303, 307, 308]
