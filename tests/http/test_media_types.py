"""Media types: what Fetch extracts from one Content-Type line, several, and none."""

from __future__ import annotations

import pytest
from doubling import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from sse_client._http.media_types import extract_mime_type, is_event_stream

SSE = "text/event-stream"


@pytest.mark.parametrize(
    "value",
    [
        SSE,
        "TEXT/Event-Stream",
        f" {SSE} ",
        f"\t{SSE}\t",
        f"\r\n {SSE}",
        f"{SSE};charset=utf-8",
        f"{SSE} ; charset=utf-8",
        f"{SSE};",
        f"{SSE};;;",
        f'{SSE};a="b,text/html"',
        f'{SSE};a="\\",text/html"',
        f'{SSE};a="unclosed, text/html',
        f'{SSE};a="unclosed\\',
        f"{SSE};charset=iso-8859-1",
        f"{SSE}; text/html",
    ],
)
def test_an_event_stream_is_one_whatever_its_case_and_parameters(value: str) -> None:
    assert extract_mime_type([value]) == SSE
    assert is_event_stream([value])


@pytest.mark.parametrize(
    "values",
    [
        ["text/html", SSE],
        ["text/html;charset=utf-8", SSE],
        [f"text/html, {SSE}"],
        [f"text/html,{SSE}"],
        [SSE, SSE],
        [f"{SSE}, {SSE}; charset=utf-8"],
        [SSE, ""],
        [SSE, "nothing"],
        [SSE, "*/*"],
        [SSE, "*/*;q=0.8"],
        [SSE, "text/"],
        [SSE, "/html"],
        [SSE, "te xt/html"],
        [SSE, "text/html x"],
        [f",,{SSE},,"],
        [f'text/html;a=",", {SSE}'],
        ['text/html;a="', f'", {SSE}'],
        ["*/*", SSE],
    ],
)
def test_the_last_valid_type_counts(values: list[str]) -> None:
    assert is_event_stream(values)
    assert is_event_stream([", ".join(values)])
    assert extract_mime_type(iter(values)) == SSE


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([SSE, "text/html"], "text/html"),
        ([f"{SSE}, TEXT/HTML;x=y"], "text/html"),
        ([f'text/html;a="{SSE}, {SSE}"'], "text/html"),
        (['text/html;a="', SSE], "text/html"),
        (["text/event-stream2"], "text/event-stream2"),
        (["application/x.event+stream"], "application/x.event+stream"),
        (["*/html"], "*/html"),
        (["text/*"], "text/*"),
    ],
)
def test_another_type_is_named(values: list[str], found: str) -> None:
    assert extract_mime_type(values) == found
    assert not is_event_stream(values)


NONE = [
    "",
    " ",
    ",",
    ";",
    "/",
    "*/*",
    "text",
    "text/",
    "/text",
    "text;/html",
    "text /html",
    "text/ html",
    '"text/html"',
]


@pytest.mark.parametrize(
    "value", [*NONE, "text/\u00e9", "text/ht\0ml", "\u00a0text/html", "text/html\u00a0"], ids=ascii
)
def test_what_is_no_media_type_is_none(value: str) -> None:
    assert extract_mime_type([value]) is None
    assert not is_event_stream([value])


def test_no_line_at_all_is_none() -> None:
    assert extract_mime_type([]) is None


def test_other_types_may_be_accepted() -> None:
    assert is_event_stream(["application/json"], {SSE, "application/json"})
    assert not is_event_stream([], {SSE, "application/json"})


def reference(values: list[str]) -> str | None:
    """Fetch's and MIME Sniffing's algorithms, step by step."""
    text, at, found = ", ".join(values), 0, None
    parts: list[str] = []
    part = ""
    while True:
        while at < len(text) and text[at] not in '",':
            part, at = part + text[at], at + 1
        if at < len(text) and text[at] == '"':
            start, at = at, at + 1
            while at < len(text) and text[at] != '"':
                at += 2 if text[at] == "\\" else 1
            at = min(at + 1, len(text))
            part += text[start:at]
            if at < len(text):
                continue
        parts.append(part.strip("\t "))
        part = ""
        if at >= len(text):
            break
        at += 1
    token = set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for value in parts:
        kind, slash, rest = value.strip("\t\n\r ").partition("/")
        subtype = rest.partition(";")[0].rstrip("\t\n\r ")
        valid = slash and kind and subtype and not set(kind) - token and not set(subtype) - token
        if valid and (kind, subtype) != ("*", "*"):
            found = f"{kind}/{subtype}".lower()
    return found


PIECES = st.sampled_from(
    [SSE, "text/html", "*/*", ",", ", ", ";", '"', '\\"', "\\", " ", "\t", "\n", "=", "/", "a", "é"]
)


@given(st.lists(st.lists(PIECES).map("".join), max_size=4))
def test_it_is_what_the_standards_steps_give(values: list[str]) -> None:
    assert extract_mime_type(values) == reference(values)


@pytest.mark.parametrize("unit", [",", '"', '\\"', '",', "a", "a,", "text/html,", "text/html;", " ", '"\\', '"a"', "/"])
def test_a_long_value_takes_time_in_proportion(unit: str) -> None:
    assert_linear(lambda size: extract_mime_type([unit * size]), 100_000)
    assert_linear(lambda size: extract_mime_type([unit] * size), 50_000)
