"""The span of one stream, from its first request to its end (HTTP client conventions)."""

from __future__ import annotations

import inspect
import time
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from opentelemetry import context, trace
from opentelemetry.propagate import inject
from opentelemetry.trace import SpanKind, Status, StatusCode

from sse_client.errors import SSEError, StatusError
from sse_client.observer import Closed, Lost, Opened
from sse_client.request import Request, display_url
from sse_client.telemetry._names import METHODS, error_type, server_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from opentelemetry.trace import Span, Tracer

    from sse_client.aio import AsyncEventStream
    from sse_client.event_stream import EventStream
    from sse_client.observer import Observer
    from sse_client.request import Attempt
    from sse_client.telemetry._stream_meter import StreamMeter

__all__ = ["StreamTrace"]


class StreamTrace:
    """Records the span of one stream, as the stream's `prepare` and observer; it also calls the caller's own.

    Args:
        tracer: creates the span.
        meter: counts the stream.
        method: the method of the request.
        url: the URL of the request.
        prepare: the caller's own `prepare`; None if there is none.
        observer: the caller's own observer; None if there is none.
    """

    def __init__(
        self,
        tracer: Tracer,
        meter: StreamMeter,
        method: str,
        url: str,
        *,
        prepare: Callable[[Request, Attempt], Any] | None,
        observer: Observer | None,
    ) -> None:
        self._tracer = tracer
        self._meter = meter
        self._method = method.upper()
        self._url = url
        self._prepare = prepare
        self._observer = observer
        self._made_in = context.get_current()
        self._context = self._made_in
        self._span: Span | None = None
        self._stream: weakref.ref[EventStream | AsyncEventStream] | None = None
        self._open = False
        self._lost_at: float | None = None
        method = self._method if self._method in METHODS else "_OTHER"
        self._attributes = {"http.request.method": method, **server_of(url)}

    def follow(self, stream: EventStream | AsyncEventStream) -> None:
        """Set the stream to be traced."""
        self._stream = weakref.ref(stream)
        self._meter.watch(stream, self._attributes)
        self._finalizer = weakref.finalize(stream, self._end)  # a stream that nobody closed

    def prepare(self, request: Request, attempt: Attempt) -> Any:
        """Begin the span with the first attempt, and add its context to the request of each attempt."""
        if self._span is None:
            self._begin()
        asked: Any = request if self._prepare is None else self._prepare(request, attempt)
        return self._later(asked) if inspect.isawaitable(asked) else self._with_context(asked)

    def observe(self, news: Opened | Lost | Closed) -> None:
        """Record news of the connection in the span."""
        if isinstance(news, Opened):
            self._opened(news)
        elif isinstance(news, Lost):
            self._lost(news)
        else:
            self._closed(news)
        if self._observer is not None:
            self._observer(news)

    def _begin(self) -> None:
        # A stream may connect inside a span that began after the stream was created, or in a thread without a span.
        here = context.get_current()
        parent = here if trace.get_current_span(here).get_span_context().is_valid else self._made_in
        attributes = {**self._attributes, "url.full": display_url(self._url)}
        if self._method not in METHODS:
            attributes["http.request.method_original"] = self._method
        name = self._method if self._method in METHODS else "HTTP"
        self._span = self._tracer.start_span(name, parent, SpanKind.CLIENT, attributes)
        self._context = trace.set_span_in_context(self._span, parent)

    async def _later(self, asked: Awaitable[Any]) -> Any:
        return self._with_context(await asked)

    def _with_context(self, asked: Any) -> Any:
        if not isinstance(asked, Request):
            return asked  # the stream refuses it when it checks what `prepare` returned
        carrier: dict[str, str] = {}
        inject(carrier, self._context)
        given = {name.lower() for name in asked.headers}
        ours = {name: value for name, value in carrier.items() if name.lower() not in given}
        return replace(asked, headers={**asked.headers, **ours})

    def _opened(self, news: Opened) -> None:
        self._count_open(1)
        gap = None if self._lost_at is None else time.monotonic() - self._lost_at
        self._lost_at = None
        if gap is not None:
            self._meter.gaps.record(gap, self._attributes)
        if self._span is None:
            return
        self._span.set_attribute("http.response.status_code", news.response.status)
        if news.attempt.number > 1:
            self._span.set_attribute("http.request.resend_count", news.attempt.number - 1)
            self._span.add_event("reconnected", {"sse_client.gap": gap or 0.0})

    def _lost(self, news: Lost) -> None:
        self._count_open(-1)
        if self._lost_at is None:
            self._lost_at = time.monotonic()
        about = {"error.type": error_type(news.error)}
        self._meter.reconnects.add(1, {**self._attributes, **about})
        if self._span is not None:
            self._span.add_event("reconnect", {**about, "sse_client.delay": news.delay})

    def _closed(self, news: Closed) -> None:
        stream = self._stream() if self._stream is not None else None
        if stream is not None:
            self._meter.ended(stream)
            self._finalizer.detach()
        if self._span is not None:
            self._span.set_attribute("sse_client.closed.reason", news.reason)
            if news.error is not None:
                self._span.set_attribute("error.type", error_type(news.error))
                # Messages of this package's errors hold no secrets; those of other errors may.
                about = str(news.error) if isinstance(news.error, SSEError) else None
                self._span.set_status(Status(StatusCode.ERROR, about))
            if isinstance(news.error, StatusError):
                self._span.set_attribute("http.response.status_code", news.error.status)
        self._end()

    def _end(self) -> None:
        self._count_open(-1)
        if self._span is not None:
            self._span.end()

    def _count_open(self, change: int) -> None:
        if self._open is not (change > 0):
            self._open = change > 0
            self._meter.open.add(change, self._attributes)
