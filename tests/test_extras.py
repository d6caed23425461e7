"""If the package of an extra is missing, one sentence says what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest

ASYNC = ["aiohttp", "httpx2", "httpx"]
REDIS = "'redis://127.0.0.1:1'"

# The packages that are missing, a program that needs them, and the extra that brings them.
NEEDS = [
    (ASYNC, "from sse_client import AsyncClient", "async"),
    (ASYNC, "from sse_client.adapters.openai import AsyncChatClient", "async"),
    (["opentelemetry"], "import sse_client.telemetry", "otel"),
    (["opentelemetry"], "import sse_client.telemetry.aio", "otel"),
    (["redis"], f"from sse_client.relay import Relay; Relay({REDIS}, 'a')", "redis"),
    (["redis"], f"from sse_client.relay import Consumer; Consumer('g', print, redis={REDIS}, stream='a')", "redis"),
    (["redis"], f"from sse_client.relay import RedisCheckpoint; RedisCheckpoint({REDIS}, 'a').load()", "redis"),
    (["redis"], "from sse_client.relay import AsyncConsumer", "redis"),
    (["redis"], "from sse_client.relay import aconsume", "redis"),
    (["ray"], "import sse_client.adapters.openai.batch.ray", "ray"),
    (["distributed"], "import sse_client.adapters.openai.batch.dask", "dask"),
]


@pytest.mark.parametrize(("missing", "program", "extra"), NEEDS, ids=[program for _, program, _ in NEEDS])
def test_a_part_without_its_extra_says_what_to_install(missing: list[str], program: str, extra: str) -> None:
    program = f"import sys; sys.modules.update(dict.fromkeys({missing!r})); {program}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    kind, _, sentence = done.stderr.strip().rpartition("\n")[2].partition(": ")
    assert kind == "ImportError", done.stderr
    assert f"pip install 'sse-client[{extra}]'" in sentence
