"""The short form of `make cluster`: three hosts with addresses of their own, killed, frozen and cut off."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from relay.kit import available

from cluster.feed import relay_feed
from cluster.network import Network, possible

if TYPE_CHECKING:
    from pathlib import Path

IN_CI = os.environ.get("CI") == "true"


@pytest.fixture
def namespaces() -> bool:
    if not available() and not IN_CI:
        pytest.skip("needs redis-server (on Debian: apt install redis-server)")
    found = possible()
    if not found and not IN_CI:
        pytest.skip("needs root on Linux, for network namespaces")
    return found


@pytest.mark.timeout(180)
def test_no_event_is_lost_or_doubled_though_hosts_die(namespaces: bool, tmp_path: Path) -> None:
    with Network(3, namespaces=namespaces) as network:
        report = relay_feed(
            network, tmp_path, events=20_000, rate=2_000, lease=1.0, seed=7, blows=4, log=print
        )  # fmt: skip
    assert (report.lost, report.doubled, report.in_order) == (0, 0, True)
    assert len(report.blows) >= 3
