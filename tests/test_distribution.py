"""What a source archive and a wheel hold, and that a wheel works where there is nothing else."""

from __future__ import annotations

import email
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from pages import PAGES, links
from test_import_paths import IMPORT_PATHS
from test_package import modules

ROOT = Path(__file__).parent.parent

LINK = re.compile(r"\]\(([^)\s]+)\)")

# What a checkout has beside the sources; `git` is not asked, as an unpacked archive has none.
LEFT_OUT = (
    ".git", ".venv", ".servers", "build", "dist", "site", "node_modules", "*.egg-info", "__pycache__", ".*_cache",
    ".hypothesis",
)  # fmt: skip

pytestmark = pytest.mark.timeout(300)  # building takes half a minute, and several on a busy machine


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a source archive and of the wheel made of it, built from a copy: a build writes into its folder."""
    folder = tmp_path_factory.mktemp("build")
    shutil.copytree(ROOT, folder / "tree", symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    build = [sys.executable, "-m", "build", "--outdir", str(folder / "dist"), str(folder / "tree")]
    done = subprocess.run(build, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist"


@pytest.fixture
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def test_the_source_archive_holds_the_pages_and_what_they_lead_to(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    wanted = {page.relative_to(ROOT) for page in PAGES}
    for page in PAGES:
        targets = [page.parent / link.partition("#")[0] for link in links(page) if not link.startswith("#")]
        wanted |= {target.resolve().relative_to(ROOT) for target in targets}
    assert {each.as_posix() for each in wanted} <= names


def test_the_wheel_installs_sse_client_and_nothing_else_at_the_top(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    installed = {name.partition(".data/data/")[2] or name.split("/")[0] for name in names if ".dist-info" not in name}
    assert installed == {"sse_client", "share/man/man1/sse-client.1"}
    assert "sse_client/py.typed" in names
    # Every module, and nothing else of ours.
    ours = {name for name in names if name.endswith(".py")}
    assert ours == {f"sse_client/{module}" if module.startswith("adapters") else module for module in modules()}
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    (points,) = [name for name in names if name.endswith("/entry_points.txt")]
    assert "[pytest11]\nsse_client = sse_client.testing.plugin" in zipfile.ZipFile(wheel).read(points).decode()


IMPORT = """
import importlib, json, sys
for module, names in json.load(sys.stdin).items():
    found = importlib.import_module(module)
    assert found.__file__.startswith(sys.argv[1]), found.__file__
    for name in names:
        getattr(found, name)
"""


def readme_of(text: str, source: str | None) -> str:
    found: str = runpy.run_path(str(ROOT / "setup.py"))["index_readme"](text, source)
    return found


def test_the_readme_on_a_package_index_has_no_link_that_leads_nowhere(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    readme = email.message_from_bytes(archive.read(metadata)).get_payload()
    assert isinstance(readme, str)
    assert "## The first stream" in readme
    assert not [link for link in LINK.findall(readme) if not link.startswith("http")]


README = """\
![A picture](docs/a.svg)
See [one](#one) and [`two`](docs/two.md#more), not [three](https://example.org/).
```python
table["code"](argument)
```
[four](CONTRIBUTING.md)
"""


def test_the_readme_on_a_package_index_leads_to_the_repository() -> None:
    assert (
        readme_of(README, "https://example.org/sse/")
        == """\
![A picture](https://example.org/sse/raw/HEAD/docs/a.svg)
See [one](https://example.org/sse/blob/HEAD/README.md#one) and \
[`two`](https://example.org/sse/blob/HEAD/docs/two.md#more), not [three](https://example.org/).
```python
table["code"](argument)
```
[four](https://example.org/sse/blob/HEAD/CONTRIBUTING.md)
"""
    )


def test_the_readme_on_a_package_index_has_text_for_links_without_a_repository() -> None:
    assert (
        readme_of(README, None)
        == """\

See one and `two`, not [three](https://example.org/).
```python
table["code"](argument)
```
four
"""
    )


def test_every_import_path_of_0_1_0_is_in_the_wheel(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(tmp_path)], input=json.dumps(IMPORT_PATHS), cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


USE = """
import sse_client, sse_client.compat
from sse_client.adapters.openai import ChatClient, responses
from sse_client.testing import Server
assert sse_client.__file__.startswith(__import__("sys").prefix), sse_client.__file__
with Server(answer="it works", events=3) as server:
    with sse_client.get(server.url + "/events") as events:
        assert [event.id for event in events] == ["1", "2", "3"]
    chat = ChatClient(api_key="key", base_url=server.url + "/v1")
    with chat.stream(model="m", messages=[{"role": "user", "content": "?"}]) as reply:
        print("".join(reply.text()))
"""


def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], timeout=120, check=True)
    python = str(tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--no-compile", str(wheel)], timeout=240, check=True, capture_output=True)
    used = subprocess.run(
        [python, "-I", "-W", "error", "-c", USE], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (used.stdout.strip(), used.stderr) == ("it works", "")
