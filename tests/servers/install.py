"""Pinned packages of PyPI, npm and Debian, each installed once and kept in a folder that git ignores."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = Path(__file__).parent
KEPT = HERE.parent.parent / ".servers"

LIMIT = 240.0  # seconds for one installation
_ADMIN = ("/usr/sbin", "/usr/local/sbin")  # where Debian has its servers, and users' paths do not lead


def unavailable(reason: str) -> NoReturn:
    """Fail in CI, where every server must run; skip on a machine that lacks this one."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def python(environment: str) -> str:
    """Return the interpreter of a virtual environment with the packages of `pip/{environment}.txt`."""
    requirements = HERE / "pip" / f"{environment}.txt"

    def install(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
        interpreter = str(folder / "bin" / "python")
        pip = [sys.executable, "-m", "pip", "--python", interpreter, "--disable-pip-version-check", "install"]
        # To compile all that is installed takes as long as the rest; what a server imports is compiled by that.
        _run([*pip, "--quiet", "--no-compile", "--requirement", str(requirements)])

    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = _kept(f"pip-{environment}", version.encode() + requirements.read_bytes(), install)
    return str(folder / "bin" / "python")


def script(environment: str, name: str) -> str:
    """Return a program that the packages of `pip/{environment}.txt` bring."""
    return str(Path(python(environment)).with_name(name))


def modules(environment: str) -> Path:
    """Return a `node_modules` with the packages of `npm/{environment}/package-lock.json`, no script of which is run."""
    files = HERE / "npm" / environment
    lock = files / "package-lock.json"
    npm = command("npm")

    def install(folder: Path) -> None:
        folder.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(files / name, folder)
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)

    return _kept(f"npm-{environment}", lock.read_bytes(), install) / "node_modules"


def debian(package: str, program: str) -> str:
    """Return the path of `program`, from Debian's `package`, which only CI installs."""
    return _debian(package, program, _which)


def debian_file(package: str, path: str) -> str:
    """Return the path of a file, from Debian's `package`, which only CI installs."""
    return _debian(package, path, lambda file: file if Path(file).exists() else None)


def command(name: str) -> str:
    """Return the path of a command that the machine must have."""
    return shutil.which(name) or unavailable(f"{name} is not installed")


def _debian(package: str, wanted: str, find: Callable[[str], str | None]) -> str:
    if (found := find(wanted)) is None and os.environ.get("CI") == "true":
        _apt_get(package)
        found = find(wanted)
    return found or unavailable(f"{wanted} is not installed (Debian's package {package} has it)")


def _which(program: str) -> str | None:
    return shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", os.defpath), *_ADMIN)))


def _kept(name: str, content: bytes, install: Callable[[Path], None]) -> Path:
    """Return a folder that `install` has filled, now or in an earlier run with the same `content`."""
    folder = KEPT / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
    if folder.exists():
        return folder
    KEPT.mkdir(exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=KEPT))
    try:
        install(unfinished / "whole")
        # Two test runs may have installed the same; the second one finds the folder in its place.
        with contextlib.suppress(OSError):
            (unfinished / "whole").rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


@cache
def _apt_get_update() -> None:
    _run(["apt-get", "update", "--quiet=2"])


def _apt_get(package: str) -> None:
    _apt_get_update()
    options = ("--yes", "--quiet=2", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")
    _run(["apt-get", "install", *options, package])


def _run(arguments: Sequence[str], cwd: Path | None = None) -> None:
    try:
        done = subprocess.run(
            arguments,
            cwd=cwd,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        unavailable(f"{' '.join(arguments)} took more than {LIMIT:.0f} s")
    if done.returncode:
        unavailable(f"{' '.join(arguments)} failed: {(done.stderr or done.stdout)[-2000:]}")
