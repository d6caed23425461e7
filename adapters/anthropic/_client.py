"""What the blocking and the asyncio client share: the endpoint, the headers, and the retry rules."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from sse_client.adapters._client_arguments import check_retries, check_timeout, checked_key
from sse_client.adapters._tolerant_parser import TolerantParser
from sse_client.adapters.anthropic._reader import MessageReader
from sse_client.adapters.anthropic.errors import MessagesError
from sse_client.adapters.anthropic.message import Message, MessageDelta
from sse_client.errors import ConnectionFailed, SSEError, StatusError
from sse_client.extension import StreamFormat, looks_like_event_stream
from sse_client.options import StreamOptions, Timeout
from sse_client.replies import Reply
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tenacity import RetryCallState

    from sse_client.aio import AsyncEventStream
    from sse_client.event_stream import EventStream

__all__ = ["MESSAGES", "Endpoint", "MessageReply", "Once"]

_Events = TypeVar("_Events", bound="EventStream | AsyncEventStream")

MESSAGES = StreamFormat(
    parser=TolerantParser,
    media_types=frozenset({"text/event-stream", "text/plain", ""}),
    sniff=looks_like_event_stream,
    body_limit=16 * 1024 * 1024,  # the body may be a complete message
    counts=lambda event: event.event != "ping",
)
_VENDOR = "https://api.anthropic.com"
_TIMEOUT = Timeout(connect=10.0, read=600.0)  # a model may think for a long time
_FIELDS = {
    *("model", "max_tokens", "messages", "system", "tools", "tool_choice", "thinking", "temperature", "top_k", "top_p"),
    *("stop_sequences", "metadata", "service_tier", "container", "mcp_servers", "context_management", "output_config"),
    *("headers", "timeout"),
}
# Arguments that are not fields of the API, and where they belong. As fields, keys and headers would be sent in the
# body.
_ELSEWHERE = {
    **dict.fromkeys(StreamOptions.__annotations__, "an option of Client: pass client=Client(...)"),
    **dict.fromkeys(
        ("api_key", "auth_token", "base_url", "client", "max_retries"),
        "an argument of MessagesClient and AsyncMessagesClient",
    ),
    **dict.fromkeys(("http_client", "session"), "the session underneath: pass client=Client(session)"),
    "default_headers": "what Anthropic's SDK calls headers: pass headers=...",
    "default_query": "what Anthropic's SDK calls the query: pass client=Client(params=...)",
    "extra_headers": "what Anthropic's SDK calls headers: pass headers=...",
    "extra_query": "what Anthropic's SDK calls the query: pass client=Client(params=...)",
    "extra_body": "what Anthropic's SDK calls further fields: pass each as an argument",
}
# Names so common that a vendor's own field may resemble them.
_COMMON = frozenset({"auth", "cert", "client", "comments", "data", "files", "json", "params"})


class MessageReply(Reply[_Events, MessageDelta]):
    """A reply to a request of the Messages API."""

    @property
    def message(self) -> Message:
        """Everything that has arrived so far; also available after an error."""
        message: Message = self._attempts.reader.message
        return message

    def _error_of(self, body: str, status: int) -> SSEError:
        return MessagesError(body, status)


class Once:
    """A request that is retried only if it was temporarily refused, or certainly never received."""

    def __init__(self, max_retries: int) -> None:
        from sse_client.policy import Reconnect  # imported with the first call, not with the adapter

        self.reader = MessageReader()
        # `Reconnect` by itself would obey a Retry-After of 429 and 503 alone, and no `retry-after-ms`.
        self._rules = Reconnect(max_attempts=max_retries + 1, max_asked=0, retry=_may_follow, wait=_delay, on_end=False)

    def rules(self) -> dict[str, Any]:
        """Return the options of the event stream that decide when it is requested again."""
        return {"reconnect": self._rules}


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _delay(state: RetryCallState) -> float:
    from sse_client.adapters._retry_delay import retry_delay

    return retry_delay(_error(state), state.attempt_number - 1)


def _may_follow(state: RetryCallState) -> bool:
    from sse_client.adapters._retry_delay import LONGEST_ASKED, asked_delay  # loaded for the first failure

    error = _error(state)
    if not isinstance(error, StatusError):
        return isinstance(error, ConnectionFailed) and not error.sent
    said = error.headers.get("x-should-retry")
    if (asked_delay(error) or 0.0) > LONGEST_ASKED or said == "false":
        return False
    return said == "true" or error.status in {408, 409, 429} or error.status >= 500


class Endpoint:
    """The URL, the headers and the options of requests. `MessagesClient` describes its arguments."""

    def __init__(
        self,
        api_key: str | None,
        auth_token: str | None,
        base_url: str | None,
        timeout: float | tuple[float | None, float | None] | Timeout | None,
        headers: Mapping[str, str] | None,
        max_retries: int,
        *,
        own: bool,
    ) -> None:
        check_retries(max_retries)
        check_timeout(timeout)
        if base_url is not None and not isinstance(base_url, str):
            raise TypeError(f"base_url: expected a str, got {type(base_url).__name__}")
        self.max_retries = max_retries
        key, token = _key(api_key, "api_key"), _key(auth_token, "auth_token")
        address = (base_url or os.environ.get("ANTHROPIC_BASE_URL") or _VENDOR).rstrip("/")
        address = address.removesuffix("/messages").removesuffix("/v1")
        self.url = f"{address}/v1/messages"
        known = {"x-api-key": key, "Authorization": token and f"Bearer {token}", "anthropic-version": "2023-06-01"}
        self._headers = _over({name: value for name, value in known.items() if value}, headers)
        sent = {name.lower() for name in self._headers}
        if own and address == _VENDOR and not sent & {"x-api-key", "authorization"}:
            raise ValueError("expected a key for Anthropic: pass api_key, or set ANTHROPIC_API_KEY")
        self._timeout = _TIMEOUT if timeout is None and own else timeout

    def __str__(self) -> str:
        return display_url(self.url)

    def options(
        self,
        body: dict[str, Any],
        messages: Iterable[Mapping[str, Any]] | str,
        headers: Mapping[str, str] | None,
        timeout: float | tuple[float | None, float | None] | Timeout | None,
    ) -> dict[str, Any]:
        """Return the options of a request; `MessagesClient.stream` lists the errors."""
        if isinstance(messages, (str, Mapping)):
            raise TypeError(
                f"messages must be a list of messages, not {'a text' if isinstance(messages, str) else 'one'}"
            )
        if body.pop("stream", True) is not True:
            raise ValueError("stream: what this returns is a stream; leave it out")
        for name in body.keys() - _FIELDS:
            from difflib import get_close_matches  # imported only for unknown arguments: it takes 3 ms

            if name in _ELSEWHERE:
                raise TypeError(f"{name} is no field of the API, but {_ELSEWHERE[name]}")
            if close := get_close_matches(name, _FIELDS | _ELSEWHERE.keys() - _COMMON, 1, 0.8):
                raise TypeError(f"stream() has no argument {name!r}; did you mean {close[0]!r}?")
        sent = _over({**self._headers, "Last-Event-ID": None}, headers)
        options: dict[str, Any] = {"json": {**body, "messages": list(messages), "stream": True}, "headers": sent}
        timeout = self._timeout if timeout is None else timeout
        return options if timeout is None else {**options, "timeout": timeout}


def _key(given: str | None, name: str) -> str | None:
    """Return a key or token that was given, else the environment's."""
    variable = f"ANTHROPIC_{name.upper()}"
    return checked_key(os.environ.get(variable), variable) if given is None else checked_key(given, name)


def _over(ours: Mapping[str, str | None], theirs: Mapping[str, str] | None) -> dict[str, str | None]:
    names = {name.lower() for name in theirs or ()}
    return {name: value for name, value in ours.items() if name.lower() not in names} | dict(theirs or {})
