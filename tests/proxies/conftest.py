"""The same surroundings for every test with a proxy, which are those of the servers' tests."""

from __future__ import annotations

import pytest
from servers.clients import CLIENTS, ReadingClient
from servers.conftest import _nothing_from_the_environment as _nothing_from_the_environment
from servers.conftest import pytest_collection_modifyitems as pytest_collection_modifyitems


# The clients on httpx2 have their proxies from httpx2, and are read with in the tests of servers.
@pytest.fixture(params=CLIENTS, ids=lambda client: client.name)
def client(request: pytest.FixtureRequest) -> ReadingClient:
    """One client after the other."""
    made: ReadingClient = request.param
    return made
