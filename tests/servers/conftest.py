"""The same surroundings for every test with a server by others."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import install, process
from .clients import EVERY_CLIENT, ReadingClient

if TYPE_CHECKING:
    from collections.abc import Iterable

TESTS = Path(__file__).parents[1]
FOLDERS = frozenset({"servers", "proxies"})

# The first test with a server installs it and starts it, within limits of their own, which say more when they are over
# than that of a test: apt-get twice, then the rest.
LIMIT = 2 * install.LIMIT + process.START + 60


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    """Give each test with a server the time that its installation may take."""
    for path, of_one_file in groupby(items, key=lambda item: item.path):
        if path.relative_to(TESTS).parts[0] in FOLDERS:
            for item in of_one_file:
                item.add_marker(pytest.mark.timeout(LIMIT))


@pytest.fixture(params=EVERY_CLIENT, ids=lambda client: client.name)
def client(request: pytest.FixtureRequest) -> ReadingClient:
    """One client after the other."""
    made: ReadingClient = request.param
    return made


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    netrc = tmp_path / "netrc"
    netrc.touch(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
