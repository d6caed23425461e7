"""Errors that servers report, in every shape."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from sse_client import SSEError
from sse_client.adapters.openai import ChatError
from sse_client.adapters.openai._error_shapes import body_error
from sse_client.adapters.openai._parser import ChatParser
from sse_client.adapters.openai._reader import ChatReader

HI = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'


def feed(reader: ChatReader, stream: str) -> None:
    for event in ChatParser().feed(stream.encode()):
        reader.feed(event)


def failure(stream: str) -> tuple[ChatError, ChatReader]:
    reader = ChatReader()
    with pytest.raises(ChatError) as caught:
        feed(reader, stream)
    return caught.value, reader


@pytest.mark.parametrize(
    ("stream", "fields"),
    [
        pytest.param(
            'data: {"error":{"message":"no","type":"t","param":"p","code":"c"}}\n\n',
            {"message": "no", "type": "t", "param": "p", "code": "c", "status": None},
            id="an error object",
        ),
        pytest.param(
            'data: {"error":{"message":"no","code":400}}\n\n', {"message": "no", "code": 400}, id="a number as code"
        ),
        pytest.param('data: {"error":{"message":"no","code":true}}\n\n', {"code": None}, id="a code that is none"),
        pytest.param('data: {"error":"no"}\n\n', {"message": "no", "code": None}, id="an error that is a text"),
        pytest.param(
            'data: {"error":"no","error_type":"generation"}\n\n',
            {"message": "no", "type": "generation"},
            id="an error that is a text, with its type beside it",
        ),
        pytest.param(
            'data: {"error":""}\n\n', {"message": 'expected an error message, got {"error": ""}'}, id="an empty error"
        ),
        pytest.param(
            'data: {"error":{"reason":1}}\n\n',
            {"message": 'expected an error message, got {"reason": 1}'},
            id="no message",
        ),
        pytest.param(
            'data: {"error":{"message":{"a":1}}}\n\n', {"message": '{"a": 1}'}, id="a message that is no text"
        ),
        pytest.param(
            'data: {"error":7}\n\n', {"message": "expected an error message, got 7"}, id="an error that is a number"
        ),
        pytest.param(
            'data: {"error":{"message":"no","code":400},"choices":[{"index":0,"delta":{"content":""}}]}\n\n',
            {"message": "no", "code": 400},
            id="beside choices",
        ),
        pytest.param(
            'data: {"choices":[{"index":0,"delta":{},"error":{"message":"no","code":502}}]}\n\n',
            {"message": "no", "code": 502},
            id="inside a choice",
        ),
        pytest.param(
            'event: error\ndata: {"error":{"message":"no","code":"tool_use_failed","status_code":400}}\n\n',
            {"message": "no", "code": "tool_use_failed", "status": 400},
            id="an event of the type error, with a status",
        ),
        pytest.param(
            'event: error\ndata: {"message":"no","code":5}\n\n', {"message": "no", "code": 5}, id="event: error, flat"
        ),
        pytest.param(
            "event: error\ndata: upstream died\n\n", {"message": "upstream died"}, id="event: error, plain text"
        ),
        pytest.param('event: error\ndata: "no"\n\n', {"message": "no"}, id="event: error, a string"),
        pytest.param(
            "event: error\ndata:\n\n", {"message": 'expected an error message, got ""'}, id="event: error, without data"
        ),
        pytest.param(
            'event: error\ndata: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n', {}, id="event: error, a chunk"
        ),
        pytest.param(
            'data: {"object":"error","message":"no","type":"BadRequestError","param":null,"code":40001}\n\n',
            {"message": "no", "type": "BadRequestError", "code": 40001},
            id="an object that is an error",
        ),
        pytest.param(
            'data: {"type":"error","message":"no"}\n\n', {"message": "no", "type": "error"}, id="flat, by its type"
        ),
        pytest.param(
            'data: {"type":"error","error":{"type":"quota","message":"no"}}\n\n',
            {"message": "no", "type": "quota"},
            id="nested, by its type",
        ),
        pytest.param(
            'data: {"error":{"message":"Compute error."},"message":"Compute error."}\n\n',
            {"message": "Compute error."},
            id="with the message twice",
        ),
        pytest.param(
            'error: {"code":400,"message":"too long","type":"invalid_request_error"}\n\ndata: [DONE]\n\n',
            {"message": "too long", "code": 400, "type": "invalid_request_error"},
            id="a field of its own (old llama.cpp)",
        ),
        pytest.param(
            'data: [{"error":{"message":"no","code":400}}]\n\n', {"message": "no", "code": 400}, id="in an array"
        ),
        pytest.param(
            'data: {"error": "it said "no""}\n\n',
            {"message": """expected a chunk in JSON, got '{"error": "it said "no""}'"""},
            id="JSON that is broken",
        ),
        pytest.param("data: " + "[" * 100_000 + "\n\n", {"code": None}, id="JSON that is nested too deep"),
        pytest.param("data: Sure\n\n", {"message": "expected a chunk in JSON, got 'Sure'"}, id="text that is no JSON"),
        pytest.param("data: 7\n\n", {"message": "expected a chunk, an object, got '7'"}, id="JSON that is no object"),
        pytest.param("data: []\n\n", {"message": "expected a chunk, an object, got '[]'"}, id="an empty array"),
    ],
)
def test_an_error_in_the_stream(stream: str, fields: dict[str, Any]) -> None:
    error, reader = failure(HI + stream)
    assert {name: getattr(error, name) for name in fields} == fields
    assert reader.outcome == "error"
    assert reader.done
    assert error.partial == reader.completion
    assert (reader.completion.choices[0].message.content or "").startswith("Hi")
    assert error.raw in stream


@pytest.mark.parametrize("error", [pytest.param(empty, id=empty) for empty in ("null", '""', "{}", "false", "[]", "0")])
def test_an_empty_error_beside_a_chunk_is_none(error: str) -> None:
    reader = ChatReader()
    stream = f'data: {{"error":{error},"choices":[{{"index":0,"delta":{{"content":"Hi"}},"error":{error}}}]}}\n\n'
    feed(reader, stream + 'data: {"error":null}\n\n')
    assert reader.completion.choices[0].message.content == "Hi"


def test_what_comes_with_an_error_counts() -> None:
    error, _ = failure(
        HI
        + 'data: {"error":{"message":"no"},"choices":[{"index":0,"delta":{"content":"!"}}],'
        + '"usage":{"total_tokens":3}}\n\n'
    )
    assert error.partial is not None
    assert error.partial.choices[0].message.content == "Hi!"
    assert error.partial.usage is not None


def test_an_answer_that_finishes_with_an_error_is_one() -> None:
    stop = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"%s"}]}\n\n'
    error, reader = failure(HI + stop % "length" + stop % "error" + "data: [DONE]\n\n")
    assert error.code == "error"
    assert reader.completion.choices[0].finish_reason == "error"


def test_a_stream_of_another_api_is_an_error_at_its_end() -> None:
    error, _ = failure('event: message-start\ndata: {"type":"message-start"}\n\ndata: {"type":"x"}\n\ndata: [DONE]\n\n')
    assert error.message == """expected chat completion chunks, got '{"type":"message-start"}'"""
    assert error.raw == '{"type":"message-start"}'


@pytest.mark.parametrize(
    ("body", "message", "fields"),
    [
        pytest.param(
            b'{"error":{"message":"no","type":"t","code":"c"}}', "no", {"type": "t", "code": "c"}, id="an error object"
        ),
        pytest.param(b'\xef\xbb\xbf{"error":"no"}', "no", {}, id="a text, behind a BOM"),
        pytest.param(b'[{"error":{"code":400,"message":"no","status":"INVALID"}}]', "no", {"code": 400}, id="an array"),
        pytest.param(b'{"detail":"Not Found"}', "Not Found", {}, id="a detail"),
        pytest.param(
            b'{"detail":[{"loc":["body"],"msg":"required"}]}',
            '[{"loc": ["body"], "msg": "required"}]',
            {},
            id="details",
        ),
        pytest.param(b'{"message":"no","code":"c"}', "no", {"code": "c"}, id="a message alone"),
        pytest.param(b'{"error":{"message":"no","status_code":418}}', "no", {"status": 418}, id="a status of its own"),
        pytest.param(b'"no"', "no", {}, id="a string"),
        pytest.param(b"[]", "expected an error message, got []", {}, id="an empty array"),
        pytest.param(
            b"<!DOCTYPE html><html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>",
            "an HTML page: 502 Bad Gateway",
            {},
            id="an HTML page",
        ),
        pytest.param(
            b"<html><style>a{}</style><body><h1>Sorry</h1><p>Down</p></body></html>",
            "an HTML page: Sorry Down",
            {},
            id="an HTML page without a title",
        ),
        pytest.param(b"  upstream died \n", "upstream died", {}, id="plain text"),
        pytest.param(b"caf\xe9", "caf\ufffd", {}, id="text in another encoding"),
        pytest.param(b"", "an empty answer (502 Bad Gateway)", {}, id="nothing"),
        pytest.param(b"[" * 100_000, "[" * 100_000, {}, id="JSON that is nested too deep"),
    ],
)
def test_the_error_of_a_response(body: bytes, message: str, fields: dict[str, Any]) -> None:
    error = body_error(body, 502)
    assert error.message == message
    assert {name: getattr(error, name) for name in ("status", *fields)} == {"status": 502} | fields
    assert error.raw == body.decode(errors="replace").removeprefix("\ufeff")
    assert error.partial is None


def test_a_status_may_be_one_that_nobody_knows() -> None:
    assert str(body_error(b"", 599)) == "an empty answer (599) (status 599)"


def test_the_text_of_an_error_is_one_short_line() -> None:
    error = ChatError("a\n b " + "x" * 10_000, code=7, type="t", param="", status=400, raw="r" * 10_000)
    assert str(error) == "a b " + "x" * 196 + "... (status 400, code 7, type t)"
    assert str(ChatError("no")) == "no"
    assert isinstance(error, SSEError)


def test_an_error_can_be_pickled() -> None:
    error, _ = failure(HI + 'data: {"error":{"message":"no","type":"t","param":"p","code":3,"status_code":400}}\n\n')
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert vars(again) == vars(error)
