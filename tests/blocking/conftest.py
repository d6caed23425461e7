"""The same surroundings for every test of the blocking client."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from sse_client import Client
from sse_client.transports._requests.wakeup import Wakeup  # its sleep is watched, or left out

from .differences import REQUESTS_ALONE, difference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRUST = httpx2.create_ssl_context()  # for all clients: one takes 90 ms of CPU time to make


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

    def sleep(self: Wakeup, seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(Wakeup, "pause", sleep)
    return slept


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on both libraries, but for those files that are about one of them."""
    if metafunc.definition.path.name not in REQUESTS_ALONE:
        metafunc.parametrize("column", ["requests", "httpx2"], indirect=True)


@pytest.fixture(autouse=True)
def column(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The library under every client that is made without a session."""
    name: str = getattr(request, "param", "requests")
    if name == "httpx2" and (different := difference(request.node.name)) is not None:
        if not different:
            pytest.skip("it looks inside requests")
        request.applymarker(pytest.mark.xfail(reason=different, strict=True))
    if name == "httpx2":
        made = Client.__init__

        def init(self: Client, session: Any = None, **defaults: Any) -> None:
            made(self, httpx2.Client(verify=TRUST) if session is None else session, **defaults)

        monkeypatch.setattr(Client, "__init__", init)
        monkeypatch.setattr(Client, "_close_session", Client.close)
    return name
