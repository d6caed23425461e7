"""The files of tests in parts of about the same length, and which files to begin with."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections import defaultdict
from zlib import crc32

# In CPU seconds with all the processes they start, or in seconds where they wait; near enough is enough.
SECONDS = {
    "asynchronous/test_both_clients.py": 60,
    "servers/test_jobs.py": 60,
    "promises/test_05_each_clock_is_one_deadline.py": 55,
    "servers/test_gradio.py": 40,
    "faults/test_matrix.py": 35,
    "servers/test_frameworks.py": 35,
    "stacks/test_stacks.py": 35,
    "servers/test_brokers.py": 30,
    "test_benchmarks.py": 30,
    "batch/test_ray.py": 25,
    "blocking/test_timeouts.py": 25,
    "http/test_content_decoding.py": 25,
    "openai/chat_api/test_bounds.py": 25,
    "promises/test_02_decoding_is_bounded.py": 25,
    "proxies/test_reverse.py": 25,
    "test_docs.py": 25,
    "test_examples_between.py": 25,
    "transports/httpx/test_http2_errors.py": 25,
    "test_examples.py": 20,
    "parser/test_linear_cost.py": 19,
    "asynchronous/test_framings.py": 17,
    "servers/test_mcp.py": 17,
    "cli/test_bad_input.py": 16,
    "openai/chat_api/test_timeouts.py": 16,
    "test_distribution.py": 16,
    "transports/test_renamed.py": 16,
    "relay/test_consumers.py": 15,
    "asynchronous/test_closing.py": 14,
    "openai/chat_api/test_chat_dialects.py": 13,
    "blocking/test_pool.py": 12,
    "promises/test_07_forks.py": 12,
    "transports/test_renamed_leaving.py": 12,
    "cli/test_pages.py": 11,
    "cli/test_processes.py": 11,
    "parser/test_blocks.py": 11,
    "proxies/test_forward.py": 11,
    "test_package.py": 11,
    "openai/responses_api/test_resuming_clients.py": 10,
    "promises/test_08_secrets_and_foreign_errors.py": 10,
    "relay/test_redis_in_trouble.py": 10,
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
