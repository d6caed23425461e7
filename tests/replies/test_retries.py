"""Which failures are retried, how often, and after how long."""

from __future__ import annotations

import random

import pytest

from sse_client import ConnectionFailed, SSEError, StatusError, StreamTruncated
from sse_client.policy import Policy
from sse_client.replies.retries import Retries


class Reader:
    empty = True


def delays(retries: Retries[Reader], *errors: SSEError) -> list[float | None]:
    """Return the delays after `errors`, one after another; None: no attempt follows."""
    policy = Policy(retries.rules()["reconnect"], repeat=False)
    return [
        policy.delay(error, useless=number, reconnection_time=None, name="POST http://localhost/")
        for number, error in enumerate(errors, 1)
    ]


def refused(status: int, **headers: str) -> StatusError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    after = float(named["retry-after"]) if "retry-after" in named else None
    return StatusError(str(status), status=status, headers=named, retry_after=after)


@pytest.fixture(autouse=True)
def _largest(monkeypatch: pytest.MonkeyPatch) -> None:
    def uniform(_: float, high: float) -> float:
        return high

    monkeypatch.setattr(random, "uniform", uniform)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_a_request_that_is_refused_for_a_while_is_retried(status: int) -> None:
    assert delays(Retries(2, Reader), refused(status)) == [0.5]


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_request_that_is_refused_for_good_is_not(status: int) -> None:
    assert delays(Retries(2, Reader), refused(status)) == [None]


def test_the_server_may_decide() -> None:
    assert delays(Retries(2, Reader), refused(400, x_should_retry="true")) == [0.5]
    assert delays(Retries(2, Reader), refused(503, x_should_retry="false")) == [None]


@pytest.mark.parametrize(
    ("error", "delay"),
    [
        (ConnectionFailed("refused", sent=False), 0.5),
        (ConnectionFailed("reset", sent=True), None),
        (StreamTruncated("cut off"), None),
        (SSEError("another"), None),
    ],
)
def test_a_request_that_may_have_arrived_is_not_retried(error: SSEError, delay: float | None) -> None:
    assert delays(Retries(2, Reader), error) == [delay]


def test_a_subclass_may_allow_more() -> None:
    class Repeatable(Retries[Reader]):
        def may_follow(self, error: ConnectionFailed) -> bool:
            return self.reader.empty

    assert delays(Repeatable(2, Reader), ConnectionFailed("reset", sent=True)) == [0.5]


def test_retries_are_counted_and_their_delays_grow() -> None:
    failures = [refused(500)] * 8
    assert delays(Retries(7, Reader), *failures) == [0.5, 1, 2, 4, 8, 8, 8, None]
    assert delays(Retries(0, Reader), refused(500)) == [None]


@pytest.mark.parametrize(
    ("headers", "delay"),
    [
        ({"retry_after": "7"}, 7.7),
        ({"retry_after_ms": "2000", "retry_after": "7"}, 2.2),
        ({"retry_after": "120"}, 132),
        ({"retry_after": "121"}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 529])
def test_the_server_may_ask_for_a_delay(status: int, headers: dict[str, str], delay: float | None) -> None:
    (found,) = delays(Retries(2, Reader), refused(status, **headers))
    assert found == (None if delay is None else pytest.approx(delay))


def test_each_attempt_has_a_reader_of_its_own() -> None:
    retries = Retries(1, Reader)
    first = retries.reader
    delays(retries, refused(500))
    assert retries.reader is not first


def test_only_a_stream_with_an_end_marker_may_not_end_without_it() -> None:
    class Marked(Retries[Reader]):
        until = "[DONE]"

    rules = [retries.rules() for retries in (Marked(1, Reader), Retries(1, Reader))]
    assert [(each.get("until"), each["reconnect"].on_end) for each in rules] == [("[DONE]", True), (None, False)]
