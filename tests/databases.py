"""Databases for the code of the pages: each a process of its own, on the loopback interface, in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from relay.kit import RedisServer
from servers import install
from servers.process import free_port

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

_PATIENT = 60.0


@contextmanager
def redis_url() -> Generator[str]:
    """Run Redis; yield its URL."""
    install.debian("redis-server", "redis-server")
    with TemporaryDirectory(prefix="redis-") as folder:
        server = RedisServer(Path(folder)).start()
        try:
            yield server.url
        finally:
            server.stop()


@contextmanager
def postgres_url() -> Generator[str]:
    """Run PostgreSQL; yield the URL of an empty database."""
    programs = _postgres_programs()
    with TemporaryDirectory(prefix="postgres-") as made:
        folder = Path(made)
        user = _unprivileged(folder)
        data, port = folder / "data", free_port()
        _run([str(programs / "initdb"), "-D", str(data), "-U", "page", "-A", "trust", "-E", "UTF8", "--no-sync"], user)
        options = ["-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(data), *options], stdout=output, stderr=output, user=user
            )
        try:
            url = f"postgresql://page@127.0.0.1:{port}/postgres"
            _wait_for(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(_PATIENT)


def _postgres_programs() -> Path:
    """Return the folder of PostgreSQL's programs, which Debian keeps out of everybody's path."""

    def found() -> list[Path]:
        return sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))

    initdb = shutil.which("initdb")
    if initdb:
        return Path(initdb).parent
    if not found() and os.environ.get("CI") == "true":
        install.debian("postgresql", "pg_ctlcluster")
    if not found():
        install.unavailable("initdb is not installed (Debian's package postgresql has it)")
    return found()[-1].parent


def _unprivileged(folder: Path) -> int | None:
    """Return a user that may run PostgreSQL, which refuses root, and give it the folder; None: this one may."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody").pw_uid
    os.chown(folder, user, -1)
    return user


def _run(command: Sequence[str], user: int | None) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_PATIENT, check=False, user=user, cwd="/", env={"LC_ALL": "C"}
    )
    assert done.returncode == 0, done.stderr


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    deadline = time.monotonic() + _PATIENT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("PostgreSQL does not start")


SERVICES = {"redis://localhost:6379": redis_url, "postgresql://localhost:5432/app": postgres_url}
"""What the pages connect to, and what runs in its place."""
