"""Chunks that are not as the API describes them, or that few clients expect though they are."""

from __future__ import annotations

from dialects import DONE, HI, STOP, Dialect, answer, chunk, reads, uses

from sse_client.adapters.openai import (
    Choice,
    Completion,
    CompletionTokensDetails,
    Message,
    PromptTokensDetails,
    ToolCall,
    Usage,
)


def twice(frame: str) -> str:
    """Return a block whose data is the block `frame`, as a framework that frames each string makes it."""
    return "".join(f"data: {line}\r\n" for line in frame.split("\n")) + "\r\n"


CHUNKS: list[Dialect] = [
    reads("a plain stream", HI + STOP + DONE, answer("Hi")),
    reads("DONE may be quoted", HI + STOP + 'data: "[DONE]"\n\n', answer("Hi")),
    reads("DONE may have blanks around it", HI + STOP + "data:   [DONE]  \n\n", answer("Hi")),
    reads("a stream may end without DONE once every choice has finished", HI + STOP, answer("Hi")),
    reads("a stream may end with DONE and no finish reason", HI + DONE, answer("Hi", None)),
    reads("nothing after DONE is interpreted", HI + STOP + DONE + "data: junk\n\n" + HI, answer("Hi")),
    reads("DONE may lack its blank line", HI + STOP + "data: [DONE]", answer("Hi")),
    reads("the last chunk may lack its blank line", HI + STOP.rstrip("\n"), answer("Hi")),
    reads("a cut after every choice has finished does not matter", HI + STOP + 'data: {"usa', answer("Hi")),
    reads("comments are no chunks", ": OPENROUTER PROCESSING\n\n" * 3 + HI + ": keep-alive\n\n" + STOP, answer("Hi")),
    reads("a comment that a gateway wrapped as data is no chunk", "data: : PROCESSING\n\n" + HI + STOP, answer("Hi")),
    reads("a stream may be framed twice", twice(HI) + "data: : beat\n\n" + twice(STOP) + twice(DONE), answer("Hi")),
    reads("a stream that is framed twice may end without DONE", twice(HI) + twice(STOP).rstrip("\n"), answer("Hi")),
    reads(
        "the blank lines between chunks may be missing", (HI + STOP + DONE).replace("\n\n", "\n") + "\n", answer("Hi")
    ),
    reads("all blank lines may be missing, and DONE", (HI + STOP).replace("\n\n", "\n"), answer("Hi")),
    reads(
        "a ping is no chunk whatever its data",
        "event: ping\ndata: 12:30\n\n" + HI + 'event: ping\ndata: {"type":"ping"}\n\n' + STOP,
        answer("Hi"),
    ),
    reads("DONE may be in lower case", HI + STOP + "data: [done]\n\n", answer("Hi")),
    reads(
        "a heartbeat is no chunk, by its type or by its data",
        "event: heartbeat\ndata: 12:30\n\n"
        + HI
        + "event: keep-alive\ndata: {}\n\ndata: ping\n\ndata: KeepAlive\n\n"
        + STOP,
        answer("Hi"),
    ),
    reads(
        "choices may come without the list around them",
        'data: {"choices":{"index":0,"delta":{"role":"assistant","content":"Hi"}}}\n\n' + STOP,
        answer("Hi"),
    ),
    reads(
        "the finish reason may be in the delta",
        chunk('{"role":"assistant","content":"Hi","finish_reason":null}') + chunk('{"finish_reason":"length"}'),
        answer("Hi", "length"),
    ),
    reads("empty data is no chunk", "data:\n\n" + HI + "data\n\ndata:  \n\n" + STOP, answer("Hi")),
    reads("null is no chunk", "data: null\n\n" + HI + STOP, answer("Hi")),
    reads("a vendor's other object is no chunk", 'data: {"status":"queued"}\n\n' + HI + STOP, answer("Hi")),
    reads("there may be no space after data:", HI.replace("data: ", "data:") + STOP, answer("Hi")),
    reads(
        "the first names that are not empty are the names",
        'data: {"object":"chat.completion.chunk",'
        '"choices":[],"prompt_filter_results":[],"id":"","model":"","created":0,"object":""}\n\n'
        'data: {"id":"c1","object":"chat.completion.chunk",'
        '"model":"m","created":7,"choices":[{"delta":{"content":"Hi"},"index":0}]}\n\n' + STOP,
        Completion("c1", "m", 7, [Choice(0, Message(None, "Hi"), "stop")]),
    ),
    reads(
        "a new id in every chunk changes nothing",
        'data: {"id":"a","object":"chat.completion.chunk",'
        '"choices":[{"index":0,"delta":{"content":"H"}}]}\n\n'
        'data: {"id":"b","object":"chat.completion.chunk",'
        '"choices":[{"index":0,"delta":{"content":"i"},"finish_reason":"stop"}]}\n\n',
        Completion("a", None, None, [Choice(0, Message(None, "Hi"), "stop")]),
    ),
    reads(
        "names of the wrong type do not matter, and an index may be missing",
        'data: {"id":5,"created":1.9e9,"model":null,"object":"chat.completion.chunk",'
        '"choices":[{"delta":{"content":"Hi"},'
        '"finish_reason":"stop"}]}\n\n',
        Completion(None, None, 1_900_000_000, [Choice(0, Message(None, "Hi"), "stop")]),
    ),
    reads(
        "NaN and infinity are ignored",
        HI + 'data: {"created":NaN,"choices":[]}\n\ndata: {"created":1e999,"choices":[]}\n\n' + STOP,
        answer("Hi"),
    ),
    reads(
        "choices may be null, missing or no list",
        HI + 'data: {"object":"chat.completion.chunk",'
        '"choices":null}\n\ndata: {"object":"chat.completion.chunk"}\n\ndata: {"object":"chat.completion.chunk",'
        '"choices":{}}\n\n' + STOP,
        answer("Hi"),
    ),
    reads(
        "delta may be missing or null",
        HI + 'data: {"object":"chat.completion.chunk",'
        '"choices":[{"index":0,"finish_reason":null,"content_filter_offsets":{"check_offset":1}}]}\n\n'
        + 'data: {"object":"chat.completion.chunk",'
        '"choices":[{"index":0,"delta":null}]}\n\n' + STOP,
        answer("Hi"),
    ),
    reads(
        "an index may be null",
        'data: {"object":"chat.completion.chunk",'
        '"choices":[{"index":null,"delta":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}]}\n\n',
        answer("Hi"),
    ),
    reads(
        "a role in every chunk is one role",
        chunk('{"role":"assistant","content":"H"}') + chunk('{"role":"assistant","content":"i"}', '"stop"'),
        answer("Hi"),
    ),
    reads("an empty role is ignored", HI + chunk('{"role":"","content":"!"}', '"stop"'), answer("Hi!")),
    reads("the finish chunk may hold content", HI + chunk('{"content":"!"}', '"stop"'), answer("Hi!")),
    reads("the first finish reason stays", HI + STOP + chunk("{}", '"length"'), answer("Hi")),
    reads("an empty finish reason is ignored", HI + chunk("{}", '""') + STOP, answer("Hi")),
    reads(
        "a finish reason may be any word",
        HI + chunk("{}", '"insufficient resources"'),
        answer("Hi", "insufficient resources"),
    ),
    reads(
        'a finish reason of "null" is ignored (KoboldCpp)',
        chunk('{"role":"assistant","content":"H"}', '"null"') + chunk('{"content":"i"}', '"null"') + STOP,
        answer("Hi"),
    ),
    reads("a finish reason that is no string is ignored", HI + chunk("{}", "7") + STOP, answer("Hi")),
    reads(
        "a message beside the delta repeats it",
        HI + 'data: {"object":"chat.completion.done","choices":[{"index":0,"delta":{"content":""},'
        '"message":{"content":"Hi"},"finish_reason":"stop"}]}\n\n',
        answer("Hi"),
    ),
    reads(
        "a whole completion may come as one event",
        'data: {"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","logprobs":null,'
        '"message":{"role":"assistant","content":"Hi","refusal":null}}]}\n\n',
        answer("Hi"),
    ),
    reads(
        "a chunk of the legacy completions API has a text",
        'data: {"object":"text_completion","choices":[{"text":"Hi","index":0,"finish_reason":"stop"}]}\n\n',
        answer("Hi", role=None),
    ),
    reads(
        "reasoning may be reasoning_content",
        chunk('{"role":"assistant","content":null,"reasoning_content":"Hm"}')
        + chunk('{"content":null,"reasoning_content":"m"}')
        + chunk('{"content":"Hi","reasoning_content":null}', '"stop"'),
        answer("Hi", reasoning="Hmm"),
    ),
    reads(
        "reasoning may be reasoning",
        chunk('{"role":"assistant","reasoning":"Hmm","reasoning_content":null}') + chunk('{"content":"Hi"}', '"stop"'),
        answer("Hi", reasoning="Hmm"),
    ),
    reads(
        "reasoning under both names counts once",
        chunk('{"role":"assistant","reasoning":"Hmm","reasoning_content":"Hmm"}') + STOP,
        answer(reasoning="Hmm"),
    ),
    reads(
        "content may be a list of parts",
        chunk('{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}')
        + chunk('{"content":[{"type":"thinking","thinking":"m"},{"type":"text","text":"H"},"i",{"type":"image"}]}')
        + chunk('{"content":[]}', '"stop"'),
        answer("Hi", reasoning="Hmm"),
    ),
    reads(
        "values of another type in the place of a text are ignored",
        chunk('{"role":"assistant","content":true,"refusal":{},"reasoning":7,"tool_calls":{}}') + STOP,
        answer(),
    ),
    reads(
        "content may be a number, which is its text",
        chunk('{"role":"assistant","content":"6 x "}')
        + chunk('{"content":7}')
        + chunk('{"content":" is "}')
        + chunk('{"content":42.0}', '"stop"'),
        answer("6 x 7 is 42.0"),
    ),
    reads(
        "a delta and the usage may be lists of one",
        'data: {"choices":[{"delta":[{"role":"assistant","content":"Hi"}]}]}\n\n'
        'data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":[{"prompt_tokens":1}]}\n\n',
        Completion(choices=[Choice(0, Message("assistant", "Hi"), "stop")], usage=Usage(1)),
    ),
    *(
        reads(
            f"several choices may have {what}",
            'data: {"choices":[{INDEX"delta":{"content":"A"}},{INDEX"delta":{"content":"B"}}]}\n\n'
            'data: {"choices":[{INDEX"delta":{"content":"a"},"finish_reason":"stop"},'
            '{INDEX"delta":{"content":"b"},"finish_reason":"stop"}]}\n\n'.replace("INDEX", index),
            Completion(choices=[Choice(0, Message(None, "Aa"), "stop"), Choice(1, Message(None, "Bb"), "stop")]),
            choices=2,
        )
        for what, index in (("no index", ""), ("a null index", '"index":null,'))
    ),
    reads(
        "log probabilities may be lists",
        'data: {"choices":[{"delta":{"content":"a"},"logprobs":[1]}]}\n\n'
        'data: {"choices":[{"delta":{"content":"b"},"logprobs":[2],"finish_reason":"stop"}]}\n\n',
        Completion(choices=[Choice(0, Message(None, "ab"), "stop", [1, 2])]),
    ),
    reads(
        "choices and calls may be objects whose keys are their indexes",
        'data: {"choices":{"0":{"delta":{"role":"assistant","content":"Hi"}}}}\n\n'
        + chunk('{"tool_calls":{"0":{"id":"a","function":{"name":"f","arguments":"{}"}}}}', '"stop"'),
        Completion(
            choices=[
                Choice(0, Message("assistant", "Hi", tool_calls=[ToolCall("a", name="f", arguments="{}")]), "stop")
            ]
        ),
    ),
    reads(
        "a refusal is a text of its own",
        chunk('{"role":"assistant","content":null,"refusal":"I\'d"}') + chunk('{"refusal":" rather not"}', '"stop"'),
        answer(refusal="I'd rather not"),
    ),
    reads(
        "an empty text differs from one that never came",
        chunk('{"role":"assistant","content":"","refusal":"","reasoning_content":""}') + STOP,
        answer("", refusal="", reasoning=""),
    ),
    reads(
        "a surrogate pair may be cut in two",
        chunk('{"role":"assistant","content":"\\ud83d"}') + chunk('{"content":"\\ude00!"}', '"stop"'),
        answer("\U0001f600!"),
    ),
    reads(
        "half a surrogate pair is dropped at the end of a piece, and U+FFFD elsewhere",
        chunk('{"role":"assistant","content":"a\\ud83d"}')
        + chunk('{"content":"b\\ud83d"}')
        + chunk('{"content":"\\ude00"}')
        + chunk('{"content":"\\ude00"}', '"stop"'),
        answer("ab\U0001f600\ufffd"),
    ),
    reads(
        "logprobs may be anything",
        HI + 'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"logprobs":"none"}]}\n\n' + STOP,
        Completion(choices=[Choice(0, Message("assistant", "Hi"), "stop", "none")]),
    ),
    reads(
        "the lists of logprobs join",
        'data: {"object":"chat.completion.chunk",'
        '"choices":[{"index":0,"delta":{},"logprobs":{"content":[{"token":"H"}],"refusal":null}}]}\n\n'
        'data: {"object":"chat.completion.chunk",'
        '"choices":[{"index":0,"delta":{},"logprobs":{"content":[{"token":"i"}],"refusal":null}}]}\n\n'
        'data: {"object":"chat.completion.chunk",'
        '"choices":[{"index":0,"delta":{},"logprobs":{"content":null},"finish_reason":"stop"}]}\n\n',
        Completion(
            choices=[Choice(0, Message(), "stop", {"content": [{"token": "H"}, {"token": "i"}], "refusal": None})]
        ),
    ),
]

USAGES: list[Dialect] = [
    uses(
        "usage after the finish chunk, without choices",
        HI + STOP + 'data: {"object":"chat.completion.chunk",'
        '"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}\n\n',
        Usage(1, 2, 3),
    ),
    uses("usage in the finish chunk", HI + chunk("{}", '"stop"', ',"usage":{"total_tokens":3}'), Usage(0, 0, 3)),
    uses(
        "usage before the finish",
        chunk('{"role":"assistant","content":"Hi"}', more=',"usage":{"total_tokens":3}') + STOP,
        Usage(0, 0, 3),
    ),
    uses(
        "usage a null after it does not take it away",
        HI + STOP + 'data: {"object":"chat.completion.chunk",'
        '"choices":[],"usage":{"total_tokens":3}}\n\ndata: {"object":"chat.completion.chunk",'
        '"choices":[],"usage":null,"moderation":{}}\n\n',
        Usage(0, 0, 3),
    ),
    uses(
        "usage in every chunk, cumulative: the last counts, and nothing is summed",
        chunk('{"role":"assistant","content":"H"}', more=',"usage":{"total_tokens":3}')
        + chunk('{"content":"i"}', '"stop"', ',"usage":{"total_tokens":4}'),
        Usage(0, 0, 4),
    ),
    uses("usage in x_groq", HI + chunk("{}", '"stop"', ',"x_groq":{"usage":{"total_tokens":3}}'), Usage(0, 0, 3)),
    uses(
        "usage in x_groq, without choices",
        HI + STOP + 'data: {"x_groq":{"id":"r","usage":{"total_tokens":3}}}\n\n',
        Usage(0, 0, 3),
    ),
    uses(
        "usage the usage proper goes before that in x_groq",
        HI + chunk("{}", '"stop"', ',"usage":{"total_tokens":3},"x_groq":{"usage":{"total_tokens":9}}'),
        Usage(0, 0, 3),
    ),
    uses("usage nowhere", HI + chunk("{}", '"stop"', ',"x_groq":{"id":"r"}'), None),
    uses(
        "usage numbers of the wrong type, and a vendor's own",
        HI
        + chunk(
            "{}",
            '"stop"',
            ',"usage":{"prompt_tokens":1.0,"completion_tokens":null,"total_tokens":true,"cost":0.1,'
            '"prompt_tokens_details":{"cached_tokens":4.0,"video_tokens":1},'
            '"completion_tokens_details":{"reasoning_tokens":null,"audio_tokens":6}}',
        ),
        Usage(1, 0, 0, PromptTokensDetails(cached_tokens=4), CompletionTokensDetails(audio_tokens=6)),
    ),
    uses(
        "usage details of the wrong type",
        HI + chunk("{}", '"stop"', ',"usage":{"total_tokens":3.0,"prompt_tokens_details":"none"}'),
        Usage(0, 0, 3),
    ),
    uses(
        "usage in the choice (Moonshot)",
        HI + 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop",'
        '"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}]}\n\n',
        Usage(1, 2, 3),
    ),
    uses(
        "usage numbers that are texts",
        HI + STOP + 'data: {"choices":[],"usage":{"prompt_tokens":"1","completion_tokens":"x","total_tokens":"3"}}\n\n',
        Usage(1, 0, 3),
    ),
    uses(
        "usage in the delta",
        HI + chunk('{"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}', '"stop"'),
        Usage(1, 2, 3),
    ),
    uses(
        "usage under the names of another API, without a total",
        HI + STOP + 'data: {"choices":[],"usage":{"input_tokens":1,"output_tokens":2}}\n\n',
        Usage(1, 2, 3),
    ),
    uses(
        "usage under the names of another API, beside choices (mlx-vlm)",
        HI + chunk("{}", '"stop"', ',"usage":{"input_tokens":11,"output_tokens":5,"total_tokens":16,"prompt_tps":2.5}'),
        Usage(11, 5, 16),
    ),
    uses(
        "usage under the names of another API, in every chunk, in parts",
        chunk('{"role":"assistant","content":"Hi"}', more=',"usage":{"input_tokens":5,"output_tokens":0}')
        + chunk("{}", '"stop"', ',"usage":{"output_tokens":7}'),
        Usage(5, 7, 12),
    ),
    uses(
        "usage under the names of another API beside zeros",
        HI
        + chunk(
            "{}", '"stop"', ',"usage":{"prompt_tokens":0,"completion_tokens":0,"input_tokens":"1","output_tokens":2}'
        ),
        Usage(1, 2, 3),
    ),
    uses(
        "usage with the details of another API",
        HI
        + chunk(
            "{}",
            '"stop"',
            ',"usage":{"input_tokens":9,"output_tokens":5,"input_tokens_details":{"cached_tokens":8},'
            '"output_tokens_details":{"reasoning_tokens":4},"cache_creation_input_tokens":1}',
        ),
        Usage(9, 5, 14, PromptTokensDetails(8, cache_write_tokens=1), CompletionTokensDetails(4)),
    ),
    uses(
        "usage with cached tokens outside the details (DeepSeek)",
        HI
        + chunk(
            "{}",
            '"stop"',
            ',"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"prompt_cache_hit_tokens":8,'
            '"prompt_cache_miss_tokens":1,"reasoning_tokens":2}',
        ),
        Usage(9, 5, 14, PromptTokensDetails(8), CompletionTokensDetails(2)),
    ),
    uses(
        "usage with cached tokens outside the details and in them (Moonshot)",
        HI
        + chunk(
            "{}",
            '"stop"',
            ',"usage":{"prompt_tokens":9,"completion_tokens":5,"total_tokens":14,"cached_tokens":8,"reasoning_tokens":3,'
            '"prompt_tokens_details":{"cached_tokens":7},"completion_tokens_details":{"reasoning_tokens":2}}',
        ),
        Usage(9, 5, 14, PromptTokensDetails(7), CompletionTokensDetails(2)),
    ),
    uses(
        "usage under the names of Bedrock",
        HI + STOP + 'data: {"choices":[],"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":4}}\n\n',
        Usage(1, 2, 4),
    ),
    uses(
        "usage without a total",
        HI + chunk("{}", '"stop"', ',"usage":{"prompt_tokens":1,"completion_tokens":2}'),
        Usage(1, 2, 3),
    ),
    uses(
        "usage of zeros does not hide that in the choice",
        HI + 'data: {"choices":[{"delta":{},"finish_reason":"stop","usage":{"total_tokens":9}}],'
        '"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}\n\n',
        Usage(0, 0, 9),
    ),
    uses(
        "usage the usage proper goes before that in the choice",
        HI + 'data: {"choices":[{"delta":{},"finish_reason":"stop","usage":{"total_tokens":9}}],'
        '"usage":{"total_tokens":3}}\n\n',
        Usage(0, 0, 3),
    ),
    uses(
        "usage in two parts, details kept",
        chunk(
            '{"role":"assistant","content":"Hi"}',
            more=',"usage":{"prompt_tokens":5,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":4}}',
        )
        + chunk(
            "{}",
            '"stop"',
            ',"usage":{"completion_tokens":7,"prompt_tokens_details":{"audio_tokens":1},'
            '"completion_tokens_details":{"reasoning_tokens":3}}',
        ),
        Usage(5, 7, 12, PromptTokensDetails(4, 1), CompletionTokensDetails(3)),
    ),
    uses(
        "usage of zeros after it does not take it away",
        HI
        + chunk("{}", '"stop"', ',"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}')
        + 'data: {"choices":[],"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}\n\n',
        Usage(5, 7, 12),
    ),
    uses(
        "usage whose total counts more than its parts",
        HI
        + chunk("{}", '"stop"', ',"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":20}')
        + 'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":30}}\n\n',
        Usage(5, 7, 30),
    ),
    uses("usage a usage that is none", HI + chunk("{}", '"stop"', ',"usage":[3]'), None),
]
