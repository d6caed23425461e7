"""The public names, and what they cost who does not test."""

from __future__ import annotations

import subprocess
import sys
from types import FunctionType, ModuleType

import pytest

from sse_client import testing
from sse_client.testing import recording, replaying


@pytest.mark.parametrize("module", [testing, recording, replaying], ids=lambda module: module.__name__)
def test_public_names_are_those_of_all(module: ModuleType) -> None:
    names = {
        name for name, value in vars(module).items() if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert names == set(module.__all__)
    made_here = [getattr(module, name) for name in module.__all__]
    assert all(value.__doc__ for value in made_here if isinstance(value, type | FunctionType))


def test_importing_the_package_imports_nothing_of_it() -> None:
    script = "import sys, sse_client; print(*[name for name in sys.modules if name.startswith('sse_client.testing')])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert loaded.stdout.strip() == ""


def test_importing_it_imports_no_transport() -> None:
    script = "import sys, sse_client.testing; print(*{'asyncio', 'aiohttp', 'requests', 'pytest'} & sys.modules.keys())"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert loaded.stdout.strip() == ""
