"""The same scenarios on the oldest packages that are allowed, on the newest, and on urllib3-future."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOT = Path(__file__).parent.parent.parent
SCENARIO = Path(__file__).parent / "scenario.py"
NAMES = [
    "reads_promptly", "tells_a_cut", "gives_the_connection_back", "leaves_a_used_session_to_its_owner",
    "reconnects_with_the_last_event_id", "wakes_a_reader", "keeps_the_deadline_of_a_head", "chats",
    "keeps_a_checkpoint", "streams_with_asyncio", "reads_sockets_of_urllib3_future", "refuses_malformed_bodies",
    "reads_through_a_library_that_looks_different", "reads_what_others_have_opened",
]  # fmt: skip


def oldest() -> list[str]:
    """Return what the project allows, each at its lowest version."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    allowed = [*project["dependencies"], *project["optional-dependencies"]["async"]]
    return [re.sub(">=", "==", each) for each in allowed]


STACKS = {
    "installed": [],
    "oldest": oldest(),
    # niquests brings it, and it then stands in urllib3's place for the whole environment.
    "urllib3-future": ["urllib3-future==2.25.904"],
    "niquests": ["niquests==3.21.2"],
    "pyreqwest": ["pyreqwest==0.15.1"],
    "uvloop": [],
    "without_posix": [],
}
CORE = [
    "tests/test_checkpoint.py",
    "tests/blocking/test_prompt_reading.py",
    "tests/blocking/test_reconnecting.py",
    "tests/blocking/test_timeouts.py",
]


def unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("stack", STACKS)
def test_a_stack(stack: str, pytestconfig: pytest.Config) -> None:
    paths = [str(ROOT)]
    if STACKS[stack]:
        key = re.sub(r"[^\w.]+", "-", f"{sys.version_info[0]}.{sys.version_info[1]}-{'-'.join(STACKS[stack])}")
        folder = pytestconfig.cache.mkdir("stacks") / key
        if not (folder / "whole").exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
            pip.append("--no-compile")
            installed = subprocess.run(
                [*pip, "--target", str(folder), *STACKS[stack]],
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            if installed.returncode:
                unavailable(f"{stack} cannot be installed: {installed.stderr[-500:]}")
            (folder / "whole").touch()
        paths.insert(0, str(folder))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    run = subprocess.run(
        [sys.executable, str(SCENARIO), stack],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stdout.split()) == (0, NAMES), run.stderr
    assert not STACKS[stack] or paths[0] in run.stderr
    if stack == "oldest":
        assert f"urllib3 {oldest()[-2].rpartition('=')[2]}," in run.stderr


@pytest.mark.timeout(200)
def test_the_core_of_the_suite_passes_without_posix() -> None:
    paths = [str(ROOT), str(SCENARIO.parent)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "pytest", "-p", "without_posix", "--quiet", *CORE]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert run.returncode == 0, run.stdout[-3000:]
