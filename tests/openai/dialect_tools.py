"""Tool calls, however a server numbers and names their fragments."""

from __future__ import annotations

from dialects import STOP, Dialect, call, calls, chunk, fragment

from sse_client.adapters.openai import ToolCall

TOOL_CALLS: list[Dialect] = [
    calls(
        "fragments at an index are one call",
        call('{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}')
        + call('{"index":0,"function":{"arguments":"{\\"x\\""}}')
        + call('{"index":0,"function":{"arguments":": 1}"}}'),
        [ToolCall("a", "function", "f", '{"x": 1}')],
    ),
    calls(
        "parallel calls interleave",
        call(fragment("{", "f", index=0, id="a") + "," + fragment("[", "g", index=1, id="b"))
        + call(fragment("]", index=1) + "," + fragment("}", index=0)),
        [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="g", arguments="[]")],
    ),
    calls(
        "calls are in the order of their index, whichever begins first",
        call(fragment("[]", "g", index=1, id="b")) + call(fragment("{}", "f", index=0, id="a")),
        [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="g", arguments="[]")],
    ),
    calls(
        "an empty id, type or name replaces nothing",
        call(fragment("{", "f", index=0, id="a", type="function")) + call(fragment("}", "", index=0, id="", type="")),
        [ToolCall("a", name="f", arguments="{}")],
    ),
    calls(
        "a repeated id and name are not appended",
        call(fragment("{", "f", index=0, id="a", type="custom")) + call(fragment("}", "f", index=0, id="a")),
        [ToolCall("a", "custom", "f", "{}")],
    ),
    calls(
        "a name repeated in each fragment is one name (llama.cpp)",
        call(fragment("{", "f", index=0)) + call(fragment("}", "f", index=0)),
        [ToolCall("", name="f", arguments="{}")],
    ),
    calls(
        "an id may come late",
        call(fragment("{", "f", index=0)) + call(fragment("}", "f", index=0, id="a")),
        [ToolCall("a", name="f", arguments="{}")],
    ),
    calls(
        "a new id without a name continues the call (LM Studio)",
        call(fragment("{", "f", index=0, id="a")) + call(fragment("}", index=0, id="b")),
        [ToolCall("a", name="f", arguments="{}")],
    ),
    calls(
        "a new id with a name at a used index is a new call (Gemini behind proxies)",
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
    ),
    calls(
        "without an index, the id identifies the call (Mistral)",
        call(fragment("{", "f", id="a")) + call(fragment("[]", "g", id="b")) + call(fragment("}", id="a")),
        [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="g", arguments="[]")],
    ),
    calls(
        "without either, a name begins a call",
        call(fragment("{", "f")) + call(fragment("}")) + call(fragment("[]", "g")),
        [ToolCall(name="f", arguments="{}"), ToolCall(name="g", arguments="[]")],
    ),
    calls("a call that never gets a name is left out", call(fragment("{}", id="a")) + call(fragment("{}")), []),
    calls(
        "a name may come late",
        call('{"index":0,"id":"a","function":{"arguments":"{"}}') + call(fragment("}", "f", index=0)),
        [ToolCall("a", name="f", arguments="{}")],
    ),
    calls(
        "a name may come in pieces",
        call('{"index":0,"id":"a","function":{"name":"get_"}}')
        + call('{"index":0,"function":{"name":"weather"}}')
        + call('{"index":0,"function":{"arguments":"{}"}}'),
        [ToolCall("a", name="get_weather", arguments="{}")],
    ),
    calls(
        "a name may come in pieces with pieces of the arguments",
        call(fragment('{"x"', "get_", index=0, id="a")) + call(fragment(":1}", "weather", index=0)),
        [ToolCall("a", name="get_weather", arguments='{"x":1}')],
    ),
    calls(
        "a name may be repeated with its later pieces",
        call(fragment("", "get_", index=0, id="a")) + call(fragment("{}", "get_weather", index=0)),
        [ToolCall("a", name="get_weather", arguments="{}")],
    ),
    calls(
        "empty arguments may come before the real ones",
        call(fragment("{}", "f", index=0, id="a")) + call(fragment('{"x":1}', index=0)),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "empty arguments may come before the real ones, with the name again, and in pieces",
        call(fragment("{}", "f", index=0, id="a"))
        + call(fragment("", "f", index=0, id="a"))
        + call(fragment('{"x"', "f", index=0, id="a"))
        + call(fragment(":1}", "f", index=0, id="a")),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "arguments may be null before the real ones",
        call(fragment("null", "f", index=0)) + call(fragment("null", "f", index=0)) + call(fragment("{}", index=0)),
        [ToolCall(name="f", arguments="{}")],
    ),
    calls(
        "a call may come without the list around it",
        chunk('{"tool_calls":{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}}')
        + chunk('{"tool_calls":{"index":0,"function":{"arguments":"}"}}}'),
        [ToolCall("a", name="f", arguments="{}")],
    ),
    calls(
        "arguments may be an empty text in quotes before the real ones",
        call(fragment('""', "f", index=0, id="a")) + call(fragment('{"x":1}', index=0)),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "arguments that only begin like empty ones are kept",
        call(fragment("null", "f", index=0)) + call(fragment("able", index=0)),
        [ToolCall(name="f", arguments="nullable")],
    ),
    calls(
        "empty arguments may be all there are",
        call(fragment("{}", "f", index=0, id="a")),
        [ToolCall("a", name="f", arguments="{}")],
    ),
    calls(
        "parallel calls may share one index and have no ids (Ollama)",
        call(fragment('{"x":1}', "a", index=0)) + call(fragment('{"y":2}', "b", index=0)),
        [ToolCall(name="a", arguments='{"x":1}'), ToolCall(name="b", arguments='{"y":2}')],
    ),
    calls(
        "parallel calls of one function may share one index and have no ids",
        call(fragment('{"x":"}"}', "f", index=0)) + call(fragment('{"x":2}', "f", index=0)),
        [ToolCall(name="f", arguments='{"x":"}"}'), ToolCall(name="f", arguments='{"x":2}')],
    ),
    calls(
        "parallel calls without arguments may share one index and have no ids",
        call(fragment("{}", "a", index=0)) + call(fragment("{}", "b", index=0)),
        [ToolCall(name="a", arguments="{}"), ToolCall(name="b", arguments="{}")],
    ),
    calls(
        "parallel calls may share one ID",
        call(fragment('{"x":1}', "a", index=0, id="i")) + call(fragment('{"y":2}', "b", index=1, id="i")),
        [ToolCall("i", name="a", arguments='{"x":1}'), ToolCall("i", name="b", arguments='{"y":2}')],
    ),
    calls(
        "a call may be repeated whole",
        call(fragment('{"x"', "f", index=0))
        + call(fragment(":1}", index=0))
        + call(fragment('{"x":1}', "f", index=0))
        + call(fragment('{"x":1}', "f", index=0)),
        [ToolCall(name="f", arguments='{"x":1}')],
    ),
    calls(
        "an index may count the pieces (Cerebras)",
        call(fragment('{"x"', "f", index=0, id="a")) + call(fragment(":", index=1)) + call(fragment("1}", index=2)),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "an ID may come again at another index",
        call(fragment('{"x"', "f", index=0, id="a")) + call(fragment(":1}", index=1, id="a")),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "a new id with the same name may be a piece of the call",
        call(fragment('{"x"', "f", index=0, id="a")) + call(fragment(":1}", "f", index=0, id="b")),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "without an index, a new id without a name is a piece of the call",
        call(fragment('{"x"', "f", id="a")) + call(fragment(":1}", id="b")),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "without an index and an ID, a name may be repeated with each piece",
        call(fragment('{"x"', "f")) + call(fragment(":1}", "f")) + call(fragment("{}", "f")),
        [ToolCall(name="f", arguments='{"x":1}'), ToolCall(name="f", arguments="{}")],
    ),
    calls(
        "a custom call may never say its type",
        call('{"index":0,"id":"c","custom":{"name":"p","input":"a"}}')
        + call('{"index":0,"custom":{"input":"b"}}')
        + call('{"index":0,"custom":{"name":"q","input":"c"}}'),
        [ToolCall("c", "custom", "p", "ab"), ToolCall("", "custom", "q", "c")],
    ),
    calls(
        "arguments that are an object are kept as JSON",
        call('{"index":0,"id":"a","function":{"name":"f","arguments":{"city":"K\\u00f6ln"}}}'),
        [ToolCall("a", name="f", arguments='{"city":"Köln"}')],
    ),
    calls(
        "fields may be null (Writer)",
        call('{"index":0,"id":"a","function":{"name":"f","arguments":null}}')
        + call('{"index":0,"id":null,"type":null,"function":{"name":null,"arguments":"{}"}}'),
        [ToolCall("a", name="f", arguments="{}")],
    ),
    calls(
        "a function may be missing, and an index no number",
        call('{"index":0,"id":"a"}')
        + call('{"index":"0","id":"a","function":null}')
        + call(fragment("", "f", index=0)),
        [ToolCall("a", name="f")],
    ),
    calls(
        "a surrogate pair in the arguments may be cut in two",
        call(fragment("\ud83d", "f", index=0))
        + call(fragment("\ude00", index=0))
        + chunk('{"content":"\\ud83d"}')
        + call('{"index":0,"id":"a"}'),
        [ToolCall("a", name="f", arguments="\U0001f600")],
        content="",
    ),
    calls(
        "a surrogate pair in the input of a custom call may be cut in two",
        call('{"index":0,"id":"a","type":"custom","custom":{"name":"p","input":"x\\ud83d"}}')
        + call('{"index":0,"custom":{"input":"\\ude00y"}}'),
        [ToolCall("a", "custom", "p", "x\U0001f600y")],
    ),
    calls(
        "surrogate pairs of calls without an index may be cut in two",
        call(fragment("1\ud83d", "f", id="a"))
        + call(fragment("2\ud83d", "f", id="b"))
        + call(fragment("\ude00", id="a"))
        + call(fragment("\ude00\ud83d", id="b"))
        + call(fragment("\ude01")),
        [ToolCall("a", name="f", arguments="1\U0001f600"), ToolCall("b", name="f", arguments="2\U0001f600\U0001f601")],
    ),
    calls(
        "a whole completion has calls without an index",
        'data: {"choices":[{"message":{"content":null,"tool_calls":[{"id":"a","type":"function","function":'
        '{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"f","arguments":"{}"}}]}}]}\n\n',
        [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="f", arguments="{}")],
    ),
]

# What gateways do to calls.
ODD_CALLS: list[Dialect] = [
    *(
        calls(
            f"arguments may be {empty} before the real ones",
            call(fragment(empty, "f", index=0, id="a"))
            + call(fragment('{"x"', index=0))
            + call(fragment(":1}", index=0)),
            [ToolCall("a", name="f", arguments='{"x":1}')],
        )
        for empty in ("[]", "{ }", " {}")
    ),
    calls(
        "arguments may be the input of a tool (Anthropic's name)",
        call('{"index":0,"id":"a","name":"f","input":{"x":1}}'),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "arguments may come after a finish reason (proxies that send one with each chunk)",
        call(fragment("", "f", index=0, id="a")) + STOP + call(fragment('{"x":1}', index=0)) + STOP,
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "a name may come in pieces without an index and an ID",
        call('{"function":{"name":"get_"}}') + call('{"function":{"name":"weather"}}') + call(fragment("{}")),
        [ToolCall(name="get_weather", arguments="{}")],
    ),
    calls(
        "a name may come in pieces with the ID alone",
        call(fragment("", "get_", id="a")) + call(fragment("", "weather", id="a")) + call(fragment("{}", id="a")),
        [ToolCall("a", name="get_weather", arguments="{}")],
    ),
    calls(
        "arguments may grow (Qianfan)",
        call(fragment('{"x"', "f", index=0, id="a"))
        + call(fragment('{"x":[1', "f", index=0, id="a"))
        + call(fragment('{"x":[1', index=0))
        + call(fragment('{"x":[1]}', index=0)),
        [ToolCall("a", name="f", arguments='{"x":[1]}')],
    ),
    calls(
        "arguments of parallel calls may grow",
        call(fragment('{"x"', "f", index=0, id="a") + "," + fragment("{", "g", index=1, id="b"))
        + call(fragment('{"x":1}', index=0) + "," + fragment('{"y":2}', index=1)),
        [ToolCall("a", name="f", arguments='{"x":1}'), ToolCall("b", name="g", arguments='{"y":2}')],
    ),
    calls(
        "pieces of nested arguments may begin like the whole",
        call(fragment('{"x":', "f", index=0, id="a"))
        + call(fragment('{"x":1}', index=0))
        + call(fragment(',"y":[', index=0))
        + call(fragment('{"x":', index=0))
        + call(fragment("2}]}", index=0)),
        [ToolCall("a", name="f", arguments='{"x":{"x":1},"y":[{"x":2}]}')],
    ),
    calls(
        "pieces of a text in the arguments may be JSON",
        call(fragment('{"x":"', "f", index=0, id="a"))
        + call(fragment("{}", index=0))
        + call(fragment('{\\"y\\":1}', index=0))
        + call(fragment('"}', index=0)),
        [ToolCall("a", name="f", arguments='{"x":"{}{\\"y\\":1}"}')],
    ),
    calls(
        "complete arguments may be revised after their pieces",
        call(fragment('{"city": "Ber', "f", index=0, id="a")) + call(fragment('{"city":"Berlin"}', index=0)),
        [ToolCall("a", name="f", arguments='{"city":"Berlin"}')],
    ),
    calls(
        "complete arguments may be repeated with other blanks",
        call(fragment('{"x"', "f", index=0))
        + call(fragment(":1}", index=0))
        + call(fragment('{"x": 1}', "f", index=0))
        + call(fragment('{ "x": 1 }', index=0)),
        [ToolCall(name="f", arguments='{"x":1}')],
    ),
    calls(
        "complete arguments may be repeated as a JSON text (LiteLLM)",
        call(fragment('{"x"', "f", index=0, id="a"))
        + call(fragment(":1}", index=0))
        + call(fragment('"{\\"x\\":1}"', "f", index=0, id="a")),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "an index may be a text, and an ID a number",
        call(fragment('{"x"', "f", index="0", id=7) + "," + fragment('{"y"', "g", index="1", id=8))
        + call(fragment(":1}", index="0", id=7) + "," + fragment(":2}", index="1", id=8)),
        [ToolCall("7", name="f", arguments='{"x":1}'), ToolCall("8", name="g", arguments='{"y":2}')],
    ),
    calls(
        "indexes may have gaps, and be negative",
        call(fragment('{"x"', "f", index=7, id="a") + "," + fragment('{"y"', "g", index=-1, id="b"))
        + call(fragment(":2}", index=-1) + "," + fragment(":1}", index=7)),
        [ToolCall("b", name="g", arguments='{"y":2}'), ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "a call may come without the object around its name",
        call('{"index":0,"id":"a","type":"function","name":"f","arguments":{"x":1}}'),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "arguments may be called parameters",
        call('{"index":0,"id":"a","function":{"name":"f","parameters":{"x":1}}}'),
        [ToolCall("a", name="f", arguments='{"x":1}')],
    ),
    calls(
        "a custom call may say that it is a function, and have an empty one",
        call('{"index":0,"id":"c","type":"function","custom":{"name":"p","input":"a"}}')
        + call('{"index":1,"id":"d","custom":{"name":"q","input":"b"},"function":{"name":null,"arguments":""}}'),
        [ToolCall("c", "custom", "p", "a"), ToolCall("d", "custom", "q", "b")],
    ),
    calls(
        "a custom call may have an object, and text that looks like one",
        call('{"index":0,"id":"c","custom":{"name":"p","input":{"a":1}}}')
        + call('{"index":1,"id":"d","custom":{"name":"q","input":"{}"}}')
        + call('{"index":1,"custom":{"input":"{}"}}'),
        [ToolCall("c", "custom", "p", '{"a":1}'), ToolCall("d", "custom", "q", "{}{}")],
    ),
]
