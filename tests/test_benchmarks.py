"""The benchmarks run, with what there is to compare with: not how fast anything is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.timeout(300)  # processes of their own, each of which imports what it measures


@pytest.mark.parametrize(
    "part", ["live", "parser", "http", "async", "chat", "short", "latency", "many", "memory", "growth"]
)
def test_a_part_of_the_benchmarks_measures_this_package(part: str, tmp_path: Path) -> None:
    output = tmp_path / "result.json"
    command = [sys.executable, "-m", "benchmarks", "--least", "--output", str(output), part]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert run.returncode == 0, run.stderr
    found = json.loads(output.read_text())["parts"][part]
    assert all(table["rows"] for table in found["tables"])
    assert not [note for note in found["notes"] if note.startswith("FAILED  sse_client")]


def test_the_page_has_a_place_for_every_part() -> None:
    """What `python -m benchmarks.publish` fills."""
    script = """
from pathlib import Path
from benchmarks.__main__ import PARTS
from benchmarks.publish import filled
table = {"head": ["what", "times"], "rows": [["new", "1"]], "detail": False}
part = {"tables": [table], "notes": [], "targets": []}
document = {
    "parts": {name: part for name in PARTS}, "packages": {}, "quick": False,
    "date": "", "python": "", "machine": "", "load": "",
}
page = filled(Path("docs/benchmarks.md").read_text(), document)
assert page.count("| new | 1 |") == len(PARTS)
assert filled(page, document) == page
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_each_program_of_the_counts_reads_a_token() -> None:
    script = """
import subprocess, sys
from benchmarks.fresh import SCRIPTS, served
from sse_client.testing import Server
for name, program in SCRIPTS.items():
    with Server(default=served) as server:
        subprocess.run([sys.executable, "-c", program, server.url], check=True, timeout=30)
        assert [request.method for request in server.requests] == ["GET" if "GET" in name else "POST"], name
"""
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
