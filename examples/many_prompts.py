"""Many prompts at once, with a progress bar; a second run asks only what is missing.

python examples/many_prompts.py [--rows 2000] [--concurrency 50] [--results FOLDER] [--engine dask|ray]

Without OPENAI_API_KEY it asks the server of sse_client.testing. Needs sse-client[async], or [dask] or [ray].
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from sse_client.adapters.openai.batch import BatchProgress, ChatBatch
from sse_client.testing import Server

MODEL = "gpt-4o-mini"


class Bar:
    """A progress bar on standard error, or a line at the end where that is no terminal."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._sum = BatchProgress()

    def __call__(self, progress: BatchProgress) -> None:
        """Add a report, and draw."""
        self._sum += progress
        share = self._sum.done / self._rows
        if sys.stderr.isatty():
            drawn = "#" * int(30 * share)
            print(f"\r[{drawn:<30}] {self._sum.done:,} of {self._rows:,}", end="", file=sys.stderr, flush=True)
            if self._sum.done == self._rows:
                print(file=sys.stderr)

    def summary(self) -> str:
        """Say what was done."""
        done = self._sum
        tokens = done.prompt_tokens + done.completion_tokens
        return f"{done.done} rows, {done.resumed} of them from before, {done.failed} failed, {tokens} tokens"


async def alone(ask: ChatBatch, rows: list[dict[str, Any]]) -> None:
    """Ask here."""
    async for row in ask.stream(rows):
        if row["error"]:
            print(f"{row['prompt']}: {row['error']}", file=sys.stderr)


def on_dask(options: dict[str, Any], rows: list[dict[str, Any]], bar: Bar) -> None:
    """Ask on the workers of a Dask cluster of this machine."""
    distributed: Any = import_module("distributed")
    ours: Any = import_module("sse_client.adapters.openai.batch.dask")
    with (
        distributed.LocalCluster(n_workers=2, dashboard_address="127.0.0.1:0") as cluster,
        distributed.Client(cluster) as client,
    ):
        ask = ChatBatch(model=MODEL, progress=ours.DaskProgress(client, bar), **options)
        client.gather(client.map(ask, [rows[at : at + 100] for at in range(0, len(rows), 100)]))


def on_ray(options: dict[str, Any], rows: list[dict[str, Any]], bar: Bar) -> None:
    """Ask on the workers of a Ray cluster of this machine; Ray Data shows its own bars."""
    ray: Any = import_module("ray")
    ours: Any = import_module("sse_client.adapters.openai.batch.ray")
    ray.init(address="local", num_cpus=2, include_dashboard=False)
    progress = ours.RayProgress()
    ask = ChatBatch(model=MODEL, progress=progress, **options)
    ray.data.from_items(rows).map_batches(ask, batch_size=100, concurrency=2).materialize()
    bar(progress.total())
    ray.shutdown()


def main() -> int:
    """Ask, and say what was done."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=50)
    parser.add_argument("--results", default=None)
    parser.add_argument("--engine", choices=["dask", "ray"])
    asked = parser.parse_args()
    rows = [{"prompt": f"Say the number {number}."} for number in range(asked.rows)]
    bar = Bar(asked.rows)
    with ExitStack() as stack:
        options: dict[str, Any] = {"concurrency": asked.concurrency, "results": asked.results}
        if not os.environ.get("OPENAI_API_KEY"):
            server = stack.enter_context(Server(answer="Here it is."))
            options |= {"api_key": "none", "base_url": f"{server.url}/v1"}
        try:
            if asked.engine is None:
                asyncio.run(alone(ChatBatch(model=MODEL, progress=bar, **options), rows))
            else:
                (on_dask if asked.engine == "dask" else on_ray)(options, rows, bar)
        except ImportError as missing:
            needed = f"pip install 'sse-client[{asked.engine or 'async'}]'"
            print(f"many_prompts: {missing}; install what it needs with: {needed}", file=sys.stderr)
            return 1
    print(bar.summary())
    return 0


if __name__ == "__main__":
    sys.exit(main())
