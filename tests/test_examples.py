"""The examples, each run as a process, as its reader would: without a key, against the server that comes along."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run an example; whatever names a service or a proxy is not there."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OPENAI_") and not name.lower().endswith("_proxy")
    }
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
        capture_output=True, text=True, encoding="utf-8", timeout=50, check=False,
        env={**environment, "PYTHONIOENCODING": "utf-8", **variables},
    )  # fmt: skip


RUNS = [
    pytest.param(
        "demo.py", [],
        ["Server-Sent Events are a way", "complete", "resumed after id 6", "8 events: none lost, none twice"],
        id="a chat, and a subscription that is dropped",
    ),
    pytest.param(
        "tools_loop.py", [],
        ['temperature {"city": "Oslo"} -> {"city": "Oslo", "celsius": 4}', "4 degrees in Oslo and 17 degrees in Rome"],
        id="a tools loop",
    ),
    pytest.param(
        "tools_loop.py", ["And in Paris?"], ["> And in Paris?", "I do not know."], id="a question of one's own"
    ),
    pytest.param(
        "background_response.py", [],
        ["lost, again in", "connected again", "and gets the rest.", "none lost, none twice", "complete, completed"],
        id="a response in the background",
    ),
    pytest.param(
        "many_streams.py", ["--streams", "5", "--tokens", "3", "--pace", "0.01"],
        ["5 streams, 15 tokens", "0 failed", "time to first token", "tokens a second", "CPU of this process"],
        id="many streams, a few of them",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "shown"), RUNS)
def test_an_example_runs_and_shows_what_it_is_about(name: str, arguments: list[str], shown: list[str]) -> None:
    ran = run(name, *arguments)
    assert (ran.returncode, ran.stderr) == (0, "")
    said = re.sub(r"\s+", " ", ran.stdout)
    assert [text for text in shown if text not in said] == []


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {str(each.values[0]) for each in RUNS}


@pytest.mark.parametrize("name", ["demo.py", "tools_loop.py", "background_response.py"])
def test_an_example_says_in_a_line_why_a_service_cannot_be_asked(name: str) -> None:
    ran = run(name, OPENAI_API_KEY="key", OPENAI_BASE_URL="no url")
    assert ran.returncode != 0
    assert ran.stderr.strip().startswith(f"{name.removesuffix('.py')}: ")
    assert len(ran.stderr.strip().splitlines()) == 1
