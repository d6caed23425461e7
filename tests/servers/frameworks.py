"""The frameworks that serve the contract of `programs/contract.py`, and in what they differ."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from . import install
from .process import running

if TYPE_CHECKING:
    from collections.abc import Generator

    from .process import Program

Failure: TypeAlias = Literal["cut", "end", "event"]

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Framework:
    """A framework on a server.

    Attributes:
        name: what the tests call it.
        environment: the file in `pip/` that lists its packages.
        arguments: the rest of its command line, `{port}` filled in.
        failure: what an exception in the middle of a stream becomes: a cut, an end of the body, or an event.
        post: the status of its answer to a POST.
        coding: the content coding of its streams.
    """

    name: str
    environment: str
    arguments: str
    failure: Failure = "cut"
    post: int = 200
    coding: Literal["gzip"] | None = None

    @contextmanager
    def running(self) -> Generator[Program]:
        """Install and start it."""
        interpreter = install.python(self.environment)
        environment = {"PYTHONPATH": str(PROGRAMS), "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        with running(
            self.name,
            lambda port, _: [interpreter, "-P", *self.arguments.format(port=port, programs=PROGRAMS).split()],
            environment=environment,
        ) as program:
            yield program


class NodeProgram(Framework):
    """A framework for Node.js: its environment is a folder in `npm/`, its arguments a file in `programs/`."""

    @contextmanager
    def running(self) -> Generator[Program]:
        """Install and start it."""
        with node_program(self.name, self.arguments, self.environment) as program:
            yield program


@contextmanager
def node_program(name: str, file: str, environment: str = "", *options: str) -> Generator[Program]:
    """Run a file of `programs/` with the packages of a folder in `npm/`, if it needs any."""
    node = install.command("node")
    modules = install.modules(environment) if environment else None

    def arguments(port: int, folder: Path) -> list[str]:
        # Node.js looks for packages beside the program's file.
        for each in PROGRAMS.glob("*.mjs"):
            shutil.copy(each, folder)
        if modules is not None:
            (folder / "node_modules").symlink_to(modules)
        return [node, str(folder / file), str(port), *options]

    with running(name, arguments) as program:
        yield program


_UVICORN = "-m uvicorn {app} --port {{port}} --http {http} --log-level warning --timeout-graceful-shutdown 0"
_HYPERCORN = "-m hypercorn {app} --bind 127.0.0.1:{{port}} --graceful-timeout 0"
_GRANIAN = "-m granian {app} --interface asgi --port {{port}} --no-access-log --log-level warning"


def _asgi(app: str, failure: Failure) -> list[Framework]:
    name = app.partition("_")[0]
    of = f"{app}:app"
    return [
        Framework(f"{name}, uvicorn with h11", "asgi", _UVICORN.format(app=of, http="h11"), failure),
        Framework(f"{name}, uvicorn with httptools", "asgi", _UVICORN.format(app=of, http="httptools"), failure),
        Framework(f"{name}, hypercorn", "asgi", _HYPERCORN.format(app=of), failure),
        Framework(f"{name}, granian", "asgi", _GRANIAN.format(app=of), failure),
    ]


FRAMEWORKS = [
    *_asgi("fastapi_app", "end"),
    *_asgi("starlette_app", "cut"),
    Framework("flask, wsgiref", "flask", "-m flask_app {port}", failure="end"),  # a body that ends with its connection
    Framework("flask, waitress", "flask", "-m waitress --listen 127.0.0.1:{port} --threads 16 flask_app:app"),
    Framework(
        "flask, gunicorn",
        "flask",
        "-m gunicorn --bind 127.0.0.1:{port} --threads 16 --graceful-timeout 0 --log-level warning flask_app:app",
    ),
    Framework("aiohttp-sse", "aiohttp-sse", "-m aiohttp_sse_app {port}"),
    Framework("litestar", "litestar", _UVICORN.format(app="litestar_app:app", http="h11"), post=201, coding="gzip"),
    Framework("tornado", "tornado", "-m tornado_app {port}", failure="end", coding="gzip"),
    Framework("sanic", "sanic", "-m sanic_app {port}", failure="end"),
    NodeProgram("node, early hints", "", "node_http.mjs"),
    NodeProgram("hono", "hono", "hono_app.mjs", failure="end"),
    NodeProgram("nestjs", "nestjs", "nest_app.mjs", failure="event", post=201),
]
