"""Who of the others is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["installed", "missing"]

_MODULES = {
    "launchdarkly-eventsource": "ld_eventsource",
    "httpr + our Parser": "httpr",
    "httpx-sse": "httpx_sse",
    "httpx2": "httpx2",
    "niquests + our Parser": "niquests",
    "openai": "openai",
    "primp + our Parser": "primp",
    "pycurl + our Parser": "pycurl",
    "pyreqwest + our Parser": "pyreqwest",
    "uvloop": "uvloop",
}


def installed(names: Iterable[str], level: int = 0) -> list[str]:
    """Return those of `names` that can be measured here; at level 2, none that the `bench` extra alone brings."""
    absent = list(_MODULES) if level == 2 else missing()
    return [name for name in names if not set(absent) & set(name.split(", "))]


def missing() -> list[str]:
    """Return the packages of others that are not installed."""
    return [name for name, module in _MODULES.items() if find_spec(module) is None]
