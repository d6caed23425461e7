"""Checks the names of a call's arguments, so that a mistake is an error that says which name was meant."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence, Set
    from types import CodeType

__all__ = ["check_fields", "named_arguments"]

M = TypeVar("M", bound="Callable[..., Any]")

# Ratios of difflib.
_ALIKE = 0.7
_ALIKE_FIELD = 0.8  # higher, because a vendor's own field may resemble a name
_VARKEYWORDS = 0x08  # `inspect.CO_VARKEYWORDS`; importing `inspect` takes 5 ms


def named_arguments(method: M) -> M:
    """Decorate a method that accepts only named arguments, so that its errors say which name was meant.

    Python's own error says which argument is missing or unknown, but not which name was meant. A method that accepts
    arbitrary names has to raise the TypeError for a misspelled one itself, with `check_fields` for example.
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


def check_fields(
    names: Iterable[str], known: Set[str], elsewhere: Mapping[str, str], common: Set[str] = frozenset()
) -> None:
    """Refuse keywords of a call that would become fields of the request's body by mistake.

    A call that accepts any field of an API accepts every misspelling of its own arguments, too. Names that resemble no
    other one are accepted, because vendors add fields.

    Args:
        names: the keywords.
        known: the arguments of the call, and fields of the API.
        elsewhere: arguments that belong in another place, and a description of that place.
        common: those of `elsewhere` that a vendor's own field may resemble; keywords that resemble only these are
            accepted.

    Raises:
        TypeError: a keyword belongs elsewhere, or is probably a misspelled one of `known` or `elsewhere`.
    """
    for name in names:
        if name in known:
            continue
        if name in elsewhere:
            raise TypeError(f"{name} is no field of the API, but {elsewhere[name]}")
        from difflib import get_close_matches  # imported only for unknown fields: it takes 3 ms

        if close := get_close_matches(name, known | elsewhere.keys() - common, 1, _ALIKE_FIELD):
            raise TypeError(f"there is no argument {name!r}; did you mean {close[0]!r}?")
