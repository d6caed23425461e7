"""The page of dialects says what the tests' table says."""

from __future__ import annotations

import re
from pathlib import Path

from dialect_table import DIALECTS

PAGE = (Path(__file__).parents[2] / "docs" / "dialects.md").read_text(encoding="utf-8")
SERVERS = 34  # with a row of their own when the page was written


def test_the_page_has_every_dialect_of_the_table_and_how_it_ends() -> None:
    rows = re.findall(r"^\| (.+) \| (complete|truncated|error) \|$", PAGE, re.MULTILINE)
    assert dict(rows) == {dialect.quirk: dialect.outcome for dialect in DIALECTS}
    assert len(rows) == len(DIALECTS)


def test_the_page_has_a_row_for_each_server_that_is_known_to_differ() -> None:
    section = PAGE.partition("\n## The servers\n")[2].partition("\n## ")[0]
    _, _, *rows = re.findall(r"^\| .+ \|$", section, re.MULTILINE)
    assert len(rows) >= SERVERS
    assert [row for row in rows if row.count(" | ") != 2] == []
