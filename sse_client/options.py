"""The options of a stream, the same in both clients."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypedDict

from sse_client.checkpoint import Checkpoint, FileCheckpoint
from sse_client.parser import DEFAULT_MAX_EVENT_SIZE
from sse_client.policy import Reconnect
from sse_client.request import Attempt, Request, check, check_last_event_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sse_client.events import Event
    from sse_client.observer import Observer

__all__ = ["Options", "StreamOptions", "Timeout", "merged"]

_LONGEST = threading.TIMEOUT_MAX  # what a wait can be told: 292 years

_REQUEST_FIELDS = ("params", "headers", "data", "json", "files", "auth", "cookies")


@dataclass(frozen=True, slots=True)
class Timeout:
    """How many seconds a stream may take; None: no limit.

    Attributes:
        connect: to make a connection.
        read: of silence, not a byte, comments count as life, before the connection is dead (`IdleTimeout`).
        event: the longest wait for an event, from the request on; comments do not count, nor does time spent in the
            consumer (`IdleTimeout`). In a chat, what gives no delta does not count either.
        total: the whole stream, connecting, headers and waits included (`DeadlineExceeded`, and at once where a wait
            before the next connection would outlast it).
        first: in place of `event`, the longest wait for the first event of each connection; None: as `event` says.

    Raises:
        TypeError: not a number.
        ValueError: not more than 0.
    """

    connect: float | None = 10.0
    read: float | None = 300.0
    event: float | None = None
    total: float | None = None
    first: float | None = None

    def __post_init__(self) -> None:
        for name in ("connect", "read", "event", "total", "first"):
            value = getattr(self, name)
            if value is None:
                continue
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise TypeError(f"timeout: {name} must be a number of seconds, or None, not {type(value).__name__}")
            if not 0 < value <= _LONGEST:
                raise ValueError(f"timeout: {name} must be more than 0 seconds, or None for no limit, not {value!r}")


class StreamOptions(TypedDict, total=False):
    """The keyword arguments of `stream`, for type checkers and editors; the README tells what each means."""

    params: Any
    headers: Mapping[str, str | bytes | None] | None
    data: Any
    json: Any
    files: Any
    auth: Any
    cookies: Any
    timeout: float | tuple[float | None, float | None] | Timeout | None
    reconnect: bool | Reconnect | None
    last_event_id: str
    until: str | Callable[[Event], bool] | None
    prepare: Callable[[Request, Attempt], Request | Awaitable[Request]] | None
    checkpoint: Checkpoint | str | os.PathLike[str] | None
    comments: bool
    max_event_size: int | None
    observer: Observer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All that a caller may say about a stream, checked."""

    params: Any = None
    headers: Mapping[str, str | bytes | None] = field(default_factory=dict[str, "str | bytes | None"])
    data: Any = None
    json: Any = None
    files: Any = None
    auth: Any = None
    cookies: Any = None
    timeout: Timeout = Timeout()
    reconnect: bool | Reconnect | None = None
    last_event_id: str = ""
    until: str | Callable[[Event], bool] | None = None
    prepare: Callable[[Request, Attempt], Request | Awaitable[Request]] | None = None
    checkpoint: Checkpoint | None = None
    comments: bool = False
    max_event_size: int | None = DEFAULT_MAX_EVENT_SIZE
    observer: Observer | None = None

    def request(self, method: str, url: str) -> Request:
        """Return the request as the caller wants it.

        Raises:
            TypeError: something is not of a type that can be sent.
            ValueError: it is malformed.
        """
        request = Request(method=method, url=url, **{name: getattr(self, name) for name in _REQUEST_FIELDS})
        check(request)
        return request


_NAMES = frozenset(each.name for each in fields(Options))


def merged(defaults: Options, options: Mapping[str, Any]) -> Options:
    """Return `defaults` with `options` over them; headers are merged one by one.

    Raises:
        TypeError: an option is unknown, or not of its type.
        ValueError: one is out of its range.
    """
    unknown = sorted(options.keys() - _NAMES)
    if unknown:
        raise TypeError(f"unknown option {unknown[0]!r}; the options are {', '.join(sorted(_NAMES))}")
    changes = dict(options)
    if "timeout" in changes:
        changes["timeout"] = _timeout(changes["timeout"])
    if "headers" in changes:
        changes["headers"] = _merged_headers(defaults.headers, changes["headers"])
    if isinstance(changes.get("checkpoint"), (str, os.PathLike)):
        changes["checkpoint"] = FileCheckpoint(changes["checkpoint"])
    # `replace` of dataclasses takes three times as long.
    result = Options(**{name: getattr(defaults, name) for name in _NAMES} | changes)
    _check(result)
    return result


def _check(options: Options) -> None:
    check_last_event_id(options.last_event_id)
    expected: list[tuple[str, tuple[type, ...]]] = [
        ("reconnect", (bool, Reconnect, type(None))),
        ("comments", (bool,)),
        ("max_event_size", (int, type(None))),
    ]
    for name, types in expected:
        value = getattr(options, name)
        if not isinstance(value, types):
            raise TypeError(f"{name}: expected {' or '.join(t.__name__ for t in types)}, got {type(value).__name__}")
    for name in ("prepare", "observer"):
        if getattr(options, name) is not None and not callable(getattr(options, name)):
            raise TypeError(f"{name}: expected a callable, got {type(getattr(options, name)).__name__}")
    if options.checkpoint is not None:
        for name in ("load", "save"):
            if not callable(getattr(options.checkpoint, name, None)):
                raise TypeError(f"checkpoint: expected a path, or an object with load and save; it has no {name}")
    if options.until is not None and not isinstance(options.until, str) and not callable(options.until):
        raise TypeError(f"until: expected a str or a callable, got {type(options.until).__name__}")
    if options.max_event_size is not None and options.max_event_size < 1:
        raise ValueError(f"max_event_size must be 1 or more bytes, or None for no limit, not {options.max_event_size}")


def _timeout(value: Timeout | float | tuple[float | None, float | None] | None) -> Timeout:
    if isinstance(value, Timeout):
        return value
    # As with requests, a pair is (connect, read), and one number is both.
    pair = value if isinstance(value, tuple) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"timeout: expected (connect, read), got {len(pair)} values")
    return Timeout(*pair)


def _merged_headers(ours: Mapping[str, Any], theirs: Mapping[Any, Any] | None) -> dict[str, Any]:
    if theirs is not None and not hasattr(theirs, "items"):
        raise TypeError(f"headers: expected a mapping, got {type(theirs).__name__}")
    given = dict(theirs or {})
    names = {name.lower() for name in given if isinstance(name, str)}
    return {name: value for name, value in ours.items() if name.lower() not in names} | given
