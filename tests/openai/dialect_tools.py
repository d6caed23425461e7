"""Tool calls, however a server numbers and names their fragments."""

from __future__ import annotations

from dialects import Dialect, call, calls, chunk, fragment

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
        "calls are in the order of their index, whenever they begin",
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
        [ToolCall("b", name="f", arguments="{}")],
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
        "without an index, the id tells the call (Mistral)",
        call(fragment("{", "f", id="a")) + call(fragment("[]", "g", id="b")) + call(fragment("}", id="a")),
        [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="g", arguments="[]")],
    ),
    calls(
        "without either, a name begins a call",
        call(fragment("{", "f")) + call(fragment("}")) + call(fragment("[]", "g")),
        [ToolCall(name="f", arguments="{}"), ToolCall(name="g", arguments="[]")],
    ),
    calls("a fragment with nothing to continue begins one", call(fragment("{}")), [ToolCall(arguments="{}")]),
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
        call('{"index":0,"id":"a"}') + call('{"index":"0","id":"a","function":null}'),
        [ToolCall("a")],
    ),
    calls(
        "a character in the arguments may be cut in two",
        call(fragment("\ud83d", "f", index=0))
        + call(fragment("\ude00", index=0))
        + chunk('{"content":"\\ud83d"}')
        + call('{"index":0,"id":"a"}'),
        [ToolCall("a", name="f", arguments="\U0001f600")],
        content="",
    ),
    calls(
        "a whole completion has calls without an index",
        'data: {"choices":[{"message":{"content":null,"tool_calls":[{"id":"a","type":"function","function":'
        '{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"f","arguments":"{}"}}]}}]}\n\n',
        [ToolCall("a", name="f", arguments="{}"), ToolCall("b", name="f", arguments="{}")],
    ),
]
