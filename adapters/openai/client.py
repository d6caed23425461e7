"""Chat requests to replies that stream (API reference, "Create chat completion", `stream: true`)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, Self

from sse_client._session import Dialect
from sse_client.adapters.openai._error_shapes import body_error
from sse_client.adapters.openai._parser import ChatParser
from sse_client.adapters.openai._reader import ChatReader
from sse_client.adapters.openai._retries import Retries
from sse_client.client import Client
from sse_client.errors import ConnectionFailed, ContentTypeError, SSEError, StatusError, StreamTruncated
from sse_client.events import Event
from sse_client.options import Timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

    from sse_client.adapters.openai.completion import Completion
    from sse_client.adapters.openai.delta import ChatDelta
    from sse_client.event_stream import EventStream

__all__ = ["ChatClient", "ChatStream"]

_OPENAI = "https://api.openai.com/v1"

# Some servers name their stream otherwise, or not at all; and a body that is no stream may be a whole completion.
_CHAT = Dialect(
    parser=ChatParser, media_types=frozenset({"text/event-stream", "text/plain", ""}), body_limit=16 * 1024 * 1024
)
_DONE = "[DONE]"

# Models think: OpenAI's own client waits ten minutes for the next byte.
_TIMEOUT = Timeout(connect=10.0, read=600.0)


class ChatClient:
    """Streams chat completions from OpenAI, or a server that speaks its API. Threads may share it.

    Args:
        api_key: sent as a bearer token; the environment's `OPENAI_API_KEY` by default. It may be missing where
            `base_url` is another server's.
        base_url: what `/chat/completions` is appended to; the environment's `OPENAI_BASE_URL` by default, else
            OpenAI's own.
        organization: the environment's `OPENAI_ORG_ID` by default.
        project: the environment's `OPENAI_PROJECT_ID` by default.
        client: whose connections and options are used; it is not closed with this one. By default, one of its own.
        max_retries: how often a request is sent again before its first delta: after a failed connection, a 408, 409,
            429 or 5xx, or as `x-should-retry` says; `Retry-After` and `retry-after-ms` are kept.
        timeout: as for `Client.stream`; by default 10 s to connect and 600 s of silence, or the `client`'s.
        headers: sent with each request, over those above.

    Raises:
        ValueError: there is no key for OpenAI, or `max_retries` is negative.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        organization: str | None = None,
        project: str | None = None,
        client: Client | None = None,
        max_retries: int = 2,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        api_key = api_key or os.environ.get("OPENAI_API_KEY")
        self.base_url = (base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI).rstrip("/")
        self.max_retries = max_retries
        if not api_key and self.base_url == _OPENAI:
            raise ValueError("expected a key for OpenAI: pass api_key, or set OPENAI_API_KEY")
        if max_retries < 0:
            raise ValueError(f"max_retries must be 0 or more, not {max_retries}")
        known = {
            "Authorization": f"Bearer {api_key}" if api_key else None,
            "OpenAI-Organization": organization or os.environ.get("OPENAI_ORG_ID"),
            "OpenAI-Project": project or os.environ.get("OPENAI_PROJECT_ID"),
        }
        ours = {name: value for name, value in known.items() if value}
        # A retry begins anew: it is not to go on behind what the aborted try has sent.
        self._headers = _merged({**ours, "Last-Event-ID": None}, headers)
        self._timeout = timeout if timeout is not None or client else _TIMEOUT
        self._own = client is None
        self._client = client or Client()

    def stream(
        self,
        *,
        model: str,
        messages: Iterable[Mapping[str, Any]],
        headers: Mapping[str, str] | None = None,
        timeout: float | tuple[float | None, float | None] | Timeout | None = None,
        **body: Any,
    ) -> ChatStream:
        """Return the reply to `messages`; the request is sent when it is entered or iterated over.

        Args:
            model: the model's name.
            messages: the conversation, as the API describes it.
            headers: sent over the client's.
            timeout: in place of the client's.
            **body: any other field of the API: `temperature`, `tools`, `stream_options`, ...

        Raises:
            ValueError: the request is malformed.
        """
        if body.get("stream", True) is not True:
            raise ValueError("stream: what this returns is a stream; leave it out")
        timeout = self._timeout if timeout is None else timeout
        return ChatStream(
            self._client,
            f"{self.base_url}/chat/completions",
            {
                "headers": _merged(self._headers, headers),
                "json": {"model": model, "messages": list(messages), **body, "stream": True},
                **({} if timeout is None else {"timeout": timeout}),
            },
            self.max_retries,
        )

    def close(self) -> None:
        """Close the connections, if they are its own."""
        if self._own:
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class ChatStream:
    """A reply, as it arrives: an iterator of deltas, and a context manager. Made by `ChatClient.stream`.

    Attributes:
        events: the stream of events underneath.

    Raises:
        ChatError: when entered or iterated over: the server reported an error, or sent no chat stream.
        StreamTruncated: the reply was cut off; `partial` is what had arrived.
        SSEError: no connection could be made, or took too long.
    """

    def __init__(self, client: Client, url: str, options: Mapping[str, Any], max_retries: int) -> None:
        self._reader = ChatReader()
        self._cancelled = False
        self._failed = False
        retries = Retries(max_retries, lambda: not self._reader.empty, self._begin_anew)
        options = {**options, "until": _DONE, "reconnect": retries.rules()}
        self.events: EventStream = client._stream("POST", url, options, _CHAT)  # noqa: SLF001  (the adapters' way in)
        self._deltas = self._run()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ChatDelta:
        try:
            return next(self._deltas)
        except StopIteration:
            raise
        except Exception:
            # Where it is not closed, this thread has only got in the way of another one, which goes on.
            self._failed = self.events.state == "closed"
            raise

    def __enter__(self) -> Self:
        try:
            self._connect()
        except Exception:
            self._failed = self.events.state == "closed"
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the reply, from any thread; see `EventStream.close`."""
        self._cancelled = True
        self.events.close()
        # One event may give several deltas; those left of it go too.
        self._deltas = iter(())

    @property
    def completion(self) -> Completion:
        """Everything that has arrived, at any time, after an error too."""
        return self._reader.completion

    @property
    def outcome(self) -> Literal["complete", "truncated", "error", "cancelled"] | None:
        """How it ended; None while it runs.

        `complete`: with `[DONE]`, or with every choice finished; `truncated`: before that, by the connection's end or
        any other failure; `error`: by an error of the server's, or by a failure before the first delta; `cancelled`:
        by `close`.
        """
        if self._reader.outcome is not None:
            return self._reader.outcome
        if self._failed:
            return "error" if self._reader.empty else "truncated"
        return "cancelled" if self._cancelled else None

    def text(self) -> Iterator[str]:
        """Yield the pieces of the text of choice 0."""
        for delta in self:
            if delta.index == 0 and delta.content:
                yield delta.content

    def _begin_anew(self) -> None:
        # Nothing that the caller has seen; a chunk without a delta may have come, with an id of its own.
        self._reader = ChatReader()

    def _connect(self) -> None:
        try:
            self.events.__enter__()
        except ContentTypeError as error:
            # What came may be the whole completion; if it is not, the error is raised here and now.
            self._deltas = iter(self._whole(error))
        except StatusError as error:
            raise body_error(error.body, error.status) from error

    def _run(self) -> Iterator[ChatDelta]:
        """Yield the deltas of the stream, then those of its end."""
        try:
            for event in self.events:
                yield from self._reader.feed(event)
                if self._reader.done:
                    return
        except ContentTypeError as error:
            yield from self._whole(error)
        except StatusError as error:
            raise body_error(error.body, error.status) from error
        except ConnectionFailed as error:
            # The body ended, or broke off, or nothing came any more. What had come may be all there is to come.
            if self._reader.empty and not isinstance(error, StreamTruncated):
                raise
            try:
                yield from self._reader.end(self.events.tail)
            except StreamTruncated as truncated:
                raise truncated from error
        else:
            if self.events.reason == "until":
                self._reader.feed(Event(_DONE))
            elif self.events.reason == "no content":
                yield from self._reader.end()
        finally:
            self.close()

    def _whole(self, error: ContentTypeError) -> Iterable[ChatDelta]:
        try:
            return self._reader.whole(error.body, error.status)
        except SSEError as reported:
            raise reported from error


def _merged(ours: Mapping[str, str | None], theirs: Mapping[str, str] | None) -> dict[str, str | None]:
    names = {name.lower() for name in theirs or ()}
    return {name: value for name, value in ours.items() if name.lower() not in names} | dict(theirs or {})
