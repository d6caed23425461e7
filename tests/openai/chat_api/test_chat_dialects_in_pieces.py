"""The streams of compatible servers, in pieces and cut short: what was whole stays so, and nothing else becomes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from dialect_reading import bare
from dialect_table import DIALECTS

from sse_client import StreamTruncated
from sse_client.adapters.openai import ChatError

if TYPE_CHECKING:
    from dialects import Dialect


@pytest.mark.parametrize("dialect", DIALECTS, ids=[dialect.quirk for dialect in DIALECTS])
def test_a_dialect_means_the_same_however_it_arrives(dialect: Dialect) -> None:
    whole = bare(dialect, len(dialect.stream.encode()) or 1)
    for size in (1, 7):
        assert bare(dialect, size).told == whole.told


@pytest.mark.parametrize("dialect", DIALECTS, ids=[dialect.quirk for dialect in DIALECTS])
def test_a_dialect_that_is_cut_anywhere_is_whole_only_if_it_says_so(dialect: Dialect) -> None:
    for length in range(1, len(dialect.stream), max(13, len(dialect.stream) // 100)):
        beginning = replace(dialect, stream=dialect.stream[:length])
        reading = bare(beginning, length)
        assert type(reading.error) in (type(None), StreamTruncated, ChatError)
        if reading.outcome == "complete":
            assert reading.completion.choices
            assert "[DONE]" in beginning.stream or all(choice.finish_reason for choice in reading.completion.choices)
