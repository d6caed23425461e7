"""Requests to a server that speaks OpenAI's API, whoever sends them: where they go, and what goes with them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_plus, urlencode

from sse_client.options import Timeout
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Endpoint", "choices_asked", "conversation"]

_OPENAI = "https://api.openai.com/v1"

# Models think: OpenAI's own client waits ten minutes for the next byte.
_TIMEOUT = Timeout(connect=10.0, read=600.0)

# Where other servers expect a key: a bearer token beside it would be a second one.
_KEY_HEADERS = frozenset({"api-key", "x-api-key"})


class Endpoint:
    """Where requests go, and what goes with them. What it is made of, `ChatClient` describes.

    Args:
        shared: the headers that the client underneath sends with every request.
    """

    def __init__(
        self,
        api_key: str | None,
        base_url: str | None,
        *,
        organization: str | None,
        project: str | None,
        own: bool,
        max_retries: int,
        timeout: float | tuple[float | None, float | None] | Timeout | None,
        headers: Mapping[str, str] | None,
        params: Mapping[str, str] | None = None,
        shared: Mapping[str, Any] | None = None,
    ) -> None:
        # An empty one is the caller's word that there is none: the environment's is not for any other server.
        api_key = os.environ.get("OPENAI_API_KEY") if api_key is None else api_key
        base_url = base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI
        address, _, query = base_url.partition("#")[0].partition("?")
        self._address = address.rstrip("/")
        self.base_url = f"{self._address}?{query}" if query else self._address
        self._query = _with_params(query, params)
        self.max_retries = max_retries
        self._headers = dict(headers or {})
        self._shared = dict(shared or {})
        given = _names(_merged(self._shared, self._headers))
        if not api_key and self._address == _OPENAI and not given & {"authorization", *_KEY_HEADERS}:
            raise ValueError("expected a key for OpenAI: pass api_key, or set OPENAI_API_KEY")
        if max_retries < 0:
            raise ValueError(f"max_retries must be 0 or more, not {max_retries}")
        known = {
            "Authorization": f"Bearer {api_key}" if api_key else None,
            "OpenAI-Organization": organization or os.environ.get("OPENAI_ORG_ID"),
            "OpenAI-Project": project or os.environ.get("OPENAI_PROJECT_ID"),
        }
        self._ours = {name: value for name, value in known.items() if value}
        self._timeout = timeout if timeout is not None or not own else _TIMEOUT
        self._own = own

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {display_url(self._address)}>"

    def url(self, path: str, params: Mapping[str, str] | None = None) -> str:
        """Return where requests to `path` go; the query of the base URL stays behind it.

        Args:
            path: such as `/chat/completions`, behind the base URL's.
            params: more parameters of the query; they replace others of the same name.

        Raises:
            TypeError: a parameter is no string.
        """
        query = _with_params(self._query, params)
        return f"{self._address}/{path.lstrip('/')}{'?' * bool(query)}{query}"

    def _asking(
        self,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
    ) -> dict[str, Any]:
        """Return the options of one call, over all of its retries.

        Args:
            body: what is asked, whatever it is; `stream` is added. None: nothing is sent, as with a GET.
            headers: the call's own.
            timeout: the call's own.

        Raises:
            ValueError: `body` says that the answer is to be no stream.
        """
        if body is not None and body.get("stream", True) is not True:
            raise ValueError("stream: what this returns is a stream; leave it out")
        timeout = self._timeout if timeout is None else timeout
        return {
            "headers": self._all_headers(headers, writes=body is not None),
            **({} if body is None else {"json": {**body, "stream": True}}),
            **({} if timeout is None else {"timeout": timeout}),
        }

    def _all_headers(self, headers: Mapping[str, str] | None, *, writes: bool) -> dict[str, str | None]:
        theirs = _merged(self._headers, headers)
        given = _names(_merged(self._shared, theirs))
        # A retry begins anew: it is not to go on behind what the aborted try has sent.
        ours: dict[str, str | None] = {**self._ours, "Last-Event-ID": None}
        if given & _KEY_HEADERS:
            ours.pop("Authorization", None)
        if writes and "idempotency-key" not in given:
            ours["Idempotency-Key"] = _unique()
        return _merged(ours, theirs)


def choices_asked(body: Mapping[str, Any]) -> int:
    """Return how many choices a request asks for: `n`, and in the legacy API as many for each prompt."""
    n, prompt = body.get("n"), body.get("prompt")
    each = n if isinstance(n, int) and n > 1 else 1
    # A list of numbers is one prompt, of tokens.
    prompts: Sequence[Any] = cast("Sequence[Any]", prompt) if isinstance(prompt, (list, tuple)) else ()
    return each * len(prompts) if prompts and not isinstance(prompts[0], int) else each


def conversation(messages: Any) -> list[Any]:
    """Return the messages of a request as a list.

    Raises:
        TypeError: it is one text: as a list, that would be its characters.
    """
    if isinstance(messages, str):
        raise TypeError("messages: expected a list of messages, got one str")
    return list(messages)


def _unique() -> str:
    from uuid import uuid4  # loaded with the first request: it takes 2 ms

    return str(uuid4())


def _merged(ours: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> dict[str, Any]:
    names = {name.lower() for name in theirs or ()}
    return {name: value for name, value in ours.items() if name.lower() not in names} | dict(theirs or {})


def _names(headers: Mapping[str, Any]) -> set[str]:
    """Return the names of the headers that are sent, in lower case."""
    return {name.lower() for name, value in headers.items() if value is not None}


def _with_params(query: str, params: Mapping[str, str] | None) -> str:
    """Return `query` with `params` in it; what else is in it stays as it is, to the letter."""
    if not params:
        return query
    for name, value in params.items():
        if not isinstance(value, str):
            raise TypeError(f"params: {name} must be a str, not {type(value).__name__}")
    kept = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) not in params]
    return "&".join([*kept, urlencode(params)])
