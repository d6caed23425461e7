"""What the log and an observer are told of a stream."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from core.kit import URL
from sse_client import Attempt, Closed, ConnectionFailed, Lost, Opened, Request
from sse_client._core import reports
from sse_client._core.reports import report
from sse_client.observer import Response

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST = Request(method="GET", url=URL, headers={"Authorization": "s3cret"})
NAME = "GET https://example.com/events"
OPENED = Opened(Response(200, {}, URL, None), Attempt(number=3, last_event_id="s3cret"))
LOST = Lost(ConnectionFailed("it broke"), 1.5)


@pytest.mark.parametrize(
    ("news", "level", "message", "facts"),
    [
        pytest.param(OPENED, "INFO", f"opened: {NAME}, attempt 3", {"sse_attempt": 3}, id="opened"),
        pytest.param(LOST, "WARNING", "lost: it broke; connecting again in 1.5 s", {"sse_delay": 1.5}, id="lost"),
        pytest.param(Closed("until"), "INFO", f"closed: {NAME}, until", {"sse_reason": "until"}, id="closed"),
        pytest.param(
            Closed("error", KeyError("s3cret")),
            "INFO",
            f"closed: {NAME}, KeyError",
            {"sse_reason": "error"},
            id="closed by an error",
        ),
    ],
)
def test_news_is_logged_with_its_facts_and_without_secrets(
    caplog: pytest.LogCaptureFixture, news: Any, level: str, message: str, facts: dict[str, object]
) -> None:
    with caplog.at_level(logging.INFO, logger="sse_client"):
        report(news, REQUEST, None)
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == (level, message)
    assert {name: value for name, value in vars(record).items() if name.startswith("sse_")} == {
        "sse_request": NAME,
        **facts,
    }
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("news", [OPENED, LOST, Closed("end")])
def test_observer_gets_the_news_itself_after_the_log(caplog: pytest.LogCaptureFixture, news: Any) -> None:
    told: list[object] = []

    def observer(what: object) -> None:
        told.extend([what, len(caplog.records)])

    with caplog.at_level(logging.INFO, logger="sse_client"):
        report(news, REQUEST, observer)
    assert told == [news, 1]


def test_nothing_is_built_for_a_log_that_is_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def display(_: Request) -> str:
        raise AssertionError

    monkeypatch.setattr(reports, "display", display)
    told: list[object] = []
    tell: Callable[[object], None] = told.append
    caplog.set_level(logging.ERROR, "sse_client")
    for news in (OPENED, LOST, Closed("end")):
        report(news, REQUEST, tell)
    assert told == [OPENED, LOST, Closed("end")]
