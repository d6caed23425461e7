"""What is compared runs at once: a process that waits for another one to end would halve any gain."""

from __future__ import annotations

from cluster.speed.chats import WARM_UP, at_once, replies, server_cpu


def test_two_processes_run_together() -> None:
    with replies() as url:
        found = at_once("batch", [f"{url}/v1"] * 2, 10 * WARM_UP)
        assert server_cpu(url) > 0
    assert found.together > 0
    assert found.share > 0
