"""Redirects: where they lead, what goes along, which are allowed, and how many."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
from doubling import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from sse_client._http.redirect_target import redirected
from sse_client._http.redirects import RedirectChain, is_redirect
from sse_client._http.request_body import ReplayableBody
from sse_client.errors import BodyNotReplayable, RedirectRefused
from sse_client.request import Request

if TYPE_CHECKING:
    from sse_client._http.redirects import AllowRedirects

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
        "http://example.com:0/s3cret",
        "\ud800s3cret",
        "x" * 60_000 + "://s3cret",
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
    assert [status for status in range(100, 600) if is_redirect(status)] == [301, 302, 303, 307, 308]


# --- What the caller allows. ---

LIMITED: list[AllowRedirects] = ["same-origin", "no-downgrade"]


def refusal(url: str, location: str, allow: AllowRedirects, status: int = 302) -> str:
    for request in (get(url), post(url, data=b"body")):
        with pytest.raises(RedirectRefused) as refused:
            redirected(request, url, status, location, allow)
    return str(refused.value)


@pytest.mark.parametrize("location", ["/x", "https://example.com/x", "https://other.example/x", "http://example.com/x"])
def test_no_redirect_is_followed_where_none_is_allowed(location: str) -> None:
    text = refusal(URL, location, allow=False, status=307)
    parts = urlsplit(location)
    origin = f"{parts.scheme or 'https'}://{parts.netloc or 'example.com'}:{80 if parts.scheme == 'http' else 443}"
    assert text == f"expected no redirect (allow_redirects=False), got 307 to {origin}, from https://example.com/events"


@pytest.mark.parametrize(("url", "location"), ACROSS)
def test_within_the_origin_alone_no_other_is_followed(url: str, location: str) -> None:
    text = refusal(url, location, "same-origin")
    assert text.startswith(f"expected a redirect within {urlsplit(url).scheme}://")
    assert " (allow_redirects='same-origin'), got 302 to http" in text


@pytest.mark.parametrize(("url", "location", "there"), WITHIN)
def test_within_the_origin_alone_its_own_are_followed(url: str, location: str, there: str) -> None:
    assert redirected(get(url), url, 302, location, "same-origin")[0].url == there


@pytest.mark.parametrize("location", ["http://example.com/events", "http://other.example/", "HTTP://example.com:443/"])
def test_without_downgrades_none_from_https_to_http_is_followed(location: str) -> None:
    text = refusal(URL, location, "no-downgrade")
    assert text.startswith("expected no redirect from https (allow_redirects='no-downgrade'), got 302 to http:")


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://example.com/", "https://other.example/"),
        ("http://example.com/", "https://example.com/"),
        ("http://example.com/", "http://other.example/"),
        ("http://example.com/", "/x"),
    ],
)
def test_without_downgrades_all_others_are_followed(url: str, location: str) -> None:
    assert redirected(get(url), url, 302, location, "no-downgrade") == redirected(get(url), url, 302, location)


@pytest.mark.parametrize("allow", [False, *LIMITED])
def test_a_refusal_shows_no_secret_and_nothing_raw(allow: AllowRedirects) -> None:
    url = "https://me:s3cret@example.com/a?k=s3cret"
    for path in ("x", "x" * 60_000, "\x1b[2J\r\nevil", "\u202e"):
        text = refusal(url, f"http://you:s3cret@other.example/{path}?k=s3cret#s3cret", allow)
        assert "s3cret" not in text
        assert text.isprintable()
        assert len(text) < 400
    assert "s3cret" not in refusal("https://[::1]/", "http://" + "h" * 60_000 + "/", allow)[:400]


def test_a_downgrade_that_is_followed_takes_no_credentials_along() -> None:
    there, leaves = redirected(get(headers=HEADERS, auth=("u", "p")), URL, 302, "http://example.com/events")
    assert leaves
    assert (list(there.headers), there.auth) == (FOREIGN, None)


# --- The chain. ---


def chain(request: Request, **options: Any) -> RedirectChain:
    return RedirectChain(request, ReplayableBody(), **options)


def followed(way: RedirectChain, status: int, location: str | None) -> Request:
    there = way.follow(status, location)
    assert there is not None
    assert way.request is there
    return there


def test_a_chain_begins_with_the_callers_request() -> None:
    request = post(data=b"body", headers=HEADERS)
    way = chain(request)
    assert (way.url, way.followed, way.crossed_origin) == (URL, 0, False)
    assert way.begin() == request
    assert way.request == request


@pytest.mark.parametrize(
    ("status", "location"),
    [(200, None), (200, "/x"), (201, "/x"), (300, "/x"), (304, "/x"), (302, None), (302, ""), (404, "/x"), (503, "/x")],
)
@pytest.mark.parametrize("allow", [True, False, *LIMITED])
def test_an_answer_that_redirects_nowhere_ends_a_chain(
    status: int, location: str | None, allow: AllowRedirects
) -> None:
    way = chain(get(), allow=allow)
    way.begin()
    assert way.follow(status, location) is None
    assert (way.url, way.followed, way.crossed_origin) == (URL, 0, False)


def test_several_locations_must_be_equal() -> None:
    way = chain(get())
    way.begin()
    assert way.follow(302, "", "") is None
    assert way.follow(200, "/a", "/b") is None
    for differing in (("/a", "/b"), ("", "/a"), ("/a", "https://other.example/")):
        with pytest.raises(RedirectRefused, match=f"expected one Location in a 302, got several .* from {URL}"):
            way.follow(302, *differing)
    there = way.follow(302, "/a", "/a")
    assert there is not None
    assert there.url == "https://example.com/a"


def test_a_chain_counts_the_answers_that_redirected() -> None:
    way = chain(post(data=b"body"))
    way.begin()
    assert followed(way, 307, "/a").data == b"body"
    assert way.followed == 1
    there = followed(way, 303, "/b")
    assert (there.method, there.data) == ("GET", None)
    assert (way.followed, way.url) == (2, "https://example.com/b")
    assert way.follow(429, None) is None
    assert way.followed == 2


def test_a_location_is_resolved_against_the_url_that_was_sent() -> None:
    way = chain(get(params={"a": "b"}))
    way.begin()
    way.url = URL + "?a=b"
    assert followed(way, 302, "#top").url == URL + "?a=b#top"
    assert way.request.params is None
    assert followed(way, 302, "?c=d").url == URL + "?c=d"


def test_what_is_personal_stays_behind_even_when_a_chain_returns() -> None:
    way = chain(get(headers=HEADERS, auth=("u", "p"), cookies={"a": "b"}))
    way.begin()
    crossed = [way.crossed_origin]
    assert followed(way, 302, "/x").auth == ("u", "p")
    for location in ("/y", "https://other.example/", "https://example.com/"):
        back = followed(way, 302, location)
        crossed.append(way.crossed_origin)
    assert crossed == [False, False, True, True]
    assert (list(back.headers), back.auth, back.cookies) == (FOREIGN, None, None)


@pytest.mark.parametrize("most", [0, 1, 5, 30])
def test_a_loop_ends_after_as_many_redirects_as_are_allowed(most: int) -> None:
    way = chain(get(), most=most)
    way.begin()
    for _ in range(most):
        followed(way, 302, "/events")
    with pytest.raises(RedirectRefused, match=f"expected at most {most} redirects, got another 302 from {URL}"):
        way.follow(302, "/events")
    assert way.followed == most


def test_by_default_30_redirects_are_followed_as_requests_does() -> None:
    assert requests.Session().max_redirects == 30
    way = chain(get())
    way.begin()
    for _ in range(30):
        followed(way, 302, "/events")
    with pytest.raises(RedirectRefused, match="at most 30 "):
        way.follow(302, "/events")


def test_a_redirect_that_is_not_allowed_is_named_before_there_are_too_many() -> None:
    way = chain(get(), most=0, allow=False)
    way.begin()
    with pytest.raises(RedirectRefused, match="allow_redirects=False"):
        way.follow(302, "/events")
    assert way.followed == 0


def test_a_body_is_read_again_from_its_beginning_for_a_redirect_that_keeps_it() -> None:
    file = io.BytesIO(b"0123")
    file.seek(1)
    way = chain(post(data=file))
    assert way.begin().data.read() == b"123"
    assert followed(way, 308, "/a").data.read() == b"123"


def test_a_callable_makes_the_body_of_each_request() -> None:
    bodies = iter([b"1", b"2"])
    way = chain(post(data=lambda: next(bodies)))
    assert way.begin().data == b"1"
    assert followed(way, 303, "/a").data is None


def test_a_body_that_is_used_up_is_refused_after_a_redirect_that_keeps_it() -> None:
    way = chain(post(data=iter([b"x"])))
    way.begin()
    with pytest.raises(BodyNotReplayable):
        way.follow(307, "/a")
    assert way.followed == 1


def test_a_request_that_is_malformed_is_the_callers_mistake_or_the_servers() -> None:
    way = chain(get())
    way.begin()
    mistake = way.refusal(ValueError("the URL is malformed"))
    assert (type(mistake), str(mistake)) == (ValueError, "the URL is malformed")
    way.follow(302, "http://*/")
    refused = way.refusal(ValueError("the URL http://*/ is malformed"))
    assert type(refused) is RedirectRefused
    assert "*" not in str(refused)


HOSTS = ["example.com", "other.example", "user:s3cret@", "[", "]", "::1", ":80", ":443", ":0", ":x", "@"]
MARKS = ["http:", "https:", "javascript:", "//", "/", "?", "#", "..", "\\", " ", "\n", "\x1b"]
PARTS = st.sampled_from([*HOSTS, *MARKS, "é", "\ud800", "%", "%2f", "x", "\u202e"])
ALLOW: list[AllowRedirects] = [True, False, *LIMITED]


@given(st.lists(PARTS, max_size=8).map("".join), st.sampled_from(ALLOW), st.sampled_from([301, 302, 303, 307, 308]))
def test_any_location_is_followed_within_the_rules_or_refused(
    location: str, allow: AllowRedirects, status: int
) -> None:
    request = post("https://me:s3cret@example.com/a", data=b"s3cret", headers=HEADERS, auth=("u", "s3cret"))
    try:
        there, leaves = redirected(request, request.url, status, location, allow)
    except RedirectRefused as error:
        assert "s3cret" not in str(error)  # noqa: PT017  (most locations are followed)
        assert str(error).isprintable()  # noqa: PT017  (as above)
        return
    parts = urlsplit(there.url)
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    within = (parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme])
    assert leaves == (within != ("https", "example.com", 443))
    assert allow is not False
    assert allow != "same-origin" or not leaves
    assert allow != "no-downgrade" or parts.scheme == "https"
    if leaves:
        assert "s3cret" not in repr((there.headers, there.data, there.auth, there.cookies))


@pytest.mark.parametrize("size", [3_000, 50_000], ids=["followed", "too long"])
@pytest.mark.parametrize("unit", ["/", "../", "a/", "?", "#", "é", "@", ":", "[", "%", "\\"])
def test_a_long_location_takes_time_in_proportion(unit: str, size: int) -> None:
    def work(size: int) -> None:
        with contextlib.suppress(RedirectRefused):
            redirected(get(), URL, 302, "/" + unit * size)

    assert_linear(work, size)


def test_locations_that_add_to_one_another_end_at_a_limit() -> None:
    redirects = RedirectChain(get(), ReplayableBody(), most=30)
    for _ in range(3):
        redirects.follow(302, "a" * 10_000 + "/x")
    with pytest.raises(RedirectRefused, match="at most 32 KiB"):
        redirects.follow(302, "a" * 10_000 + "/x")


@pytest.mark.parametrize("location", ["/" + "a" * 32 * 1024, "//host/" + "a" * 10**6, "\xff" * 20_000])
def test_a_location_longer_than_the_limit_is_refused(location: str) -> None:
    with pytest.raises(RedirectRefused, match=r"at most 32 KiB, got more, from https://example\.com/events"):
        follow(get(), 302, location)


def test_a_location_of_the_limit_is_followed() -> None:
    location = "https://example.com/" + "a" * (32 * 1024 - 20)
    assert follow(get(), 302, location).url == location
