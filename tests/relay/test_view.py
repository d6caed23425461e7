"""The line that shows how a relay is doing."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from relay.kit import STATUS, Terminal, eventually, free_port
from sse_client.relay import Relay, RelayStatus
from sse_client.relay._command.board import Board
from sse_client.relay._command.view import line, watch

if TYPE_CHECKING:
    from relay.kit import RedisServer


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"role": "starting"}, "starting"),
        ({"role": "starting", "redis": "away"}, "waiting for Redis"),
        ({}, "this host leads | 3 events/s | 7 in all | no id yet"),
        ({"role": "follower", "leader": ""}, "nobody leads, me waits | 3 events/s | 7 in all | no id yet"),
        (
            {"lag": 2000, "held_back": True, "duplicates": 4, "redis": "full", "last_event_id": "x" * 50},
            (
                "this host leads | 3 events/s | 7 in all | lag 2,000, held back | 4 doubles dropped | Redis is full | "
                f"last id {'x' * 37}..."
            ),
        ),
        ({"lag": 0, "last_event_id": "9"}, "this host leads | 3 events/s | 7 in all | lag 0 | last id 9"),
    ],
)
def test_the_line_says_who_leads_how_fast_and_how_far(changes: dict[str, Any], shown: str) -> None:
    assert line(replace(STATUS, **changes), 3.2, "me") == shown


@pytest.mark.parametrize(("output", "begins"), [(Terminal(), "\r\x1b[K"), (io.StringIO(), "starting\n")])
def test_the_view_writes_over_itself_on_a_terminal_alone(server: RedisServer, output: io.StringIO, begins: str) -> None:
    with Relay(server.url, "ticks") as relay, watch(relay, "me", Board(output), seconds=0.01):
        eventually(lambda: output.getvalue().count("starting") >= 2)
    assert output.getvalue().startswith(begins)


def test_a_view_that_showed_nothing_leaves_no_empty_line() -> None:
    output, told = Terminal(), cast("Relay", None)  # nobody asks it within the first second
    with watch(told, "me", Board(output)):
        pass
    assert output.getvalue() == ""


def test_the_rate_is_none_of_what_was_there_before() -> None:
    class Told:
        """A relay whose status is another one each time it is asked for."""

        def __init__(self) -> None:
            self._statuses = iter(
                [replace(STATUS, role="starting", count=0), *(replace(STATUS, count=n) for n in (5_000, 5_000, 5_001))]
            )
            self.status: RelayStatus = next(self._statuses)

        def lag(self) -> None:
            self.status = next(self._statuses, self.status)

    output = io.StringIO()
    told: Any = Told()
    with watch(told, "me", Board(output), seconds=0.01):
        eventually(lambda: output.getvalue().count("\n") >= 5)
    lines = output.getvalue().splitlines()
    assert lines[0] == "this host leads | 5,000 in all | no id yet"
    assert lines[1] == "this host leads | 0 events/s | 5,000 in all | no id yet"
    assert all("events/s | 5,001 in all" in each for each in lines[2:])


def test_the_view_stands_it_that_redis_is_away() -> None:
    output = io.StringIO()
    with Relay(f"redis://127.0.0.1:{free_port()}", "ticks") as relay, watch(relay, "me", Board(output), seconds=0.01):
        eventually(lambda: "starting" in output.getvalue())
