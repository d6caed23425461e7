"""The same surroundings for every test of the blocking client."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from sse_client._interrupt import Interrupt  # its sleep is watched, or left out

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no netrc"))


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(2)
        assert not thread.is_alive(), f"{thread.name} is left"


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays before reconnects, none of which is slept."""
    slept: list[float] = []

    def sleep(self: Interrupt, seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(Interrupt, "sleep", sleep)
    return slept
