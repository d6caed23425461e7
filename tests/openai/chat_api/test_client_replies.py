"""A reply as it arrives: its deltas, its completion at any time, and every way to leave it."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from test_client_kit import DONE, HANGS, KEY, Log, answer, ask, background, chatting, event, failure, piece, read
from test_client_kit import naps as naps
from test_client_kit import surroundings as surroundings

from sse_client import (
    Client,
    Closed,
    DeadlineExceeded,
    EventStream,
    EventTooLarge,
    IdleTimeout,
    StreamTruncated,
    Timeout,
)
from sse_client.adapters.openai import (
    AsyncChatClient,
    ChatClient,
    ChatDelta,
    Choice,
    Completion,
    Message,
    ToolCall,
    Usage,
)
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.testing import (
    CLOSE,
    LAST_CHUNK,
    STALL,
    Pause,
    Server,
    Step,
    ToolAnswer,
    Wait,
    chunk,
    head,
    reply,
    stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client import Comment, Event
    from sse_client.adapters.openai import ChatStream

HI = Completion("c", "m", 1, [Choice(0, Message(None, "Hi"))])


def test_a_delta_comes_as_soon_as_it_is_sent() -> None:
    sent = [threading.Event() for _ in range(3)]
    script: list[Step] = [head(), Wait(sent[0]), chunk(piece("H")), Wait(sent[1]), chunk(piece("i")), Wait(sent[2])]
    with (
        Server([*script, chunk(piece(None, "stop")), chunk(DONE), LAST_CHUNK]) as server,
        chatting(server) as chat,
        ask(chat) as replying,
    ):
        assert replying.events.state == "open"
        assert replying.completion == Completion()
        sent[0].set()
        assert next(replying).content == "H"
        assert (replying.completion.choices, replying.outcome) == ([Choice(0, Message(None, "H"))], None)
        sent[1].set()
        assert next(replying).content == "i"
        assert (replying.completion, replying.outcome) == (HI, None)
        sent[2].set()
        assert [delta.finish_reason for delta in replying] == ["stop"]
        finished = Completion("c", "m", 1, [Choice(0, Message(None, "Hi"), "stop")])
        assert (replying.completion, replying.outcome) == (finished, "complete")


def test_a_reply_has_its_text_tool_calls_and_usage() -> None:
    with (
        Server(answer=ToolAnswer("weather", {"city": "Oslo"})) as server,
        ChatClient(api_key=KEY, base_url=f"{server.url}/v1") as chat,
    ):
        replying = ask(chat, tools=[{"type": "function"}], stream_options={"include_usage": True}, n=2)
        with replying:
            deltas = list(replying)
        call = ToolCall("call_1", "function", "weather", '{"city": "Oslo"}')
        assert [choice.message.tool_calls for choice in replying.completion.choices] == [[call], [call]]
        assert [choice.finish_reason for choice in replying.completion.choices] == ["tool_calls", "tool_calls"]
        assert isinstance(replying.completion.usage, Usage)
        assert deltas[-1] == ChatDelta(usage=replying.completion.usage, id="chatcmpl-1", model="m", raw=deltas[-1].raw)
        assert replying.outcome == "complete"


def test_text_is_that_of_choice_0() -> None:
    pieces = [piece("H"), piece("no", index=1), piece(""), piece(None), event({"usage": {}}), piece("i", "stop"), DONE]
    with Server(stream(pieces)) as server, chatting(server) as chat, ask(chat, n=2) as replying:
        assert list(replying.text()) == ["H", "i"]
        assert len(replying.completion.choices) == 2


def test_a_reply_needs_no_with_block() -> None:
    with Server(answer("H", "i")) as server, chatting(server) as chat:
        replying = ask(chat)
        assert iter(replying) is replying
        assert [delta.content for delta in replying] == ["H", "i", None]
        assert (replying.outcome, replying.events.state) == ("complete", "closed")


def test_nothing_comes_after_the_end() -> None:
    with Server(answer("Hi")) as server, chatting(server) as chat:
        replying = ask(chat)
        assert len(list(replying)) == 2
        assert list(replying) == []
        assert list(replying.text()) == []
        with replying:
            assert list(replying) == []
        assert replying.outcome == "complete"
        assert len(server.requests) == 1


def test_the_events_underneath_are_at_hand() -> None:
    with Server(answer("Hi")) as server, chatting(server) as chat, ask(chat) as replying:
        assert isinstance(replying.events, EventStream)
        assert replying.events.response is not None
        assert replying.events.response.status == 200
        list(replying)
        assert replying.events.stats.events == 3
        assert replying.events.reason == "until"


def test_deltas_may_be_taken_by_one_thread_after_the_other() -> None:
    with Server(answer("H", "i")) as server, chatting(server) as chat, ask(chat) as replying:
        assert next(replying).content == "H"
        assert background(lambda: next(replying)).result(HANGS).content == "i"


def test_a_thread_that_gets_in_anothers_way_does_not_end_the_reply() -> None:
    reading, came = threading.Event(), threading.Event()

    def observe(news: object) -> None:
        reading.set()

    with Server([head(), Wait(came), *answer("Hi")[1:]]) as server, Client(observer=observe) as client:
        replying = ask(chatting(server, client=client))
        contents = background(lambda: [delta.content for delta in replying])
        assert reading.wait(HANGS)
        with pytest.raises(RuntimeError, match="another thread"):
            next(replying)
        with pytest.raises(RuntimeError, match="another thread"):
            replying.__enter__()
        assert (replying.outcome, replying.events.state) == (None, "open")
        came.set()
        assert contents.result(HANGS) == ["Hi", None]
        assert replying.outcome == "complete"


# Leaving it.


def test_leaving_the_with_block_early_cancels() -> None:
    with Server([head(), chunk(piece("Hi")), STALL]) as server, chatting(server) as chat:
        with ask(chat) as replying:
            assert next(replying).content == "Hi"
        assert replying.outcome == "cancelled"
        assert replying.completion == HI
        assert next(replying, None) is None
        assert replying.outcome == "cancelled"
        assert replying.events.reason == "closed"


def test_an_exception_in_the_with_block_cancels() -> None:
    with Server([head(), chunk(piece("Hi")), STALL]) as server, chatting(server) as chat:
        replying = ask(chat)
        with pytest.raises(KeyError), replying:
            raise KeyError
        assert replying.outcome == "cancelled"
        assert replying.completion == Completion()


def test_closing_after_the_end_changes_nothing() -> None:
    with Server(answer("Hi"), reply(400, b"no")) as server, chatting(server) as chat:
        replying = ask(chat)
        list(replying)
        replying.close()
        replying.close()
        assert replying.outcome == "complete"
        refused = ask(chat)
        failure(refused)
        refused.close()
        assert refused.outcome == "error"


def test_no_delta_comes_after_a_close_that_came_while_it_was_made(monkeypatch: pytest.MonkeyPatch) -> None:
    feed = ChatReader.feed

    def closing(self: ChatReader, event: Event | Comment) -> Any:
        replying.close()  # as another thread may
        return feed(self, event)

    with Server([head(), chunk(piece("Hi")), STALL]) as server, chatting(server) as chat:
        replying = ask(chat)
        monkeypatch.setattr(ChatReader, "feed", closing)
        assert list(replying) == []
        assert replying.outcome == "cancelled"


def test_closing_twice_is_closing_once() -> None:
    log = Log()
    with Server([head(), chunk(piece("Hi")), STALL]) as server, Client(observer=log) as client:
        replying = ask(chatting(server, client=client)).__enter__()
        replying.close()
        replying.close()
    assert log.names == ["Opened", "Closed"]
    assert replying.outcome == "cancelled"


def test_no_delta_comes_after_closing_though_it_came_in_the_same_event() -> None:
    both = event({"choices": [{"index": index, "delta": {"content": "Hi"}} for index in range(3)]})
    with Server([head(), chunk(both), STALL]) as server, chatting(server) as chat, ask(chat) as replying:
        assert next(replying).index == 0
        replying.close()
        assert list(replying) == []
        assert replying.outcome == "cancelled"


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the collector may come to the socket first
def test_a_reply_that_is_forgotten_lets_go_of_its_connection() -> None:
    with Server([head(), chunk(piece("Hi")), STALL]) as server, Client() as client:
        replying: ChatStream | None = ask(chatting(server, client=client))
        assert replying is not None
        next(replying)
        connection = weakref.ref(replying.events._wakeup._socket)
        del replying
        gc.collect()
        assert connection() is None


def _blocking_chats(url: str, count: int) -> None:
    with ChatClient(api_key=KEY, base_url=url) as chat:
        for _ in range(count):
            with chat.stream(model="m", messages=[]) as replying:
                assert "".join(replying.text()) == "Hi"


def _asyncio_chats(url: str, count: int) -> None:
    async def chats() -> None:
        async with AsyncChatClient(api_key=KEY, base_url=url) as chat:
            for _ in range(count):
                async with chat.stream(model="m", messages=[]) as replying:
                    assert "".join([text async for text in replying.text()]) == "Hi"

    asyncio.run(chats())


@pytest.mark.parametrize("chats", [_blocking_chats, _asyncio_chats])
def test_a_chat_leaves_nothing_for_the_garbage_collector(chats: Callable[[str, int], None]) -> None:
    with Server(*[answer("H", "i")] * 21) as server:
        chats(server.url, 1)  # what is loaded or made once
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            chats(server.url, 20)
            gc.collect()
            left = sorted({f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.garbage})
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    assert [name for name in left if name.startswith("sse_client") and ".testing." not in name] == []


def _entered(replying: ChatStream) -> None:
    with replying:
        list(replying)


@pytest.mark.parametrize(
    "reading",
    [
        pytest.param(_entered, id="in a with-block"),
        pytest.param(list, id="without one"),
    ],
)
@pytest.mark.parametrize(
    "script",
    [
        pytest.param([STALL], id="for the headers"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Type: ", STALL], id="for the rest of the headers"),
        pytest.param([head(), STALL], id="for the first event"),
        pytest.param([head(), chunk(b"data: "), STALL], id="for the rest of an event"),
        pytest.param([head(500, framing="length", length=9), b"{", STALL], id="for the rest of an error"),
        pytest.param([head(200, content_type="application/json"), b"2\r\n{", STALL], id="for the rest of a completion"),
    ],
)
def test_closing_wakes_a_reader_that_waits(script: list[Any], reading: Callable[[ChatStream], Any]) -> None:
    with Server(script) as server, chatting(server) as chat:
        replying = ask(chat)
        done = background(lambda: reading(replying))
        server.wait_for(1)
        replying.close()
        done.result(HANGS)
        assert replying.outcome == "cancelled"
        assert replying.events.reason == "closed"
        assert len(server.requests) == 1


def test_closing_wakes_a_reader_between_two_deltas() -> None:
    with Server([head(), chunk(piece("Hi")), STALL]) as server, chatting(server) as chat:
        replying = ask(chat)
        seen = threading.Event()

        def reading() -> list[str | None]:
            contents: list[str | None] = []
            for delta in replying:
                contents.append(delta.content)
                seen.set()
            return contents

        contents = background(reading)
        assert seen.wait(HANGS)
        replying.close()
        assert contents.result(HANGS) == ["Hi"]
        assert (replying.outcome, replying.completion) == ("cancelled", HI)


def test_closing_wakes_a_reader_that_sleeps_before_a_retry_and_nothing_is_sent_after() -> None:
    lost = threading.Event()

    def observe(news: object) -> None:
        lost.set()

    with Server(reply(429, headers={"Retry-After": "100"})) as server, Client(observer=observe) as client:
        replying = ask(chatting(server, client=client))
        done = background(lambda: list(replying))
        assert lost.wait(HANGS)
        replying.close()
        assert done.result(HANGS) == []
        assert replying.outcome == "cancelled"
        assert len(server.requests) == 1


def test_closing_the_events_underneath_cancels_too() -> None:
    with Server([head(), chunk(piece("Hi")), STALL]) as server, chatting(server) as chat:
        replying = ask(chat)
        next(replying)
        replying.events.close()
        assert list(replying) == []
        assert replying.outcome == "cancelled"


def test_an_observer_may_close_the_reply() -> None:
    def observe(news: object) -> None:
        replying.close()

    with Server(answer("Hi")) as server, Client(observer=observe) as client:
        replying = ask(chatting(server, client=client))
        assert list(replying) == []
        assert replying.outcome == "cancelled"


def test_an_interrupt_from_the_keyboard_cancels() -> None:
    def observe(news: object) -> None:
        raise KeyboardInterrupt

    with Server(answer("Hi")) as server, Client(observer=observe) as client:
        replying = ask(chatting(server, client=client))
        with pytest.raises(KeyboardInterrupt):
            next(replying)
        assert replying.outcome == "cancelled"
        assert list(replying) == []


@pytest.mark.parametrize("entered", [True, False])
def test_an_exception_of_the_observers_goes_to_the_caller(entered: bool) -> None:
    def observe(news: object) -> None:
        if not isinstance(news, Closed):
            raise KeyError

    with Server(answer("Hi")) as server, Client(observer=observe) as client:
        replying = ask(chatting(server, client=client))
        with pytest.raises(KeyError):
            replying.__enter__() if entered else next(replying)
        assert replying.outcome == "error"
        assert list(replying) == []
        assert replying.outcome == "error"


# Time limits.


def test_silence_after_a_delta_cuts_the_reply_off() -> None:
    with Server([head(), chunk(piece("Hi")), STALL]) as server, chatting(server, timeout=0.3) as chat:
        replying = ask(chat)
        text, error = read(replying)
    assert text == "Hi"
    assert isinstance(error, StreamTruncated)
    assert isinstance(error.__cause__, IdleTimeout)
    assert error.partial == replying.completion == HI
    assert replying.outcome == "truncated"
    assert len(server.requests) == 1


@pytest.mark.parametrize("timeout", [0.3, (5, 0.3), Timeout(read=0.3)])
def test_silence_before_the_first_delta_is_retried(timeout: Any, naps: list[float]) -> None:
    with Server([head(), STALL], [STALL], answer("Hi")) as server, chatting(server, timeout=timeout) as chat:
        assert read(ask(chat)) == ("Hi", None)
        assert len(naps) == 2


def test_a_limit_on_events_is_one_on_the_first_token_whatever_comes_before_it(naps: list[float]) -> None:
    def beats() -> Any:
        yield head()
        while True:
            yield chunk(b": beat\n\n")
            yield Pause(0.02)

    with Server(beats(), answer("Hi")) as server, chatting(server, timeout=Timeout(event=0.3)) as chat:
        assert read(ask(chat)) == ("Hi", None)
        assert len(naps) == 1


def test_a_limit_on_events_is_one_between_two_tokens() -> None:
    def beats() -> Any:
        yield head()
        yield chunk(piece("Hi"))
        while True:
            yield chunk(b": beat\n\n")
            yield Pause(0.02)

    with Server(beats()) as server, chatting(server) as chat:
        replying = ask(chat, timeout=Timeout(event=0.3))
        text, error = read(replying)
    assert text == "Hi"
    assert isinstance(error, StreamTruncated)
    assert isinstance(error.__cause__, IdleTimeout)
    assert error.partial == HI
    assert replying.outcome == "truncated"


def test_a_limit_on_the_whole_leaves_what_has_arrived() -> None:
    with Server([head(), chunk(piece("Hi")), STALL]) as server, chatting(server, timeout=Timeout(total=0.5)) as chat:
        replying = ask(chat)
        text, error = read(replying)
    assert text == "Hi"
    assert isinstance(error, DeadlineExceeded)
    assert replying.completion == HI
    assert replying.outcome == "truncated"


@pytest.mark.parametrize("entered", [True, False])
def test_a_limit_on_the_whole_holds_before_the_first_delta_too(entered: bool) -> None:
    with Server([STALL]) as server, chatting(server, timeout=Timeout(total=0.1)) as chat:
        replying = ask(chat)
        with pytest.raises(DeadlineExceeded) as caught:
            replying.__enter__() if entered else next(replying)
        assert caught.value.__cause__ is not caught.value
        assert replying.outcome == "error"
        assert len(server.requests) == 1


def test_a_limit_on_the_whole_holds_in_the_wait_before_a_retry() -> None:
    busy = reply(429, headers={"Retry-After": "100"})
    with Server(busy) as server, chatting(server, timeout=Timeout(total=0.1)) as chat:
        assert isinstance(failure(ask(chat)), DeadlineExceeded)
        assert len(server.requests) == 1


def test_an_answer_that_is_finished_is_complete_though_nothing_ends_the_stream() -> None:
    with Server([head(), chunk(piece("Hi", "stop")), STALL]) as server, chatting(server, timeout=0.3) as chat:
        replying = ask(chat)
        assert read(replying) == ("Hi", None)
        assert replying.outcome == "complete"


def test_an_event_that_is_too_large_ends_the_reply() -> None:
    script: list[Step] = [head(), chunk(piece("Hi")), chunk(b"data: " + b"x" * 2000), CLOSE]
    with Server(script) as server, Client(max_event_size=1000) as client:
        replying = ask(chatting(server, client=client))
        error = failure(replying)
        assert isinstance(error, EventTooLarge)
        assert (replying.outcome, replying.completion, error.partial) == ("truncated", HI, HI)
