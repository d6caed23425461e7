"""Checks the values of options: each check returns the value to keep, or raises an error that names the option."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from sse_client._http.type_guards import is_listing
from sse_client.request import check_last_event_id

if TYPE_CHECKING:
    from sse_client.checkpoint import Checkpoint
    from sse_client.policy import Reconnect

__all__ = ["CHECKS", "TYPES", "mistyped"]


def _proxies(value: Any) -> Any:
    given: Mapping[str, object] = _typed("proxies", (Mapping, type(None)), value) or {}
    for proxy in given.values():
        if proxy is not None and not isinstance(proxy, str):
            raise TypeError(f"proxies: expected URLs, or None, as values, got {type(proxy).__name__}")
    return value


def _verify(value: Any) -> bool | str | None:
    if value is None or value is True:
        return None  # the session and the environment decide
    path = value if value is False else _path(value)
    if path is None:
        raise TypeError(f"verify: expected True, False, or a path, got {type(value).__name__}")
    return path


def _cert(value: Any) -> str | tuple[str, str] | None:
    pair: tuple[Any, ...] = tuple(value) if is_listing(value) else (value,)
    paths = [path for path in map(_path, pair) if path is not None]
    if len(paths) == len(pair) == 2:
        return paths[0], paths[1]
    if len(paths) == len(pair) == 1:
        return paths[0]
    if value is None:
        return None
    raise TypeError("cert: expected the path of a certificate with its key, or a pair of paths")


def _path(value: object) -> str | None:
    return os.fsdecode(cast("os.PathLike[str]", value)) if isinstance(value, (str, os.PathLike)) else None


def _allow_redirects(value: Any) -> Any:
    if not isinstance(value, (bool, str)):
        raise TypeError(f"allow_redirects: expected a bool or a str, got {type(value).__name__}")
    if isinstance(value, str) and value not in {"same-origin", "no-downgrade"}:
        raise ValueError(f"allow_redirects: expected True, False, 'same-origin' or 'no-downgrade', got {value!r}")
    return value


def _checkpoint(value: Any) -> Checkpoint | None:
    if isinstance(value, (str, os.PathLike)):
        from sse_client.checkpoint import FileCheckpoint  # imported only if one is made

        return FileCheckpoint(cast("str | os.PathLike[str]", value))
    for name in ("load", "save") if value is not None else ():
        if not callable(getattr(value, name, None)):
            raise TypeError(f"checkpoint: expected a path, or an object with load and save; it has no {name}")
    return cast("Checkpoint | None", value)


def _until(value: Any) -> Any:
    if not callable(value):
        raise TypeError(f"until: expected a str or a callable, got {type(value).__name__}")
    return _awaiting_nothing("until", value)


def _prepare(value: Any) -> Any:
    if value is not None and not callable(value):
        raise TypeError(f"prepare: expected a callable, got {type(value).__name__}")
    return value


def _observer(value: Any) -> Any:
    if value is not None and not callable(value):
        raise TypeError(f"observer: expected a callable, got {type(value).__name__}")
    return _awaiting_nothing("observer", value)


def _awaiting_nothing(name: str, value: Any) -> Any:
    from inspect import iscoroutinefunction  # imported only if there is a callable, because it takes 5 ms

    if iscoroutinefunction(value):
        raise TypeError(f"{name}: expected a function, got a coroutine function, which nothing awaits")
    return value


def _reconnect(value: Any) -> Any:
    if not isinstance(value, _rules()):
        raise mistyped("reconnect", (bool, _rules(), type(None)), value)
    return value


@cache
def _rules() -> type[Reconnect]:
    """Import `Reconnect` only if rules are passed; cached, because an import statement takes 0.7 µs."""
    from sse_client.policy import Reconnect

    return Reconnect


def _max_event_size(value: Any) -> Any:
    if _count("max_event_size", value) is not None and value < 1:
        raise ValueError(f"max_event_size must be 1 or more bytes, or None for no limit, not {value}")
    return value


def _max_error_body(value: Any) -> Any:
    if _count("max_error_body", value) is not None and value < 0:
        raise ValueError(f"max_error_body must be 0 or more bytes, or None for no limit, not {value}")
    return value


def _count(name: str, value: Any) -> Any:
    if isinstance(value, bool):  # an int in Python, but no number of bytes
        raise mistyped(name, (int, type(None)), value)
    return _typed(name, (int, type(None)), value)


def _typed(name: str, types: tuple[type, ...], value: Any) -> Any:
    if not isinstance(value, types):
        raise mistyped(name, types, value)
    return value


def mistyped(name: str, types: tuple[type, ...], value: object) -> TypeError:
    names = ("None" if each is type(None) else each.__name__ for each in types)
    return TypeError(f"{name}: expected {' or '.join(names)}, got {type(value).__name__}")


# Each function returns the option's value to keep, or raises TypeError or ValueError. `Timeout` checks `timeout`.
CHECKS: dict[str, Callable[[Any], Any]] = {
    "verify": _verify,
    "cert": _cert,
    "proxies": _proxies,
    "allow_redirects": _allow_redirects,
    "last_event_id": check_last_event_id,
    "until": _until,
    "prepare": _prepare,
    "reconnect": _reconnect,
    "checkpoint": _checkpoint,
    "max_event_size": _max_event_size,
    "max_error_body": _max_error_body,
    "observer": _observer,
}

# The types of values that need no further check, and that the request itself does not check.
TYPES: dict[str, tuple[type, ...]] = {
    "reconnect": (bool, type(None)),
    "until": (str, type(None)),
    "include_last": (bool,),
    "comments": (bool,),
}
