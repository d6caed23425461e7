"""The meter of streams, where a signal handler closes one."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest
from opentelemetry.metrics import get_meter

import sse_client
from sse_client.telemetry._stream_meter import StreamMeter

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="there are no signals here")


@pytest.mark.timeout(20)
def test_a_signal_handler_may_end_a_stream_while_the_meter_is_held() -> None:
    meter = StreamMeter(get_meter("test"))
    streams = [sse_client.get("http://127.0.0.1:9/") for _ in range(3)]
    for stream in streams:
        meter.watch(stream, {"a": 1})

    def close(*_: object) -> None:
        meter.ended(streams[0])

    before = signal.signal(signal.SIGUSR1, close)
    try:
        with meter._lock:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    none: Any = None
    assert [observation.value for observation in meter._observe(none)] == [0]
    assert len(meter._live) == 2
