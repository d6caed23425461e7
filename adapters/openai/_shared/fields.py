"""Collects the fields of a request's body from a call's arguments, and refuses arguments meant for something else.

A chat accepts any keyword as a field of the API, because vendors add fields of their own. Without this check,
`timout=3` and `reconnect=True` would be sent to the server, and the caller would not notice the mistake.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sse_client.options import StreamOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CALL", "check_fields"]

# The arguments of a call that are not fields of the API.
CALL = ("headers", "timeout", "extra_headers", "extra_query", "extra_body")

# Where this package's own options belong instead of in a call.
_RETRIES = "a chat has retries of its own: max_retries, when the client is made"
_ENDS = "an option of event streams; a chat knows its end, and is not resumed"
_BODY = "the body of a request is made of the call's fields"
_QUERY = "parameters of the query are extra_query here, and params when the client is made"
_ARGUMENT = "an argument of the client, when it is made"
_CLOCK = "a clock of sse_client.Timeout: timeout=Timeout({name}=...)"
_SESSION = "the session of the client underneath: client=Client(session), or AsyncClient, when the chat client is made"
_OTHER_CLOCK = "the time limits are timeout=..., a number of seconds or an sse_client.Timeout"
_OPTION = "an option of the client underneath: client=Client({name}=...), or AsyncClient, when the chat client is made"

_BELONGS = {
    **dict.fromkeys(StreamOptions.__annotations__.keys() - set(CALL), _OPTION),
    **dict.fromkeys(("reconnect", "max_attempts", "initial_delay", "max_delay", "max_asked", "on_end"), _RETRIES),
    **dict.fromkeys(("until", "include_last", "last_event_id", "checkpoint", "comments"), _ENDS),
    **dict.fromkeys(("data", "json", "files"), _BODY),
    "params": _QUERY,
    **dict.fromkeys(("api_key", "base_url", "organization", "project", "client", "max_retries"), _ARGUMENT),
    **dict.fromkeys(("connect", "read", "event", "first", "total"), _CLOCK),
    **dict.fromkeys(("connect_timeout", "read_timeout", "request_timeout"), _OTHER_CLOCK),
}

# Other libraries' names for the same things. Misspellings of these are not recognised.
_ELSEWHERE = {
    **dict.fromkeys(("session", "http_client"), _SESSION),
    **dict.fromkeys(("proxy", "proxys"), _OPTION.format(name="proxies")),
    "default_headers": "headers=..., here or when the client is made",
    "default_query": _QUERY,
    "max_retry": _RETRIES,
}

# Names so common that a vendor's own field may resemble them.
_COMMON = frozenset(
    "auth cert client comments connect data event files first json params project read total".split()  # noqa: SIM905
)
_ALIKE = 0.8  # difflib's ratio: `max_retires` and `timeouts` reach it, `num_retries` and `include` do not


def check_fields(names: Iterable[str], call: tuple[str, ...] = CALL) -> None:
    """Refuse fields that are options of this package, or that are probably misspelled arguments of the call.

    Args:
        names: the names of the fields.
        call: the arguments of the call that are not fields.

    Raises:
        TypeError: there is such a field. `extra_body` can send a field of any name.
    """
    for name in names:
        if name in call:
            continue
        if name in _BELONGS or name in _ELSEWHERE:
            reason = (_BELONGS.get(name) or _ELSEWHERE[name]).format(name=name)
        elif close := _like(name, call):
            reason = f"did you mean {close}?"
        else:
            continue
        raise TypeError(f"{name}: {reason} (A field of that name is sent with extra_body={{{name!r}: ...}}.)")


@lru_cache(maxsize=1024)
def _like(name: str, call: tuple[str, ...]) -> str | None:
    """Return the argument or option that `name` resembles, if there is one."""
    from difflib import SequenceMatcher  # imported with the first field; each name is checked once

    bare = _bare(name)
    rated = [(SequenceMatcher(None, bare, _bare(known)).ratio(), known) for known in (*call, *_BELONGS)]
    ratio, closest = max(rated)
    return closest if ratio > _ALIKE and closest not in _COMMON else None


def _bare(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
