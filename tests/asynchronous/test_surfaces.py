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
from sse_client.adapters import openai
from sse_client.adapters.openai import aio as openai_aio

PAIRS: list[tuple[type[Any], type[Any]]] = [
    (sse_client.Client, aio.AsyncClient),
    (sse_client.EventStream, aio.AsyncEventStream),
    (sse_client.Subscription, aio.AsyncSubscription),
    (openai.ChatClient, openai_aio.AsyncChatClient),
    (openai.ChatStream, openai_aio.AsyncChatStream),
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
            assert parameters(one) == parameters(other), name
    if not issubclass(asynchronous, aio.AsyncEventStream):  # made by a client
        names = [each[0] for each in parameters(blocking.__init__)]
        assert names == [each[0] for each in parameters(asynchronous.__init__)]


@pytest.mark.parametrize(("blocking", "asynchronous"), PAIRS)
def test_the_same_errors_are_documented(blocking: type[Any], asynchronous: type[Any]) -> None:
    def raised(text: str | None) -> set[str]:
        section = (text or "").partition("Raises:")[2]
        return set(re.findall(r"^\s+(\w+):", section, re.MULTILINE)) - {"RuntimeError"}

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
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "sse_client.aio")
    with pytest.raises(ImportError, match=r"pip install sse-client\[async\]"):
        importlib.import_module("sse_client.aio")
    monkeypatch.undo()
    assert importlib.import_module("sse_client.aio") is aio


SHELLS = [
    ("event_stream.py", "_aio_stream.py"),
    ("_body.py", "_aio_body.py"),
    ("_http.py", "_aio_http.py"),
    ("client.py", "aio.py"),
    ("subscription.py", "_aio_subscription.py"),
]


def statements(path: Path) -> list[str]:
    """Return the statements inside the functions of a module, without `await` and the like."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for inner in ast.walk(node):
            simple = isinstance(inner, ast.stmt) and not hasattr(inner, "body")
            docstring = isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant)
            if simple and not docstring:
                found.append(re.sub(r"\bawait |\ba(?=close)|\bAsync", "", ast.unparse(inner)))
    return found


def test_what_is_in_both_shells_is_little() -> None:
    """The same statement twice, awaits aside: the loop of connect, read and lose, and the clients' few lines."""
    root = Path(sse_client.__file__).parent
    twice = total = 0
    for one, other in SHELLS:
        ours, theirs = statements(root / one), statements(root / other)
        total += len(theirs)
        twice += sum(min(ours.count(each), theirs.count(each)) for each in set(theirs))
    print(f"{twice} of {total} statements of the asyncio shell are in the blocking one too")
    assert twice / total < 0.5
