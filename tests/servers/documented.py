"""The code of the pages in `docs/`, run with a server by others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping


def run_block(page: str, server: str, changes: Mapping[str, str]) -> None:
    """Run the block of a page that names `server`, with some of its texts replaced."""
    (block,) = (each for each in blocks() if (each.page, each.server) == (page, server))
    code = block.code
    for old, new in changes.items():
        assert old in code
        code = code.replace(old, new)
    exec(compile(code, page, "exec", dont_inherit=True), {"__name__": "__main__"})
