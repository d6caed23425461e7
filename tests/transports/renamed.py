"""A transport's modules as they are where a library has renamed a private part of it that they use."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import re
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sse_client.transports
from sse_client import aio, client

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from types import CodeType

__all__ = ["private_names", "renamed"]

_FOLDER = Path(sse_client.transports.__file__).parent
_PRIVATE = re.compile(r"_[a-z]\w*")


class _Rename(ast.NodeTransformer):
    """Renames an attribute of other objects than `self`, and the strings that name it; collects all private ones.

    Attributes:
        found: the names that there are.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name
        self.found: set[str] = set()

    def _new(self, name: str) -> str:
        if _PRIVATE.fullmatch(name):
            self.found.add(name)
        return f"{name}_before" if name == self._name else name

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        is_slots = isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__slots__"
        return node if is_slots else self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if not isinstance(node.value, ast.Name) or node.value.id != "self":
            node.attr = self._new(node.attr)
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):
            node.value = self._new(node.value)
        return node


def private_names(room: str, modules: str = "*") -> list[str]:
    """Return the private names that the modules of a transport, or some of them, look for in other objects."""
    rename = _Rename()
    for path in _FOLDER.joinpath(room).rglob(f"{modules}.py"):
        rename.visit(ast.parse(path.read_text(encoding="utf-8")))
    return sorted(rename.found)


class _Loader(importlib.machinery.SourceFileLoader):
    name_before = ""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        text = Path(path).read_text(encoding="utf-8")
        if not self.name_before or self.name_before not in text:
            return super().get_code(fullname)
        tree = _Rename(self.name_before).visit(ast.parse(text))
        return compile(ast.fix_missing_locations(tree), path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, room: str, name: str) -> None:
        self._prefix = f"sse_client.transports.{room}."
        self._name = name

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        file = _FOLDER.joinpath(*fullname.split(".")[2:]).with_suffix(".py")
        if not fullname.startswith(self._prefix) or not file.is_file():
            return None
        loader = _Loader(fullname, str(file))
        loader.name_before = self._name
        return importlib.machinery.ModuleSpec(fullname, loader, origin=str(file))


@contextmanager
def renamed(room: str, name: str) -> Generator[None]:
    """Have the modules of a transport, as they are loaded within, look for `name` under another one."""
    package = f"sse_client.transports.{room}"
    before = {each: sys.modules.pop(each) for each in tuple(sys.modules) if each.startswith(f"{package}.")}
    finder = _Finder(room, name)
    sys.meta_path.insert(0, finder)
    _forget_transports()
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for each in tuple(sys.modules):
            if each.startswith(f"{package}."):
                del sys.modules[each]
        sys.modules.update(before)
        _forget_transports()
        for each, module in before.items():
            parent, _, own_name = each.rpartition(".")
            setattr(sys.modules[parent], own_name, module)


def _forget_transports() -> None:
    client._requests_transport.cache_clear()
    aio._aiohttp_transport.cache_clear()
