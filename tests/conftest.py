"""What all tests share, and how far the property tests go: by default the same examples on every run."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Generator

pytest_plugins = ["pytester", "sse_client.testing.plugin"]

settings.register_profile("default", derandomize=True, deadline=None, max_examples=150)
settings.register_profile(
    "fuzz",
    derandomize=False,
    deadline=None,
    max_examples=5_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("default")


def pytest_configure() -> None:
    # A shell starts what runs in its background with SIGINT ignored, and so would be all that the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# Folders whose tests measure time, promptness and memory, or run other people's programs: they run without coverage's
# trace function, with which a live event costs twice as much. What they execute, the others execute, too.
UNTRACED = frozenset({"cluster", "faults", "promises", "proxies", "servers", "soak", "stacks"})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    trace, trace_of_threads = sys.gettrace(), threading.gettrace()
    if item.path.relative_to(Path(__file__).parent).parts[0] not in UNTRACED:
        return (yield)
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(trace)
        threading.settrace(trace_of_threads)


def pytest_collection_finish() -> None:
    # The tests themselves are half a million objects: each collection would search them again, for up to a second in
    # the middle of what is timed.
    gc.collect()
    gc.freeze()


@pytest.fixture
def event() -> threading.Event:
    """What a server's `Wait` step waits for."""
    return threading.Event()
