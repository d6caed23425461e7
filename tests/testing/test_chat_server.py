"""A model for one test: the same answers for the OpenAI SDK and for this package's clients, streamed or whole."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
import requests

from sse_client import ConnectionFailed, StreamTruncated
from sse_client.adapters.openai import AsyncChatClient, ChatClient, ChatError
from sse_client.testing import CLOSE, RESET, STALL, ChatAnswer, ChatFailure, ChatServer, ToolAnswer
from sse_client.testing._chat.answers import chosen

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGES: Any = [{"role": "user", "content": "Hi"}]
TOOLS: Any = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("weather", "time")
]
FLAT_TOOLS: Any = [{"type": "function", **tool["function"], "strict": False} for tool in TOOLS]


@pytest.fixture
def sdk(chat_server: ChatServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=chat_server.base_url, api_key=chat_server.api_key, max_retries=0) as client:
        yield client


def ours(server: ChatServer) -> ChatClient:
    return ChatClient(api_key=server.api_key, base_url=server.base_url, max_retries=0)


def ask(server: ChatServer, path: str = "chat/completions", **body: Any) -> requests.Response:
    return requests.post(f"{server.base_url}/{path}", json=body, timeout=10)


# Chats


def test_text_is_streamed_token_by_token(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    chat_server.answer("Hello there,\n you")
    chunks = list(sdk.chat.completions.create(model="m", messages=MESSAGES, stream=True))
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "Hello", " there,", "\n you", None]
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert chat_server.bodies == [{"model": "m", "messages": MESSAGES, "stream": True}]


def test_text_is_given_whole_where_no_stream_is_wanted(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    chat_server.answer("Hello there", reasoning="Greet.", finish_reason="length")
    choice = sdk.chat.completions.create(model="m", messages=MESSAGES).choices[0]
    assert (choice.message.content, choice.finish_reason) == ("Hello there", "length")
    assert choice.message.model_extra == {"reasoning_content": "Greet."}


def test_our_client_reads_text_and_reasoning(chat_server: ChatServer) -> None:
    chat_server.answer("Hello there", reasoning="They greet.")
    with ours(chat_server).stream(model="m", messages=MESSAGES) as reply:
        assert "".join(reply.text()) == "Hello there"
    message = reply.completion.choices[0].message
    assert (message.content, message.reasoning) == ("Hello there", "They greet.")


@pytest.mark.parametrize("text", ["", "Let me look."])
def test_tools_are_called_in_parallel(chat_server: ChatServer, sdk: openai.OpenAI, text: str) -> None:
    calls = [ToolAnswer("weather", {"city": "Zürich"}), ToolAnswer("time", {}), ToolAnswer("time", {"in": "Oslo"})]
    for _ in range(3):
        chat_server.answer(text, tools=calls)
    with sdk.chat.completions.stream(model="m", messages=MESSAGES, tools=TOOLS) as stream:
        streamed = stream.get_final_completion().choices[0]
    whole = sdk.chat.completions.create(model="m", messages=MESSAGES, tools=TOOLS).choices[0]
    for number, choice in enumerate((streamed, whole), 1):
        found: list[Any] = choice.message.tool_calls or []
        assert [ToolAnswer(call.function.name, json.loads(call.function.arguments)) for call in found] == calls
        assert [call.id for call in found] == [f"call_{number}", f"call_{number}_2", f"call_{number}_3"]
        assert (choice.message.content, choice.finish_reason) == (text or None, "tool_calls")
    with ours(chat_server).stream(model="m", messages=MESSAGES, tools=TOOLS) as reply:
        list(reply)
    assert [call.name for call in reply.completion.choices[0].message.tool_calls] == ["weather", "time", "time"]


def test_refusal_is_no_content(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    chat_server.answer(refusal="I cannot help.")
    chat_server.answer(refusal="I cannot help.")
    with sdk.chat.completions.stream(model="m", messages=MESSAGES) as stream:
        streamed = stream.get_final_completion().choices[0].message
    whole = sdk.chat.completions.create(model="m", messages=MESSAGES).choices[0].message
    assert streamed.refusal == whole.refusal == "I cannot help."
    assert not streamed.content
    assert whole.content is None


def test_usage_and_choices_are_as_the_request_wants_them(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    chat_server.answer("a b")
    *_, last = sdk.chat.completions.create(
        model="m", messages=MESSAGES, stream=True, n=2, stream_options={"include_usage": True}
    )
    assert last.usage is not None
    assert last.usage.completion_tokens == 4


# Legacy completions


def test_legacy_completion_is_streamed_or_whole(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    for _ in range(2):
        chat_server.answer("Hello there", finish_reason="length")
    chunks = list(sdk.completions.create(model="m", prompt="Hi", stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].text for chunk in chunks[:-1]) == "Hello there"
    assert chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage is not None
    whole = sdk.completions.create(model="m", prompt=["Hi"])
    assert (whole.choices[0].text, whole.choices[0].finish_reason) == ("Hello there", "length")
    assert whole.usage is not None
    assert whole.usage.completion_tokens == 2


# Responses


def test_response_is_streamed_or_whole(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    for _ in range(3):
        chat_server.answer("Hello there", reasoning="They greet.")
    with sdk.responses.stream(model="m", input="Hi") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        streamed = stream.get_final_response()
    assert deltas == ["Hello", " there"]
    whole = sdk.responses.create(model="m", input="Hi")
    for response in (streamed, whole):
        assert (response.output_text, response.status) == ("Hello there", "completed")
        reasoning = response.output[0]
        assert reasoning.type == "reasoning"
        assert reasoning.summary[0].text == "They greet."
        assert response.usage is not None
        assert response.usage.output_tokens_details.reasoning_tokens == 2
    with ours(chat_server).responses.stream(model="m", input="Hi") as reply:
        assert "".join(reply.text()) == "Hello there"
    assert reply.outcome == "complete"


@pytest.mark.parametrize("reasoning", ["", "They ask for the time."])
def test_response_calls_tools(chat_server: ChatServer, sdk: openai.OpenAI, reasoning: str) -> None:
    calls = [ToolAnswer("time", {"in": "Oslo"}), ToolAnswer("time", {"in": "Zürich", "at": "noon"})]
    for _ in range(2):
        chat_server.answer("Let me look.", tools=calls, reasoning=reasoning)
    with sdk.responses.stream(model="m", input="Hi", tools=FLAT_TOOLS) as stream:
        streamed = stream.get_final_response()
    whole = sdk.responses.create(model="m", input="Hi", tools=FLAT_TOOLS)
    for response in (streamed, whole):
        found = [item for item in response.output if item.type == "function_call"]
        assert [(item.name, json.loads(item.arguments)) for item in found] == [
            (call.name, call.arguments) for call in calls
        ]
        assert response.output_text == "Let me look."


def test_response_may_call_a_tool_and_say_nothing(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    chat_server.call("weather")
    (item,) = sdk.responses.create(model="m", input="Hi", tools=FLAT_TOOLS).output
    assert item.type == "function_call"
    assert (item.name, item.arguments) == ("weather", "{}")


def test_response_is_refused(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    chat_server.answer(refusal="I cannot.")
    with sdk.responses.stream(model="m", input="Hi") as stream:
        (message,) = stream.get_final_response().output
    assert message.type == "message"
    assert [part.type for part in message.content] == ["refusal"]


@pytest.mark.parametrize(("reason", "details"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_response_may_be_incomplete(chat_server: ChatServer, sdk: openai.OpenAI, reason: Any, details: str) -> None:
    chat_server.answer("Hello", finish_reason=reason)
    response = sdk.responses.create(model="m", input="Hi")
    assert response.status == "incomplete"
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == details


# Errors


def test_failure_has_openais_shape(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    chat_server.fail(
        429, "Slow down.", kind="rate_limit_error", code="rate_limit", param="model", headers={"Retry-After": "0"}
    )
    with pytest.raises(openai.RateLimitError, match="Slow down") as caught:
        sdk.chat.completions.create(model="m", messages=MESSAGES, stream=True)
    assert (caught.value.type, caught.value.code, caught.value.param) == ("rate_limit_error", "rate_limit", "model")
    assert caught.value.response.headers["retry-after"] == "0"


def test_client_that_retries_gets_the_next_answer(chat_server: ChatServer) -> None:
    chat_server.fail(503, headers={"retry-after-ms": "1"})
    chat_server.answer("Hello")
    client = ChatClient(api_key="key", base_url=chat_server.base_url)
    with client.stream(model="m", messages=MESSAGES) as reply:
        assert "".join(reply.text()) == "Hello"
    assert len(chat_server.requests) == 2


def test_error_may_come_inside_the_stream(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    for _ in range(4):
        chat_server.answer("Hello th", error="out of memory")
    with ours(chat_server).stream(model="m", messages=MESSAGES) as reply, pytest.raises(ChatError, match="out of mem"):
        list(reply)
    assert reply.completion.choices[0].message.content == "Hello th"
    with pytest.raises(openai.APIError, match="out of memory"):
        list(sdk.chat.completions.create(model="m", messages=MESSAGES, stream=True))
    with pytest.raises(openai.APIError, match="out of memory"):
        list(sdk.completions.create(model="m", prompt="Hi", stream=True))
    with pytest.raises(openai.InternalServerError, match="out of memory"):
        sdk.chat.completions.create(model="m", messages=MESSAGES)


def test_error_inside_a_response_fails_it(chat_server: ChatServer, sdk: openai.OpenAI) -> None:
    chat_server.answer("Hello th", error="out of memory")
    events = ask(chat_server, "responses", input="Hi", stream=True).text
    types = [line.removeprefix("event: ") for line in events.splitlines() if line.startswith("event: ")]
    assert types[-3:] == ["response.output_text.delta", "error", "response.failed"]


@pytest.mark.parametrize("end", [CLOSE, RESET])
@pytest.mark.parametrize("path", ["chat/completions", "completions", "responses"])
def test_answer_may_break_off(chat_server: ChatServer, end: Any, path: str) -> None:
    for _ in range(2):
        chat_server.answer("Hello th", end=end)
    body = {"messages": MESSAGES, "prompt": "Hi", "input": "Hi"}
    url = f"{chat_server.base_url}/{path}"
    pieces: list[bytes] = []
    with (
        requests.post(url, json={**body, "stream": True}, stream=True, timeout=10) as response,
        pytest.raises(requests.RequestException),
    ):
        pieces.extend(response.iter_content(None))
    received = b"".join(pieces)
    if end is CLOSE:  # a reset may take the bytes along that nobody has read
        assert b"th" in received
        assert b"done" not in received
        assert b'"finish_reason":"' not in received
    with pytest.raises(requests.RequestException):
        ask(chat_server, path, **body)


def test_our_client_reports_a_break(chat_server: ChatServer) -> None:
    chat_server.answer("Hello th", end=CLOSE)
    with (
        ours(chat_server).stream(model="m", messages=MESSAGES) as reply,
        pytest.raises((StreamTruncated, ConnectionFailed)),
    ):
        list(reply)
    assert reply.completion.choices[0].message.content == "Hello th"


def test_stall_is_for_the_clients_timeout(chat_server: ChatServer) -> None:
    chat_server.answer("Hello th", end=STALL)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{chat_server.base_url}/chat/completions", json={"messages": [], "stream": True}, timeout=0.05)


@pytest.mark.parametrize("path", ["chat/completions", "responses"])
@pytest.mark.parametrize(
    ("tools", "offers"),
    [([], "none"), ([{"type": "function", "function": {"name": "x"}, "name": "x"}, {"type": "web_search"}], "x, None")],
)
def test_tool_that_is_not_offered_is_a_mistake(chat_server: ChatServer, path: str, tools: Any, offers: str) -> None:
    chat_server.call("weather", {"city": "Oslo"})
    answer = ask(chat_server, path, messages=MESSAGES, input="Hi", tools=tools)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "tools")
    assert answer.json()["error"]["message"] == f"The test calls the tool 'weather'; the request offers {offers}."


@pytest.mark.parametrize(
    ("path", "param"), [("chat/completions", "messages"), ("completions", "prompt"), ("responses", "input")]
)
def test_request_without_what_it_must_have_is_a_400(chat_server: ChatServer, path: str, param: str) -> None:
    chat_server.answer("kept")
    answer = ask(chat_server, path)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert chat_server.answers_left == 1


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/chat/completions"), ("POST", "/v1/models"), ("GET", "/")])
def test_other_request_is_a_404(chat_server: ChatServer, method: str, path: str) -> None:
    answer = requests.request(method, f"{chat_server.url}{path}?key=s3cret", timeout=10)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_url")


def test_key_may_be_checked() -> None:
    with ChatServer(api_key="right") as server:
        assert server.env == {"OPENAI_API_KEY": "right", "OPENAI_BASE_URL": f"{server.url}/v1"}
        answers = [
            requests.post(
                f"{server.base_url}/responses", json={"input": "Hi"}, headers={"Authorization": key}, timeout=10
            )
            for key in ("Bearer wrong", "Bearer right")
        ]
    assert [answer.status_code for answer in answers] == [401, 200]


# What it says next


def test_answers_come_in_order_and_then_a_default(chat_server: ChatServer) -> None:
    chat_server.answer(lambda body: body["messages"][0]["content"].upper())
    chat_server.answer(ChatAnswer(text="second"))
    chat_server.answer(ToolAnswer("weather", {}))
    chat_server.answer(lambda _: ChatFailure(status=418, message="tea"))
    answers = [ask(chat_server, messages=MESSAGES, tools=TOOLS) for _ in range(5)]
    messages = [answer.json()["choices"][0]["message"] for answer in answers if answer.status_code == 200]
    assert [message["content"] for message in messages[:2]] == ["HI", "second"]
    assert messages[2]["tool_calls"][0]["function"] == {"name": "weather", "arguments": "{}"}
    assert answers[3].status_code == 418
    assert messages[3]["content"].startswith("Every token")
    assert chat_server.answers_left == 0


@pytest.mark.parametrize(
    "more", [{"reasoning": "x"}, {"refusal": "x"}, {"tools": [ToolAnswer("a", {})]}, {"end": CLOSE}, {"error": ""}]
)
def test_whole_answer_has_nothing_beside_it(chat_server: ChatServer, more: Any) -> None:
    with pytest.raises(TypeError, match="expected a whole answer alone"):
        chat_server.answer(ChatAnswer(text="a"), **more)


def test_what_is_no_answer_is_refused_where_it_is_prepared(chat_server: ChatServer) -> None:
    nothing: Any = 5
    with pytest.raises(TypeError, match=r"expected a text, .* or a function; got int"):
        chat_server.answer(nothing)
    assert chat_server.answers_left == 0


@pytest.mark.parametrize("nothing", [None, str])
def test_what_a_function_returns_that_is_no_answer_is_named(nothing: Any) -> None:
    with pytest.raises(TypeError, match="expected a"):
        chosen(lambda _: nothing, {})


@pytest.mark.parametrize(
    ("path", "body"),
    [("chat/completions", {"messages": []}), ("completions", {"prompt": "a"}), ("responses", {"input": "a"})],
)
def test_pace_is_kept_between_tokens(chat_server: ChatServer, path: str, body: Any) -> None:
    chat_server.pace = 0.03
    chat_server.answer("a b c")
    start = time.monotonic()
    ask(chat_server, path, **body, stream=True)
    assert time.monotonic() - start >= 0.06


# Any client, and the environment


def test_environment_leads_clients_here(chat_server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in chat_server.env.items():
        monkeypatch.setenv(name, value)
    chat_server.answer("one")
    chat_server.answer("two")
    with openai.OpenAI() as client:
        completion = client.chat.completions.create(model="m", messages=MESSAGES)
    assert completion.choices[0].message.content == "one"
    with ChatClient().stream(model="m", messages=MESSAGES) as reply:
        assert "".join(reply.text()) == "two"
    assert {request.headers["authorization"] for request in chat_server.requests} == {"Bearer test-key"}


def test_asyncio_clients_read_it(chat_server: ChatServer) -> None:
    for _ in range(2):
        chat_server.answer("Hello there")

    async def main() -> None:
        async with openai.AsyncOpenAI(base_url=chat_server.base_url, api_key="key") as client:
            stream = await client.chat.completions.create(model="m", messages=MESSAGES, stream=True)
            assert "".join([chunk.choices[0].delta.content or "" async for chunk in stream]) == "Hello there"
        async with (
            AsyncChatClient(api_key="key", base_url=chat_server.base_url) as chat,
            chat.stream(model="m", messages=MESSAGES) as reply,
        ):
            assert "".join([text async for text in reply.text()]) == "Hello there"

    asyncio.run(main())


def test_path_before_the_endpoint_is_free(chat_server: ChatServer) -> None:
    url = f"{chat_server.url}/openai/deployments/d/chat/completions?api-version=1"
    assert requests.post(url, json={"messages": []}, timeout=10).status_code == 200


def test_a_body_that_is_nested_too_deep_is_no_json() -> None:
    with ChatServer() as server:
        answer = requests.post(f"{server.base_url}/chat/completions", data=b"[" * 100_000, timeout=10)
    assert answer.status_code == 400
    assert "could not parse the JSON" in answer.text


@pytest.mark.parametrize("path", ["chat/completions", "responses"])
@pytest.mark.parametrize("tools", ["weather", [1], [{"type": "function", "function": "weather"}], {"name": "x"}])
def test_tools_that_are_no_objects_are_a_400(chat_server: ChatServer, path: str, tools: Any) -> None:
    chat_server.answer("kept")
    answer = ask(chat_server, path, messages=MESSAGES, input="Hi", tools=tools)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "tools")
    assert answer.json()["error"]["message"] == "Invalid type for 'tools': expected an array of objects."
    assert chat_server.answers_left == 1


def test_status_of_a_failure_that_is_no_number_is_refused_at_once(chat_server: ChatServer) -> None:
    wrong: Any = "429"
    with pytest.raises(TypeError, match="status: expected an int, got str"):
        chat_server.fail(wrong)
