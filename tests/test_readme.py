"""The README as the manual: it names what there is. Its code and its links are tested with those of the docs."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

import sse_client
from sse_client import Reconnect, Timeout
from sse_client.options import StreamOptions

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
ERRORS = [
    name
    for name in sse_client.__all__
    if isinstance(getattr(sse_client, name), type) and issubclass(getattr(sse_client, name), sse_client.SSEError)
]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([f"`{name}`" for name in StreamOptions.__annotations__], id="every option"),
        pytest.param([each.name for each in fields(Timeout)], id="every clock"),
        pytest.param([f"`{each.name}`" for each in fields(Reconnect) if each.default is None], id="every strategy"),
        pytest.param(ERRORS, id="every error"),
    ],
)
def test_the_readme_names(names: list[str]) -> None:
    assert names
    assert [name for name in names if name not in README] == []
