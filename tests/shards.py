"""The files of tests in parts of about the same length, and which files to begin with."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections import defaultdict
from zlib import crc32

# In CPU seconds with all the processes they start, or in seconds where they wait; near enough is enough.
SECONDS = {
    "servers/test_frameworks.py": 100,
    "asynchronous/test_both_clients.py": 90,
    "proxies/test_reverse.py": 90,
    "stacks/test_stacks.py": 90,
    "transports/test_renamed_leaving.py": 70,
    "openai/chat_api/test_bounds.py": 60,
    "test_docs.py": 60,
    "cli/test_processes.py": 50,
    "faults/test_matrix.py": 45,
    "batch/test_dask.py": 40,
    "batch/test_ray.py": 40,
    "openai/chat_api/test_chat_beside_the_sdk.py": 40,
    "servers/test_mcp.py": 40,
    "soak/test_chaos.py": 40,
    "openai/chat_api/test_chat_dialects.py": 35,
    "batch/test_batches.py": 30,
    "cluster/test_cluster.py": 30,
    "pictures/test_pictures.py": 30,
    "proxies/test_forward.py": 30,
    "relay/test_consumers.py": 30,
    "relay/test_redis_in_trouble.py": 30,
    "servers/test_brokers.py": 30,
    "servers/test_gradio.py": 30,
    "servers/test_jobs.py": 30,
    "soak/test_leaks.py": 30,
    "test_benchmarks.py": 30,
    "test_distribution.py": 30,
    "anthropic/test_messages_bounds.py": 25,
    "relay/test_command.py": 25,
    "cli/test_bad_input.py": 20,
    "cli/test_pages.py": 20,
    "parser/test_blocks.py": 20,
    "test_site.py": 20,
    "parser/test_linear_cost.py": 16,
    "openai/chat_api/test_chat_dialects_in_pieces.py": 10,
}
"""What the files cost that take longest."""


def shard_of(file: str, shards: int) -> int:
    """Return the number of the shard, from 1 on, that a file of tests is in; `file` is its path from this folder on.

    The long ones are shared out by what they cost. The others are by their names, so that a new one moves no other.
    """
    return _of_the_long(shards).get(file) or 1 + crc32(file.encode()) % shards


def _of_the_long(shards: int) -> dict[str, int]:
    given, sums = dict[str, int](), defaultdict[int, int](int)
    for file in sorted(SECONDS, key=lambda file: (-SECONDS[file], file)):
        given[file] = min(range(1, shards + 1), key=lambda shard: (sums[shard], shard))
        sums[given[file]] += SECONDS[file]
    return given


def parsed(shard: str) -> tuple[int, int]:
    """Return the number of a shard and how many there are, of `2/4`.

    Raises:
        ArgumentTypeError: it is something else, or there is no such shard.
    """
    number, slash, shards = shard.partition("/")
    if not (slash and number.isdecimal() and shards.isdecimal() and 1 <= int(number) <= int(shards)):
        raise ArgumentTypeError(f"a shard is one of so many, such as 2/4, and not {shard!r}")
    return int(number), int(shards)
