"""Events to lines of JSON and to values: the short ways write what the long ones do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_client import Event
from sse_client.cli.streams.sinks import FieldValues, JsonLines

from .kit import Kept

EVENTS = st.lists(st.builds(Event, data=st.text(), event=st.text(), id=st.text(), retry=st.none() | st.integers(0)))
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


def shown_by_json(data: str) -> bytes:
    """Return what `--field n` writes, by the standard library alone."""
    try:
        value = json.loads(data)["n"]
    except (ValueError, RecursionError):
        return b""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")


def shown(data: str) -> bytes:
    out = Kept()
    FieldValues(out, ["n"]).write([Event(data=data)])  # type: ignore[arg-type]  # has write
    return out.data


@given(EVENTS)
def test_events_alone_are_the_lines_they_are_among_comments(events: list[Event]) -> None:
    alone, among = Kept(), Kept()
    for out, comments in ((alone, False), (among, True)):
        assert JsonLines(out, comments=comments).write(events) == len(events)  # type: ignore[arg-type]  # has write
    assert alone.data == among.data


@given(VALUES, st.booleans())
def test_values_are_those_of_the_standard_library(value: Any, ascii_alone: bool) -> None:
    data = json.dumps({"n": value}, ensure_ascii=ascii_alone)
    assert shown(data) == shown_by_json(data)


NUMBERS = "-0|1e400|12345678901234567890123|1E5|1.0|2.5e-324|1e22|1e23|NaN|-Infinity|01|.5|1.|0x1"
TEXTS = '"\\ud800"|"\\ud83d\\ude00"|"\t"|"\\u0000"|"\x7f"|"\\x"|"\\/"|"\u2028"|"'
OTHERS = "|tru|[1,]|1,|1 2|\ufeff1"
DEEP = ["[" * depth + "]" * depth for depth in (100, 900, 10_000)]


@pytest.mark.parametrize("value", [*f"{NUMBERS}|{TEXTS}|{OTHERS}".split("|"), *DEEP, "9" * 5000])
def test_odd_values_are_those_of_the_standard_library(value: str) -> None:
    data = f'{{"n": {value}}}'
    assert shown(data) == shown_by_json(data)
