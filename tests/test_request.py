"""Requests: what is refused before it is sent, and what is added."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from enum import Enum
from http import HTTPMethod
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from sse_client.errors import ConnectionFailed
from sse_client.request import Attempt, Request, check, check_last_event_id, display_url, with_headers

URL = "https://example.com/events"


def get(url: str = URL, **fields: Any) -> Request:
    return Request(method="GET", url=url, **fields)


def post(url: Any = URL, **fields: Any) -> Request:
    return Request(method="POST", url=url, **fields)


@pytest.mark.parametrize(
    "request_",
    [
        get(),
        get("http://example.com"),
        get("HTTP://EXAMPLE.com:8080/a?b=c#d"),
        get("http://user:pass@[::1]:80/"),
        get("http://bücher.example/ü?ü"),
        Request(method="M-SEARCH", url=URL),
        Request(method="query", url=URL),
        get(headers={"A": "1", "B": b"\xff", "C": None, "D": "é", "E": "", "x-y_z.1": "a\tb"}),
        post(data=b""),
        post(json=[]),
        post(data={"a": "b"}, files={"f": b""}),
    ],
    ids=ascii,
)
def test_what_can_be_sent_passes(request_: Request) -> None:
    check(request_)


SECRETS = "s3cret"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        pytest.param(get(""), ValueError, id="no URL"),
        pytest.param(get("example.com/?k=s3cret"), ValueError, id="no scheme"),
        pytest.param(get("/events?k=s3cret"), ValueError, id="a relative URL"),
        pytest.param(get("//example.com/?k=s3cret"), ValueError, id="a URL relative to a scheme"),
        pytest.param(get("http:///?k=s3cret"), ValueError, id="no host"),
        pytest.param(get("http://user:s3cret@/"), ValueError, id="no host behind the credentials"),
        pytest.param(get("http://:80/?k=s3cret"), ValueError, id="a port without a host"),
        pytest.param(get("http://example.com:0/?k=s3cret"), ValueError, id="port 0"),
        pytest.param(get("http://example.com:65536/?k=s3cret"), ValueError, id="a port that is too large"),
        pytest.param(get("http://example.com:-1/?k=s3cret"), ValueError, id="a negative port"),
        pytest.param(get("http://example.com:port/?k=s3cret"), ValueError, id="a port that is a word"),
        pytest.param(get("http://[::1/?k=s3cret"), ValueError, id="half of a bracket"),
        pytest.param(get("http://user:s3cret@[zz]/"), ValueError, id="an address that is none"),
        pytest.param(get("http://user:s3cret/word@example.com/"), ValueError, id="a password with a slash"),
        pytest.param(get("http://user:s3cret\u2100@example.com/"), ValueError, id="a password with U+2100"),
        pytest.param(get(URL + "?k=s3cret\r\nX: 1"), ValueError, id="CR and LF in the URL"),
        pytest.param(get(URL + "?k=s3cret\n"), ValueError, id="LF at the URL's end"),
        pytest.param(get(URL + "?k=s3cret\0"), ValueError, id="NUL in the URL"),
        pytest.param(get(URL + "?k=s3cret x"), ValueError, id="a blank in the URL"),
        pytest.param(get(URL + "?k=s3cret\x7f"), ValueError, id="DEL in the URL"),
        pytest.param(get(" " + URL + "?k=s3cret"), ValueError, id="a blank before the URL"),
        pytest.param(Request(method="", url=URL), ValueError, id="no method"),
        pytest.param(Request(method="-", url=URL), ValueError, id="a method of dashes"),
        pytest.param(Request(method="GET /x HTTP/1.1\r\nX:", url=URL), ValueError, id="a smuggled method"),
        pytest.param(Request(method="GÉT", url=URL), ValueError, id="a method beyond ASCII"),
        pytest.param(Request(method=b"GET", url=URL), TypeError, id="a method of bytes"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (refused)
        pytest.param(Request(method="GET", url=b"http://h/"), TypeError, id="a URL of bytes"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (refused)
        pytest.param(get(headers={"X": "s3cret\r\nY: 1"}), ValueError, id="CR and LF in a header"),
        pytest.param(get(headers={"X": "s3cret\n"}), ValueError, id="LF in a header"),
        pytest.param(get(headers={"X": "s3cret\r"}), ValueError, id="CR in a header"),
        pytest.param(get(headers={"X": b"s3cret\0"}), ValueError, id="NUL in a header"),
        pytest.param(get(headers={"X": "s3cret€"}), ValueError, id="a header beyond Latin-1"),
        pytest.param(get(headers={"X": 5}), TypeError, id="a header that is a number"),
        pytest.param(get(headers={"X": ["s3cret"]}), TypeError, id="a header that is a list"),
        pytest.param(get(headers={5: "s3cret"}), TypeError, id="a header's name that is a number"),
        pytest.param(get(headers={b"X": "s3cret"}), TypeError, id="a header's name of bytes"),
        pytest.param(get(headers={"": "s3cret"}), ValueError, id="a header without a name"),
        pytest.param(get(headers={"X:": "s3cret"}), ValueError, id="a colon in a header's name"),
        pytest.param(get(headers={"X Y": "s3cret"}), ValueError, id="a blank in a header's name"),
        pytest.param(get(headers={"X\r\nY": "s3cret"}), ValueError, id="CR and LF in a header's name"),
        pytest.param(get(headers={"X\x7f": "s3cret"}), ValueError, id="DEL in a header's name"),
        pytest.param(get(headers={"É": "s3cret"}), ValueError, id="a header's name beyond ASCII"),
        pytest.param(get(headers={"Authorization: Bearer s3cret": ""}), ValueError, id="a whole header as its name"),
        pytest.param(get(headers=None), TypeError, id="no headers at all"),
        pytest.param(get(headers=[("X", "s3cret")]), TypeError, id="headers that are a list"),
        pytest.param(post(data=b"s3cret", json={}), ValueError, id="data and json"),
        pytest.param(post(data=b"", json=[]), ValueError, id="empty data and json"),
        pytest.param(post(json={"k": "s3cret"}, files={"f": b""}), ValueError, id="json and files"),
        pytest.param(post(data=iter([b"s3cret"]), files={"f": b""}), ValueError, id="a stream and files"),
        pytest.param(post(files={5: b"s3cret"}), TypeError, id="a file whose name is a number"),
        pytest.param(post(files=[("f", b"s3cret", "text/plain")]), TypeError, id="a file of three"),
        pytest.param(post(files=[("f",)]), TypeError, id="a name without a file"),
        pytest.param(post(files={"f": ("s3cret",)}), ValueError, id="a file without content"),
        pytest.param(post(files={"f": ()}), ValueError, id="a file of nothing"),
        pytest.param(post(files={"f": (5, b"s3cret")}), TypeError, id="a file name that is a number"),
        pytest.param(post(files={"f": ("f", b"s3cret", 5)}), TypeError, id="a media type that is a number"),
        pytest.param(post(files={"f": ("f", b"", "a/b\r\nX: s3cret")}), ValueError, id="CR and LF in a media type"),
    ],
)
def test_what_cannot_be_sent_is_refused_and_no_secret_is_shown(request_: Request, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        check(request_)
    assert str(refused.value)
    assert SECRETS not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None  # a suppressed one can be read all the same


@pytest.mark.parametrize("value", ["", "7", "ü", "\u2028", "a b"])
def test_any_line_of_text_can_be_a_last_event_id(value: str) -> None:
    check_last_event_id(value)


@pytest.mark.parametrize("value", ["\r", "7\n", "a\0b", "\ud800"], ids=ascii)
def test_what_no_field_can_hold_is_no_last_event_id(value: str) -> None:
    with pytest.raises(ValueError, match=r"last_event_id|surrogates") as refused:
        check_last_event_id(value)
    assert refused.value.__context__ is None  # a UnicodeEncodeError would quote the ID


@pytest.mark.parametrize("value", [None, 7, b"7"])
def test_a_last_event_id_is_text(value: Any) -> None:
    with pytest.raises(TypeError, match="last_event_id: expected a str"):
        check_last_event_id(value)


PIECES = ["a", "Z", "9", ".", "-", "_", ":", ":80", ":65535", ":65536", ":0", "/", "?", "#", "@", "[", "]", "%", "\\"]
ODD = [" ", "\x00", "\x7f", "\xe9", "\n"]


@given(st.sampled_from(["http", "https", "HTTP", "ftp", ""]), st.lists(st.sampled_from(PIECES + ODD), max_size=5))
def test_a_url_passes_where_it_has_a_host_and_a_port_that_can_be(scheme: str, pieces: list[str]) -> None:
    url = f"{scheme}://{''.join(pieces)}"
    try:
        parts = urlsplit(url)
        complete = bool(parts.scheme and parts.hostname) and parts.port != 0
    except ValueError:
        complete = False
    blank = any(ord(character) <= 0x20 or character == "\x7f" for character in url)
    if complete and not blank:
        check(Request(method="GET", url=url))
    else:
        with pytest.raises(ValueError, match="URL"):
            check(Request(method="GET", url=url))


@pytest.mark.parametrize("character", [*map(chr, range(256)), "\u0100", "\U0010ffff"])
def test_a_headers_text_is_latin_1_without_line_ends(character: str) -> None:
    request = Request(method="GET", url="http://example.com/", headers={"X": f"a{character}b"})
    if character in "\0\r\n" or character > "\xff":
        with pytest.raises(ValueError, match="header X"):
            check(request)
    else:
        check(request)


class Method(str, Enum):  # noqa: UP042  (as `http.HTTPMethod` is not: its text is `Method.POST`)
    POST = "POST"


@pytest.mark.parametrize("method", ["post", "POST", HTTPMethod.POST, Method.POST], ids=repr)
def test_a_method_is_kept_as_plain_text_in_upper_case(method: str) -> None:
    request = Request(method=method, url=URL)
    assert type(request.method) is str
    assert request.method == "POST"


def test_requests_and_attempts_are_immutable_values() -> None:
    assert get() == get()
    assert replace(get(), method="POST") == post()
    with pytest.raises(FrozenInstanceError):
        get().url = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  (the point)
    with pytest.raises(FrozenInstanceError):
        Attempt(number=1, last_event_id="").number = 2  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  (the point)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:s3cret@example.com:8443/a/b?k=s3cret#s3cret", "https://example.com:8443/a/b"),
        ("https://s3cret@s3cret@example.com/", "https://example.com/"),
        ("http://[::1]:80", "http://[::1]:80"),
        ("user:s3cret@example.com/", "a malformed URL"),
        ("//user:s3cret@example.com/", "a malformed URL"),
        ("http:user:s3cret@example.com/", "a malformed URL"),
        ("http://[s3cret", "a malformed URL"),
        ("http://user:s3cret/x@example.com/", "a malformed URL"),
    ],
)
def test_a_url_is_shown_without_credentials_query_and_fragment(url: str, shown: str) -> None:
    assert display_url(url) == shown


@pytest.mark.parametrize(
    ("request_", "shown"),
    [
        (post("https://a:s3cret@b/c?s3cret", headers={"X": "s3cret"}, json="s3cret"), "<Request POST https://b/c>"),
        (post("s3cret"), "<Request POST a malformed URL>"),
        (post(b"http://s3cret@b/"), "<Request POST a malformed URL>"),
        (post(None), "<Request POST a malformed URL>"),
    ],
)
def test_a_request_shows_its_method_and_its_url_and_no_secret(request_: Request, shown: str) -> None:
    assert repr(request_) == str(request_) == shown


def sent(headers: dict[str, Any] | None = None, ambient: dict[str, Any] | None = None, id: str = "") -> dict[str, Any]:  # noqa: A002  (a header's value)
    return dict(with_headers(get(headers=headers or {}), ambient or {}, id).headers)


DEFAULTS = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}


@pytest.mark.parametrize(
    ("headers", "ambient", "expected"),
    [
        pytest.param({}, {}, DEFAULTS, id="by default both"),
        pytest.param({}, {"Accept": "*/*", "User-Agent": "x"}, DEFAULTS, id="requests' own Accept does not count"),
        pytest.param({}, {"accept": "*/*"}, DEFAULTS, id="nor in lower case"),
        pytest.param({}, {"ACCEPT": "a/b"}, {"Cache-Control": "no-cache"}, id="a session's Accept counts"),
        pytest.param(
            {}, {"cache-control": "x"}, {"Accept": "text/event-stream"}, id="a session's Cache-Control counts"
        ),
        pytest.param({"accept": "a/b"}, {}, {"accept": "a/b", "Cache-Control": "no-cache"}, id="the caller's Accept"),
        pytest.param({"ACCEPT": "*/*"}, {}, {"ACCEPT": "*/*", "Cache-Control": "no-cache"}, id="even a */* of its own"),
        pytest.param({"Accept": None}, {}, {"Accept": None, "Cache-Control": "no-cache"}, id="None takes it away"),
        pytest.param(
            {"CACHE-control": "max-age=1"},
            {},
            {"CACHE-control": "max-age=1", "Accept": "text/event-stream"},
            id="the caller's Cache-Control",
        ),
        pytest.param({"X": b"1"}, {}, {"X": b"1", **DEFAULTS}, id="others stay"),
    ],
)
def test_headers_are_added_where_nobody_has_set_them(
    headers: dict[str, Any], ambient: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert sent(headers, ambient) == expected


@pytest.mark.parametrize(
    ("last_event_id", "value"),
    [
        ("7", b"7"),
        ("ü日本", "ü日本".encode()),
        ("  7\t ", b"7"),
        ("a  b", b"a  b"),
        ("\u2003x", "\u2003x".encode()),
        ("\x85x", "\x85x".encode()),
        ("\x01x", b"\x01x"),
    ],
)
def test_the_last_event_id_goes_as_utf_8_without_blanks_around_it(last_event_id: str, value: bytes) -> None:
    assert sent(id=last_event_id) == {**DEFAULTS, "Last-Event-ID": value}


@pytest.mark.parametrize("last_event_id", ["", " ", "\t \t"])
def test_without_a_last_event_id_there_is_no_header(last_event_id: str) -> None:
    assert sent(id=last_event_id) == DEFAULTS


@pytest.mark.parametrize("value", ["3", b"3", "", None])
def test_the_callers_own_last_event_id_wins(value: str | bytes | None) -> None:
    assert sent({"last-event-id": value}, id="7") == {**DEFAULTS, "last-event-id": value}


@pytest.mark.parametrize("last_event_id", ["7", "ü", " 7", "\x1f7", "7\x0b", "\x01", "\x85", "\x7f"])
def test_whatever_id_a_server_sends_makes_a_header_that_requests_takes(last_event_id: str) -> None:
    headers: Any = sent(id=last_event_id)
    requests.Request("GET", URL, headers=headers).prepare()


def test_the_request_itself_is_not_changed() -> None:
    request = get(headers={"A": "1"})
    with_headers(request, {}, "7")
    assert request == get(headers={"A": "1"})


def test_an_attempt_knows_how_the_one_before_it_was_lost() -> None:
    error = ConnectionFailed("x")
    assert Attempt(number=2, last_event_id="7", error=error).error is error
    assert Attempt(number=1, last_event_id="").error is None
