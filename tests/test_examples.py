"""The examples, each run as a process, as its reader would: without a key, against the server that comes along."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


def run(name: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run an example; whatever names a service or a proxy is not there."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("OPENAI_") and not name.lower().endswith("_proxy")
    }
    return subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *arguments],
        capture_output=True, text=True, encoding="utf-8", timeout=50, check=False, stdin=subprocess.DEVNULL,
        env={**environment, "PYTHONIOENCODING": "utf-8", **variables},
    )  # fmt: skip


RUNS = [
    pytest.param(
        "demo.py", [],
        ["Server-Sent Events are a way", "complete", "resumed after id 6", "8 events: none lost, none twice"],
        id="a chat, and a subscription that is dropped",
    ),
    pytest.param(
        "tools_loop.py", [],
        ['temperature {"city": "Oslo"} -> {"city": "Oslo", "celsius": 4}', "4 degrees in Oslo and 17 degrees in Rome"],
        id="a tools loop",
    ),
    pytest.param(
        "tools_loop.py", ["And in Paris?"], ["> And in Paris?", "I do not know."], id="a question of one's own"
    ),
    pytest.param(
        "terminal_chat.py", ["What is x?"], ["> What is x?", "You asked What is x?.", "That was question 1."],
        id="a chat in a terminal, which is none",
    ),
    pytest.param(
        "background_response.py", [],
        ["lost, again in", "connected again", "and gets the rest.", "none lost, none twice", "complete, completed"],
        id="a response in the background",
    ),
    pytest.param("http_client_transport.py", [], ["1 ", "2 ", "3 "], id="a transport of one's own"),
    pytest.param("asyncio_transport.py", [], ["1 ", "2 ", "3 "], id="an asynchronous transport of one's own"),
    pytest.param(
        "many_streams.py", ["--streams", "5", "--tokens", "3", "--pace", "0.01"],
        ["5 streams, 15 tokens", "0 failed", "time to first token", "tokens a second", "CPU of this process"],
        id="many streams, a few of them",
    ),
    pytest.param(
        "many_prompts.py", ["--rows", "40", "--concurrency", "8"],
        ["40 rows, 0 of them from before, 0 failed"],
        id="many prompts, a few of them",
    ),
    pytest.param(
        "firehose_worker.py", [],
        ["killed with", "600 events booked, balance 180300: none lost, none twice"],
        id="a worker that is killed",
    ),
    pytest.param(
        "relay_hosts.py", [],
        ["host", "leads", "is killed", "2000 events in the stream: none lost, none twice, in order"],
        id="a relay whose hosts are killed",
        marks=pytest.mark.skipif(
            shutil.which("redis-server") is None and os.environ.get("CI") != "true", reason="needs redis-server"
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "shown"), RUNS)
def test_an_example_runs_and_shows_what_it_is_about(name: str, arguments: list[str], shown: list[str]) -> None:
    ran = run(name, *arguments)
    assert (ran.returncode, ran.stderr) == (0, "")
    said = re.sub(r"\s+", " ", ran.stdout)
    assert [text for text in shown if text not in said] == []


WITH_OTHERS = {"gateway.py", "mcp_tool.py"}  # in test_examples_between.py


@pytest.mark.parametrize(
    ("name", "package", "arguments", "extra"),
    [
        ("terminal_chat.py", "rich", [], "pip install sse-client rich"),
        ("gateway.py", "fastapi", [], "pip install 'sse-client[async]' fastapi uvicorn"),
        ("gateway.py", "uvicorn", [], "pip install 'sse-client[async]' fastapi uvicorn"),
        ("gateway.py", "aiohttp", [], "pip install 'sse-client[async]' fastapi uvicorn"),
        ("asyncio_transport.py", "h11", [], "pip install 'sse-client[async]' h11"),
        ("many_streams.py", "aiohttp", [], "pip install 'sse-client[async]'"),
        ("many_prompts.py", "aiohttp", ["--rows", "1"], "pip install 'sse-client[async]'"),
        ("many_prompts.py", "distributed", ["--rows", "1", "--engine", "dask"], "pip install 'sse-client[dask]'"),
        ("many_prompts.py", "ray", ["--rows", "1", "--engine", "ray"], "pip install 'sse-client[ray]'"),
        ("relay_hosts.py", "redis", [], "pip install 'sse-client[redis]'"),
    ],
)
def test_an_example_says_what_to_install(
    name: str, package: str, arguments: list[str], extra: str, tmp_path: Path
) -> None:
    if name == "relay_hosts.py" and shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    absent = dict.fromkeys([package] if package != "aiohttp" else ["aiohttp", "httpx2", "httpx"])
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules.update({absent!r})\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    done = run(name, *arguments, PYTHONPATH=path)
    assert (done.returncode, done.stdout) == (1, ""), done
    line = rf"{name.removesuffix('.py')}: [^\n]*{package}[^\n]*; install (it|what it needs) with: {re.escape(extra)}\n"
    assert re.fullmatch(line, done.stderr), done


def test_every_example_is_run() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {str(each.values[0]) for each in RUNS} | WITH_OTHERS


@pytest.mark.parametrize("name", ["demo.py", "tools_loop.py Hi", "background_response.py", "terminal_chat.py Hi"])
def test_an_example_says_in_a_line_why_a_service_cannot_be_asked(name: str) -> None:
    name, *question = name.split()
    ran = run(name, *question, OPENAI_API_KEY="key", OPENAI_BASE_URL="no url")
    assert ran.returncode != 0
    assert ran.stderr.strip().startswith(f"{name.removesuffix('.py')}: ")
    assert len(ran.stderr.strip().splitlines()) == 1
