"""The tables of `docs/behind-a-proxy.md` and `docs/servers.md`, from what the tests check.

`python tests/proxies/page.py` writes them into the pages.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from servers.frameworks import FRAMEWORKS

from proxies.proxies import FORWARD, PROXIES, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAGES = [Path(__file__).parents[2] / "docs" / name for name in ("behind-a-proxy.md", "servers.md")]

_BROKEN_OFF = ("cut between events", "cut inside a chunk", "reset")
_TABLE = re.compile(r"(?<=<!-- table: )(?P<name>[\w ]+)( -->\n).*?(?=<!-- end of table -->)", re.DOTALL)


def deliveries(proxies: Iterable[Proxy]) -> str:
    """Return the table that says how events arrive."""
    head = ("proxy", "settings", "chunks", "no framing", "chunks, compressed", "compresses by itself")
    return table(
        head,
        [
            (each.name, _code(each.shown), each.chunked, each.unframed, each.compressed, each.coding or "no")
            for each in proxies
        ],
    )


def faults(proxies: Iterable[Proxy]) -> str:
    """Return the table that says what a client sees of each fault."""
    head = ("proxy", "settings", "breaks off", "breaks off, no framing", "is silent", "does not answer", "is down")
    names = ("reset, unframed", "silent", "no answer", "down")
    return table(
        head,
        [
            (each.name, _code(each.shown), _broken_off(each), *(each.expected(name) for name in names))
            for each in proxies
        ],
    )


def frameworks() -> str:
    """Return the table that says in what servers differ."""
    head = ("server", "after an exception in the middle", "status of a POST", "compresses")
    return table(head, [(each.name, each.failure, str(each.post), each.coding or "no") for each in FRAMEWORKS])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def written(page: str) -> str:
    """Return a page with its tables as they are today."""
    tables = {
        "reverse deliveries": deliveries(PROXIES),
        "reverse faults": faults(PROXIES),
        "forward faults": faults(FORWARD),
        "frameworks": frameworks(),
    }

    def replaced(found: re.Match[str]) -> str:
        name = found["name"]
        return f"{name} -->\n{tables[name]}" if name in tables else found[0]

    return _TABLE.sub(replaced, page)


def _code(settings: str) -> str:
    return ", ".join(f"`{each}`" for each in settings.split(", ")) if settings else "defaults"


def _broken_off(proxy: Proxy) -> str:
    """Return what a client sees of an upstream that breaks off, which is the same however it does."""
    (seen,) = {proxy.expected(name) for name in _BROKEN_OFF}
    return seen


if __name__ == "__main__":
    for each in PAGES:
        each.write_text(written(each.read_text(encoding="utf-8")), encoding="utf-8")
