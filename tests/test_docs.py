"""The README and the docs: their code runs, their links lead somewhere, and the index is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from databases import SERVICES
from pages import PAGES, ROOT, SCRIPTS, Block, anchors, blocks, leads_somewhere, links

if TYPE_CHECKING:
    from pathlib import Path

BLOCKS = blocks()
PROGRAMS = [pytest.param(each, id=f"{each.page}, block {each.number}") for each in BLOCKS if not each.file]
FILES = {page: [each for each in BLOCKS if each.page == page and each.file] for page in {each.page for each in BLOCKS}}


@pytest.mark.timeout(300)  # in CI, the database of a page may have to be installed
@pytest.mark.parametrize("block", PROGRAMS)
def test_the_code_on_a_page_runs_and_shows_something(
    block: Block, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    with ExitStack() as stack:
        services = {url: stack.enter_context(run()) for url, run in SERVICES.items() if url in block.code}
        block.run(os.environ, services)
    assert capsys.readouterr().out or "assert" in block.code, "a block prints something, or asserts it"


@pytest.mark.parametrize("page", sorted(page for page, files in FILES.items() if files))
def test_the_tests_on_a_page_pass(page: str, tmp_path: Path) -> None:
    for block in FILES[page]:
        (tmp_path / block.file).write_text(block.code, encoding="utf-8")
    plugin = ["-p", "no:sse_client", "-p", "sse_client.testing.plugin"]  # by its module, installed or not
    run = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, str(tmp_path)]
    passed = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=55, check=False)
    assert passed.returncode == 0, passed.stdout + passed.stderr


@pytest.mark.timeout(240)  # a type checker that begins without a cache
def test_the_code_on_the_pages_passes_a_type_checker(tmp_path: Path) -> None:
    for block in BLOCKS:
        name = block.page.replace("/", "_").removesuffix(".md")
        folder = tmp_path / name if block.file else tmp_path
        folder.mkdir(exist_ok=True)
        (folder / (block.file or f"{name}_{block.number}.py")).write_text(block.typed, encoding="utf-8")
    mypy = [sys.executable, "-m", "mypy", "--config-file=", "--check-untyped-defs", "--scripts-are-modules"]
    mypy.append("--disable-error-code=import-untyped")  # VCR.py has no types
    checked = subprocess.run([*mypy, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=230, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_server_that_the_tests_have_is_used_by_a_page() -> None:
    assert {block.server for block in BLOCKS} == SCRIPTS.keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page) if not leads_somewhere(page, link)] == []


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        pytest.param("errors.md", True, id="a page"),
        pytest.param("errors.md#cut-off", True, id="a heading of a page"),
        pytest.param("#rules-of-your-own", True, id="a heading of its own"),
        pytest.param("../README.md#options", True, id="a heading of the README"),
        pytest.param("plots/chat.png", True, id="an image"),
        pytest.param("no-such-page.md", False, id="a page that is not there"),
        pytest.param("errors.md#no-such-heading", False, id="a heading that is not there"),
        pytest.param("plots/chat.png#heading", False, id="a heading of an image"),
    ],
)
def test_a_link_is_followed_to_its_heading(link: str, leads: bool) -> None:
    assert leads_somewhere(ROOT / "docs" / "subscriptions.md", link) is leads


def test_headings_that_are_there_twice_are_numbered(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# The `same`: twice\n\n## The same twice\n\n```text\n# no heading\n```\n", encoding="utf-8")
    assert anchors(page) == {"the-same-twice", "the-same-twice-1"}


def test_every_page_is_in_the_index() -> None:
    pages = {page.name for page in PAGES if page.parent.name == "docs"} - {"README.md"}
    assert set(links(ROOT / "docs" / "README.md")) == {*pages, "../README.md#options"}
