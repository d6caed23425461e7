"""The query of a URL: parameters as OpenAI's own client writes them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest

from sse_client.adapters.openai._shared.query import with_params


@pytest.mark.parametrize(
    ("query", "params", "expected"),
    [
        pytest.param("a=%2f&&b", None, "a=%2f&&b", id="none: to the letter"),
        pytest.param("a=%2f&&b", {}, "a=%2f&&b", id="an empty mapping is none"),
        pytest.param("a=%2f&&b", {"c": "d e&f"}, "a=%2f&b&c=d+e%26f", id="a text is escaped"),
        pytest.param("a=1&b=2&%61=3", {"a": "4"}, "b=2&a=4", id="a parameter replaces those of its name"),
        pytest.param("a=1&b=2", {"a": None}, "b=2", id="None takes one away"),
        pytest.param("a=1", {"a": None}, "", id="the last one, too"),
        pytest.param("", {"n": 1, "t": 0.5, "yes": True, "no": False}, "n=1&t=0.5&yes=true&no=false", id="numbers"),
        pytest.param("a%5B%5D=1&b=2", {"a": ["x", None, 3]}, "b=2&a%5B%5D=x&a%5B%5D=3", id="a list"),
        pytest.param("", {"a": {"b": "c", "d": {"e": 1}}}, "a%5Bb%5D=c&a%5Bd%5D%5Be%5D=1", id="a mapping"),
    ],
)
def test_parameters_replace_those_of_the_same_name(query: str, params: dict[str, Any] | None, expected: str) -> None:
    assert with_params(query, params) == expected


@pytest.mark.parametrize("value", [b"x", {1}, object()])
def test_what_cannot_be_written_is_a_type_error(value: object) -> None:
    with pytest.raises(TypeError, match=r"after: a parameter of the query must be a str or a number, not \w+"):
        with_params("", {"after": value})


def test_values_are_written_as_the_sdk_writes_them() -> None:
    from openai import OpenAI

    params = {"n": 1, "yes": True, "none": None, "list": ["x", 2], "map": {"a": {"b": "c"}}, "text": "ä &"}
    with OpenAI(api_key="k") as sdk:
        theirs = sdk.qs.stringify(params)
    assert sorted(parse_qsl(with_params("", params))) == sorted(parse_qsl(theirs))
