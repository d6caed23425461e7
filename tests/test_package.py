"""What the package promises as a whole: its names, its layers, what an import costs and what a wheel holds."""

from __future__ import annotations

import ast
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pages import PAGES, links

import sse_client
from sse_client.adapters import openai
from sse_client.adapters.openai import responses

ROOT = Path(__file__).parent.parent

PUBLIC = """
    AsyncClient AsyncEventStream AsyncSubscription astream
    Attempt BodyNotReplayable Checkpoint Client Closed Comment ConnectionFailed ContentTypeError DeadlineExceeded Event
    EventStream EventTooLarge FileCheckpoint IdleTimeout Lost Opened Parser Reconnect RedirectRefused Request
    ResponseError SSEError StatusError StreamTruncated Subscription Timeout __version__ get post stream subscribe
"""

PUBLIC_OPENAI = """
    AsyncChatClient AsyncChatStream Audio AudioDelta
    ChatClient ChatDelta ChatError ChatStream Choice Completion CompletionTokensDetails Message PromptTokensDetails
    ToolCall ToolCallDelta Usage adeltas deltas
"""

PUBLIC_RESPONSES = """
    AsyncResponseStream AsyncResponses
    ContentPart CustomToolCall FunctionToolCall IncompleteDetails InputTokensDetails OutputItem OutputMessage
    OutputTokensDetails ReasoningItem Response ResponseAnnotationEvent ResponseDeltaEvent ResponseEvent ResponseFailure
    ResponseImageEvent ResponseItemEvent ResponseLifecycleEvent ResponsePartEvent ResponseProgressEvent
    ResponseShellOutputEvent ResponseStream ResponseTextDeltaEvent ResponseTextEvent ResponseUsage Responses
"""

# From the bottom up: a module imports only from those on lines above its own, or from its own line.
LAYERS = """
    errors events
    _shape _form _interpreter
    _blocks
    parser _coding _unchunk _interrupt _aio_interrupt
    policy request checkpoint _dialect
    _replay _redirect
    observer
    options
    _delivery
    _clocks _session _translate _reporting _prepare _aio_translate _drive _subscriber
    _incoming _ambient _aio_reader _sockets
    _body _stream _aio_body
    _http _aio_http
    event_stream _aio_stream
    subscription _aio_subscription
    client aio
    compat adapters testing
"""


def modules() -> dict[str, Path]:
    paths = [*ROOT.glob("sse_client/*.py"), *ROOT.glob("sse_client/testing/*.py"), *ROOT.glob("adapters/**/*.py")]
    return {str(path.relative_to(ROOT)): path for path in paths}


def layer_of(module: str) -> str:
    """Return the name that LAYERS knows a file by."""
    parts = Path(module).with_suffix("").parts
    return "adapters" if parts[0] == "adapters" else parts[1]


def imports(path: Path) -> set[str]:
    """Return the names of this package's modules that a file imports, those for type checkers aside."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name.split(".")[1] for name in found if name.startswith("sse_client.")}


@pytest.mark.parametrize("module", sorted(modules()))
def test_imports_point_downwards_only(module: str) -> None:
    height = {name: number for number, line in enumerate(LAYERS.strip().splitlines()) for name in line.split()}
    own = layer_of(module)
    if own == "__init__":
        return
    assert own in height, f"{own} has no place among the layers"
    above = {name for name in imports(modules()[module]) if height[name] > height[own]}
    assert not above


@pytest.mark.parametrize(
    "module",
    [
        "errors",
        "events",
        "_shape",
        "_form",
        "_interpreter",
        "_blocks",
        "parser",
        "policy",
        "request",
        "_session",
        "_coding",
    ],
)
def test_what_decides_does_no_input_or_output(module: str) -> None:
    tree = ast.parse((ROOT / "sse_client" / f"{module}.py").read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name.split(".")[0] for name in names} & {"socket", "ssl", "requests", "urllib3", "threading", "asyncio"}


def test_the_public_names_are_these() -> None:
    assert sorted(sse_client.__all__) == sorted(PUBLIC.split())
    assert sorted(openai.__all__) == sorted(PUBLIC_OPENAI.split())
    assert sorted(responses.__all__) == sorted(PUBLIC_RESPONSES.split())
    for module in (sse_client, openai, responses):
        for name in module.__all__:
            assert name == "__version__" or getattr(module, name).__doc__, f"{name} has no docstring"


def test_importing_the_package_imports_neither_asyncio_nor_a_transport() -> None:
    script = (
        "import sys, sse_client; print(*sorted({'asyncio', 'aiohttp', 'requests', 'tenacity'} & sys.modules.keys()))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert loaded.stdout.strip() == ""


def test_importing_the_chat_adapter_imports_its_own_modules_and_no_others() -> None:
    loaded: list[set[str]] = []
    for module in ("sse_client", "sse_client.adapters.openai"):
        script = f"import sys, {module}; print(*sys.modules)"
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
        loaded.append(set(run.stdout.split()))
    assert not [name for name in loaded[1] - loaded[0] if not name.startswith("sse_client.adapters")]
    late = {f"sse_client.adapters.openai.{name}" for name in ("_alike", "_structured", "aio", "responses")}
    assert not loaded[1] & late


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a source archive and of the wheel made of it, built from a copy: a build writes into its folder."""
    folder = tmp_path_factory.mktemp("build")
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, timeout=30, check=True,
    ).stdout.split("\0")  # fmt: skip
    for name in filter(None, files):
        source, target = ROOT / name, folder / "tree" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
        elif source.exists():
            target.write_bytes(source.read_bytes())
    build = [sys.executable, "-m", "build", "--outdir", str(folder / "dist"), str(folder / "tree")]
    subprocess.run(build, capture_output=True, timeout=240, check=True)
    return folder / "dist"


@pytest.fixture
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.mark.timeout(300)
def test_the_source_archive_holds_the_pages_and_what_they_lead_to(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    wanted = {page.relative_to(ROOT) for page in PAGES}
    for page in PAGES:
        targets = [page.parent / link.partition("#")[0] for link in links(page) if not link.startswith("#")]
        wanted |= {target.resolve().relative_to(ROOT) for target in targets}
    assert {each.as_posix() for each in wanted} <= names


@pytest.mark.timeout(300)
def test_the_wheel_installs_sse_client_and_nothing_else_at_the_top(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"sse_client"}
    assert "sse_client/py.typed" in names
    # Every module, and nothing else of ours.
    ours = {name for name in names if name.endswith(".py")}
    assert ours == {f"sse_client/{module}" if module.startswith("adapters") else module for module in modules()}
    assert any(name.endswith("/licenses/LICENSE") for name in names)


USE = """
import sse_client, sse_client.compat
from sse_client.adapters.openai import ChatClient, responses
from sse_client.testing import Server
assert sse_client.__file__.startswith(__import__("sys").prefix), sse_client.__file__
with Server(answer="it works", events=3) as server:
    with sse_client.get(server.url + "/events") as events:
        assert [event.id for event in events] == ["1", "2", "3"]
    with ChatClient("key", server.url + "/v1").stream(model="m", messages=[{"role": "user", "content": "?"}]) as reply:
        print("".join(reply.text()))
"""


@pytest.mark.timeout(300)
def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], timeout=120, check=True)
    python = str(tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(install, timeout=240, check=True, capture_output=True)
    used = subprocess.run(
        [python, "-W", "error", "-c", USE], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (used.stdout.strip(), used.stderr) == ("it works", "")


@pytest.mark.parametrize("module", [sse_client, openai, responses])
def test_every_public_method_has_a_docstring(module: Any) -> None:
    for name in module.__all__:
        kind = getattr(module, name)
        for own, value in vars(kind).items() if isinstance(kind, type) else ():
            if not own.startswith("_") and (isinstance(value, property) or callable(value)):
                assert value.__doc__, f"{name}.{own}"


@pytest.mark.parametrize("module", [sse_client, openai, responses])
def test_what_a_package_does_not_have_is_an_attribute_error(module: Any) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = module.nothing


def test_the_names_for_asyncio_are_loaded_when_they_are_asked_for() -> None:
    assert sse_client.AsyncClient.__module__ == "sse_client.aio"
    assert openai.AsyncChatClient.__module__ == "sse_client.adapters.openai.aio"
    assert responses.AsyncResponses.__module__ == "sse_client.adapters.openai.responses.aio"


def test_without_aiohttp_they_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "sse_client.aio", raising=False)
    monkeypatch.delattr(sse_client, "aio", raising=False)
    with pytest.raises(ImportError, match=r"pip install sse-client\[async\]"):
        _ = sse_client.AsyncClient
