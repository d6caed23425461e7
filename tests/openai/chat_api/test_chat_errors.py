"""Errors that servers report, in every shape."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from sse_client import SSEError
from sse_client.adapters.openai import ChatError
from sse_client.adapters.openai._shared.error_shapes import body_error
from sse_client.adapters.openai.chat._reader import ChatReader
from sse_client.replies._reply import body_text
from sse_client.replies.parsing import TolerantParser

HI = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'


def feed(reader: ChatReader, stream: str) -> None:
    for event in TolerantParser().feed(stream.encode()):
        reader.feed(event)


def failure(stream: str) -> tuple[ChatError, ChatReader]:
    reader = ChatReader()
    with pytest.raises(ChatError) as caught:
        feed(reader, stream)
    return caught.value, reader


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
    assert error.message == """expected a choice before [DONE], got '{"type":"message-start"}'"""
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
    error = body_error(body_text(body), 502)
    assert error.message == message
    assert {name: getattr(error, name) for name in ("status", *fields)} == {"status": 502} | fields
    assert error.raw == body.decode(errors="replace").removeprefix("\ufeff")
    assert error.partial is None


def test_a_status_may_be_one_that_nobody_knows() -> None:
    assert str(body_error("", 599)) == "an empty answer (599) (status 599)"


def test_the_text_of_an_error_is_one_short_line() -> None:
    error = ChatError("a\n b " + "x" * 10_000, code=7, type="t", param="", status=400, raw="r" * 10_000)
    assert str(error) == "a b " + "x" * 164 + "... (status 400, code 7, type t)"
    assert len(str(error)) == 200
    assert len(str(ChatError("x" * 10_000, code="c" * 10_000))) == 200
    assert len(repr(error)) < 220
    assert str(ChatError("no")) == "no"


def test_the_text_of_an_error_has_no_control_characters() -> None:
    error = ChatError("\x1b[31m\r\n\u202e\u2028\x00\ud800'", code="\x1b]0;\x07")
    assert str(error) == "\\x1b[31m \\u202e \\x00\\ud800' (code \\x1b]0;\\x07)"
    assert all(str(each).isprintable() for each in (error, repr(error)))
    assert isinstance(error, SSEError)


def test_an_error_can_be_pickled() -> None:
    error, _ = failure(HI + 'data: {"error":{"message":"no","type":"t","param":"p","code":3,"status_code":400}}\n\n')
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert vars(again) == vars(error)
