"""What both clients offer is the same: names, options, defaults, properties, errors."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sse_client
from sse_client import aio
from sse_client.adapters import anthropic, openai
from sse_client.adapters.openai import aio as openai_aio
from sse_client.adapters.openai import client as openai_client
from sse_client.adapters.openai.responses import aio as responses_aio
from sse_client.adapters.openai.responses import client as responses_client

PAIRS: list[tuple[type[Any], type[Any]]] = [
    (sse_client.Client, aio.AsyncClient),
    (sse_client.EventStream, aio.AsyncEventStream),
    (sse_client.Subscription, aio.AsyncSubscription),
    (openai.ChatClient, openai_aio.AsyncChatClient),
    (openai.ChatStream, openai_aio.AsyncChatStream),
    (openai_client.Completions, openai_aio.AsyncCompletions),
    (anthropic.MessagesClient, anthropic.AsyncMessagesClient),
    (anthropic.MessageStream, anthropic.AsyncMessageStream),
    (responses_client.Responses, responses_aio.AsyncResponses),
    (responses_client.ResponseStream, responses_aio.AsyncResponseStream),
]

RENAMED = {
    "close": "aclose",
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
    "__iter__": "__aiter__",
    "__next__": "__anext__",
}


def surface(kind: type[Any]) -> dict[str, Any]:
    """Return what a class offers, in the words of the asyncio one."""
    return {
        RENAMED.get(name, name): value
        for name, value in inspect.getmembers(kind)
        if (not name.startswith("_") or name in RENAMED or name in RENAMED.values())
    }


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    return [(each.name, each.kind, each.default) for each in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize(("blocking", "asynchronous"), PAIRS)
def test_the_names_are_the_same(blocking: type[Any], asynchronous: type[Any]) -> None:
    assert set(surface(blocking)) == set(surface(asynchronous))


@pytest.mark.parametrize(("blocking", "asynchronous"), PAIRS)
def test_properties_are_properties_and_methods_take_the_same(blocking: type[Any], asynchronous: type[Any]) -> None:
    ours, theirs = surface(blocking), surface(asynchronous)
    for name, one in ours.items():
        other = theirs[name]
        assert isinstance(one, property) == isinstance(other, property), name
        if callable(one):
            assert parameters(one) == [each for each in parameters(other) if each[0] != "task_group"], name
    if not issubclass(asynchronous, aio.AsyncEventStream):  # made by a client
        names = [each[0] for each in parameters(blocking.__init__)]
        assert names == [each[0] for each in parameters(asynchronous.__init__) if each[0] != "task_group"]


@pytest.mark.parametrize(("blocking", "asynchronous"), PAIRS)
def test_the_same_errors_are_documented(blocking: type[Any], asynchronous: type[Any]) -> None:
    def raised(text: str | None) -> set[str]:
        section = (text or "").partition("Raises:")[2]
        return set(re.findall(r"^\s+(\w+):", section, re.MULTILINE)) - {"RuntimeError", "ImportError"}

    assert raised(blocking.__doc__) == raised(asynchronous.__doc__)
    for name, one in surface(blocking).items():
        if inspect.isfunction(one):
            assert raised(one.__doc__) == raised(getattr(asynchronous, name).__doc__), name


def test_the_function_takes_the_same() -> None:
    assert parameters(sse_client.stream) == parameters(aio.astream)


def test_importing_the_package_imports_neither_asyncio_nor_aiohttp() -> None:
    script = "import sys, sse_client; print(*sorted({'asyncio', 'aiohttp'} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert loaded.stdout.strip() == ""


def test_without_aiohttp_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("aiohttp", "httpx2", "httpx"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "sse_client.aio")
    with pytest.raises(ImportError, match=r"pip install 'sse-client\[async\]'"):
        importlib.import_module("sse_client.aio")
    monkeypatch.undo()
    assert importlib.import_module("sse_client.aio") is aio


SHELLS = [
    ("sse_client/event_stream.py", "sse_client/async_event_stream.py"),
    ("sse_client/transports/_requests/response_body.py", "sse_client/transports/_aiohttp/response_body.py"),
    ("sse_client/transports/_requests/transport.py", "sse_client/transports/_aiohttp/transport.py"),
    ("sse_client/client.py", "sse_client/aio.py"),
    ("sse_client/subscription.py", "sse_client/async_subscription.py"),
    ("adapters/openai/client.py", "adapters/openai/aio.py"),
    ("sse_client/replies/_blocking.py", "sse_client/replies/aio.py"),
    ("adapters/anthropic/client.py", "adapters/anthropic/aio.py"),
    ("adapters/openai/responses/client.py", "adapters/openai/responses/aio.py"),
]


def code(path: Path) -> tuple[list[str], list[str]]:
    """Return the plain statements and the conditions in the functions of a module, without `await` and the like."""
    statements: list[str] = []
    conditions: list[str] = []
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for function in [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)]:
        for node in ast.walk(function):
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if isinstance(node, (ast.If, ast.While, ast.IfExp)):
                conditions.append(ast.unparse(node.test))
            elif isinstance(node, ast.stmt) and not hasattr(node, "body") and not docstring:
                statements.append(ast.unparse(node))
    bare = re.compile(r"\bawait |\ba(?=close)|\bAsync")
    return [bare.sub("", each) for each in statements], [bare.sub("", each) for each in conditions]


def test_what_is_in_both_shells_is_the_call_of_what_they_share_and_no_rule() -> None:
    """All that decides is written once: what stands in both shells is `return self`, and the like."""
    root = Path(sse_client.__file__).parent.parent
    twice: list[list[str]] = [[], []]
    total = [0, 0]
    for blocking, asynchronous in SHELLS:
        for kind, (ours, theirs) in enumerate(zip(code(root / blocking), code(root / asynchronous), strict=True)):
            total[kind] += len(theirs)
            twice[kind] += [each for each in set(theirs) for _ in range(min(ours.count(each), theirs.count(each)))]
    for kind, name in enumerate(("statements", "conditions")):
        print(f"{len(twice[kind])} of {total[kind]} {name} of the asyncio shells stand in the blocking ones too:")
        print(*sorted(twice[kind]), sep="\n")
    assert len(twice[0]) / total[0] < 0.35
    assert len(twice[1]) / total[1] < 0.3
