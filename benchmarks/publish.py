"""A result file to the docs: `python -m benchmarks.publish RESULT.json` draws the plots and fills the tables.

What is between `<!-- NAME -->` and `<!-- end NAME -->` in docs/benchmarks.md is replaced, for each part that the file
has, for `targets` and for `run`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["filled"]

_DOCS = Path(__file__).parent.parent / "docs"


def filled(page: str, document: dict[str, Any]) -> str:
    """Return the page with what the document has in its places.

    Raises:
        ValueError: the page has no place for something.
    """
    texts = {part: list(_part(found)) for part, found in document["parts"].items()}
    texts["targets"] = list(_targets(document["parts"]))
    texts["run"] = [_run(document)]
    for name, lines in texts.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        if not place.search(page):
            raise ValueError(f"the page has no place for {name!r}")
        text = "\n".join(["", *lines, "", ""]).replace("\\", r"\\")
        page = place.sub(rf"\g<1>{text}\g<2>", page)
    return page


def _part(found: dict[str, Any]) -> Iterator[str]:
    for number, table in enumerate(found["tables"]):
        if number:
            yield ""
        lines = _markdown(table["head"], table["rows"])
        if table["detail"]:
            yield "<details><summary>Rounds, and microseconds</summary>\n"
            yield from lines
            yield "\n</details>"
        else:
            yield from lines
    for note in found["notes"]:
        yield f"\n{note}"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| --- |{' ---: |' * (len(head) - 1)}"
    for row in rows:
        cells = [f"**{cell}**" if cell == "sse_client" else cell for cell in row]
        yield f"| {' | '.join(cells)} |"


def _targets(parts: dict[str, Any]) -> Iterator[str]:
    rows = []
    for found in parts.values():
        for target in found["targets"]:
            measured = "" if target["found"] is None else f"{target['found']:.2f}"
            bound = f"{'≥' if target['relation'] == '>=' else '≤'} {round(target['bound'], 3):g}"
            rows.append([target["text"], bound, measured, "met" if target["met"] else "**missed**"])
    yield from _markdown(["target", "bound", "found", ""], rows)


def _run(document: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in document["packages"].items())
    quick = "; few rounds, which show that it works, and little more" if document["quick"] else ""
    where = f"{document['python']}, {document['machine']}, load average before it {document['load']}"
    return f"One run of {document['date']}{quick}: {where}; {versions}."


def main() -> None:
    """Publish what the argument names."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.publish RESULT.json")
    # Filling the page needs no matplotlib.
    from benchmarks.plot import draw

    document = json.loads(Path(sys.argv[1]).read_text())
    page = _DOCS / "benchmarks.md"
    page.write_text(filled(page.read_text(), document))
    print(page, *draw(document, _DOCS / "plots"), sep="\n")


if __name__ == "__main__":
    main()
