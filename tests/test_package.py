"""What the package promises as a whole: its names, its rooms, and what an import costs."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sse_client
from sse_client.adapters import anthropic, openai
from sse_client.adapters.openai import responses
from sse_client.testing import Script, Server, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent

PUBLIC = """
    AsyncClient AsyncEventStream AsyncSubscription astream
    Attempt BodyNotReplayable Checkpoint Client Closed Comment ConnectionFailed ContentTypeError DeadlineExceeded Event
    EventStream EventTooLarge FileCheckpoint IdleTimeout Lost Opened Parser Reconnect RedirectRefused Request
    ResponseError SSEError StatusError StreamTruncated Subscription Timeout __version__ aread get post read stream
    subscribe
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

# Each room, and the rooms above it that it may import from; a public module that stands alone is a room of its own.
ROOMS = {
    "_startup": "",
    "_patterns": "",
    "_values": "",
    "events": "",
    "errors": "",
    "request": "errors _patterns _values",
    "checkpoint": "request",
    "_response": "request _values",
    "observer": "request errors _response",
    "parser": "events errors _patterns",
    "_http": "events errors request observer _patterns _values",
    "policy": "errors _http _values",
    "_option_checks": "policy request checkpoint _http",
    "_timeout": "_values",
    "_stream_options": "events policy request checkpoint observer _http _timeout",
    "options": "events policy request checkpoint observer parser _http _option_checks _stream_options _timeout",
    "_core": "events errors request policy checkpoint _response observer options parser _http",
    "transports": "events errors request _response _values observer options _http _core",
    "faces": "events errors request policy checkpoint observer options _core transports",
    "reading": "errors options parser _core transports",
    "extension": "events errors parser _http _core",
    "replies": "events errors policy observer options parser extension faces",
    "compat": "events errors parser",
    "testing": "events errors request parser _http",
}
FACES = {"client", "event_stream", "subscription", "aio", "async_event_stream", "async_subscription"}
PUBLIC_NAMES_ALONE = {"adapters", "cli", "relay", "telemetry"}


def modules() -> dict[str, Path]:
    paths = [path for path in ROOT.glob("sse_client/**/*.py") if "adapters" not in path.relative_to(ROOT).parts]
    paths += ROOT.glob("adapters/**/*.py")
    return {str(path.relative_to(ROOT)): path for path in paths}


def room_of(name: str) -> str:
    """Return the room of a dotted module name without its first part."""
    first = name.split(".")[0]
    return "faces" if first in FACES else "cli" if first == "__main__" else first


def own_room(module: str) -> str:
    """Return the room of a file of `modules`."""
    parts = Path(module).with_suffix("").parts
    return "adapters" if parts[0] == "adapters" else room_of(parts[1])


def imports(path: Path, *, typing: bool) -> set[str]:
    """Return the dotted names, below this package, of what a file imports.

    Args:
        path: the file.
        typing: whether what it imports for type checkers alone counts.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
        if not typing
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name.partition(".")[2] for name in found if name.startswith("sse_client.")}


def test_a_room_is_below_those_that_it_imports_from() -> None:
    seen: set[str] = set()
    for room, above in ROOMS.items():
        assert set(above.split()) <= seen, f"{room} imports from a room that comes after it"
        seen.add(room)


@pytest.mark.parametrize("module", sorted(set(modules()) - {"sse_client/__init__.py"}))
def test_a_room_imports_only_from_the_rooms_above_it(module: str) -> None:
    own = own_room(module)
    imported = imports(modules()[module], typing=own in PUBLIC_NAMES_ALONE)
    if own in PUBLIC_NAMES_ALONE:
        private = {name for name in imported if room_of(name) != own and re.search(r"(^|\.)_(?!_)", name)}
        assert not private, "it imports public names alone"
        return
    assert own in ROOMS, f"{own} is no room of the house"
    assert {room_of(name) for name in imported} <= {own, *ROOMS[own].split()}


def at_the_top(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports of a module outside of its functions, those for type checkers alone included."""
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement
        elif isinstance(statement, ast.If):
            yield from at_the_top(statement.body + statement.orelse)


def test_no_modules_import_each_other_not_even_for_types_alone() -> None:
    paths = {".".join(Path(name).with_suffix("").parts): path for name, path in modules().items()}
    paths = {
        ("sse_client." if name.startswith("adapters") else "") + name.removesuffix(".__init__"): path
        for name, path in paths.items()
    }
    needs: dict[str, set[str]] = {}
    for name, path in paths.items():
        found: set[str] = set()
        for statement in at_the_top(ast.parse(path.read_text(encoding="utf-8")).body):
            source = f"{statement.module}." if isinstance(statement, ast.ImportFrom) else ""
            for alias in statement.names:
                whole = source + alias.name
                found.add(whole if whole in paths else source.removesuffix("."))
        needs[name] = (found & paths.keys()) - {name}
    assert sum(map(len, needs.values())) > len(paths)  # it has looked
    assert len(list(TopologicalSorter(needs).static_order())) == len(paths)  # otherwise CycleError names the modules


# Rooms without input and output, and what of these a file may load when it is needed: to encode a body as urllib3
# does, or to run an authentication object that was made for requests.
PURE = {
    "events",
    "errors",
    "request",
    "policy",
    "_response",
    "observer",
    "_option_checks",
    "_stream_options",
    "_timeout",
    "_values",
    "options",
    "parser",
    "_http",
    "_core",
}
LATE = {"_http": {"requests", "urllib3"}}
IO = {
    "aiohttp",
    "anyio",
    "asyncio",
    "httpx",
    "httpx2",
    "requests",
    "select",
    "selectors",
    "socket",
    "ssl",
    "trio",
    "urllib3",
}


@pytest.mark.parametrize("module", sorted(name for name in modules() if own_room(name) in PURE))
def test_what_decides_does_no_input_or_output(module: str) -> None:
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    late = LATE.get(own_room(module), set())
    for node in ast.walk(tree):
        names: set[str] = set()
        if isinstance(node, ast.Import):
            names = {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").split(".")[0]}
        assert not names & IO or (names <= late and node not in tree.body), f"line {getattr(node, 'lineno', 0)}"


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


@pytest.mark.parametrize("adapter", ["openai", "anthropic"])
def test_importing_an_adapter_imports_its_own_modules_and_no_others(adapter: str) -> None:
    loaded: list[set[str]] = []
    for module in ("sse_client", f"sse_client.adapters.{adapter}"):
        script = f"import sys, {module}; print(*sys.modules)"
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
        loaded.append(set(run.stdout.split()))
    allowed = ("sse_client.adapters", "sse_client.extension", "sse_client.replies")
    assert not [name for name in loaded[1] - loaded[0] if not name.startswith(allowed)]
    late = {
        f"sse_client.adapters.openai.{name}"
        for name in ("_shared.structured_output", "_shared.validator", "aio", "responses")
    }
    assert not loaded[1] & {*late, "sse_client.adapters.anthropic.aio"}


GET = "next(sse_client.get(sys.argv[1]))"
CHAT = """
from sse_client.adapters.openai import ChatClient
with ChatClient(api_key="key", base_url=sys.argv[1] + "/v1").stream(model="m", messages=[]) as reply:
    next(reply.text())
"""


# What a plain stream does not use: observers, cookies, redirects, certificates, bodies, and the fallback for reading.
LATE_MODULES = """
    observer subscription reading checkpoint
    _core.reports _core.sniffed_body _core.states _core.transport
    _http.content_decoding _http.cookies _http.redirect_target _http.requests_auth _http.retry_after
    transports.certificates transports._requests.cookies transports._requests.future_state
    transports._requests.own_body transports._requests.response_body transports._requests.watchdog
    adapters.openai.chat._irregular_chunk adapters.openai.chat._tool_calls adapters.openai.chat._usage
    adapters.openai.chat._audio_accumulator adapters.openai.chat._usage_chunk adapters.openai.chat._deltas
    adapters.openai._shared.error_shapes adapters.openai._shared.fields adapters.openai._shared.json_conversion
"""


# Each module is 0.32 million instructions of the 475 million that requests takes to the first token.
@pytest.mark.parametrize(("way", "scripts", "most"), [(GET, [stream([b"data: 1\n\n"])], 57), (CHAT, [], 91)])
def test_a_fresh_process_loads_little_for_its_first_token(way: str, scripts: list[Script], most: int) -> None:
    # `typing_extensions` may be installed for other packages; msgspec then imports it, and it imports `inspect`.
    script = f"import sys\nsys.modules['typing_extensions'] = None\nimport sse_client\n{way}\nprint(*sys.modules)"
    with Server(*scripts) as server:
        command = [sys.executable, "-c", script, server.url]
        run = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    loaded = set(run.stdout.split())
    assert not loaded & {"dataclasses", "inspect", "tenacity", "asyncio", "difflib"}
    own = {name for name in loaded if name.startswith("sse_client")}
    late = {f"sse_client.{name}" for name in LATE_MODULES.split()}
    assert all(map(find_spec, late))
    assert not own & late
    assert len(own) <= most, sorted(own)


@pytest.mark.parametrize("module", [sse_client, anthropic, openai, responses])
def test_every_public_method_has_a_docstring(module: Any) -> None:
    for name in module.__all__:
        kind = getattr(module, name)
        for own, value in vars(kind).items() if isinstance(kind, type) else ():
            if not own.startswith("_") and (isinstance(value, property) or callable(value)):
                assert value.__doc__, f"{name}.{own}"


@pytest.mark.parametrize("module", [sse_client, anthropic, openai, responses])
def test_what_a_package_does_not_have_is_an_attribute_error(module: Any) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = module.nothing


def test_the_names_for_asyncio_are_loaded_when_they_are_asked_for() -> None:
    assert sse_client.AsyncClient.__module__ == "sse_client.aio"
    assert openai.AsyncChatClient.__module__ == "sse_client.adapters.openai.aio"
    assert responses.AsyncResponses.__module__ == "sse_client.adapters.openai.responses.aio"


def test_without_aiohttp_they_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("aiohttp", "httpx2", "httpx"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "sse_client.aio", raising=False)
    monkeypatch.delattr(sse_client, "aio", raising=False)
    monkeypatch.delitem(vars(sse_client), "AsyncClient", raising=False)  # kept since it was asked for
    with pytest.raises(ImportError, match=r"pip install 'sse-client\[async\]'"):
        _ = sse_client.AsyncClient
