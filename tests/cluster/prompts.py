"""Chats on Dask and Ray workers, one host of which dies in the middle: each row once, each token once."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

from relay.kit import eventually, free_port

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from cluster.network import Network

_DASK_WORKER = "from distributed.cli.dask_worker import main; main()"
_DASK_SCHEDULER = "from distributed.cli.dask_scheduler import main; main()"


@dataclass
class PromptsReport:
    """What came of it.

    Attributes:
        rows: that were asked.
        answered: of them, with the right answer.
        distinct: prompts among the answers.
        tokens: that the rows say were used.
        server_tokens: that the server says were used, each idempotency key counted once.
        server_keys: idempotency keys that the server has seen.
        server_requests: requests; more than keys where a host died with requests under way.
        killed_at: seconds from the first answer until the host died.
        counts: seconds, and rows that the server had answered by then.
    """

    engine: str
    rows: int
    answered: int = 0
    distinct: int = 0
    errors: list[str] = field(default_factory=lambda: list[str]())
    tokens: int = 0
    server_tokens: int = 0
    server_keys: int = 0
    server_requests: int = 0
    killed_at: float = 0.0
    counts: list[tuple[float, int]] = field(default_factory=lambda: list[tuple[float, int]]())

    @property
    def exact(self) -> bool:
        """Whether every row was answered once, and every token counted once."""
        rows = self.rows == self.answered == self.distinct == self.server_keys
        return rows and self.tokens == self.server_tokens and not self.errors


def ask_prompts(
    network: Network, folder: Path, engine: str, *, rows: int, seconds: float, log: Callable[[str], object]
) -> PromptsReport:
    """Ask `rows` prompts on the hosts of `network`, kill one host in the middle, and return what came of it."""
    folder = folder / engine
    folder.mkdir()
    port, counts = free_port(), folder / "counts.json"
    network.run(0, sys.executable, "-m", "cluster.source", network.hub, str(port), "0", "1", str(seconds), str(counts))
    eventually(counts.exists)
    scheduler = (_dask if engine == "dask" else _ray)(network, folder)
    url = f"http://{network.hub}:{port}/v1"
    with (folder / "driver.log").open("wb") as output:
        asked = ("-m", "cluster.driver", engine, scheduler, url, str(rows), str(folder))
        driver = network.run(0, sys.executable, *asked, log=output)
    report = PromptsReport(engine, rows)
    _watch(report, counts, driver, lambda: _crash(network, log))
    assert driver.returncode == 0, (folder / "driver.log").read_text()[-4000:]
    for name, value in json.loads((folder / "report.json").read_text()).items():
        setattr(report, name, value)
    report.rows = rows
    last = json.loads(counts.read_text())
    report.server_keys, report.server_requests, report.server_tokens = last["keys"], last["requests"], last["tokens"]
    return report


def _crash(network: Network, log: Callable[[str], object]) -> None:
    log("a worker host dies")
    network.crash(2)


def _watch(report: PromptsReport, counts: Path, driver: subprocess.Popen[bytes], kill: Callable[[], object]) -> None:
    began: float | None = None
    until = monotonic() + 600
    while driver.poll() is None:
        assert monotonic() < until, "the driver did not end"
        done = json.loads(counts.read_text())["keys"]
        if done and began is None:
            began = monotonic()
        if began is not None:
            report.counts.append((monotonic() - began, done))
            if not report.killed_at and done > report.rows * 0.4:
                report.killed_at = monotonic() - began
                kill()
        sleep(0.1)
    sleep(0.3)  # the server writes its counts ten times a second


def _dask(network: Network, folder: Path) -> str:
    scheduler = f"tcp://{network.hub}:{free_port()}"
    port = scheduler.rpartition(":")[2]
    command = ("-c", _DASK_SCHEDULER, "--host", network.hub, "--port", port, "--no-dashboard")
    network.run(0, sys.executable, *command)
    for host in network.hosts:
        network.run(
            host, sys.executable, "-c", _DASK_WORKER, scheduler, "--host", network.address(host), "--nthreads", "1",
            "--no-nanny", "--no-dashboard", "--memory-limit", "0", "--local-directory", str(folder / f"worker {host}"),
        )  # fmt: skip
    return scheduler


def _ray(network: Network, folder: Path) -> str:
    scheduler = f"{network.hub}:{free_port()}"
    port = scheduler.rpartition(":")[2]
    common = ("--block", "--disable-usage-stats", "--num-cpus")
    # Its own folder: in the usual one, a cluster that was killed would be found by whoever starts the next.
    head = ("--head", "--port", port, "--include-dashboard", "false", "--temp-dir", str(folder / "t"))
    _ray_node(network, folder, 0, *common, "0", *head, "--node-ip-address", network.hub)
    for host in network.hosts:
        address = ("--address", scheduler, "--node-ip-address", network.address(host))
        _ray_node(network, folder, host, *common, "1", *address)
    return scheduler


def _ray_node(network: Network, folder: Path, host: int, *arguments: str) -> None:
    start = str(Path(sys.executable).with_name("ray"))
    log = folder / f"ray {host}.log"
    with log.open("wb") as output:
        network.run(host, start, "start", *arguments, log=output)
    eventually(lambda: "Ray runtime started" in log.read_text(), 60)
