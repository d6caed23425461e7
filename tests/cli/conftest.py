"""What the tests of the command line share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sse_client.cli.http.masking import credentials
from sse_client.testing import Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, no key, no colour setting of whoever runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "SSE_CLIENT_MODEL", "SSE_CLIENT_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(credentials, "_secrets", set[str]())
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def server() -> Iterator[Server]:
    """A subscription of five events that is dropped after three, and a chat."""
    with Server(events=5, retry=10, drop_after=3, answer="Hello there", api_key="sk-aaaabbbbccccdddd") as server:
        yield server
