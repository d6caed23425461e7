"""Results to tables and verdicts, on the terminal and in a JSON file."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.measure import Ratio, Sample

__all__ = [
    "Result", "Table", "against", "cell", "comparison", "costs", "failures", "figures", "raw", "save", "show", "spread",
]  # fmt: skip

_RESULTS = Path(__file__).parent / "results"
_PACKAGES = (
    "sse-client", "launchdarkly-eventsource", "sseclient-py", "httpx-sse", "httpx", "httpx2", "openai", "aiohttp",
    "requests", "urllib3", "msgspec", "tenacity", "uvloop",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Rows of text under a head; all columns but the first are numbers.

    Attributes:
        detail: whether it is what lies behind another one, for those who ask.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    detail: bool = False


@dataclass
class Result:
    """What a part found out.

    Attributes:
        part: its name.
        figures: what targets are set for, by name.
        tables: what is printed and published.
        notes: what is printed below.
        raw: what goes into the JSON file besides.
    """

    part: str
    figures: dict[str, float] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)


def against(samples: Mapping[str, Sample], ours: str, clock: Literal["cpu", "wall"] = "cpu") -> dict[str, Ratio]:
    """Return what each of the others costs, over what ours does; those that failed are left out."""
    if samples[ours].error:
        return {}
    others = {name: sample for name, sample in samples.items() if name != ours and not sample.error}
    return {name: sample.over(samples[ours], clock) for name, sample in others.items()}


def figures(prefix: str, ratios: Mapping[str, Ratio]) -> dict[str, float]:
    """Return ratios as figures."""
    return {f"{prefix}: {name}": ratio.median for name, ratio in ratios.items()}


def cell(ratio: Ratio | None) -> str:
    """Return a ratio as it stands in a table."""
    return f"{ratio.median:.2f}" if ratio else "failed"


def spread(ratio: Ratio | None) -> str:
    """Return between which ratios the single rounds lay."""
    return f"{ratio.low:.2f}-{ratio.high:.2f}" if ratio else ""


def costs(sample: Sample) -> list[str]:
    """Return the microseconds of CPU and wall time of a unit, as they stand in a table."""
    return ["", ""] if sample.error else [f"{sample.median(clock) * 1e6:,.2f}" for clock in ("cpu", "wall")]


def comparison(
    samples: Mapping[str, Sample], ours: str, what: Sequence[str], unit: str, clock: Literal["cpu", "wall"] = "cpu"
) -> Table:
    """Return a table of how many times the cost of ours each costs, in which rounds, and what a unit costs.

    Args:
        samples: all of them, by name.
        ours: the name of ours.
        what: a head of the first column, and of the ratio's.
        unit: what the costs are for.
        clock: which time the ratios are of.
    """
    ratios = against(samples, ours, clock)
    rows = []
    for name, sample in samples.items():
        ratio = ratios.get(name)
        compared = ["1", ""] if name == ours else [cell(ratio), spread(ratio)]
        rows.append([name, *compared, *costs(sample)])
    return Table([*what, "rounds", f"µs CPU {unit}", f"µs wall {unit}"], rows)


def failures(samples: Mapping[str, Sample], where: str) -> list[str]:
    """Return a line for each that failed."""
    return [f"FAILED  {name} on {where}: {sample.error}" for name, sample in samples.items() if sample.error]


def raw(samples: Mapping[str, Sample]) -> dict[str, Any]:
    """Return the samples for the JSON file."""
    return {name: vars(sample) for name, sample in samples.items()}


def show(result: Result) -> None:
    """Print a part."""
    print(f"\n## {result.part}")
    for table in result.tables:
        print("", *_aligned(table), sep="\n")
    print(*([""] if result.notes else []), *result.notes, *verdicts(result), sep="\n", flush=True)


def _aligned(table: Table) -> list[str]:
    cells = [list(table.head), *map(list, table.rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(table.head))]
    lines = [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
    return [lines[0], "-" * len(lines[0]), *lines[1:]]


def verdicts(result: Result) -> list[str]:
    """Return which targets of a part are met, and which are not."""
    lines = [""]
    for target in TARGETS:
        if target.figure.partition(":")[0] == result.part:
            figure = result.figures.get(target.figure)
            found = "no figure" if figure is None else f"{figure:.2f}"
            said = "met   " if target.met(result.figures) else "MISSED"
            lines.append(f"{said}  {found:>9}  {target.relation} {round(target.bound, 3):g}  {target.text}")
    return lines


def save(results: Iterable[Result], level: int, busy: str, path: Path | None) -> Path:
    """Write all of it to a JSON file, one of its own by default, and return where; `busy` is the load before it."""
    if path is None:
        _RESULTS.mkdir(exist_ok=True)
        path = _RESULTS / time.strftime("%Y%m%d-%H%M%S.json")
    document = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}",
        "date": time.strftime("%Y-%m-%d"),
        "load": busy,
        "quick": level > 0,
        "packages": {package: _version(package) for package in _PACKAGES},
        "parts": {result.part: _part(result) for result in results},
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def _part(result: Result) -> dict[str, Any]:
    targets = [target for target in TARGETS if target.figure.partition(":")[0] == result.part]
    return {
        "figures": result.figures,
        "targets": [
            {**vars(target), "found": result.figures.get(target.figure), "met": target.met(result.figures)}
            for target in targets
        ],
        "tables": [asdict(table) for table in result.tables],
        "notes": result.notes,
        "raw": result.raw,
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
