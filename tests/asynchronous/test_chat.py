"""Chat replies: the same scenarios through both chat clients, and what is asyncio's own."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sse_client import ConnectionFailed, EventTooLarge, SSEError, StreamTruncated
from sse_client.adapters.openai import ChatClient, ChatDelta, ChatError, ChatStream, Completion
from sse_client.adapters.openai.aio import AsyncChatClient, AsyncChatStream
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Server, chunk, head, stream
from sse_client.testing import reply as response

from .kit import PROMPT, run

if TYPE_CHECKING:
    from sse_client.testing import Step

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "?"}]}


def part(content: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": content} if content else {}, "finish_reason": finish}
    return b"data: %b\n\n" % json.dumps({"id": "1", "choices": [choice], **more}).encode()


DONE = b"data: [DONE]\n\n"
HI = stream([part("Hi"), part(" you"), part(finish="stop"), DONE])


@dataclass
class Answer:
    """What came of a reply."""

    reply: ChatStream | AsyncChatStream
    deltas: list[ChatDelta] = field(default_factory=list[ChatDelta])
    error: SSEError | None = None

    @property
    def text(self) -> str:
        return "".join(delta.content or "" for delta in self.deltas)


def blocking(url: str, *, enter: bool = True, **options: Any) -> Answer:
    with ChatClient(api_key="key", base_url=url, **options) as chat:
        reply = chat.stream(**ASK)
        answer = Answer(reply)
        try:
            if enter:
                reply.__enter__()
            for delta in reply:
                answer.deltas.append(delta)
        except SSEError as error:
            answer.error = error
        finally:
            reply.close()
    return answer


def asynchronous(url: str, *, enter: bool = True, **options: Any) -> Answer:
    answers: list[Answer] = []

    async def main() -> None:
        async with AsyncChatClient(api_key="key", base_url=url, **options) as chat:
            events = chat.stream(**ASK)
            answer = Answer(events)
            answers.append(answer)
            try:
                if enter:
                    await events.__aenter__()
                async for delta in events:
                    answer.deltas.append(delta)
            except SSEError as error:
                answer.error = error
            finally:
                await events.aclose()

    asyncio.run(main())
    return answers[0]


@pytest.fixture(params=[blocking, asynchronous])
def ask(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize("enter", [True, False], ids=["entered", "not entered"])
@pytest.mark.parametrize(
    ("script", "text", "outcome", "error"),
    [
        pytest.param(HI, "Hi you", "complete", None, id="whole"),
        pytest.param(stream([part("Hi"), part(finish="stop")]), "Hi", "complete", None, id="without [DONE]"),
        pytest.param([head(), chunk(part("Hi") + part(finish="stop")), CLOSE], "Hi", "complete", None, id="cut behind"),
        pytest.param([head(), chunk(part("Hi")), CLOSE], "Hi", "truncated", StreamTruncated, id="cut off"),
        pytest.param(stream([part("Hi"), part("!")[:-2]]), "Hi!", "truncated", StreamTruncated, id="with a tail"),
        pytest.param(stream([]), "", "truncated", StreamTruncated, id="empty"),
        pytest.param(response(204), "", "truncated", StreamTruncated, id="204"),
        pytest.param(response(401, b'{"error": {"message": "no"}}'), "", "error", ChatError, id="401"),
        pytest.param(response(200, b"<html>", {"Content-Type": "text/html"}), "", "error", ChatError, id="HTML"),
        pytest.param(
            response(
                200,
                b'{"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]}',
                {"Content-Type": "application/json"},
            ),
            "Hi",
            "complete",
            None,
            id="a whole completion",
        ),
        pytest.param(
            stream([part("Hi"), b'data: {"error": {"message": "no"}}\n\n', part("!")]),
            "Hi",
            "error",
            ChatError,
            id="in",
        ),
        pytest.param(stream([part("Hi"), b'data: "[DONE]"\n\n', part("!")]), "Hi", "complete", None, id="quoted"),
        pytest.param(stream([part("Hi") + b'data: {"choices": 5}\n\n' + DONE]), "Hi", "complete", None, id="odd"),
    ],
)
def test_a_reply_ends(
    ask: Any, script: list[Step], text: str, outcome: str, error: type[SSEError] | None, enter: bool
) -> None:
    with Server(script) as server:
        answer = ask(server.url, enter=enter, max_retries=0)
        assert answer.text == text
        assert answer.reply.outcome == outcome
        assert type(answer.error) is (error or type(None))
        assert isinstance(answer.reply.completion, Completion)
        assert answer.reply.events.state == "closed"


def test_a_request_is_sent_again_before_the_first_delta_only(ask: Any) -> None:
    again = {"retry-after-ms": "1"}
    with Server(response(500, headers=again), response(429, headers=again), HI) as server:
        assert ask(server.url).text == "Hi you"
        assert len(server.requests) == 3
    with Server([head(), chunk(part("Hi")), RESET], HI) as server:
        answer = ask(server.url)
        assert isinstance(answer.error, (ConnectionFailed, StreamTruncated))
        assert len(server.requests) == 1


@pytest.mark.parametrize("enter", [True, False], ids=["entered", "not entered"])
def test_a_connection_that_cannot_be_made_is_an_error(ask: Any, enter: bool) -> None:
    answer = ask("http://127.0.0.1:9/", max_retries=0, enter=enter)
    assert type(answer.error) is ConnectionFailed
    assert answer.reply.outcome == "error"


def test_an_event_that_is_too_large_is_an_error() -> None:
    async def main() -> None:
        with Server(HI) as server:
            async with AsyncClient(max_event_size=10) as client:
                reply = AsyncChatClient(api_key="key", base_url=server.url, client=client).stream(**ASK)
                with pytest.raises(EventTooLarge):
                    await anext(reply)
                assert reply.outcome == "error"

    run(main)


def test_what_is_sent(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org")
    with Server(HI) as server:
        ask(server.url + "/v1/", project="pro", headers={"X-Mine": "1"})
        (request,) = server.requests
        assert (request.method, request.path) == ("POST", "/v1/chat/completions")
        assert request.json() == {**ASK, "stream": True}
        assert request.headers["authorization"] == "Bearer key"
        assert request.headers["openai-organization"] == "org"
        assert request.headers["openai-project"] == "pro"
        assert request.headers["x-mine"] == "1"


def test_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ValueError, match="OPENAI_API_KEY"):
        AsyncChatClient()
    with pytest.raises(ValueError, match="max_retries"):
        AsyncChatClient(api_key="key", max_retries=-1)
    with pytest.raises(ValueError, match="stream"):
        AsyncChatClient(api_key="key").stream(**ASK, stream=False)


def test_text_yields_the_content_of_choice_0() -> None:
    async def main() -> None:
        with Server() as server:
            async with AsyncChatClient(api_key="key", base_url=f"{server.url}/v1") as chat:
                pieces = [piece async for piece in chat.stream(**ASK).text()]
                assert "".join(pieces) == "Every token of this answer is an event of its own."
                async with chat.stream(**ASK, timeout=5, headers={"X-Mine": "1"}) as reply:
                    async for piece in reply.text():
                        assert piece == "Every"
                        break
                assert reply.outcome == "cancelled"
                assert server.connections == 1

    run(main)


def test_a_client_of_the_callers_is_not_closed_with_it() -> None:
    async def main() -> None:
        with Server(HI, HI) as server:
            async with AsyncClient() as client:
                for _ in range(2):
                    async with AsyncChatClient(api_key="key", base_url=server.url, client=client) as chat:
                        assert len([delta async for delta in chat.stream(**ASK)]) == 3

    run(main)


@pytest.mark.parametrize("script", [[STALL], [head(), chunk(part("Hi")), STALL]], ids=["the head", "a delta"])
def test_aclose_wakes_a_reader_in_another_task(script: list[Step]) -> None:
    async def main() -> None:
        with Server(script) as server:
            async with AsyncChatClient(api_key="key", base_url=server.url) as chat:
                reply = chat.stream(**ASK)

                task = asyncio.create_task(read(reply))
                await asyncio.to_thread(server.wait_for, 1)
                await asyncio.sleep(0.1)
                async with asyncio.timeout(PROMPT):
                    await reply.aclose()
                    await task
                assert reply.outcome == "cancelled"
            await asyncio.to_thread(server.close)

    run(main)


async def read(reply: AsyncChatStream) -> list[ChatDelta]:
    return [delta async for delta in reply]


def test_a_cancellation_closes_it() -> None:
    async def main() -> None:
        with Server([head(), chunk(part("Hi")), STALL]) as server:
            async with AsyncChatClient(api_key="key", base_url=server.url) as chat:
                reply = chat.stream(**ASK)
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(read(reply), 0.2)
                assert reply.events.state == "closed"
                assert reply.outcome == "cancelled"
            await asyncio.to_thread(server.close)

    run(main)


def test_two_tasks_cannot_read_at_once_and_the_first_goes_on() -> None:
    async def main() -> None:
        with Server([head(), STALL]) as server:
            async with AsyncChatClient(api_key="key", base_url=server.url) as chat:
                reply = chat.stream(**ASK)
                task = asyncio.create_task(anext(reply, None))
                await asyncio.to_thread(server.wait_for, 1)
                with pytest.raises(RuntimeError, match="another task"):
                    await anext(reply)
                await reply.events._end("until")  # what this task would do, had an event left it an error to raise
                assert (reply.outcome, reply.events.reason) == (None, None)
                await reply.aclose()
                assert await task is None
            await asyncio.to_thread(server.close)

    run(main)


def test_the_deltas_that_are_left_of_an_event_go_with_aclose() -> None:
    two = {"choices": [{"index": n, "delta": {"content": "x"}} for n in (0, 1)]}

    async def main() -> None:
        with Server([head(), chunk(b"data: %b\n\n" % json.dumps(two).encode()), LAST_CHUNK]) as server:
            async with AsyncChatClient(api_key="key", base_url=server.url) as chat:
                reply = chat.stream(**ASK)
                assert (await anext(reply)).index == 0
                await reply.aclose()
                assert await anext(reply, None) is None

    run(main)
