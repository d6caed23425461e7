"""Results to tables, verdicts, and JSON."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.measure import Ratio, Sample

__all__ = [
    "Result", "against", "cell", "failures", "microseconds", "raw", "save", "show", "spread", "table",
]  # fmt: skip

_RESULTS = Path(__file__).parent / "results"
_PACKAGES = (
    "sse-client", "launchdarkly-eventsource", "sseclient-py", "httpx-sse", "httpx", "httpx2", "openai",
    "requests", "urllib3", "msgspec", "tenacity",
)  # fmt: skip


@dataclass
class Result:
    """What a part found out.

    Attributes:
        part: its name.
        figures: what targets are set for, by name.
        lines: what is printed.
        raw: what goes into the JSON file besides.
    """

    part: str
    figures: dict[str, float] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; all columns but the first are numbers."""
    cells = [list(head), *map(list, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]


def against(samples: Mapping[str, Sample], ours: str) -> dict[str, Ratio]:
    """Return what each of the others costs, over what ours does; those that failed are left out."""
    if samples[ours].error:
        return {}
    return {name: sample.over(samples[ours]) for name, sample in samples.items() if name != ours and not sample.error}


def cell(ratio: Ratio | None) -> str:
    """Return a ratio as it stands in a table."""
    return f"{ratio.best:.2f}" if ratio else "failed"


def spread(ratio: Ratio | None) -> str:
    """Return between which ratios the single rounds lay."""
    return f"{ratio.low:.2f}-{ratio.high:.2f}" if ratio else ""


def microseconds(sample: Sample) -> str:
    """Return what a unit costs, as it stands in a table."""
    return "" if sample.error else f"{sample.best * 1e6:,.2f}"


def failures(samples: Mapping[str, Sample], where: str) -> list[str]:
    """Return a line for each that failed."""
    return [f"FAILED  {name} on {where}: {sample.error}" for name, sample in samples.items() if sample.error]


def raw(samples: Mapping[str, Sample]) -> dict[str, Any]:
    """Return the samples for the JSON file."""
    return {name: vars(sample) for name, sample in samples.items()}


def show(result: Result) -> None:
    """Print a part."""
    print(f"\n## {result.part}\n", *result.lines, sep="\n")
    print(*verdicts(result), sep="\n", flush=True)


def verdicts(result: Result) -> list[str]:
    """Return which targets of a part are met, and which are not."""
    lines = [""]
    for target in TARGETS:
        if target.figure.partition(":")[0] == result.part:
            figure = result.figures.get(target.figure)
            found = "no figure" if figure is None else f"{figure:.2f}"
            said = "met   " if target.met(result.figures) else "MISSED"
            lines.append(f"{said}  {found:>9}  {target.relation} {target.bound:g}  {target.text}")
    return lines


def save(results: Sequence[Result], *, quick: bool) -> Path:
    """Write all of it to a JSON file of its own, and return where."""
    _RESULTS.mkdir(exist_ok=True)
    path = _RESULTS / time.strftime("%Y%m%d-%H%M%S.json")
    document = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}",
        "quick": quick,
        "packages": _versions(),
        "targets": [
            {**vars(target), "found": result.figures.get(target.figure), "met": target.met(result.figures)}
            for result in results
            for target in TARGETS
            if target.figure.partition(":")[0] == result.part
        ],
        "parts": {result.part: {"figures": result.figures, **result.raw} for result in results},
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
