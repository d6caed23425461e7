"""Values of JSON that may be of any kind."""

from __future__ import annotations

import math

import pytest

from sse_client.replies.json_values import (
    array,
    is_array,
    is_mapping,
    json_object,
    json_value,
    label,
    listed,
    mapping,
    number,
    text,
    whole_number,
)

VALUES: list[object] = [None, True, 1, 1.5, "a", [1], {"a": 1}]


def test_values_of_another_kind_are_empty_or_none() -> None:
    assert [mapping(value) for value in VALUES] == [{}] * 6 + [{"a": 1}]
    assert [array(value) for value in VALUES] == [[]] * 5 + [[1], []]
    assert [text(value) for value in VALUES] == [None] * 4 + ["a", None, None]
    assert [is_mapping(value) for value in VALUES] == [False] * 6 + [True]
    assert [is_array(value) for value in VALUES] == [False] * 5 + [True, False]


def test_a_number_is_finite_and_no_truth_value() -> None:
    assert [number(value) for value in VALUES] == [None, None, 1, 1, None, None, None]
    assert [number(value) for value in (math.inf, math.nan)] == [None, None]


def test_a_whole_number_may_be_a_string_or_a_float() -> None:
    assert [whole_number(value) for value in (7, "7", 7.0, "0" * 18)] == [7, 7, 7, 0]
    assert [whole_number(value) for value in (None, True, 1.5, math.inf, "x", "-1", "", "0" * 19, [7])] == [None] * 9


def test_a_single_element_without_its_array_is_listed() -> None:
    assert [listed(value) for value in VALUES] == [[], [], [], [], ["a"], [1], [{"a": 1}]]
    assert [listed(""), listed({}), listed([]), listed([[1], "a"])] == [[], [], [], [[1], "a"]]


def test_a_label_may_be_a_number() -> None:
    assert [label(value) for value in VALUES] == [None, None, "1", "1.5", "a", None, None]
    assert [label(value) for value in (math.inf, math.nan)] == [None, None]


@pytest.mark.parametrize("written", ["", "{", "nonsense", "[" * 100_000])
def test_what_is_no_json_is_none(written: str) -> None:
    assert (json_value(written), json_object(written)) == (None, None)


def test_an_object_is_told_from_other_values() -> None:
    assert (json_value('{"a": 1}'), json_object('{"a": 1}')) == ({"a": 1}, {"a": 1})
    assert (json_value("[1]"), json_object("[1]")) == ([1], None)
