"""What an editor shows of the public functions: every option, and no other."""

from __future__ import annotations

import ast
import builtins
import dataclasses
import importlib
import inspect
import pkgutil
import re
import textwrap
from typing import TYPE_CHECKING, Any, cast

import pytest

import sse_client
from sse_client.aio import AsyncClient
from sse_client.options import StreamOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENING = [
    *(sse_client.stream, sse_client.get, sse_client.post, sse_client.astream),
    *(getattr(client, name) for client in (sse_client.Client, AsyncClient) for name in ("stream", "get", "post")),
]
OPTIONS = set(StreamOptions.__annotations__)
ENTRY = re.compile(r"^ +(\*{0,2}\w+): ", re.MULTILINE)


@pytest.mark.parametrize("function", OPENING, ids=lambda function: function.__qualname__)
def test_what_opens_a_stream_lists_its_options(function: Any) -> None:
    text = inspect.getdoc(function) or ""
    listed = text[text.index("StreamOptions` describes:") : text.index("news: observer") + len("news: observer.")]
    names = set(re.findall(r"\w+", re.sub(r"\(.*?\)|^.*?:|;$", "", listed, flags=re.MULTILINE)))
    assert names == OPTIONS


def test_each_option_has_a_line() -> None:
    assert set(ENTRY.findall(StreamOptions.__doc__ or "")) == OPTIONS


def is_public(module: str) -> bool:
    """Return whether users or adapters import from a module: the command is used in a shell, transports not at all."""
    own = module.removeprefix("sse_client.")
    return not re.search(r"(^|\.)_", own) and not own.startswith(("cli", "transports", "testing.plugin"))


def public_values() -> dict[str, Any]:
    """Return the functions and classes of all public modules, by their full names."""
    found: dict[str, Any] = {}
    for info in pkgutil.walk_packages(sse_client.__path__, "sse_client."):
        for name in getattr(importlib.import_module(info.name), "__all__", ()) if is_public(info.name) else ():
            value = getattr(importlib.import_module(info.name), name)
            if (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__.startswith("sse_client"):
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return found


def functions() -> Iterator[Any]:
    """Yield the public functions, and the public methods of the public classes."""
    for value in PUBLIC.values():
        members = {value.__name__: value} if inspect.isfunction(value) else cast("dict[str, Any]", value.__dict__)
        for name, each in members.items():
            own: Any = getattr(each, "__func__", each)  # that of a class method
            if inspect.isfunction(own) and not name.startswith("_"):
                yield own


PUBLIC = public_values()
each_function = pytest.mark.parametrize(
    "function", list(functions()), ids=lambda each: f"{each.__module__}.{each.__qualname__}"
)


@each_function
def test_a_public_function_documents_its_parameters_and_no_others(function: Any) -> None:
    text = inspect.getdoc(function) or ""
    assert text, "it has a docstring"
    parameters = set(inspect.signature(function).parameters) - {"self", "cls"}
    parameters -= {"_ray_trace_ctx"}  # Ray adds it to the methods of a class that has been made an actor
    args = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if args is None:
        # What has one parameter, or two, says in its first sentence what they are; others refer to a fuller one.
        named = set(re.findall(r"`(\w+)`", text))
        assert len(parameters) < 2 or parameters <= named or "; see `" in text
        return
    documented = {name.lstrip("*") for name in re.findall(r"^    (\*{0,2}\w+): ", args[1], re.MULTILINE)}
    assert documented == parameters


@each_function
def test_a_public_function_documents_the_errors_that_it_raises(function: Any) -> None:
    text = inspect.getdoc(function) or ""
    source = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    raised = set(raised_in(source.body[0]))
    named = set(re.findall(r"\w+", text.partition("Raises:")[2]))
    bases = {base.__name__ for name in named if isinstance(base := getattr(builtins, name, None), type)}
    missing = {name for name in raised - named if not is_error_of(name, bases)}
    assert "; see `" in text or not missing


def raised_in(node: ast.AST) -> Iterator[str]:
    """Yield the names of the errors that a function creates and raises, except those that it may catch itself."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        name = ast.unparse(node.exc.func).rpartition(".")[2]
        if name[0].isupper():  # otherwise another function creates it
            yield name
    for child in ast.iter_child_nodes(node):
        caught = isinstance(node, ast.Try) and child in node.body
        if not caught and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from raised_in(child)


def is_error_of(name: str, bases: set[str]) -> bool:
    """Return whether a builtin error is a subclass of one of the `bases`."""
    error = getattr(builtins, name, None)
    return isinstance(error, type) and any(base.__name__ in bases for base in error.__mro__)


VALUES = {
    name: value
    for name, value in PUBLIC.items()
    if inspect.isclass(value) and (dataclasses.is_dataclass(value) or hasattr(value, "__struct_fields__"))
}


@pytest.mark.parametrize("name", sorted(VALUES.keys() - {"sse_client.options.Options"}))  # `StreamOptions` has a test
def test_a_public_value_describes_its_fields(name: str) -> None:
    value = VALUES[name]
    text = "\n".join(base.__doc__ or "" for base in value.__mro__ if base.__module__.startswith("sse_client"))
    fields = {each for base in value.__mro__ for each in vars(base).get("__annotations__", {}) if each[0] != "_"}
    assert fields <= set(re.findall(r"\w+", text))
