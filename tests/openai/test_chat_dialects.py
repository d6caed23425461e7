"""The streams of compatible servers, one for each way in which they differ: written here, not recorded."""

from __future__ import annotations

import json

import pytest

from sse_client.adapters.openai import (
    Choice,
    Completion,
    CompletionTokensDetails,
    Message,
    PromptTokensDetails,
    ToolCall,
    Usage,
)
from sse_client.adapters.openai._parser import ChatParser
from sse_client.adapters.openai._reader import ChatReader

DONE = "data: [DONE]\n\n"
STOP = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
HI = 'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}\n\n'


def read(stream: str) -> Completion:
    parser, reader = ChatParser(comments=True), ChatReader()
    for event in parser.feed(stream.encode()):
        reader.feed(event)
    list(reader.end(parser.tail))
    assert reader.outcome == "complete"
    return reader.completion


def chunk(delta: str, finish_reason: str = "null", more: str = "") -> str:
    return f'data: {{"choices":[{{"index":0,"delta":{delta},"finish_reason":{finish_reason}}}]{more}}}\n\n'


def answer(
    content: str | None = None,
    finish_reason: str | None = "stop",
    *,
    role: str | None = "assistant",
    reasoning: str | None = None,
    refusal: str | None = None,
) -> Completion:
    """The completion of one choice that most of the streams here give."""
    return Completion(choices=[Choice(0, Message(role, content, reasoning, refusal), finish_reason)])


@pytest.mark.parametrize(
    ("stream", "completion"),
    [
        pytest.param(HI + STOP + DONE, answer("Hi"), id="a plain stream is what it says"),
        pytest.param(HI + STOP + 'data: "[DONE]"\n\n', answer("Hi"), id="DONE may be quoted"),
        pytest.param(HI + STOP + "data:   [DONE]  \n\n", answer("Hi"), id="DONE may have blanks around it"),
        pytest.param(HI + STOP, answer("Hi"), id="a stream may end without DONE once every choice has finished"),
        pytest.param(HI + DONE, answer("Hi", None), id="a stream may end with DONE and no finish reason"),
        pytest.param(HI + STOP + DONE + "data: junk\n\n" + HI, answer("Hi"), id="nothing after DONE is interpreted"),
        pytest.param(HI + STOP + "data: [DONE]", answer("Hi"), id="DONE may lack its blank line"),
        pytest.param(HI + STOP.rstrip("\n"), answer("Hi"), id="the last chunk may lack its blank line"),
        pytest.param(HI + STOP + 'data: {"usa', answer("Hi"), id="what is cut after every finish does not matter"),
        pytest.param(
            ": OPENROUTER PROCESSING\n\n" * 3 + HI + ": keep-alive\n\n" + STOP,
            answer("Hi"),
            id="comments are no chunks",
        ),
        pytest.param(
            "data: : PROCESSING\n\n" + HI + STOP, answer("Hi"), id="a comment that a gateway wrapped as data is none"
        ),
        pytest.param(
            "event: ping\ndata: 12:30\n\n" + HI + 'event: ping\ndata: {"type":"ping"}\n\n' + STOP,
            answer("Hi"),
            id="a ping is no chunk whatever its data",
        ),
        pytest.param("data:\n\n" + HI + "data\n\ndata:  \n\n" + STOP, answer("Hi"), id="empty data is no chunk"),
        pytest.param("data: null\n\n" + HI + STOP, answer("Hi"), id="null is no chunk"),
        pytest.param(
            'data: {"status":"queued"}\n\n' + HI + STOP, answer("Hi"), id="a vendor's other object is no chunk"
        ),
        pytest.param(HI.replace("data: ", "data:") + STOP, answer("Hi"), id="there may be no space after data:"),
        pytest.param(
            'data: {"choices":[],"prompt_filter_results":[],"id":"","model":"","created":0,"object":""}\n\n'
            'data: {"id":"c1","model":"m","created":7,"choices":[{"delta":{"content":"Hi"},"index":0}]}\n\n' + STOP,
            Completion("c1", "m", 7, [Choice(0, Message(None, "Hi"), "stop")]),
            id="the first names that are not empty are the names",
        ),
        pytest.param(
            'data: {"id":"a","choices":[{"index":0,"delta":{"content":"H"}}]}\n\n'
            'data: {"id":"b","choices":[{"index":0,"delta":{"content":"i"},"finish_reason":"stop"}]}\n\n',
            Completion("a", None, None, [Choice(0, Message(None, "Hi"), "stop")]),
            id="a new id in every chunk changes nothing",
        ),
        pytest.param(
            'data: {"id":5,"created":1.9e9,"model":null,"object":3,"choices":[{"delta":{"content":"Hi"},'
            '"finish_reason":"stop"}]}\n\n',
            Completion(None, None, 1_900_000_000, [Choice(0, Message(None, "Hi"), "stop")]),
            id="names of the wrong type do not matter, and an index may be missing",
        ),
        pytest.param(
            HI + 'data: {"created":NaN,"choices":[]}\n\ndata: {"created":1e999,"choices":[]}\n\n' + STOP,
            answer("Hi"),
            id="a number that is none does not matter",
        ),
        pytest.param(
            HI
            + 'data: {"choices":null}\n\ndata: {"object":"chat.completion.chunk"}\n\ndata: {"choices":{}}\n\n'
            + STOP,
            answer("Hi"),
            id="choices may be null, missing or no list",
        ),
        pytest.param(
            HI
            + 'data: {"choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{"check_offset":1}}]}\n\n'
            + 'data: {"choices":[{"index":0,"delta":null}]}\n\n'
            + STOP,
            answer("Hi"),
            id="delta may be missing or null",
        ),
        pytest.param(
            'data: {"choices":[{"index":null,"delta":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}\n\n',
            answer("Hi"),
            id="an index may be null",
        ),
        pytest.param(
            chunk('{"role":"assistant","content":"H"}') + chunk('{"role":"assistant","content":"i"}', '"stop"'),
            answer("Hi"),
            id="a role in every chunk is one role",
        ),
        pytest.param(HI + chunk('{"role":"","content":"!"}', '"stop"'), answer("Hi!"), id="an empty role is none"),
        pytest.param(HI + chunk('{"content":"!"}', '"stop"'), answer("Hi!"), id="the finish chunk may hold content"),
        pytest.param(HI + STOP + chunk("{}", '"length"'), answer("Hi"), id="the first finish reason stays"),
        pytest.param(HI + chunk("{}", '""') + STOP, answer("Hi"), id="an empty finish reason is none"),
        pytest.param(
            HI + chunk("{}", '"insufficient resources"'),
            answer("Hi", "insufficient resources"),
            id="a finish reason may be any word",
        ),
        pytest.param(HI + chunk("{}", "7") + STOP, answer("Hi"), id="a finish reason that is no word is none"),
        pytest.param(
            HI + 'data: {"object":"chat.completion.done","choices":[{"index":0,"delta":{"content":""},'
            '"message":{"content":"Hi"},"finish_reason":"stop"}]}\n\n',
            answer("Hi"),
            id="a message beside the delta repeats it",
        ),
        pytest.param(
            'data: {"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","logprobs":null,'
            '"message":{"role":"assistant","content":"Hi","refusal":null}}]}\n\n',
            answer("Hi"),
            id="a whole completion may come as one event",
        ),
        pytest.param(
            'data: {"object":"text_completion","choices":[{"text":"Hi","index":0,"finish_reason":"stop"}]}\n\n',
            answer("Hi", role=None),
            id="the legacy completions API has a text",
        ),
        pytest.param(
            chunk('{"role":"assistant","content":null,"reasoning_content":"Hm"}')
            + chunk('{"content":null,"reasoning_content":"m"}')
            + chunk('{"content":"Hi","reasoning_content":null}', '"stop"'),
            answer("Hi", reasoning="Hmm"),
            id="reasoning may be reasoning_content",
        ),
        pytest.param(
            chunk('{"role":"assistant","reasoning":"Hmm","reasoning_content":null}')
            + chunk('{"content":"Hi"}', '"stop"'),
            answer("Hi", reasoning="Hmm"),
            id="reasoning may be reasoning",
        ),
        pytest.param(
            chunk('{"role":"assistant","reasoning":"Hmm","reasoning_content":"Hmm"}') + STOP,
            answer(reasoning="Hmm"),
            id="reasoning under both names is said once",
        ),
        pytest.param(
            chunk('{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}')
            + chunk('{"content":[{"type":"thinking","thinking":"m"},{"type":"text","text":"H"},"i",{"type":"image"}]}')
            + chunk('{"content":[]}', '"stop"'),
            answer("Hi", reasoning="Hmm"),
            id="content may be a list of parts",
        ),
        pytest.param(
            chunk('{"role":"assistant","content":7,"refusal":{},"reasoning":{"text":"x"},"tool_calls":{}}') + STOP,
            answer(),
            id="texts that are none do not matter",
        ),
        pytest.param(
            chunk('{"role":"assistant","content":null,"refusal":"I\'d"}')
            + chunk('{"refusal":" rather not"}', '"stop"'),
            answer(refusal="I'd rather not"),
            id="a refusal is a text of its own",
        ),
        pytest.param(
            chunk('{"role":"assistant","content":"","refusal":"","reasoning_content":""}') + STOP,
            answer("", refusal="", reasoning=""),
            id="an empty text that came is not one that never came",
        ),
        pytest.param(
            chunk('{"role":"assistant","content":"\\ud83d"}') + chunk('{"content":"\\ude00!"}', '"stop"'),
            answer("\U0001f600!"),
            id="a character may be cut in two",
        ),
        pytest.param(
            chunk('{"role":"assistant","content":"a\\ud83d"}')
            + chunk('{"content":"b\\ud83d"}')
            + chunk('{"content":"\\ude00"}')
            + chunk('{"content":"\\ude00"}', '"stop"'),
            answer("ab\U0001f600\ufffd"),
            id="half a character is dropped at the end of a piece, and U+FFFD elsewhere",
        ),
        pytest.param(
            HI + 'data: {"choices":[{"index":0,"delta":{},"logprobs":"none"}]}\n\n' + STOP,
            Completion(choices=[Choice(0, Message("assistant", "Hi"), "stop", "none")]),
            id="logprobs may be anything",
        ),
        pytest.param(
            'data: {"choices":[{"index":0,"delta":{},"logprobs":{"content":[{"token":"H"}],"refusal":null}}]}\n\n'
            'data: {"choices":[{"index":0,"delta":{},"logprobs":{"content":[{"token":"i"}],"refusal":null}}]}\n\n'
            'data: {"choices":[{"index":0,"delta":{},"logprobs":{"content":null},"finish_reason":"stop"}]}\n\n',
            Completion(
                choices=[Choice(0, Message(), "stop", {"content": [{"token": "H"}, {"token": "i"}], "refusal": None})]
            ),
            id="the lists of logprobs join",
        ),
    ],
)
def test_a_dialect(stream: str, completion: Completion) -> None:
    assert read(stream) == completion


@pytest.mark.parametrize(
    ("stream", "usage"),
    [
        pytest.param(
            HI + STOP + 'data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n',
            Usage(1, 2, 3),
            id="after the finish chunk, without choices",
        ),
        pytest.param(
            HI + chunk("{}", '"stop"', ',"usage":{"total_tokens":3}'), Usage(0, 0, 3), id="in the finish chunk"
        ),
        pytest.param(
            chunk('{"content":"Hi"}', more=',"usage":{"total_tokens":3}') + STOP, Usage(0, 0, 3), id="before the finish"
        ),
        pytest.param(
            HI + STOP + 'data: {"usage":{"total_tokens":3}}\n\ndata: {"choices":[],"usage":null,"moderation":{}}\n\n',
            Usage(0, 0, 3),
            id="a null after it does not take it away",
        ),
        pytest.param(
            chunk('{"content":"H"}', more=',"usage":{"total_tokens":3}')
            + chunk('{"content":"i"}', '"stop"', ',"usage":{"total_tokens":4}'),
            Usage(0, 0, 4),
            id="in every chunk, cumulative: the last counts, and nothing is summed",
        ),
        pytest.param(
            HI + chunk("{}", '"stop"', ',"x_groq":{"usage":{"total_tokens":3}}'), Usage(0, 0, 3), id="in x_groq"
        ),
        pytest.param(
            HI + STOP + 'data: {"x_groq":{"id":"r","usage":{"total_tokens":3}}}\n\n',
            Usage(0, 0, 3),
            id="in x_groq, without choices",
        ),
        pytest.param(
            HI + chunk("{}", '"stop"', ',"usage":{"total_tokens":3},"x_groq":{"usage":{"total_tokens":9}}'),
            Usage(0, 0, 3),
            id="the usage proper goes before that in x_groq",
        ),
        pytest.param(HI + chunk("{}", '"stop"', ',"x_groq":{"id":"r"}'), None, id="nowhere"),
        pytest.param(
            HI
            + chunk(
                "{}",
                '"stop"',
                ',"usage":{"prompt_tokens":1.0,"completion_tokens":null,"total_tokens":true,"cost":0.1,'
                '"prompt_tokens_details":{"cached_tokens":4.0,"video_tokens":1},'
                '"completion_tokens_details":{"reasoning_tokens":null,"audio_tokens":6}}',
            ),
            Usage(1, 0, 0, PromptTokensDetails(cached_tokens=4), CompletionTokensDetails(audio_tokens=6)),
            id="numbers of the wrong type, and a vendor's own",
        ),
        pytest.param(
            HI + chunk("{}", '"stop"', ',"usage":{"total_tokens":3.0,"prompt_tokens_details":"none"}'),
            Usage(0, 0, 3),
            id="details of the wrong type",
        ),
        pytest.param(HI + chunk("{}", '"stop"', ',"usage":[3]'), None, id="a usage that is none"),
    ],
)
def test_usage(stream: str, usage: Usage | None) -> None:
    assert read(stream).usage == usage


def call(fields: str) -> str:
    return chunk(f'{{"tool_calls":[{fields}]}}')


def fragment(arguments: str, name: str = "", **fields: object) -> str:
    return json.dumps({**fields, "function": {"name": name, "arguments": arguments}})


@pytest.mark.parametrize(
    ("stream", "calls"),
    [
        pytest.param(
            call('{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}')
            + call('{"index":0,"function":{"arguments":"{\\"x\\""}}')
            + call('{"index":0,"function":{"arguments":": 1}"}}'),
            [ToolCall("a", "function", "f", '{"x": 1}')],
            id="fragments at an index are one call",
        ),
        pytest.param(
            call(fragment("{", "f", index=0, id="a") + "," + fragment("[", "g", index=1, id="b"))
            + call(fragment("]", index=1) + "," + fragment("}", index=0)),
            [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="g", arguments="[]")],
            id="parallel calls interleave",
        ),
        pytest.param(
            call(fragment("[]", "g", index=1, id="b")) + call(fragment("{}", "f", index=0, id="a")),
            [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="g", arguments="[]")],
            id="calls are in the order of their index, whenever they begin",
        ),
        pytest.param(
            call(fragment("{", "f", index=0, id="a", type="function"))
            + call(fragment("}", "", index=0, id="", type="")),
            [ToolCall("a", name="f", arguments="{}")],
            id="an empty id, type or name replaces nothing",
        ),
        pytest.param(
            call(fragment("{", "f", index=0, id="a", type="custom")) + call(fragment("}", "f", index=0, id="a")),
            [ToolCall("a", "custom", "f", "{}")],
            id="a repeated id and name are not appended",
        ),
        pytest.param(
            call(fragment("{", "f", index=0)) + call(fragment("}", "f", index=0)),
            [ToolCall("", name="f", arguments="{}")],
            id="a name repeated in each fragment is one name (llama.cpp)",
        ),
        pytest.param(
            call(fragment("{", "f", index=0)) + call(fragment("}", "f", index=0, id="a")),
            [ToolCall("a", name="f", arguments="{}")],
            id="an id may come late",
        ),
        pytest.param(
            call(fragment("{", "f", index=0, id="a")) + call(fragment("}", index=0, id="b")),
            [ToolCall("b", name="f", arguments="{}")],
            id="a new id without a name continues the call (LM Studio)",
        ),
        pytest.param(
            call(fragment("{", "f", index=0, id="a"))
            + call(fragment("[", "g", index=0, id="b"))
            + call(fragment("]", index=0))
            + call(fragment("}", "f", index=0, id="a"))
            + call(fragment("()", "h", index=1, id="c")),
            [
                ToolCall("a", name="f", arguments="{}"),
                ToolCall("b", name="g", arguments="[]"),
                ToolCall("c", name="h", arguments="()"),
            ],
            id="a new id with a name at a used index is a new call (Gemini behind proxies)",
        ),
        pytest.param(
            call(fragment("{", "f", id="a")) + call(fragment("[]", "g", id="b")) + call(fragment("}", id="a")),
            [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="g", arguments="[]")],
            id="without an index, the id tells the call (Mistral)",
        ),
        pytest.param(
            call(fragment("{", "f")) + call(fragment("}")) + call(fragment("[]", "g")),
            [ToolCall(name="f", arguments="{}"), ToolCall(name="g", arguments="[]")],
            id="without either, a name begins a call",
        ),
        pytest.param(
            call(fragment("{}")), [ToolCall(arguments="{}")], id="a fragment with nothing to continue begins one"
        ),
        pytest.param(
            call('{"index":0,"id":"a","function":{"name":"f","arguments":{"city":"K\\u00f6ln"}}}'),
            [ToolCall("a", name="f", arguments='{"city":"Köln"}')],
            id="arguments that are an object are kept as JSON",
        ),
        pytest.param(
            call('{"index":0,"id":"a","function":{"name":"f","arguments":null}}')
            + call('{"index":0,"id":null,"type":null,"function":{"name":null,"arguments":"{}"}}'),
            [ToolCall("a", name="f", arguments="{}")],
            id="fields may be null (Writer)",
        ),
        pytest.param(
            call('{"index":0,"id":"a"}') + call('{"index":"0","id":"a","function":null}'),
            [ToolCall("a")],
            id="a function may be missing, and an index no number",
        ),
        pytest.param(
            call(fragment("\ud83d", "f", index=0))
            + call(fragment("\ude00", index=0))
            + chunk('{"content":"\\ud83d"}')
            + call('{"index":0,"id":"a"}'),
            [ToolCall("a", name="f", arguments="\U0001f600")],
            id="a character in the arguments may be cut in two",
        ),
        pytest.param(
            'data: {"choices":[{"message":{"content":null,"tool_calls":[{"id":"a","type":"function","function":'
            '{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"f","arguments":"{}"}}]}}]}\n\n',
            [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="f", arguments="{}")],
            id="a whole completion has calls without an index",
        ),
    ],
)
def test_tool_calls(stream: str, calls: list[ToolCall]) -> None:
    assert read(stream + STOP).choices[0].message.tool_calls == calls


def test_a_call_fragment_carries_the_index_of_its_call() -> None:
    reader, seen = ChatReader(), list[int]()
    stream = call(fragment("{}", "f", index=0, id="a")) + call(fragment("[", "g", index=0, id="b"))
    for event in ChatParser().feed((stream + call(fragment("]", index=0)) + call(fragment("", "h"))).encode()):
        seen += [part.index for delta in reader.feed(event) for part in delta.tool_calls]
    assert seen == [0, 1, 1, 2]
