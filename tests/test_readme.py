"""The README's code, run as its reader would run it, against the scripted server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sse_client.testing import Server

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_code_in_the_readme_runs(
    number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(answer="Hello there", events=3, retry=10) as server:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("OPENAI_API_KEY", "key")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        code = BLOCKS[number].replace("http://localhost:8000", server.url)
        scope: dict[str, Any] = {"__name__": "readme"}
        exec(compile(code, f"README.md, block {number}", "exec"), scope)
    assert capsys.readouterr().out or "assert" in code, "a block shows something, or checks it"


def test_the_readme_names_every_option() -> None:
    from sse_client.options import StreamOptions

    text = README.read_text(encoding="utf-8")
    assert [name for name in StreamOptions.__annotations__ if f"`{name}`" not in text] == []


def test_the_links_within_the_readme_lead_somewhere() -> None:
    text = README.read_text(encoding="utf-8")
    headings = {
        re.sub(r"[^\w\- ]", "", line).strip().lower().replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    assert {link for link in re.findall(r"\]\(#([^)]+)\)", text) if link not in headings} == set()
