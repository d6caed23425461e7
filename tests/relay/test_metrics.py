"""A relay's status in the text format of Prometheus."""

from __future__ import annotations

import urllib.request
from dataclasses import replace
from urllib.error import HTTPError

import pytest

from relay.kit import STATUS
from sse_client.relay.metrics import exposition, serve_metrics


def test_metrics_are_in_the_format_of_prometheus() -> None:
    shown = exposition('a"\\\n', "me", replace(STATUS, lag=12))
    assert 'sse_relay_events_written_total{stream="a\\"\\\\\\n",host="me"} 5\n' in shown
    assert "# TYPE sse_relay_lag_events gauge\n" in shown
    assert "sse_relay_lag_events" not in exposition("a", "me", STATUS)
    for block in shown.strip().split("# HELP ")[1:]:
        about, kind, sample = block.strip().split("\n")
        assert kind.split()[2] == about.split()[0] == sample.partition("{")[0]


def test_a_port_that_is_taken_is_named() -> None:
    with serve_metrics(("127.0.0.1", 0), str) as port:
        message = f"the metrics cannot be served at 127.0.0.1:{port}: "
        with pytest.raises(OSError, match=message), serve_metrics(("127.0.0.1", port), str):
            pass


def test_metrics_are_served_under_their_path_alone() -> None:
    with serve_metrics(("127.0.0.1", 0), lambda: "up 1\n") as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics?x", timeout=5) as answer:
            assert answer.read() == b"up 1\n"
            assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        with pytest.raises(HTTPError, match="404") as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        refused.value.close()
