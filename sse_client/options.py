"""The options of a stream, the same in both clients."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from sse_client._http.type_guards import is_mapping
from sse_client._stream_options import StreamOptions
from sse_client._timeout import Timeout
from sse_client.parser import DEFAULT_MAX_EVENT_SIZE
from sse_client.request import Attempt, Request, check, check_last_event_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from sse_client._http.redirects import AllowRedirects
    from sse_client.checkpoint import Checkpoint
    from sse_client.events import Event
    from sse_client.observer import Observer
    from sse_client.policy import Reconnect

__all__ = ["DEFAULTS", "DEFAULT_MAX_ERROR_BODY", "Options", "StreamOptions", "Timeout", "merged"]

DEFAULT_MAX_ERROR_BODY = 64 * 1024  # bytes


# A struct, because each stream creates one: a dataclass sets the 22 fields one by one, in 3 µs instead of 0.4.
class Options(msgspec.Struct, frozen=True, kw_only=True):
    """All options of a stream, checked; `StreamOptions` describes each."""

    params: Any = None
    headers: Mapping[str, str | bytes | None] = msgspec.field(default_factory=dict[str, "str | bytes | None"])
    data: Any = None
    json: Any = None
    files: Any = None
    auth: Any = None
    cookies: Any = None
    verify: bool | str | None = None
    cert: str | tuple[str, str] | None = None
    proxies: Mapping[str, str | None] | None = None
    allow_redirects: AllowRedirects = True
    timeout: Timeout = Timeout()
    reconnect: bool | Reconnect | None = None
    last_event_id: str = ""
    until: str | Callable[[Event], bool] | None = None
    include_last: bool = False
    prepare: Callable[[Request, Attempt], Request | Awaitable[Request]] | None = None
    checkpoint: Checkpoint | None = None
    comments: bool = False
    max_event_size: int | None = DEFAULT_MAX_EVENT_SIZE
    max_error_body: int | None = DEFAULT_MAX_ERROR_BODY
    observer: Observer | None = None

    def request(self, method: str, url: str) -> Request:
        """Return the caller's request, by `method`, to the absolute `url`.

        Raises:
            TypeError: a part of it has a type that cannot be sent.
            ValueError: the request is malformed.
        """
        request = Request(
            method=method,
            url=url,
            params=self.params,
            headers=self.headers,
            data=self.data,
            json=self.json,
            files=self.files,
            auth=self.auth,
            cookies=self.cookies,
        )
        check(request)
        return request


DEFAULTS = Options()
_NAMES = frozenset(Options.__struct_fields__)


def merged(defaults: Options, options: Mapping[str, Any], *, shared: bool = False) -> Options:
    """Return `defaults` overridden by `options`; headers are merged one by one.

    Args:
        defaults: options shared by several streams.
        options: further options, by name.
        shared: whether `options` are shared by several streams, too; then an option that one of them requires may
            still come with each stream.

    Raises:
        TypeError: an option is unknown, of a wrong type, or meaningless without another one.
        ValueError: an option is out of range, or two options contradict each other.
    """
    if not options:
        return defaults
    if not options.keys() <= _NAMES:
        raise _unknown(min(options.keys() - _NAMES), _NAMES)
    changes = dict(options)
    types, checks, mistyped = _checks()
    for name, value in options.items():
        if isinstance(value, types.get(name, ())):
            continue
        if name in checks:
            changes[name] = checks[name](value)
        elif name in types:
            raise mistyped(name, types[name], value)
    if "headers" in changes:
        _take_resume_header(changes)
        changes["headers"] = _merged_headers(defaults.headers, changes["headers"])
    made = msgspec.structs.replace(defaults, **changes)
    if made.until is None and not shared and options.get("include_last"):
        raise TypeError("include_last: expected until as well, which says what event is the last one")
    return made


@cache
def _checks() -> tuple[dict[str, tuple[type, ...]], dict[str, Callable[[Any], Any]], Callable[..., TypeError]]:
    """Import the checks with the first option; cached, because each import statement takes 2 µs."""
    from sse_client._option_checks import CHECKS, TYPES, mistyped

    return {**TYPES, "timeout": (Timeout,)}, {**CHECKS, "timeout": _timeout}, mistyped


def _unknown(name: str, names: Iterable[str]) -> TypeError:
    from difflib import get_close_matches  # imported only when needed

    close = get_close_matches(name, names, n=1)
    hint = f", did you mean {close[0]!r}?" if close else ";"
    return TypeError(f"unknown option {name!r}{hint} the options are {', '.join(sorted(names))}")


def _timeout(value: float | tuple[float | None, float | None] | None) -> Timeout:
    # As in requests, a pair is (connect, read), and a single number sets both.
    pair = value if isinstance(value, tuple) else (value, value)
    if len(pair) != 2:
        raise ValueError(f"timeout: expected (connect, read), got {len(pair)} values")
    return Timeout(*pair)


def _take_resume_header(changes: dict[str, Any]) -> None:
    """Turn a `Last-Event-ID` among the headers into the option `last_event_id`.

    As a header it would be sent with every attempt, so that a resumed stream would always begin at the same place.

    Raises:
        TypeError, ValueError: the header is not a valid last event ID, or the option is given, too.
    """
    headers: Any = changes["headers"]
    if not is_mapping(headers):
        return  # it is refused later
    for name in headers:
        if isinstance(name, str) and name.lower() == "last-event-id" and headers[name] is not None:
            break
    else:
        return
    if changes.get("last_event_id"):
        raise ValueError("expected one last event ID, got the option last_event_id and the header Last-Event-ID")
    value = headers[name]
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise ValueError("header Last-Event-ID: expected UTF-8, got other bytes") from None
    changes["last_event_id"] = check_last_event_id(value)
    changes["headers"] = {each: headers[each] for each in headers if each is not name}


def _merged_headers(ours: Mapping[str, Any], theirs: Mapping[Any, Any] | None) -> dict[str, Any]:
    if theirs is not None and not hasattr(theirs, "items"):
        raise TypeError(f"headers: expected a mapping, got {type(theirs).__name__}")
    if not ours or not theirs:
        return dict(theirs or ours)
    given = {name.lower() for name in theirs if isinstance(name, str)}
    merged_headers = {name: value for name, value in ours.items() if name.lower() not in given}
    merged_headers.update(theirs)
    return merged_headers
