"""Ask prompts on a cluster: python -m cluster.driver ENGINE SCHEDULER URL ROWS FOLDER."""

from __future__ import annotations

import json
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

from sse_client.adapters.openai.batch import ChatBatch

_ROWS_A_TASK = 100


def main(engine: str, scheduler: str, url: str, rows: int, folder: Path) -> None:
    ask = ChatBatch(model="m", api_key="k", base_url=url, concurrency=32, results=folder / "answers", max_retries=5)
    prompts = [{"prompt": f"row {number}"} for number in range(rows)]
    found = dask(scheduler, ask, prompts) if engine == "dask" else ray(scheduler, ask, prompts)
    answers = Counter(row["prompt"] for row in found)
    report = {
        "rows": len(found),
        "answered": sum(row["answer"] == f"re: {row['prompt']}" for row in found),
        "distinct": len(answers),
        "errors": sorted({row["error"] for row in found if row["error"]})[:5],
        "tokens": sum(row["total_tokens"] for row in found),
    }
    (folder / "report.json").write_text(json.dumps(report))


def dask(scheduler: str, ask: ChatBatch, prompts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    distributed: Any = import_module("distributed")
    with distributed.Client(scheduler, timeout=60) as client:
        client.wait_for_workers(3, timeout=60)
        tasks = [prompts[at : at + _ROWS_A_TASK] for at in range(0, len(prompts), _ROWS_A_TASK)]
        return [row for task in client.gather(client.map(ask, tasks, retries=5)) for row in task]


def ray(scheduler: str, ask: ChatBatch, prompts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: Any = import_module("ray")
    found.init(address=scheduler, log_to_driver=False)
    data = found.data.from_items(prompts, override_num_blocks=len(prompts) // _ROWS_A_TASK)
    rows: list[dict[str, Any]] = data.map_batches(ask, batch_size=_ROWS_A_TASK, concurrency=3).take_all()
    found.shutdown()
    return rows


if __name__ == "__main__":
    kind, where, at, many, name = sys.argv[1:]
    main(kind, where, at, int(many), Path(name))
