"""`--help`, the man page, completion, and the table that they are made from."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from servers import install

import sse_client
import sse_client.extension
import sse_client.relay
import sse_client.testing
import sse_client.testing.recording
from sse_client.adapters import openai
from sse_client.cli.app import app
from sse_client.cli.exits import Exit
from sse_client.cli.pages.examples import EXAMPLES
from sse_client.cli.pages.manual import manual
from sse_client.cli.pages.table import commands_of

from .kit import command, plain, run

ROOT = Path(__file__).parent.parent.parent
COMMANDS = {each.name: each for each in commands_of(app)}


def test_help_lists_the_commands() -> None:
    for arguments in ([], ["--help"], ["-h"], ["help"]):
        ran = run(*arguments)
        assert ran.code == 0
        assert all(f"\n  {name} " in ran.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("columns", ["40", "50", "80", "200"])
def test_the_help_of_a_command_has_its_options_and_examples(
    name: str, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    ran = run(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    for option in COMMANDS[name].options:
        assert ", ".join(option.names) in ran.out
    options = ran.out.partition("Examples:")[0]
    assert not re.search(r"(?<!@)-$", options, re.MULTILINE), "an option is not cut at a hyphen"
    assert max(map(len, options.splitlines())) <= int(columns)
    assert all(line in ran.out for _, line in EXAMPLES[name])
    assert max(len(line) for _, line in EXAMPLES[name]) <= 78  # with their indent, a line of a terminal


def test_the_list_of_commands_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    ran = run("--help", terminal=True)
    too_long = [line for line in plain(ran.out).splitlines() if len(line) > 40]
    assert [line.strip() for line in too_long] == [EXAMPLES[""][0][1]]  # which is copied in one piece
    assert "\n  get\n      Read " in plain(ran.out)


def test_help_is_a_command_too() -> None:
    assert run("help", "get").out == run("get", "--help").out


def test_help_on_a_terminal_has_colours() -> None:
    assert plain(run("get", "-h", terminal=True).out) == run("get", "-h").out
    assert "\x1b[1mUsage:\x1b[0m" in run("-h", terminal=True).out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    assert [option.names for option in COMMANDS[name].options if not option.help] == []
    assert COMMANDS[name].summary.endswith(".")


@pytest.mark.parametrize("line", [line for examples in EXAMPLES.values() for _, line in examples])
def test_an_example_uses_options_that_there_are(line: str) -> None:
    found = re.search(r"sse-client (\w+)(.*?)(?:\||>|\)|$)", line)
    assert found is not None
    known = {name for option in COMMANDS[found[1]].options for name in option.names}
    assert set(re.findall(r"(?<= )--?[a-z][a-z-]*", found[2])) <= known


def test_the_version_is_shown() -> None:
    assert run("--version").out.strip() == sse_client.__version__


def test_the_man_page_is_made_from_the_table() -> None:
    page = (ROOT / "man" / "sse-client.1").read_text(encoding="utf-8")
    assert page == manual(), "run: python -m sse_client.cli.pages.manual > man/sse-client.1"


def test_the_man_page_names_everything() -> None:
    page = manual().replace("\\-", "-")
    for each in COMMANDS.values():
        assert f".SS sse-client {each.name}" in page
        assert all(name in page for option in each.options for name in option.names)
    assert all(f".B {code.value}\n" in page for code in Exit)


def test_the_man_page_is_valid() -> None:
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed")
    page = ROOT / "man" / "sse-client.1"
    checked = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", str(page)], capture_output=True, text=True, timeout=20, check=True
    )
    assert checked.stderr == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_a_shell_is_valid(shell: str) -> None:
    script = run("completion", shell).out
    assert "--last-event-id" in script or "last-event-id" in script
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    checked = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, timeout=20, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["sse-client", ""],
            {"get", "post", "chat", "record", "replay", "diff", "check", "relay", "demo", "completion"},
        ),
        (["sse-client", "get", "--last"], {"--last-event-id"}),
        (["sse-client", "completion", ""], {"bash", "zsh", "fish"}),
        (["sse-client", "replay", "--fault", "res"], {"reset"}),
    ],
)
def test_bash_completes(words: list[str], expected: set[str]) -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    quoted = " ".join(f"'{word}'" for word in words)
    script = run("completion", "bash").out + (
        f"\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; COMPREPLY=()\n"
        "_sse_client; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    done = subprocess.run(["bash"], input=script, capture_output=True, text=True, timeout=20, check=True)
    assert expected <= set(done.stdout.split())


_ZSH_STUBS = """
_arguments() { print -r -- completes }
compdef() { print -r -- "registers $*" }
"""


@pytest.mark.parametrize("name", ["_sse-client", "_cyclopts_sse-client"])
def test_zsh_completes_from_a_file_of_fpath(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(run("completion", "zsh").out)
    script = f"{_ZSH_STUBS}\nfpath=({tmp_path}); typeset -A compstate; autoload -Uz {name}; {name}; {name}"
    assert _ran_in("zsh", "-fc", script) == ["completes", "completes"]


def test_zsh_registers_a_script_that_is_sourced(tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_text(run("completion", "zsh").out)
    done = _ran_in("zsh", "-fc", f"{_ZSH_STUBS}\nsource {file}")
    assert done == ["registers _cyclopts_sse-client sse-client"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("sse-client ", set(COMMANDS)),  # and no files
        ("sse-client completion ", {"bash", "zsh", "fish"}),
        ("sse-client get --last", {"--last-event-id"}),
    ],
)
def test_fish_completes(line: str, expected: set[str], tmp_path: Path) -> None:
    file = tmp_path / "script"
    file.write_text(run("completion", "fish").out)
    done = _ran_in("fish", "--no-config", "-c", f"source {file}; complete -C '{line}'", HOME=str(tmp_path))
    assert {each.partition("\t")[0] for each in done} == expected


def _ran_in(shell: str, *arguments: str, **variables: str) -> list[str]:
    program = install.debian(shell, shell)
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=20, check=True, env={**os.environ, **variables}
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_the_command_line_uses_public_names_alone() -> None:
    public = {
        "sse_client": set(sse_client.__all__),
        "sse_client.testing": set(sse_client.testing.__all__),
        "sse_client.testing.recording": set(sse_client.testing.recording.__all__),
        "sse_client.extension": set(sse_client.extension.__all__),
        "sse_client.relay": set(sse_client.relay.__all__),
        "sse_client.adapters.openai": set(openai.__all__),
    }
    paths = [*(ROOT / "sse_client" / "cli").rglob("*.py"), ROOT / "sse_client" / "__main__.py"]
    assert len(paths) > 40
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                module = node.module or ""
                if module.startswith("sse_client") and not module.startswith("sse_client.cli"):
                    assert {alias.name for alias in node.names} <= public.get(module, set()), (path, module)
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names if alias.name.startswith("sse_client")}
                assert names <= {"sse_client"}, path


def test_nothing_heavy_is_imported_before_the_first_request() -> None:
    code = (
        "import sys; from sse_client.cli.app import run; run(['get', 'http://127.0.0.1:1/', '--no-reconnect']);"
        "print([name for name in ('rich', 'prompt_toolkit', 'PIL', 'asyncio', 'aiohttp', 'pydantic', 'difflib',"
        " 'sse_client.testing', 'sse_client.adapters') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=False)
    assert done.stdout == "[]\n"


def test_python_m_is_the_same_command() -> None:
    assert command("--version").out.strip() == sse_client.__version__
