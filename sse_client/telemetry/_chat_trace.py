"""The span and the metrics of one call of a model (GenAI client conventions)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from sse_client.errors import SSEError
from sse_client.telemetry._names import error_type, server_of
from sse_client.telemetry._question import to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from opentelemetry.metrics import Meter
    from opentelemetry.trace import Span, Tracer
    from opentelemetry.util.types import AttributeValue

    from sse_client.telemetry._answer import Answer
    from sse_client.telemetry._question import Question

__all__ = ["ChatMeter", "ChatTrace"]

# The bucket boundaries that the conventions recommend.
_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKENS = tuple(4**power for power in range(14))


class ChatMeter:
    """The instruments of the GenAI conventions."""

    def __init__(self, meter: Meter) -> None:
        def seconds(name: str, about: str) -> Any:
            return meter.create_histogram(name, "s", about, explicit_bucket_boundaries_advisory=_SECONDS)

        self.duration = seconds("gen_ai.client.operation.duration", "How long a chat took.")
        self.first = seconds("gen_ai.client.operation.time_to_first_chunk", "How long its first chunk took.")
        self.gaps = seconds("gen_ai.client.operation.time_per_output_chunk", "How long each later chunk took.")
        self.tokens = meter.create_histogram(
            "gen_ai.client.token.usage", "{token}", "Tokens of a chat.", explicit_bucket_boundaries_advisory=_TOKENS
        )


class ChatTrace:
    """The span of one call, which begins with `begin` and ends with the first `end`.

    Args:
        tracer: creates the span.
        meter: the metrics.
        base_url: the base URL of the server.
        question: the request.
        provider: `gen_ai.provider.name`.
        content: whether the span contains the messages.
    """

    def __init__(
        self, tracer: Tracer, meter: ChatMeter, base_url: str, question: Question, *, provider: str, content: bool
    ) -> None:
        self._tracer = tracer
        self._meter = meter
        self._question = question
        self._content = content
        self._span: Span | None = None
        self._ended = False
        self._began = 0.0
        self._last: float | None = None
        self._common: dict[str, AttributeValue] = {
            "gen_ai.operation.name": question.operation,
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": question.model,
            **server_of(base_url),
        }

    def begin(self) -> AbstractContextManager[Span]:
        """Begin the span if it has not begun, and make it the current span within a block."""
        if self._span is None:
            self._began = time.monotonic()
            question = self._question
            attributes = {**self._common, "gen_ai.request.stream": True, **question.parameters()}
            if self._content:
                attributes |= question.content()
            name = f"{question.operation} {question.model}"
            self._span = self._tracer.start_span(name, kind=SpanKind.CLIENT, attributes=attributes)
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def chunk(self) -> None:
        """Record the arrival of a piece of the answer."""
        now = time.monotonic()
        if self._last is not None:
            self._meter.gaps.record(now - self._last, self._common)
        elif self._span is not None:
            self._meter.first.record(now - self._began, self._common)
            self._span.set_attribute("gen_ai.response.time_to_first_chunk", now - self._began)
        self._last = now

    def end(self, answered: Callable[[], Answer], outcome: str | None, error: BaseException | None = None) -> None:
        """End the span with the answer so far.

        Args:
            answered: returns the answer.
            outcome: how the reply ended.
            error: the exception that the reply raised; None if there was none.
        """
        if self._span is None or self._ended:
            return
        self._ended = True
        answer = answered()
        about = dict(self._common)
        if answer.model:
            about["gen_ai.response.model"] = answer.model
        self._measure(answer, about, error)
        self._span.set_attributes({**about, **answer.attributes()})
        if outcome is not None:
            self._span.set_attribute("sse_client.chat.outcome", outcome)
        if self._content:
            self._span.set_attribute("gen_ai.output.messages", to_json(answer.messages))
        if error is not None:
            self._span.set_attribute("error.type", error_type(error))
            said = str(error) if isinstance(error, SSEError) and self._content else None
            self._span.set_status(Status(StatusCode.ERROR, said))
        self._span.end()

    def _measure(self, answer: Answer, about: dict[str, AttributeValue], error: BaseException | None) -> None:
        failed: dict[str, AttributeValue] = {} if error is None else {"error.type": error_type(error)}
        self._meter.duration.record(time.monotonic() - self._began, {**about, **failed})
        if answer.tokens is not None:
            self._meter.tokens.record(answer.tokens[0], {**about, "gen_ai.token.type": "input"})
            self._meter.tokens.record(answer.tokens[1], {**about, "gen_ai.token.type": "output"})
