"""Batches on a Dask cluster: as tasks, over the partitions of a frame, under one limit, with one progress."""

from __future__ import annotations

import asyncio
import os
import signal
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from distributed import Client, LocalCluster
from relay.kit import eventually

from sse_client.adapters.openai.batch import BatchProgress, ChatBatch
from sse_client.adapters.openai.batch import dask as ours
from sse_client.testing import Server

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def _imported(name: str) -> Any:
    return import_module(name)


@pytest.fixture(scope="module")
def client() -> Generator[Any]:
    """A cluster whose workers are threads of this process, so that what they run is measured."""
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "processes": False}
    options["dashboard_address"] = "127.0.0.1:0"  # without an address, it takes port 8787
    with LocalCluster(**options) as cluster, Client(cluster) as found:  # type: ignore[no-untyped-call]
        yield found


@pytest.fixture
def server() -> Generator[Server]:
    with Server(answer="fine") as found:
        yield found


def batch(server: Server, **options: Any) -> ChatBatch:
    given: dict[str, Any] = {"concurrency": 4, **options}
    return ChatBatch(model="m", api_key="k", base_url=f"{server.url}/v1", **given)


def test_batches_are_tasks_with_one_limit_and_one_progress(client: Any, server: Server) -> None:
    reports: list[BatchProgress] = []
    asking = batch(
        server,
        limit=ours.DaskLimit(client, 60_000, 6_000_000),
        progress=ours.DaskProgress(client, reports.append),
    )
    with asking:
        rows = [[f"{task}-{row}" for row in range(5)] for task in range(6)]
        found = client.gather(client.map(asking, rows, pure=False))
        assert [row["answer"] for task in found for row in task] == ["fine"] * 30
        eventually(lambda: sum(reports, BatchProgress()).done == 30)


def test_workers_share_what_a_minute_allows(client: Any, server: Server) -> None:
    limit = ours.DaskLimit(client, 600, burst=0, name="slow")
    same = ours.DaskLimit(client, 600, burst=0, name="slow")

    async def both() -> list[float]:
        return [await each.reserve(1) for each in (limit, same, limit)]

    delays = asyncio.run(both())
    assert delays[0] == 0.0
    assert delays[1] > 0.05
    assert delays[2] > 0.15


def test_a_limit_with_other_numbers_needs_another_name(client: Any) -> None:
    ours.DaskLimit(client, 600, 9_000, name="shared")
    with pytest.raises(
        ValueError, match="'shared' of this cluster has requests_per_minute=600, tokens_per_minute=9000"
    ):
        ours.DaskLimit(client, 700, 9_000, name="shared")


class Greedy:
    """A limit that ends the process at a large row, as the kernel does where memory runs out."""

    async def reserve(self, tokens: int) -> float:
        if tokens > 10_000:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0.0

    async def settle(self, tokens: int) -> None:
        """Do nothing."""


@pytest.mark.timeout(120)
def test_a_worker_that_is_killed_costs_its_task_alone_and_its_rows_are_named(server: Server, tmp_path: Path) -> None:
    batches = [[f"{task}-{row}" for row in range(4)] for task in range(5)]
    batches[2][2] = "long " * 20_000
    settings = {"distributed.scheduler.allowed-failures": 0}
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    asking = batch(server, limit=Greedy(), results=tmp_path / "answers", concurrency=1)
    with (
        _imported("dask").config.set(settings),
        LocalCluster(**options, processes=True, local_directory=str(tmp_path)) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as several,  # type: ignore[no-untyped-call]
    ):
        # Each has its worker: else Dask counts a death against the tasks that wait there, too.
        dask: Any = several
        one, other = dask.scheduler_info()["workers"]
        tasks: list[Any] = [
            dask.submit(asking, rows, workers=[one if number == 2 else other], pure=False)
            for number, rows in enumerate(batches)
        ]
        _imported("distributed").wait(tasks, timeout=90)
        assert [task.status for task in tasks] == ["finished", "finished", "error", "finished", "finished"]
        assert type(tasks[2].exception()).__name__ == "KilledWorker"
        for number in (0, 1, 3, 4):
            assert [row["answer"] for row in tasks[number].result()] == ["fine"] * 4
    asked = len(server.requests)
    with batch(server, results=tmp_path / "answers") as again:
        found = again(batches[2])
    assert [row["answer"] for row in found] == ["fine"] * 4
    assert len(server.requests) == asked + 2, "what was answered before the worker died was kept"


def test_the_partitions_of_a_frame_are_batches(client: Any, server: Server) -> None:
    frames, pandas = _imported("dask.dataframe"), _imported("pandas")
    frame = frames.from_pandas(pandas.DataFrame({"prompt": [f"{n}" for n in range(20)]}), npartitions=4)
    with batch(server) as asking:
        found = frame.map_partitions(asking, meta=asking.meta(frame._meta)).compute()
        assert list(found["answer"]) == ["fine"] * 20
        assert len(server.requests) == 20, "nothing was asked to find the columns out"


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of pandas 3.1, for what Dask does
def test_a_frame_is_written_with_its_answers(client: Any, server: Server, tmp_path: Path) -> None:
    frames, pandas = _imported("dask.dataframe"), _imported("pandas")
    frame = frames.from_pandas(pandas.DataFrame({"prompt": ["a", "b"], "n": [1, 2]}), npartitions=2)
    with batch(server) as asking:
        frame.map_partitions(asking, meta=asking.meta(frame._meta)).to_parquet(tmp_path)
    found = pandas.read_parquet(tmp_path)
    assert list(found["answer"]) == ["fine"] * 2
    assert list(found["error"]) == [""] * 2


def test_a_topic_can_be_looked_at_by_oneself(client: Any, server: Server) -> None:
    with batch(server, progress=ours.DaskProgress(client, topic="mine")) as asking:
        client.submit(asking, ["a"], pure=False).result()
        eventually(lambda: client.get_events("mine"))
    assert client.get_events("mine")[-1][1]["done"] == 1


def test_out_of_a_worker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "_workers", [])
    with pytest.raises(RuntimeError, match="expected to run in a Dask worker"):
        ours._here()
