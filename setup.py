"""Gives a package index the README without a link that leads nowhere; all other metadata is in pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from setuptools import setup

_CODE = re.compile(r"^(```.*?^```\n)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|mailto:)([^()\s]+)\)")


def index_readme(text: str, source: str | None) -> str:
    """Return a README as a package index can show it, where neither files nor headings are beside it.

    Args:
        text: the README, in Markdown.
        source: URL of the public repository, to which the links lead; with None, links become plain text, and pictures
            are left out.
    """

    def resolved(link: re.Match[str]) -> str:
        picture, label, target = link.groups()
        if source is None:
            return "" if picture else label
        target = f"README.md{target}" if target.startswith("#") else target
        return f"{picture}[{label}]({source.rstrip('/')}/{'raw' if picture else 'blob'}/HEAD/{target})"

    parts = _CODE.split(text)  # every second one is code
    parts[::2] = [_LINK.sub(resolved, part) for part in parts[::2]]
    return "".join(parts)


if __name__ == "__main__":
    urls = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"].get("urls", {})
    readme = index_readme(Path("README.md").read_text("utf-8"), urls.get("Source"))
    setup(long_description=readme, long_description_content_type="text/markdown")
