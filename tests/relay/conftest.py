"""A server of Redis for all tests of the relay, emptied for each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from relay.kit import RedisServer, available

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Generator[RedisServer]:
    if not available() and os.environ.get("CI") != "true":
        pytest.skip("needs redis-server (on Debian: apt install redis-server)")
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture
def server(_server: RedisServer) -> RedisServer:
    with _server.client() as client:
        client.flushall()
        client.config_set("maxmemory", 0)
    return _server


@pytest.fixture
def client(server: RedisServer) -> Generator[Any]:
    with server.client() as client:
        yield client
