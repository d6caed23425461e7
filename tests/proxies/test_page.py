"""The pages about proxies and servers show what the tests check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .page import PAGES, written

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tables_are_those_of_the_tests(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert written(text) == text
