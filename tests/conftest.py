"""What all tests share, and how far the property tests go: by default the same examples on every run."""

from __future__ import annotations

import signal
import threading

import pytest
from hypothesis import HealthCheck, settings

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


@pytest.fixture
def event() -> threading.Event:
    """What a server's `Wait` step waits for."""
    return threading.Event()
