"""Spans and metrics of streams and chats, by names that the package of the conventions has."""

from __future__ import annotations

import ast
import asyncio
import gc
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("opentelemetry.sdk", reason="needs OpenTelemetry's SDK")

import opentelemetry.semconv._incubating.attributes.gen_ai_attributes as gen_ai  # pyright: ignore[reportMissingTypeStubs]
import opentelemetry.semconv._incubating.metrics.gen_ai_metrics as gen_ai_metrics  # pyright: ignore[reportMissingTypeStubs]
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv.attributes import error_attributes, http_attributes, server_attributes, url_attributes
from opentelemetry.trace import SpanKind, StatusCode

import sse_client as sse
from sse_client.adapters.openai import AsyncChatClient, AsyncChatStream, ChatClient, ChatError, ChatStream
from sse_client.aio import AsyncClient
from sse_client.telemetry import Telemetry, TracedChatStream
from sse_client.telemetry.aio import AsyncTracedChatStream
from sse_client.testing import RESET, Server, chunk, head, reply

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

FOLDER = Path(sse.__file__).parent / "telemetry"
ASKED: Any = {"model": "m", "messages": [{"role": "user", "content": "a secret"}]}


class Kit:
    """A `Telemetry` whose spans and metrics stay in memory."""

    def __init__(self, **options: Any) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.telemetry = Telemetry(
            tracer_provider=self.provider, meter_provider=MeterProvider([self.reader]), **options
        )

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def metrics(self) -> dict[str, list[Any]]:
        data = self.reader.get_metrics_data()
        found: list[Any] = [
            metric
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]
        return {metric.name: list(metric.data.data_points) for metric in found}


@pytest.fixture
def kit() -> Kit:
    return Kit()


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_a_stream_is_a_span_with_an_event_for_each_reconnect(kit: Kit) -> None:
    with Server(events=6, drop_after=3, retry=10) as server, kit.telemetry.instrument(sse.Client()) as client:
        with client.get(f"{server.url}/events?key=secret", until="event 6", include_last=True) as events:
            first = next(events)
            during = kit.metrics()
            received = [first, *events]
        sent = [request.headers.get("traceparent", "") for request in server.requests]
        port = server.port
    assert during["sse_client.streams.open"][0].value == 1
    assert during["sse_client.events"][0].value >= 1
    (span,) = kit.spans
    context = span.get_span_context()
    assert context is not None
    assert (span.name, span.kind, span.status.status_code) == ("GET", SpanKind.CLIENT, StatusCode.UNSET)
    assert attributes(span) == {
        "http.request.method": "GET",
        "http.request.resend_count": len(sent) - 1,
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": port,
        "sse_client.closed.reason": "until",
        "url.full": f"http://127.0.0.1:{port}/events",
    }
    assert [event.name for event in span.events] == ["reconnect", "reconnected"] * (len(sent) - 1)
    assert len(sent) > 1
    assert {text[:52] for text in sent} == {f"00-{context.trace_id:032x}-{context.span_id:016x}"}
    after = kit.metrics()
    assert after["sse_client.streams.open"][0].value == 0
    assert after["sse_client.events"][0].value == len(received) == 6
    assert after["sse_client.reconnects"][0].value == after["sse_client.gap.duration"][0].count == len(sent) - 1


def test_it_is_the_child_of_where_it_is_made_and_of_where_it_connects(kit: Kit) -> None:
    tracer = kit.provider.get_tracer("test")
    with Server(events=1) as server, kit.telemetry.instrument(sse.Client(reconnect=False)) as client:
        with tracer.start_as_current_span("made") as made:
            subscription = client.subscribe("GET", f"{server.url}/events", lambda _: None)  # in a thread of its own
            subscription.join(10)
        late = client.get(f"{server.url}/events")
        with tracer.start_as_current_span("connects") as connects:
            assert len(list(late)) == 1
    parents = [span.parent.span_id for span in kit.spans if span.name == "GET" and span.parent is not None]
    assert parents == [made.get_span_context().span_id, connects.get_span_context().span_id]


def test_the_callers_own_prepare_observer_and_traceparent_stay(kit: Kit) -> None:
    seen: list[Any] = []

    def prepare(request: sse.Request, attempt: sse.Attempt) -> sse.Request:
        seen.append(attempt.number)
        return request

    with (
        Server(events=1) as server,
        kit.telemetry.instrument(sse.Client(reconnect=False, prepare=prepare, observer=seen.append)) as client,
    ):
        list(client.get(f"{server.url}/events", headers={"Traceparent": "mine"}))
        assert server.requests[0].headers["traceparent"] == "mine"
    assert [type(each) for each in seen] == [int, sse.Opened, sse.Closed]
    with pytest.raises(RuntimeError, match="already"):
        kit.telemetry.instrument(client)


def test_a_failure_is_the_spans_status(kit: Kit) -> None:
    with Server(reply(404)) as server, kit.telemetry.instrument(sse.Client()) as client:
        with pytest.raises(sse.StatusError):
            client.get(server.url).__enter__()
        with pytest.raises(ValueError, match="no"):
            client.get(server.url, prepare=_refuse).__enter__()
    first, second = kit.spans
    assert first.status.status_code == second.status.status_code == StatusCode.ERROR
    assert attributes(first)["error.type"] == "404"
    assert attributes(first)["http.response.status_code"] == 404
    assert (attributes(second)["error.type"], second.status.description) == ("builtins.ValueError", None)


def _refuse(_: sse.Request, __: sse.Attempt) -> sse.Request:
    raise ValueError("no")


def test_an_unknown_method_is_named_as_another(kit: Kit) -> None:
    with (
        Server(reply(404)) as server,
        kit.telemetry.instrument(sse.Client()) as client,
        pytest.raises(sse.StatusError),
    ):
        client.stream("brew", server.url).__enter__()
    assert kit.spans[0].name == "HTTP"
    assert attributes(kit.spans[0])["http.request.method"] == "_OTHER"
    assert attributes(kit.spans[0])["http.request.method_original"] == "BREW"


def test_a_stream_that_nobody_closed_ends_with_it(kit: Kit) -> None:
    with Server(events=3) as server, kit.telemetry.instrument(sse.Client(reconnect=False)) as client:
        next(client.get(f"{server.url}/events"))
        gc.collect()
        assert len(kit.spans) == 1
        assert kit.metrics()["sse_client.streams.open"][0].value == 0


def test_asyncio_streams_are_spans_too(kit: Kit) -> None:
    async def prepare(request: sse.Request, _: sse.Attempt) -> sse.Request:
        return request

    async def main(url: str) -> None:
        client = kit.telemetry.instrument(AsyncClient(reconnect=False))
        async with client, client.get(url, prepare=prepare) as events:
            assert len([event async for event in events]) == 3

    with Server(events=3) as server:
        asyncio.run(main(f"{server.url}/events"))
        assert server.requests[0].headers["traceparent"].startswith("00-")
    assert attributes(kit.spans[0])["sse_client.closed.reason"] == "end"
    assert kit.metrics()["sse_client.events"][0].value == 3


def test_a_chat_is_a_span_over_its_requests(kit: Kit) -> None:
    with Server(answer="Hello there") as server, kit.telemetry.instrument(sse.Client()) as client:
        chat = kit.telemetry.chat(ChatClient(api_key="key", base_url=f"{server.url}/v1", client=client))
        options: Any = {"temperature": 0.5, "stop": "end", "stream_options": {"include_usage": True}}
        with chat.stream(**ASKED, **options) as answer:
            assert "".join(answer.text()) == "Hello there"
            completion = answer.completion
        assert server.requests[0].headers["traceparent"].startswith("00-")
    request, span = kit.spans
    context = span.get_span_context()
    assert request.parent is not None
    assert context is not None
    assert request.parent.span_id == context.span_id
    assert (span.name, span.kind) == ("chat m", SpanKind.CLIENT)
    found = attributes(span)
    assert 0 < found.pop("gen_ai.response.time_to_first_chunk") < 30
    if completion.usage is not None:
        assert found.pop("gen_ai.usage.input_tokens") == completion.usage.prompt_tokens
        assert found.pop("gen_ai.usage.output_tokens") == completion.usage.completion_tokens
    assert found == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m",
        "gen_ai.request.stop_sequences": ("end",),
        "gen_ai.request.stream": True,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.response.id": completion.id,
        "gen_ai.response.model": completion.model,
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "sse_client.chat.outcome": "complete",
    }
    measured = kit.metrics()
    assert measured["gen_ai.client.operation.duration"][0].count == 1
    assert measured["gen_ai.client.operation.time_to_first_chunk"][0].count == 1
    assert "secret" not in str([span.to_json() for span in kit.spans])


USAGE = b'{"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}'


def test_tokens_are_counted(kit: Kit) -> None:
    script = [
        head(),
        chunk(b'data: {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}\n\n'),
        chunk(b'data: {"choices": [], "usage": ' + USAGE + b"}\n\ndata: [DONE]\n\n"),
        b"0\r\n\r\n",
    ]
    with Server(script) as server, ChatClient(api_key="key", base_url=server.url) as client:
        list(kit.telemetry.chat(client, provider="mine").stream(**ASKED))
    (span,) = kit.spans
    assert attributes(span)["gen_ai.usage.input_tokens"] == 9
    assert attributes(span)["gen_ai.provider.name"] == "mine"
    points = kit.metrics()["gen_ai.client.token.usage"]
    assert {point.attributes["gen_ai.token.type"]: point.sum for point in points} == {"input": 9, "output": 2}


def test_content_is_in_the_span_where_it_is_asked_for() -> None:
    kit = Kit(content=True)
    with Server(answer="Hello") as server, ChatClient(api_key="key", base_url=f"{server.url}/v1") as client:
        list(kit.telemetry.chat(client).stream(**ASKED))
    found = attributes(kit.spans[0])
    assert "a secret" in found["gen_ai.input.messages"]
    assert '"content": "Hello"' in found["gen_ai.output.messages"]


def test_a_chat_that_fails_or_is_closed_ends_its_span(kit: Kit) -> None:
    server = Server(reply(401, b'{"error": {"message": "bad"}}'), [head(), RESET], answer="a b c d")
    with server, ChatClient(api_key="key", base_url=f"{server.url}/v1", max_retries=0) as client:
        chat = kit.telemetry.chat(client)
        with pytest.raises(ChatError):
            list(chat.stream(**ASKED))
        with pytest.raises(sse.SSEError):
            list(chat.stream(**ASKED))
        with chat.stream(**ASKED) as answer:
            next(answer)
    refused, lost, closed = kit.spans
    assert (attributes(refused)["error.type"], refused.status.status_code) == ("401", StatusCode.ERROR)
    assert attributes(lost)["error.type"].startswith("sse_client.errors.")
    assert attributes(closed)["sse_client.chat.outcome"] == "cancelled"
    assert closed.status.status_code == StatusCode.UNSET


def test_an_asyncio_chat_is_a_span_over_its_requests(kit: Kit) -> None:
    async def main(url: str) -> None:
        async with kit.telemetry.instrument(AsyncClient()) as client:
            chat = kit.telemetry.achat(AsyncChatClient(api_key="key", base_url=url, client=client))
            async with chat.stream(**ASKED) as answer:
                assert "".join([piece async for piece in answer.text()]) == "Hello there"

    with Server(answer="Hello there") as server:
        asyncio.run(main(f"{server.url}/v1"))
    request, span = kit.spans
    context = span.get_span_context()
    assert request.parent is not None
    assert context is not None
    assert request.parent.span_id == context.span_id
    assert attributes(span)["gen_ai.response.finish_reasons"] == ("stop",)


@pytest.mark.parametrize(
    ("traced", "plain"), [(TracedChatStream, ChatStream), (AsyncTracedChatStream, AsyncChatStream)]
)
def test_a_traced_reply_has_what_a_reply_has(traced: type, plain: type) -> None:
    assert {name for name in dir(plain) if not name.startswith("_")} <= {*dir(traced)}


def test_the_names_are_those_of_the_conventions() -> None:
    known = {
        value
        for module in (gen_ai, gen_ai_metrics, error_attributes, http_attributes, server_attributes, url_attributes)
        for value in vars(module).values()
        if isinstance(value, str)
    }
    used = {
        node.value
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        and node.value.startswith(("gen_ai.", "http.", "server.", "url.", "error."))
        and " " not in node.value
    }  # fmt: skip
    assert len(used) > 25
    assert used <= known


def test_the_package_imports_no_telemetry() -> None:
    script = "import sys, sse_client, sse_client.adapters.openai; print(*[n for n in sys.modules if 'telemetry' in n])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert ran.stdout.strip() == ""


def test_without_opentelemetry_it_says_what_to_install() -> None:
    script = "import sys; sys.modules['opentelemetry'] = None\nimport sse_client.telemetry"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert "pip install 'sse-client[otel]'" in ran.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("method", "make", "message"),
    [
        ("chat", sse.Client, "expected a ChatClient, got Client; pass it to instrument"),
        (
            "chat",
            partial(AsyncChatClient, api_key="key"),
            "expected a ChatClient, got AsyncChatClient; pass it to achat",
        ),
        ("chat", object, "expected a ChatClient, got object"),
        ("achat", partial(ChatClient, api_key="key"), "expected an AsyncChatClient, got ChatClient; pass it to chat"),
        ("instrument", partial(ChatClient, api_key="key"), "expected a Client or an AsyncClient, got ChatClient"),
    ],
)
def test_client_of_another_kind_is_refused(kit: Kit, method: str, make: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"^client: {message}$"):
        getattr(kit.telemetry, method)(make())
