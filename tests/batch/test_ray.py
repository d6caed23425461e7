"""Batches on a Ray cluster: over the blocks of a data set, under one limit, with one progress."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import os
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from relay.kit import eventually

from sse_client.adapters.openai.batch import BatchProgress, ChatBatch
from sse_client.testing import Server

if TYPE_CHECKING:
    from collections.abc import Generator

if importlib.util.find_spec("ray") is None and os.environ.get("CI") != "true":
    pytest.skip("needs Ray (pip install sse-client[ray])", allow_module_level=True)

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.filterwarnings("ignore"),  # Ray's own, of which there are many
]
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def cluster() -> Generator[Any]:
    """Two workers on this machine."""
    ray: Any = import_module("ray")
    patch = pytest.MonkeyPatch()
    patch.setenv("RAY_AUTH_MODE", "disabled")  # else it writes a token into the home folder
    variables = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    ray.init(
        address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False,
        runtime_env={"env_vars": variables},
    )  # fmt: skip
    yield ray
    ray.shutdown()
    patch.undo()


def batch(server: Server, **options: Any) -> ChatBatch:
    return ChatBatch(model="m", api_key="k", base_url=f"{server.url}/v1", concurrency=4, **options)


@pytest.mark.parametrize("kind", ["numpy", "pandas", "pyarrow"])
def test_the_blocks_of_a_data_set_are_batches(cluster: Any, kind: str) -> None:
    from sse_client.adapters.openai.batch.ray import RayLimit, RayProgress

    with Server(answer="fine") as server:
        progress = RayProgress(kind)
        asking = batch(server, limit=RayLimit(60_000, 6_000_000), progress=progress)
        rows: Any = cluster.data.from_items([{"prompt": f"{number}", "kept": number} for number in range(40)])
        found = rows.map_batches(asking, batch_size=10, batch_format=kind, concurrency=2).take_all()
        eventually(lambda: progress.total().done == 40)  # reports are sent, and not waited for
    assert sorted(row["kept"] for row in found) == list(range(40))
    assert {row["answer"] for row in found} == {"fine"}
    assert progress.total() == BatchProgress(
        done=40, prompt_tokens=sum(row["prompt_tokens"] for row in found),
        completion_tokens=sum(row["completion_tokens"] for row in found),
    )  # fmt: skip


def test_workers_share_what_a_minute_allows(cluster: Any) -> None:
    from sse_client.adapters.openai.batch.ray import RayLimit

    limit, same = (RayLimit(600, burst=0, name="slow") for _ in range(2))

    async def both() -> list[float]:
        delays = [await each.reserve(1) for each in (limit, same, limit)]
        await limit.settle(0)
        return delays

    delays = asyncio.run(both())
    assert delays[0] == 0.0
    assert delays[2] > delays[1] > 0.0


def test_a_limit_with_other_numbers_needs_another_name(cluster: Any) -> None:
    from sse_client.adapters.openai.batch.ray import RayLimit

    RayLimit(600, name="shared")
    with pytest.raises(ValueError, match="'shared' of this cluster has requests_per_minute=600"):
        RayLimit(700, name="shared")


def test_a_limit_outlives_the_first_that_asked_for_it(cluster: Any) -> None:
    from sse_client.adapters.openai.batch.ray import RayLimit

    first = RayLimit(6_000_000, name="again")
    second = RayLimit(6_000_000, name="again")
    asyncio.run(second.reserve(1))
    del first
    gc.collect()
    until = monotonic() + 2
    while monotonic() < until:  # Ray takes a second to end an actor
        asyncio.run(second.reserve(1))


def test_progress_of_this_process_is_added_too(cluster: Any) -> None:
    from sse_client.adapters.openai.batch.ray import RayProgress

    progress = RayProgress("here")
    progress(BatchProgress(done=3))
    assert progress.total().done == 3
