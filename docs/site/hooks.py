"""What `mkdocs` is told beyond mkdocs.yml: the pages outside of docs/, the reference, and where links lead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent.parent
OUTSIDE = {
    "index.md": "README.md",
    "tasks.md": "docs/README.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
}
"""Pages of the site that have another name in the repository, or another folder."""

REFERENCE = {
    "streams": "client event_stream subscription reading compat",
    "asyncio": "aio async_event_stream async_subscription",
    "options": "options policy request checkpoint",
    "events": "events parser",
    "errors": "errors observer",
    "openai": "adapters.openai.client adapters.openai.aio adapters.openai.delta adapters.openai.completion "
    "adapters.openai.errors adapters.openai.responses.client adapters.openai.responses.aio "
    "adapters.openai.responses.events adapters.openai.responses.response adapters.openai.batch",
    "anthropic": "adapters.anthropic.client adapters.anthropic.aio adapters.anthropic.message "
    "adapters.anthropic.errors",
    "adapters": "extension replies replies.aio replies.client_arguments replies.named_arguments replies.parsing "
    "replies.markers replies.json_values replies.json_reader replies.error_fields replies.parts replies.texts "
    "replies.surrogates replies.retries replies.iterables",
    "testing": "testing testing.plugin",
    "relay": "relay telemetry",
}
"""Pages of the reference, and the modules on each."""

MEMBERS = {
    "options": "Timeout StreamOptions Options",
    "policy": "Reconnect",
    "request": "Request Attempt",
}
"""What is shown of a module that has more than users need."""

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are in no file of docs/."""
    for page, name in OUTSIDE.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text if "/" in name else _at_the_top(text)))
    nav = cast("Any", config)["nav"]
    for page, modules in REFERENCE.items():
        blocks = "\n\n".join(map(_block, modules.split()))
        title = next(iter(title for title, path in _entries(nav) if path == f"reference/{page}.md"))
        files.append(File.generated(config, f"reference/{page}.md", content=f"# {title}\n\n{blocks}\n"))
    return files


def on_page_markdown(markdown: str, *, page: Page | None = None, **_: Any) -> str:
    """Lead links out of docs/ to the pages of the site; what is none of them keeps its text alone."""
    if page is not None and page.parent is None:
        page.meta["hide"] = ["navigation"]  # it would be this page alone
    return _LINK.sub(_led, markdown)


def _block(module: str) -> str:
    """Return what the reference shows of a module, whose path also is its label in the table of contents."""
    options = f"\n    options:\n      toc_label: {module.removeprefix('adapters.')}"
    if module in MEMBERS:
        options += f"\n      members: [{', '.join(MEMBERS[module].split())}]"
    return f"::: sse_client.{module}{options}"


def _at_the_top(markdown: str) -> str:
    """Return a page of the top folder, with the links of one in docs/."""

    def moved(link: re.Match[str]) -> str:
        target = link[2]
        if "://" in target or target.startswith("#"):
            return link[0]
        return f"[{link[1]}]({target.removeprefix('docs/') if target.startswith('docs/') else f'../{target}'})"

    return _LINK.sub(moved, markdown)


def _led(link: re.Match[str]) -> str:
    target, _, anchor = link[2].partition("#")
    if target != "README.md" and not target.startswith("../"):
        return link[0]
    for page, name in OUTSIDE.items():
        if f"docs/{target}" in {name, f"docs/../{name}"}:
            return f"[{link[1]}]({page}{'#' * bool(anchor)}{anchor})"
    return link[1]


def _entries(nav: Any) -> list[tuple[str, str]]:
    """Return the titles and files of a navigation, all levels of it."""
    found: list[tuple[str, str]] = []
    for entry in nav:
        for title, value in entry.items():
            found += [(title, value)] if isinstance(value, str) else _entries(value)
    return found
