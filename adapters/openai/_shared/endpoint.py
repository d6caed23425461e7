"""Builds requests to a server that speaks OpenAI's API: the URL, the headers, and the options."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from sse_client.options import Timeout
from sse_client.replies.client_arguments import check_mapping, check_retries, check_timeout, checked_key, merged_headers
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Endpoint", "checked_base_url"]

_OPENAI = "https://api.openai.com/v1"

# Models may think for a long time: OpenAI's own client waits ten minutes for the next byte.
_TIMEOUT = Timeout(connect=10.0, read=600.0)

# Headers in which other servers expect the key. With one of them, no bearer token is sent.
_KEY_HEADERS = frozenset({"api-key", "x-api-key"})

# The paths that this package appends to a base URL, after its host or path.
_ENDPOINT = r"(?<=[^:/])/+(?:chat/completions|completions|responses)/*\Z"


class Endpoint:
    """The URL, the headers and the options of requests. `ChatClient` describes most arguments.

    Args:
        shared: the headers that the underlying client sends with every request.
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
        check_retries(max_retries)
        check_timeout(timeout)
        check_mapping("headers", headers)
        check_mapping("params", params)
        key = checked_key(api_key, variable="OPENAI_API_KEY")
        # An empty base URL is a forgotten setting; the prompts must not go to OpenAI's server.
        usual = _OPENAI if base_url is None else base_url
        base_url = checked_base_url(base_url or os.environ.get("OPENAI_BASE_URL") or usual)
        self._address, _, query = base_url.partition("?")
        self.base_url = f"{self._address}?{query}" if query else self._address
        for name, value in (params or {}).items():
            if not isinstance(value, str):
                raise TypeError(f"params: {name} must be a str, not {type(value).__name__}")
        self._query = _with_params(query, params) if params else query
        self.max_retries = max_retries
        self._headers = dict(headers or {})
        self._shared = dict(shared or {})
        given = _names(merged_headers(self._shared, self._headers))
        if not key and self._address == _OPENAI and not given & {"authorization", *_KEY_HEADERS}:
            raise ValueError("expected a key for OpenAI: pass api_key, or set OPENAI_API_KEY")
        known = {
            "Authorization": f"Bearer {key}" if key else None,
            "OpenAI-Organization": organization or os.environ.get("OPENAI_ORG_ID"),
            "OpenAI-Project": project or os.environ.get("OPENAI_PROJECT_ID"),
        }
        self._ours = {name: value for name, value in known.items() if value}
        self._usual = self._with(None)
        self._timeout = timeout if timeout is not None or not own else _TIMEOUT

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {display_url(self._address)}>"

    def url(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        """Return the URL for requests to `path`, with the query of the base URL.

        Args:
            path: a path such as `/chat/completions`, which is appended to that of the base URL.
            params: further query parameters, which replace others of the same name. A value of None removes one.

        Raises:
            TypeError: a parameter is not a str, number, list or mapping.
        """
        query = _with_params(self._query, params) if params else self._query
        return f"{self._address}/{path.lstrip('/')}{'?' * bool(query)}{query}"

    def request_options(
        self,
        body: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
    ) -> dict[str, Any]:
        """Return the options of one call, over all of its retries.

        Args:
            body: the fields of the request; `stream` is added. None: no body is sent, as with a GET.
            headers: the headers of the call.
            timeout: the timeout of the call.

        Raises:
            ValueError: `body` asks for an answer that is not a stream.
        """
        if body is not None and body.get("stream", True) is not True:
            raise ValueError("stream: what this returns is a stream; leave it out")
        timeout = self._timeout if timeout is None else timeout
        options: dict[str, Any] = {"headers": self._all_headers(headers, writes=body is not None)}
        if body is not None:
            options["json"] = {**body, "stream": True}
        if timeout is not None:
            options["timeout"] = timeout
        return options

    def _all_headers(self, headers: Mapping[str, str] | None, *, writes: bool) -> dict[str, str | None]:
        sent, has_key = self._with(headers) if headers else self._usual
        return sent if has_key or not writes else {**sent, "Idempotency-Key": _unique()}

    def _with(self, headers: Mapping[str, str] | None) -> tuple[dict[str, str | None], bool]:
        """Return the headers to send with a call, and whether its own headers mention an idempotency key."""
        theirs = merged_headers(self._headers, headers)
        given = _names(merged_headers(self._shared, theirs))
        # A retry asks for the whole answer again, so it must not resume the stream of the failed attempt.
        ours: dict[str, str | None] = {**self._ours, "Last-Event-ID": None}
        if given & _KEY_HEADERS:
            ours.pop("Authorization", None)
        named = given | {name.lower() for name in theirs}
        return merged_headers(ours, theirs), "idempotency-key" in named


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


def _with_params(query: str, params: Mapping[str, Any]) -> str:
    from sse_client.adapters.openai._shared.query import with_params  # most requests have no parameters

    return with_params(query, params)


def _unique() -> str:
    """Return a random UUID (RFC 9562, 5.4) as text. Python's own module creates an object first, which takes 5 µs."""
    octets = bytearray(os.urandom(16))
    octets[6] = octets[6] & 0x0F | 0x40
    octets[8] = octets[8] & 0x3F | 0x80
    text = octets.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _names(headers: Mapping[str, Any]) -> set[str]:
    """Return the names of the headers that are sent, in lower case."""
    return {name.lower() for name, value in headers.items() if value is not None}
