"""`python -m pictures`, in the folder of the tests: draw the pictures of the pages again."""

from __future__ import annotations

import sys
from pathlib import Path

from pictures.sessions import drawn

FOLDER = Path(__file__).parent.parent.parent / "docs" / "pictures"


def main() -> int:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, svg in drawn():
        (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")
        print(f"docs/pictures/{name}.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
