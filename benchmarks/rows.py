"""Samples of several comparisons to tables: the ratios of all side by side, and what lies behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.report import Table, against, cell, costs, spread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.measure import Ratio, Sample

__all__ = ["by_column", "details"]


def by_column(found: Mapping[str, Mapping[str, Sample]], ours: str, what: str) -> Table:
    """Return a table with a row for each subject, and in a column for each comparison its cost over ours."""
    names = list(dict.fromkeys(name for samples in found.values() for name in samples))
    ratios = {column: against(samples, ours) for column, samples in found.items()}
    rows = [
        [name, *(_cell(name, ours, samples, ratios[column]) for column, samples in found.items())]
        for name in names
    ]  # fmt: skip
    return Table([what, *found], rows)


def _cell(name: str, ours: str, samples: Mapping[str, Sample], ratios: Mapping[str, Ratio]) -> str:
    if name not in samples:
        return ""
    return "1" if name == ours else cell(ratios.get(name))


def details(found: Mapping[str, Mapping[str, Sample]], ours: str, unit: str) -> Table:
    """Return a table with a row for each subject in each comparison: in which rounds, and what a unit costs."""
    rows = []
    for column, samples in found.items():
        ratios = against(samples, ours)
        for name, sample in samples.items():
            ratio = ratios.get(name)
            compared = ["1", ""] if name == ours else [cell(ratio), spread(ratio)]
            rows.append([f"{column}: {name}", *compared, *costs(sample)])
    return Table(["case", "times", "rounds", f"µs CPU {unit}", f"µs wall {unit}"], rows, detail=True)
