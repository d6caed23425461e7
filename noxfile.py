"""The suite on every Python and every stack: `nox` runs what is there, `nox --list` shows all.

The sessions of a Python that the machine lacks are skipped, or fail with `--error-on-missing-interpreters`.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.14t"]
ASIDE = ["tests/servers", "tests/proxies", "tests/stacks"]
"""What sessions of their own run."""

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["core", "stacks", "newest", "sdist", "servers"]


def _suite(session: nox.Session, *arguments: str) -> None:
    """Run the tests that need nothing but Python; what follows `--` on the command line goes to pytest."""
    aside = [f"--ignore={folder}" for folder in ASIDE]
    session.run("python", "-m", "pytest", "-p", "no:cacheprovider", *aside, *arguments, *session.posargs)


@nox.session(python=PYTHONS)
def core(session: nox.Session) -> None:
    """Run the suite with the pinned packages."""
    session.install("--editable", ".[dev]")
    _suite(session)


@nox.session(python=PYTHONS)
def stacks(session: nox.Session) -> None:
    """Run the scenarios on the oldest packages, on urllib3-future, on uvloop, and without POSIX."""
    session.install("--editable", ".[dev]")
    session.run("python", "-m", "pytest", "tests/stacks", *session.posargs)


@nox.session(python=PYTHONS)
def newest(session: nox.Session) -> None:
    """Run the suite with the newest of the packages that it depends on, pinned or not."""
    session.install("--editable", ".[dev]")
    names = ("aiohttp", "httpx2", "msgspec", "requests", "sseclient-py", "tenacity", "urllib3")
    session.install("--upgrade", "--upgrade-strategy", "eager", *names)
    _suite(session)


@nox.session
def sdist(session: nox.Session) -> None:
    """Run the suite of the source archive, unpacked, with the package that is built from it."""
    session.install("build")
    folder = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "build", "--sdist", "--outdir", str(folder), ".")
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as unpacking:
        unpacking.extractall(folder, filter="data")
    session.chdir(folder / archive.name.removesuffix(".tar.gz"))
    session.install(".[dev]")
    _suite(session)


@nox.session
def servers(session: nox.Session) -> None:
    """Run the tests that need servers and proxies by others."""
    session.install("--editable", ".[dev]")
    session.run("python", "-m", "pytest", "tests/servers", "tests/proxies", *session.posargs)
