"""Checks the values with which an adapter's client is created."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from sse_client.options import DEFAULTS, merged

__all__ = ["check_mapping", "check_retries", "check_timeout", "checked_key", "merged_headers"]

# Matches a URL with a scheme, which may be misspelled; a local address, an IP address, or a name with a port; or a name
# with the path of an API. Each has one of these characters, or `localhost`; most keys have neither, and need no
# pattern, which takes 0.6 ms to compile.
_URL_SIGNS = frozenset("/:.[")
_URL = r"""(?xi)
    \s* (?: (?: [a-z][a-z0-9+.-]*: )?//
              | https?:?/
              | (?: localhost | \d{1,3}(?:\.\d{1,3}){3} | \[[0-9a-f:.]+\] ) (?: [:/] | $ )
              | [a-z0-9-]+ (?: \.[a-z0-9-]+ )* : \d{2,5} (?: / | $ )
              | [a-z0-9-]+ (?: \.[a-z0-9-]+ )+ / (?: v\d | api\b | openai\b )
        )"""


def checked_key(key: Any, name: str = "api_key", variable: str | None = None) -> str | None:
    """Return a key or token after checking that it can be one; None if there is none.

    Args:
        key: the key. An empty one means no key, because the environment's must not go to every server.
        name: the name of the argument, for errors.
        variable: the environment's variable that is used if `key` is None.

    Raises:
        TypeError: the key is not a str.
        ValueError: the key looks like a URL. The message does not show it, because a URL may contain a password.
    """
    if key is None:
        return None if variable is None else checked_key(os.environ.get(variable), variable)
    if not isinstance(key, str):
        hint = ": tokens that change are put in by the client underneath, Client(prepare=...)" if callable(key) else ""
        raise TypeError(f"{name}: expected a str, got {type(key).__name__}{hint}")
    may_be_url = not _URL_SIGNS.isdisjoint(key) or "localhost" in key.casefold()
    if may_be_url and re.match(_URL, key):
        raise ValueError(f"{name}: expected a key, got what looks like a URL: pass it as base_url=...")
    return key


def check_retries(max_retries: Any) -> None:
    """Refuse a value that cannot be a number of retries.

    Raises:
        TypeError: the value is not an int.
        ValueError: the value is negative.
    """
    if not isinstance(max_retries, int) or isinstance(max_retries, bool):
        raise TypeError(f"max_retries: expected an int, got {type(max_retries).__name__}")
    if max_retries < 0:
        raise ValueError(f"max_retries must be 0 or more, not {max_retries}")


def check_timeout(timeout: Any) -> None:
    """Refuse a value that cannot be the `timeout` of a stream.

    Raises:
        TypeError: the value, or a part of it, is not a number.
        ValueError: a number is not more than 0, or a sequence does not have two numbers.
    """
    if timeout is not None:
        merged(DEFAULTS, {"timeout": timeout})


def check_mapping(name: str, value: object) -> None:
    """Refuse an argument, called `name`, whose `value` is neither a mapping nor None.

    Raises:
        TypeError: it is not a mapping.
    """
    # The exact type is checked in a fraction of the time.
    if value is not None and type(value) is not dict and not isinstance(value, Mapping):
        raise TypeError(f"{name}: expected a mapping, got {type(value).__name__}")


def merged_headers(ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return `ours` overridden by `theirs`; the case of the names does not matter."""
    names = {name.lower() for name in theirs or ()}
    return {name: value for name, value in ours.items() if name.lower() not in names} | dict(theirs or {})
