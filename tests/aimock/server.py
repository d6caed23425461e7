"""An aimock that runs for as long as the tests do: `@copilotkit/aimock` of npm, as package-lock.json pins it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
KEY = "sk-of-aimock"
"""The only key that it takes; every credential of a request is to be this one."""

_PATIENCE = 60.0  # seconds to start on a busy machine, where a second is usual
_LISTENING = re.compile(r"listening on (http://\S+)")


class Aimock:
    """A running server.

    Attributes:
        url: its origin, such as `http://127.0.0.1:4010`.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def requests(self, test_id: str) -> list[dict[str, Any]]:
        """Return what it has noted of the requests with the header `X-Test-Id: test_id`, in order of arrival."""
        answer = requests.get(
            f"{self.url}/__aimock/journal", params={"testId": test_id}, headers={"api-key": KEY}, timeout=10
        )
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return sorted(found, key=lambda each: each["timestamp"])

    def chaos(self, test_id: str, **rates: float) -> None:
        """Have the requests with that header go wrong, each in so many cases of one; without `rates`, in none."""
        answer = requests.post(
            f"{self.url}/__aimock/chaos",
            json=rates,
            headers={"api-key": KEY, "X-Test-Id": test_id},
            timeout=10,
        )
        answer.raise_for_status()


@pytest.fixture(scope="session")
def aimock(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    """The server, one for all tests; they are told apart by the header `X-Test-Id`."""
    node = shutil.which("node") or _unavailable("node is not installed")
    command = [
        node,
        str(_installed(pytestconfig.cache) / "node_modules/@copilotkit/aimock/dist/cli.js"),
        *("--host", "127.0.0.1", "--port", "0", "--fixtures", str(HERE / "fixtures.json"), "--validate-on-load"),
    ]
    log = tmp_path_factory.mktemp("aimock") / "log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIMOCK_")}
    # A file, not a pipe: a pipe that nobody reads would fill up and hold the server.
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environment, "AIMOCK_API_KEYS": KEY},
        )
    try:
        yield Aimock(_listening(process, log))
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listening(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return where it listens, once it says so."""
    deadline = time.monotonic() + _PATIENCE
    while not (found := _LISTENING.search(log.read_text(errors="replace"))):
        if process.poll() is not None or time.monotonic() > deadline:
            _unavailable(f"aimock did not start: {log.read_text(errors='replace')[-1000:] or 'it says nothing'}")
        time.sleep(0.05)
    return found[1]


def _installed(cache: pytest.Cache | None) -> Path:
    """Return the folder that it is installed in, once for each lock file; no script of the package's is run."""
    lock = HERE / "package-lock.json"
    version = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = (cache.mkdir("aimock") if cache else Path(tempfile.gettempdir())) / f"aimock-{version}"
    if folder.exists():
        return folder
    npm = shutil.which("npm") or _unavailable("npm is not installed")
    making = Path(tempfile.mkdtemp(prefix="making-", dir=folder.parent))
    try:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, making)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=peer"],
            cwd=making, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        if done.returncode:
            _unavailable(f"npm could not install aimock: {done.stderr[-1000:]}")
        # Two runs at once may have made the same; the second one finds it there.
        with contextlib.suppress(OSError):
            making.rename(folder)
    except subprocess.TimeoutExpired:
        _unavailable("npm could not install aimock within 240 s")
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def _unavailable(reason: str) -> NoReturn:
    """Skip on a machine of somebody's own; fail where all tests are to run."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
