"""The errors: one root, branches that say whether to try again, and values that survive a pickle and a copy."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

import sse_client
from sse_client import errors
from sse_client.errors import (
    BodyNotReplayable,
    ConnectionFailed,
    ContentTypeError,
    DeadlineExceeded,
    EventTooLarge,
    IdleTimeout,
    RedirectRefused,
    ResponseError,
    SSEError,
    StatusError,
    StreamTruncated,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PARENTS: list[tuple[type[SSEError], type[Exception]]] = [
    (SSEError, Exception),
    (ConnectionFailed, SSEError),
    (IdleTimeout, ConnectionFailed),
    (StreamTruncated, ConnectionFailed),
    (ResponseError, SSEError),
    (StatusError, ResponseError),
    (ContentTypeError, ResponseError),
    (EventTooLarge, SSEError),
    (BodyNotReplayable, SSEError),
    (RedirectRefused, SSEError),
    (DeadlineExceeded, SSEError),
]

SAMPLES = [
    SSEError("text"),
    ConnectionFailed("text", sent=False),
    IdleTimeout("text", sent=False),
    StreamTruncated("text", sent=False, partial=["half"]),
    ResponseError("text", status=500, headers={"X": "1"}, body=b"body"),
    StatusError("text", status=429, headers={"X": "1"}, body=b"body", retry_after=1.5),
    ContentTypeError("text", status=200, headers={"X": "1"}, body=b"<html>"),
    EventTooLarge("text"),
    BodyNotReplayable("text"),
    RedirectRefused("text"),
    DeadlineExceeded("text"),
]


@pytest.mark.parametrize(("error", "parent"), PARENTS, ids=lambda each: each.__name__)
def test_the_tree_is_the_documented_one(error: type[SSEError], parent: type[Exception]) -> None:
    assert error.__bases__ == (parent,)


def test_no_error_is_missing_from_the_tree_or_from_the_package() -> None:
    assert {error.__name__ for error, _ in PARENTS} == set(errors.__all__)
    assert set(errors.__all__) <= set(sse_client.__all__)


def test_the_samples_are_one_of_each() -> None:
    assert [type(sample) for sample in SAMPLES] == [error for error, _ in PARENTS]


def _pickled(error: SSEError) -> SSEError:
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, SSEError)
    return again


@pytest.mark.parametrize("again", [_pickled, copy.copy, copy.deepcopy], ids=["pickle", "copy", "deepcopy"])
@pytest.mark.parametrize("error", SAMPLES, ids=lambda each: type(each).__name__)
def test_a_copy_is_equal_in_text_attributes_and_notes(error: SSEError, again: Callable[[SSEError], SSEError]) -> None:
    error = copy.deepcopy(error)
    error.add_note("a note")
    twin = again(error)
    assert type(twin) is type(error)
    assert str(twin) == str(error) == "text"
    assert twin.__dict__ == error.__dict__
    assert twin.__notes__ == ["a note"]


@pytest.mark.parametrize("kind", [error for error, _ in PARENTS], ids=lambda each: each.__name__)
def test_a_message_is_all_that_any_of_them_needs(kind: type[SSEError]) -> None:
    assert str(kind("text")) == "text"
    assert kind("text").partial is None


def test_a_request_counts_as_sent_unless_the_contrary_is_certain() -> None:
    assert ConnectionFailed().sent
    assert IdleTimeout().sent
    assert StreamTruncated().sent


def test_a_response_error_has_a_status_headers_and_a_body_in_any_case() -> None:
    error = StatusError()
    assert (error.status, error.headers, error.body, error.retry_after) == (0, {}, b"", None)


def test_headers_are_those_that_were_given_whose_lookups_may_ignore_case() -> None:
    headers = {"X": "1"}
    assert ResponseError(headers=headers).headers is headers
