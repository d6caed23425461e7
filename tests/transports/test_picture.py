"""docs/transport-table.md is what its script writes, and each of its cells has a test."""

from __future__ import annotations

import ast
import json

import pytest

from .picture import CAPABILITIES, COLUMNS, FIGURES, PAGE, ROOT, written


def test_the_page_is_written_from_its_declarations_and_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "run `python -m transports.picture` in tests/"


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda each: each.name)
def test_what_a_transport_can_do_is_shown_by_tests(capability: object) -> None:
    rows = [each for each in CAPABILITIES if each is capability]
    for row in rows:
        assert len(row.cells) == len(COLUMNS)
        assert any(row.cells) == bool(row.tests)
        for test in row.tests:
            file, _, name = test.partition("::")
            tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
            names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert name in names, test


def test_the_measured_figures_are_within_the_targets() -> None:
    """Of the run that the page shows: 1.3 times httpx2's own reading, and 0.6 of the memory over HTTP/2."""
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    for name in ("httpx2", "httpx2-asyncio", "httpx2-trio"):
        for protocol in ("h1", "h2"):
            found = figures[f"{name} {protocol}"]
            assert found["live, times its own"] >= 1.3
            assert found["bursts, times its own"] >= 1.3
        assert figures[f"{name} h2"]["memory"] <= 0.6 * figures[f"{name} h1"]["memory"]
