"""The site: each page has a place in it, and each public module one in the reference."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SPEC = importlib.util.spec_from_file_location("site_hooks", ROOT / "docs" / "site" / "hooks.py")
assert SPEC is not None
assert SPEC.loader is not None
hooks = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(hooks)


def test_each_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    named = set(re.findall(r": ([\w/-]+\.md)$", navigation, re.MULTILINE))
    assert pages | set(hooks.OUTSIDE) | {f"reference/{page}.md" for page in hooks.REFERENCE} == named


def test_links_out_of_the_folder_lead_to_pages_of_the_site() -> None:
    text = (
        "[a](../README.md#options) [b](../sse_client/aio.py) [c](tools.md#x) [d](https://example.com/) [e](README.md#x)"
    )
    expected = "[a](index.md#options) b [c](tools.md#x) [d](https://example.com/) [e](tasks.md#x)"
    assert hooks.on_page_markdown(text) == expected
    assert (
        hooks._at_the_top("[a](docs/tools.md) [b](SECURITY.md) [c](#d)") == "[a](tools.md) [b](../SECURITY.md) [c](#d)"
    )


def test_what_the_reference_shows_of_a_module_is_public() -> None:
    for module, members in hooks.MEMBERS.items():
        assert set(members.split()) <= set(importlib.import_module(f"sse_client.{module}").__all__)
        assert f"members: [{', '.join(members.split())}]" in hooks._block(module)
    assert hooks._block("events").startswith("::: sse_client.events\n")
    assert "members" not in hooks._block("events")


def test_no_two_modules_of_a_page_have_the_same_label() -> None:
    for modules in hooks.REFERENCE.values():
        labels = [re.findall(r"toc_label: (.+)", hooks._block(module)) for module in modules.split()]
        assert all(len(found) == 1 for found in labels)
        assert len({found[0] for found in labels}) == len(labels)
