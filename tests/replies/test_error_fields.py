"""Errors in the forms in which servers and gateways report them."""

from __future__ import annotations

from typing import Any

import pytest

from sse_client.replies.error_fields import error_fields, reports_error


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}},
        {"type": "overloaded_error", "message": "busy"},
        {"error": {"message": "busy"}},
        {"error": "busy"},
        {"object": "error", "message": "busy"},
        {"detail": "busy"},
    ],
)
def test_an_error_is_recognised_in_each_form(payload: dict[str, Any]) -> None:
    assert reports_error(payload)
    assert error_fields(payload)["message"] == "busy"


@pytest.mark.parametrize(
    "payload",
    [
        *({}, {"error": None}, {"error": {}}, {"error": ""}, {"object": "chunk"}, {"detail": "x", "id": "1"}),
        *({"type": "message", "error": {"message": "x"}}, {"type": 1, "error": "x"}, {"type": "errors"}),
    ],
)
def test_other_objects_report_none(payload: dict[str, Any]) -> None:
    assert not reports_error(payload)


def test_the_fields_around_an_error_are_kept() -> None:
    payload = {"type": "error", "request_id": "r", "error": {"type": "api_error", "message": "no", "code": 5}}
    fields = error_fields(payload)
    assert [fields[name] for name in ("type", "message", "code", "request_id")] == ["api_error", "no", 5, "r"]


def test_the_type_around_an_error_is_not_its_own() -> None:
    assert error_fields({"type": "error", "error": {"message": "no"}})["type"] is None
    assert error_fields({"type": "api_error", "message": "no"})["type"] == "api_error"


def test_an_error_in_a_list_is_the_first_element() -> None:
    assert error_fields([{"error": {"message": "no"}}, {"error": {"message": "other"}}])["message"] == "no"


@pytest.mark.parametrize("payload", [None, 1, "x", [], ["x"], {}, {"message": ""}, {"error": {"message": 5}}])
def test_without_a_text_the_message_is_none(payload: object) -> None:
    assert error_fields(payload)["message"] is None
