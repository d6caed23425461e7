"""What servers and gateways add to a vendor's events."""

from __future__ import annotations

import pytest

from sse_client import Event
from sse_client.replies.markers import is_comment, is_done, is_heartbeat, is_whole, without_done


@pytest.mark.parametrize(
    ("data", "done"),
    [
        ("[DONE]", True),
        (' "[done]" ', True),
        ("", False),
        ("[DONE", False),
        ("{}", False),
        (" " * 100 + "[DONE]", False),
    ],
)
def test_done_may_be_quoted(data: str, done: bool) -> None:
    assert is_done(data) is done


def test_a_body_is_read_without_the_done_after_it() -> None:
    assert without_done('{"a": 1}\n\ndata: [DONE]\n') == '{"a": 1}\n'
    assert without_done('{"a": 1}\n[DONE]') == '{"a": 1}'
    for body in ('{"a": 1}', "[DONE]", '{\n"a": 1\n}'):
        assert without_done(body) == body


@pytest.mark.parametrize(("data", "comment"), [(": PROCESSING", True), (" ", True), ("", True), ("a: b", False)])
def test_a_comment_may_be_wrapped_in_an_event(data: str, comment: bool) -> None:
    assert is_comment(data) is comment


@pytest.mark.parametrize(
    ("event", "heartbeat"),
    [
        (Event("{}", "ping"), True),
        (Event(" Keep-Alive "), True),
        (Event("ping pong"), False),
        (Event("{}"), False),
        (Event(" " * 100 + "ping"), False),
    ],
)
def test_a_heartbeat_is_told_by_its_type_or_data(event: Event, heartbeat: bool) -> None:
    assert is_heartbeat(event) is heartbeat


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        ('{"a": 1}', True),
        (" [1, 2]\n", True),
        ('["\\ud800", NaN]', True),
        ('{"a": 1', False),
        ('{"a": }', False),
        ("1", False),
        ('"a"', False),
        ("", False),
        ("[" * 100_000 + "]", False),
    ],
)
def test_only_objects_and_arrays_show_where_they_end(data: str, whole: bool) -> None:
    assert is_whole(data) is whole
