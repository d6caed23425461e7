"""docs/command-line.md: its commands run, and print what the page shows."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sse_client import Event
from sse_client.cli.exits import Exit
from sse_client.testing import Server

from .kit import COMMAND, HANGS, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parent.parent.parent / "docs" / "command-line.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
ORIGIN = "http://localhost:8000"
_TIMES = re.compile(r"\b\d+(?:\.\d+)? (?:ms|s|a second)\b")


@pytest.fixture
def origin() -> Iterator[str]:
    """The server that the page talks to."""
    events = [Event(f'{{"symbol": "ACME", "price": {price}}}', "price") for price in (12.5, 12.75, 12.25, 13.0, 13.5)]
    with Server(events=events, retry=100, drop_after=3, pace=0.05, answer="Server-Sent Events are simple.") as server:
        yield server.url


def commands(session: str) -> list[tuple[str, str]]:
    """Return the commands of a session, with what each prints."""
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.splitlines()[0][2:50])
def test_a_session_is_as_the_page_shows_it(session: str, origin: str, tmp_path: Path) -> None:
    for line, shown in commands(session):
        run = line.replace(ORIGIN, origin).replace("sse-client", shlex.join(COMMAND), 1)
        ran = subprocess.run(
            ["bash", "-c", run], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=HANGS,
            check=False, cwd=tmp_path, stdin=subprocess.DEVNULL, env=environment(OPENAI_API_KEY="key"),
        )  # fmt: skip
        printed = ran.stdout.replace(origin, ORIGIN).replace(origin.partition("//")[2], "localhost:8000")
        assert _same_each_time(printed) == _same_each_time(shown), line


def _same_each_time(text: str) -> str:
    """Return what was printed without times, and without the codings that happen to be installed."""
    return re.sub(r"(?<=Accept-Encoding: ).*", "...", _TIMES.sub("T", text))


def test_the_page_has_every_exit_code() -> None:
    assert re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.MULTILINE) == [
        (str(code.value), code.meaning) for code in Exit
    ]
