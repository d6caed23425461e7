"""The names of `sse_client.relay`, and what importing it loads."""

from __future__ import annotations

import sys

import pytest

from sse_client import Event
from sse_client import relay as package
from sse_client.relay import RedisCheckpoint, Relay


def test_without_redis_py_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    for make in (
        lambda: Relay("redis://localhost", "ticks"),
        lambda: RedisCheckpoint("redis://localhost", "place"),
        lambda: package.Consumer("g", print, redis="redis://localhost", stream="ticks"),
    ):
        with pytest.raises(ImportError, match=r"pip install 'sse-client\[redis\]'"):
            make()


def test_importing_the_package_imports_neither_redis_nor_asyncio() -> None:
    import subprocess

    script = "import sys, sse_client.relay; print(*sorted({'asyncio', 'redis'} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert loaded.stdout.strip() == ""


def test_the_public_names_are_these() -> None:
    assert set(package.__all__) == {
        "AsyncConsumer", "AtLeastOnce", "Consumed", "Consumer", "ExactlyOnce", "LostEntries", "RedisCheckpoint",
        "RedisUnavailable", "Relay", "RelayError", "RelayResult", "RelayStatus", "StreamEntry", "WrongType",
        "aconsume", "command", "consume",
    }  # fmt: skip
    for name in package.__all__:
        assert getattr(package, name).__doc__
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = package.nothing


def test_an_entry_is_an_event() -> None:
    entry = package.StreamEntry(data="{}", id="1", stream="ticks", entry_id="1-0")
    assert isinstance(entry, Event)
    assert entry.json() == {}
