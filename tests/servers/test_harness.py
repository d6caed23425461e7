"""A server that cannot be installed or started fails its tests in CI, with its last words, and hides no other's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from . import install, process
from .process import Program, free_port, running

TESTS = Path(__file__).parents[1]

LISTENS = "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), None).serve_forever()"

# A module of tests with two servers, one of which does not start.
MODULE = f"""
import sys
import pytest
from servers.process import running

LISTENS = {LISTENS!r}
BREAKS = "import sys; sys.exit('its last words')"

@pytest.fixture(scope="module", params=[BREAKS, LISTENS], ids=["broken", "sound"])
def server(request):
    with running("the server", lambda port, _: [sys.executable, "-c", request.param, str(port)]) as program:
        yield program

def test_one(server):
    assert server.port

def test_two(server):
    assert server.port
"""


@pytest.fixture(params=["true", None], ids=["in CI", "elsewhere"])
def outcome(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> type[BaseException]:
    """What a test with a server that is not there ends with."""
    if request.param is None:
        monkeypatch.delenv("CI", raising=False)
        return pytest.skip.Exception
    monkeypatch.setenv("CI", request.param)
    return pytest.fail.Exception


def program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_server_that_ends_says_its_last_words(outcome: type[BaseException]) -> None:
    code = "import sys; print('first words', flush=True); sys.exit('its last words')"
    with (
        pytest.raises(outcome, match=r"(?s)it ended with status 1: first words.*its last words"),
        running("it", lambda _port, _folder: program(code)),
    ):
        pytest.fail("it runs")


def test_a_server_that_does_not_listen_says_its_last_words(
    outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "START", 5.0)
    code = "import time; print('about to begin', flush=True); time.sleep(600)"
    began: list[Program] = []
    start = Program.__init__

    def noted(self: Program, *arguments: object) -> None:
        start(self, *arguments)  # type: ignore[arg-type]
        began.append(self)

    monkeypatch.setattr(Program, "__init__", noted)
    with (
        pytest.raises(outcome, match="it does not listen after 5 s: about to begin"),
        running("it", lambda _port, _folder: program(code)),
    ):
        pytest.fail("it runs")
    with pytest.raises(ProcessLookupError):
        os.kill(began[0].pid, 0)


def test_a_server_without_words_says_so(outcome: type[BaseException]) -> None:
    with (
        pytest.raises(outcome, match=r"it ended with status 3: \(it printed nothing\)"),
        running("it", lambda _port, _folder: program("raise SystemExit(3)")),
    ):
        pytest.fail("it runs")


def test_a_program_that_is_missing_is_named(outcome: type[BaseException]) -> None:
    with pytest.raises(outcome, match="no-such-program is not installed"):
        install.command("no-such-program")


def test_a_server_whose_port_is_taken_gets_another_one() -> None:
    ports: list[int] = []

    def arguments(port: int, _: Path) -> list[str]:
        ports.append(port)
        taken = "import sys; sys.exit('Address already in use')"
        return [*program(LISTENS if len(ports) == 2 else taken), str(port)]

    with running("it", arguments) as started:
        assert started.port == ports[1]
    assert len(ports) == 2


def test_an_installation_that_fails_says_why(outcome: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(outcome, match=r"(?s)failed: .*no index has it"):
        install._run(program("import sys; sys.exit('no index has it')"), cwd=tmp_path)


def test_an_installation_that_takes_too_long_is_given_up(
    outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "LIMIT", 0.5)
    began = time.monotonic()
    with pytest.raises(outcome, match="took more than 0 s"):
        install._run(program("import time; time.sleep(600)"))
    assert time.monotonic() - began < 60


def test_an_installation_that_fails_is_not_kept(
    outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(install, "KEPT", tmp_path / "kept")

    def fails(folder: Path) -> None:
        folder.mkdir()
        (folder / "half").touch()
        install._run(program("raise SystemExit(1)"))

    def succeeds(folder: Path) -> None:
        folder.mkdir()
        (folder / "whole").touch()

    with pytest.raises(outcome):
        install._kept("it", b"1.0", fails)
    assert list((tmp_path / "kept").iterdir()) == []
    folder = install._kept("it", b"1.0", succeeds)
    assert [file.name for file in folder.iterdir()] == ["whole"]
    assert install._kept("it", b"1.0", fails) == folder


@pytest.mark.parametrize(
    ("variable", "expected"), [({"CI": "true"}, "2 passed, 2 errors"), ({}, "2 passed, 2 skipped")]
)
def test_a_broken_server_hides_no_other(variable: dict[str, str], expected: str, tmp_path: Path) -> None:
    (tmp_path / "test_two_servers.py").write_text(MODULE)
    environment = {name: value for name, value in os.environ.items() if name != "CI" and "PYTEST" not in name}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(tmp_path), "-rsE", str(tmp_path)],
        env={**environment, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]), **variable},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert expected in run.stdout
    assert "its last words" in run.stdout


def test_a_test_has_the_time_that_an_installation_may_take(request: pytest.FixtureRequest) -> None:
    mark = request.node.get_closest_marker("timeout")
    assert mark is not None
    assert mark.args[0] > install.LIMIT + process.START


def test_a_program_is_stopped_with_its_children() -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {LISTENS!r}, sys.argv[1]])"
    with running("it", lambda port, _: [*program(child), str(port)]) as started:
        port = started.port
        assert port != free_port()
    with pytest.raises(ConnectionRefusedError):
        _connect(port)


def _connect(port: int) -> None:
    """Connect again and again, until that fails."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        time.sleep(0.05)
