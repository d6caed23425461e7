"""The same surroundings for every test of the asyncio client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from sse_client.aio import AsyncClient

from .differences import AIOHTTP_ALONE, difference

if TYPE_CHECKING:
    from pathlib import Path

TRUST = httpx2.create_ssl_context()  # for all clients: one takes 90 ms of CPU time to make


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    netrc = tmp_path / "netrc"
    netrc.touch(0o600)
    monkeypatch.setenv("NETRC", str(netrc))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on both libraries, but for those files that are about one of them."""
    if metafunc.definition.path.name not in AIOHTTP_ALONE:
        metafunc.parametrize("column", ["aiohttp", "httpx2"], indirect=True)


@pytest.fixture(autouse=True)
def column(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The library under every client that is made without a session."""
    name: str = getattr(request, "param", "aiohttp")
    if name == "httpx2" and (different := difference(request.node.name)) is not None:
        if not different:
            pytest.skip("it looks inside aiohttp")
        request.applymarker(pytest.mark.xfail(reason=different, strict=True))
    if name == "httpx2":
        made = AsyncClient.__init__

        def init(self: AsyncClient, session: Any = None, **defaults: Any) -> None:
            made(self, httpx2.AsyncClient(verify=TRUST) if session is None else session, **defaults)

        monkeypatch.setattr(AsyncClient, "__init__", init)

        def abandon(self: AsyncClient) -> None:
            del self  # nobody but these tests makes such a client for one stream

        monkeypatch.setattr(AsyncClient, "_abandon", abandon)
    return name
