"""The picture of a soak."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .plot import plot

if TYPE_CHECKING:
    from pathlib import Path


def test_records_become_a_picture(tmp_path: Path) -> None:
    samples = [{"seconds": n, "descriptors": 9, "threads": 3, "memory": 40 + n} for n in range(5)]
    (tmp_path / "chats.json").write_text(json.dumps(samples))
    assert plot(tmp_path).read_bytes().startswith(b"\x89PNG")


def test_without_records_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no records"):
        plot(tmp_path)
