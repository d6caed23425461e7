"""Checks the arguments with which an adapter's client is created."""

from __future__ import annotations

import re
from typing import Any, TypeGuard

from sse_client.options import Timeout

__all__ = ["check_client", "check_retries", "check_timeout", "checked_base_url", "checked_key"]

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

# The paths that this package appends to a base URL, after its host or path.
_ENDPOINT = r"(?<=[^:/])/+(?:chat/completions|completions|responses)/*\Z"

# The class that accepts each kind of client or session.
_TAKES = {
    "sse_client.client.Client": "ChatClient(client=...)",
    "sse_client.aio.AsyncClient": "AsyncChatClient(client=...)",
    "requests.sessions.Session": "ChatClient(client=Client(session))",
    "aiohttp.client.ClientSession": "AsyncChatClient(client=AsyncClient(session))",
    "httpx2.Client": "ChatClient(client=Client(httpx2_client))",
    "httpx2.AsyncClient": "AsyncChatClient(client=AsyncClient(httpx2_client))",
    "httpx.Client": "ChatClient(client=Client(httpx_client))",
    "httpx.AsyncClient": "AsyncChatClient(client=AsyncClient(httpx_client))",
}


def checked_key(key: Any, name: str = "api_key") -> str | None:
    """Return `key` after checking that it can be a key.

    Raises:
        TypeError: the key is not a str.
        ValueError: the key looks like a URL. The message does not show it, because a URL may contain a password.
    """
    if key is None:
        return None
    if not isinstance(key, str):
        hint = ": tokens that change are put in by the client underneath, Client(prepare=...)" if callable(key) else ""
        raise TypeError(f"{name}: expected a str, got {type(key).__name__}{hint}")
    may_be_url = not _URL_SIGNS.isdisjoint(key) or "localhost" in key.casefold()
    if may_be_url and re.match(_URL, key):
        raise ValueError(f"{name}: expected a key, got what looks like a URL: pass it as base_url=...")
    return key


def checked_base_url(base_url: Any) -> str:
    """Return a base URL without the path of an endpoint at the end of its path.

    Raises:
        TypeError: the URL is not a str.
        ValueError: the URL is empty.
    """
    if not isinstance(base_url, str):
        raise TypeError(f"base_url: expected a str, got {type(base_url).__name__}")
    if not base_url.strip():
        raise ValueError("base_url: expected a URL, got an empty text; leave it out, or pass None, for OpenAI")
    address, mark, query = base_url.partition("#")[0].partition("?")
    address = address.rstrip("/")
    if address.endswith(("completions", "responses")):
        address = re.sub(_ENDPOINT, "", address).rstrip("/")
    return f"{address}{mark}{query}"


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
    if timeout is None or isinstance(timeout, Timeout):
        return
    pair = timeout if _is_tuple(timeout) else (timeout, timeout)
    if len(pair) != 2:
        raise ValueError(f"timeout: expected (connect, read), got {len(pair)} values")
    Timeout(*pair)


def _is_tuple(value: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(value, tuple)


def check_client(client: Any, kind: type[Any]) -> None:
    """Refuse a `client` argument that is not an instance of `kind`.

    Raises:
        TypeError: the client is not an instance; the message names the class that accepts it, if there is one.
    """
    if isinstance(client, kind):
        return
    expected = f"client: expected an sse_client.{kind.__name__}"
    if isinstance(client, type):
        raise TypeError(f"{expected}, got the class {client.__name__}: call it")
    kinds = [f"{each.__module__}.{each.__qualname__}" for each in type(client).__mro__]
    takes = next((_TAKES[each] for each in kinds if each in _TAKES), None)
    raise TypeError(f"{expected}, got {kinds[0]}{f': that is for {takes}' if takes else ''}")
