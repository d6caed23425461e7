"""Which header fields aiohttp gets, and which are set after it has merged the session's."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from sse_client._http.url import MalformedRequest
from sse_client.request import Request
from sse_client.transports._aiohttp.header_fields import header_fields

REQUEST = Request(method="POST", url="http://127.0.0.1:9/?s3cret")


def fields(
    *pairs: tuple[str, str | bytes], cookies: dict[str, str] | None = None, **session: Any
) -> tuple[dict[str, str], dict[str, str]]:
    async def main() -> tuple[dict[str, str], dict[str, str]]:
        async with aiohttp.ClientSession(cookies=cookies, cookie_jar=aiohttp.CookieJar(unsafe=True), **session) as made:
            return header_fields(made, REQUEST, {name.lower(): (name, value) for name, value in pairs})

    return asyncio.run(main())


COOKIE, EXPECT, KEY = ("Cookie", "a=b"), ("Expect", "100-continue"), ("Authorization", "Bearer none")


@pytest.mark.parametrize(
    ("early", "late", "session"),
    [
        pytest.param([KEY, COOKIE], [], {}, id="all at once, if the session has nothing of its own"),
        pytest.param([KEY, COOKIE], [EXPECT], {}, id="an Expect, for which aiohttp would wait"),
        pytest.param([KEY], [COOKIE], {"cookies": {"c": "d"}}, id="cookies, which the session's would replace"),
        pytest.param([COOKIE], [KEY], {"trust_env": True}, id="credentials, if the session looks for others"),
    ],
)
def test_fields_that_aiohttp_would_merge_otherwise_are_set_late(
    early: list[tuple[str, str]], late: list[tuple[str, str]], session: dict[str, Any]
) -> None:
    assert fields(*early, *late, **session) == (dict(early), dict(late))


def test_the_framing_is_left_to_aiohttp() -> None:
    assert fields(("Transfer-Encoding", "chunked"), KEY) == (dict([KEY]), {})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(b"plain", "plain", id="bytes"),
        pytest.param("\u20ac".encode(), "\u20ac", id="bytes of UTF-8"),
        pytest.param("\xc3\xa9", "\xe9", id="text that stands for bytes of UTF-8"),
        pytest.param("a\tb", "a\tb", id="a tab"),
    ],
)
def test_a_value_that_is_not_printable_ascii_is_converted_beside_one_that_is(value: str | bytes, text: str) -> None:
    assert fields(KEY, ("X-Mine", value)) == ({**dict([KEY]), "X-Mine": text}, {})


@pytest.mark.parametrize("value", ["\xe9", b"\xff", "\x01", "\x7f"])
def test_a_value_that_aiohttp_cannot_send_is_refused_beside_one_that_it_can(value: str | bytes) -> None:
    with pytest.raises(MalformedRequest, match="header X-Mine: aiohttp can send UTF-8 without control characters"):
        fields(KEY, ("X-Mine", value))


def test_an_id_that_aiohttp_cannot_send_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert fields(KEY, ("Last-Event-ID", b"\x01")) == (dict([KEY]), {})
    assert [record.getMessage() for record in caplog.records] == [
        "the last event ID holds a character that aiohttp cannot send: connecting without it, POST http://127.0.0.1:9/"
    ]
