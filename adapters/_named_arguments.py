"""Builds the error for a call whose arguments are missing, misspelled or passed without their names."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence, Set
    from types import CodeType

__all__ = ["named_arguments"]

M = TypeVar("M", bound="Callable[..., Any]")

_ALIKE = 0.7  # difflib's ratio
_VARKEYWORDS = 0x08  # `inspect.CO_VARKEYWORDS`; importing `inspect` takes 5 ms


def named_arguments(method: M) -> M:
    """Decorate a method that accepts only named arguments, so that its errors say which name was meant.

    Python's own error says which argument is missing or unknown, but not which name was meant. A method that accepts
    arbitrary names has to raise the TypeError for a misspelled one itself.
    """
    function: Any = method
    # Read from the code object, because `inspect.signature` would add 0.1 ms to the import for each method.
    code: CodeType = function.__code__
    defaults: dict[str, object] = function.__kwdefaults__ or {}
    names = code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]
    known = set(names)
    required = {name: None for name in names if name not in defaults}
    takes_any = bool(code.co_flags & _VARKEYWORDS)

    @wraps(method)
    def checked(*args: Any, **kwargs: Any) -> Any:
        named = kwargs.keys()
        if len(args) == 1 and named >= required.keys() and (takes_any or named <= known):
            return method(*args, **kwargs)
        owner, *positional = args
        kind, name = type(owner).__name__, getattr(method, "__name__", "")
        called = kind if name == "__init__" else f"{kind}.{name}"
        raise TypeError(f"{called}: {_reason(positional, named, known, required)}")

    return cast("M", checked)


def _reason(positional: Sequence[object], passed: Set[str], known: set[str], required: dict[str, None]) -> str:
    """Return a description of what is wrong with the arguments of a call, and how to fix it."""
    from difflib import get_close_matches  # imported only when needed

    pass_them = ", ".join(f"{name}=..." for name in required or sorted(known))
    if positional:
        return f"expected named arguments, got a positional one; pass {pass_them}"
    missing = [name for name in required if name not in passed]
    for unknown in sorted(passed - known):
        if close := get_close_matches(unknown, missing or known, 1, _ALIKE):
            return f"expected {close[0]}=..., got {unknown}=...; did you mean {close[0]}?"
    if missing:
        return f"{' and '.join(missing)}: missing; pass {pass_them}"
    return f"there is no argument {min(passed - known)!r}; pass {pass_them}"
