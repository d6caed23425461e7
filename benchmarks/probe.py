"""Processes of their own that answer one question each: a function of some module, its arguments, its result."""

from __future__ import annotations

import atexit
import importlib
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import on_core

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Probe", "ask"]


class Probe:
    """A function at work in a process of its own.

    Args:
        module: where the function is.
        function: its name.
        *arguments: what JSON can carry.
        environment: variables over those of this process.
        core: the one to run on; any by default.
        python: another interpreter, in whose own environment the function runs, with the packages that are there.
    """

    def __init__(
        self,
        module: str,
        function: str,
        *arguments: object,
        environment: Mapping[str, str] | None = None,
        core: int | None = None,
        python: str | None = None,
    ) -> None:
        command = [python or sys.executable, "-m", "benchmarks.probe", module, function, json.dumps(arguments)]
        self._process = subprocess.Popen(
            on_core(command, core),
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(environment or {})},
            cwd=None if python is None else _alone(),
        )

    def answer(self) -> Any:
        """Wait for the result.

        Raises:
            RuntimeError: the function raised, and what; or the process died.
        """
        output, _ = self._process.communicate()
        result, error = json.loads(output) if output else (None, f"the process ended: {self._process.returncode}")
        if error:
            raise RuntimeError(error)
        return result


@cache
def _alone() -> str:
    """Return a folder with nothing in it but this package: the package that is measured is not found there."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    (Path(folder.name) / "benchmarks").symlink_to(Path(__file__).parent, target_is_directory=True)
    return folder.name


def ask(module: str, function: str, *arguments: object, **options: Any) -> Any:
    """Return what a function returns in a process of its own; see `Probe`."""
    return Probe(module, function, *arguments, **options).answer()


def _main(module: str, function: str, arguments: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    result, error = None, ""
    try:
        result = getattr(importlib.import_module(module), function)(*json.loads(arguments))
    except Exception as raised:  # noqa: BLE001  (the report says which, and goes on with the others)
        error = f"{type(raised).__name__}: {raised}"
    print(json.dumps([result, error]), file=answers)


if __name__ == "__main__":
    _main(*sys.argv[1:])
