"""What a vendor's client is created with, checked at once."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from sse_client import Timeout
from sse_client.replies.client_arguments import check_mapping, check_retries, check_timeout, checked_key, merged_headers


def test_a_key_comes_from_the_argument_or_else_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VENDOR_KEY", raising=False)
    assert checked_key(None, variable="VENDOR_KEY") is None
    monkeypatch.setenv("VENDOR_KEY", "theirs")
    assert checked_key(None, variable="VENDOR_KEY") == "theirs"
    assert checked_key(None) is None
    assert checked_key("ours", variable="VENDOR_KEY") == "ours"
    assert checked_key("", variable="VENDOR_KEY") == ""
    monkeypatch.setenv("VENDOR_KEY", "http://localhost:8000")
    with pytest.raises(ValueError, match=r"^VENDOR_KEY: expected a key, got what looks like a URL"):
        checked_key(None, "token", "VENDOR_KEY")


@pytest.mark.parametrize("key", [b"key", 5, lambda: "key"])
def test_a_key_is_a_text(key: Any) -> None:
    with pytest.raises(TypeError, match=r"^token: expected a str, got"):
        checked_key(key, "token")


@pytest.mark.parametrize("value", [1.5, "2", True, None])
def test_retries_are_a_whole_number(value: object) -> None:
    with pytest.raises(TypeError, match=r"^max_retries: expected an int, got"):
        check_retries(value)


def test_retries_are_not_negative() -> None:
    check_retries(0)
    with pytest.raises(ValueError, match="max_retries must be 0 or more, not -1"):
        check_retries(-1)


@pytest.mark.parametrize("value", [None, 5, 0.5, (1, None), Timeout(first=3)])
def test_a_timeout_is_what_streams_accept(value: object) -> None:
    check_timeout(value)


@pytest.mark.parametrize(("value", "error"), [("5", TypeError), ((1, 2, 3), ValueError), (0, ValueError)])
def test_another_timeout_is_refused(value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        check_timeout(value)


def test_a_mapping_is_any_mapping() -> None:
    check_mapping("headers", None)
    check_mapping("headers", {})
    check_mapping("headers", MappingProxyType({"a": "b"}))
    for value in (5, "a: b", [("a", "b")]):
        with pytest.raises(TypeError, match=f"^headers: expected a mapping, got {type(value).__name__}$"):
            check_mapping("headers", value)


def test_headers_override_others_whatever_their_case() -> None:
    ours = {"X-Key": "1", "Accept": "a"}
    assert merged_headers(ours, {"x-key": "2", "B": "c"}) == {"Accept": "a", "x-key": "2", "B": "c"}
    assert merged_headers(ours, None) == ours
