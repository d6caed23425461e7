"""The shards of the tests have every file once, and run alone."""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentTypeError
from collections import Counter
from pathlib import Path

import pytest
import shards

TESTS = Path(__file__).parent
FILES = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}


@pytest.mark.parametrize("many", [1, 2, 3, 4, 7])
def test_every_file_is_in_one_shard(many: int) -> None:
    found = Counter(shards.shard_of(file, many) for file in FILES)
    assert set(found) == set(range(1, many + 1))
    assert sum(found.values()) == len(FILES)


def test_the_files_that_take_longest_exist() -> None:
    assert set(shards.SECONDS) <= FILES


def test_the_long_files_are_shared_out_evenly() -> None:
    sums = Counter[int]()
    for file, seconds in shards.SECONDS.items():
        sums[shards.shard_of(file, 4)] += seconds
    assert max(sums.values()) <= 1.2 * min(sums.values())


@pytest.mark.parametrize("shard", ["", "2", "0/4", "5/4", "/4", "2/", "-1/4", "1/2/3", "a/b"])
def test_a_shard_that_does_not_exist_is_refused(shard: str) -> None:
    with pytest.raises(ArgumentTypeError, match="a shard is one of so many"):
        shards.parsed(shard)


@pytest.mark.parametrize("number", [1, 2])
def test_pytest_collects_the_files_of_a_shard(number: int) -> None:
    folder = "core"
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, f"--shard={number}/2", str(TESTS / folder)],
        cwd=TESTS.parent, capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    found = {line.rpartition(":")[0].removeprefix("tests/") for line in done.stdout.splitlines() if line}
    expected = {file for file in FILES if file.startswith(f"{folder}/") and shards.shard_of(file, 2) == number}
    assert found == expected, done.stdout + done.stderr
