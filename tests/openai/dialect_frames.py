"""Complete messages that come without deltas: with all of the answer until now, or with pieces of it."""

from __future__ import annotations

from typing import Any

from dialects import Dialect, event, reads

from sse_client.adapters.openai import Audio, Choice, Completion, Message, ToolCall

NO_DELTA: dict[str, Any] = {}


def frames(*messages: dict[str, Any], finish_reason: str | None = "stop", **choice: Any) -> str:
    """Return a chunk for each message, the last one with the finish reason."""
    reasons = [None] * (len(messages) - 1) + [finish_reason]
    return "".join(
        event({"choices": [{"index": 0, "message": message, "finish_reason": reason, **choice}]})
        for message, reason in zip(messages, reasons, strict=True)
    )


def texts(*pieces: str) -> list[dict[str, Any]]:
    return [{"role": "assistant", "content": piece} for piece in pieces]


def called(*calls: tuple[str | None, str | None], **fields: Any) -> dict[str, Any]:
    """Return a message of calls, each with a name and arguments."""
    parts = [{"name": name, "arguments": arguments} for name, arguments in calls]
    return {"tool_calls": [{**fields, "function": part} for part in parts]}


def said(content: str | None = None, role: str | None = "assistant", **fields: Any) -> Completion:
    return Completion(choices=[Choice(0, Message(role, content, **fields), "stop")])


def calling(*calls: ToolCall) -> Completion:
    return said(role=None, tool_calls=list(calls))


GROWING: list[Dialect] = [
    reads("messages may grow", frames(*texts("He", "Hello", "Hello you")), said("Hello you")),
    reads("messages may grow beside deltas that are empty",
          "".join(event({"choices": [{"index": 0, "delta": delta, "message": message}]}) for delta, message in
                  zip([None, NO_DELTA, {"content": ""}], texts("He", "Hello", "Hello!"), strict=True))
          + event({"choices": [{"delta": NO_DELTA, "finish_reason": "stop"}]}),
          said("Hello!")),
    reads("messages may grow from an empty one, and end with one",
          frames(*texts("", "He", "Hello", "")), said("Hello")),
    reads("messages may grow, each with a finish reason",
          frames(*texts("He"), {"content": "Hello"}) + frames(*texts("Hello you")), said("Hello you")),
    reads("messages may grow by their reasoning, and then by their text",
          frames({"reasoning_content": "h", "content": ""}, {"reasoning_content": "hm", "content": ""},
                 {"reasoning_content": "hm", "content": "H"}, {"reasoning_content": "hm", "content": "Hi"}),
          said("Hi", None, reasoning="hm")),
    reads("messages that grow may end inside a surrogate pair",
          frames(*texts("Caf\ufffd", "Caf\ufffd\ufffd", "Café", "Café!")), said("Café!")),
    reads("messages that grow may be revised",
          frames(*texts("1 apple, 2 pea", "1 apple, 2 pears", "1 apple, two pears", "1 apple, two pears and a fig")),
          said("1 apple, two pears and a fig")),
    reads("messages that grow may have several choices",
          "".join(event({"choices": [{"index": index, "message": {"content": text}, "finish_reason": reason}
                                     for index, text in enumerate(pair)]})
                  for pair, reason in ((("A", "B"), None), (("Ab", "Bc"), "stop"))),
          Completion(choices=[Choice(0, Message(None, "Ab"), "stop"), Choice(1, Message(None, "Bc"), "stop")]),
          choices=2),
    reads("messages may grow by a refusal and by audio",
          frames({"refusal": "I", "audio": {"id": "s", "data": "AB"}},
                 {"refusal": "I'd rather", "audio": {"id": "s", "data": "ABCD"}}),
          said(None, None, refusal="I'd rather", audio=Audio("s", "ABCD"))),
    reads("messages may grow with their log probabilities",
          frames({"content": "H"}, finish_reason=None, logprobs={"content": [1]})
          + frames({"content": "Hi"}, logprobs={"content": [1, 2], "refusal": []}),
          Completion(choices=[Choice(0, Message(None, "Hi"), "stop", {"content": [1, 2], "refusal": []})])),
    reads("calls may grow in messages",
          frames(called(("f", ""), id="a"), called(("f", '{"x"'), id="a"), called(("f", '{"x":1}'), id="a")),
          calling(ToolCall("a", name="f", arguments='{"x":1}'))),
    reads("calls may grow in messages without ids, from empty arguments, and others may follow",
          frames(called(("get_", "{}")), called(("get_time", '{"x":')), called(("get_time", '{"x":1}'), ("g", "{")),
                 called(("get_time", '{"x":1}'), ("g", "{}"))),
          calling(ToolCall(name="get_time", arguments='{"x":1}'), ToolCall(name="g", arguments="{}"))),
    reads("calls of one index may grow in messages, and others may follow",
          frames(called(("f", '{"x"'), index=0), called(("f", '{"x":1}'), index=0),
                 called(("f", '{"x":1}'), ("g", '{"y"'), index=0), called(("f", '{"x":1}'), ("g", '{"y":2}'), index=0)),
          calling(ToolCall(name="f", arguments='{"x":1}'), ToolCall(name="g", arguments='{"y":2}'))),
    reads("arguments that grow may be complete each time",
          frames(called(("f", '{"x":""}'), id="a"), called(("f", '{"x":"y"}'), id="a"),
                 called(("f", '{"x":"y","z":1}'), id="a")),
          calling(ToolCall("a", name="f", arguments='{"x":"y","z":1}'))),
    reads("arguments that grow may be revised",
          frames(called(("f", '{"city": "Ber'), id="a"), called(("f", '{"city":"Berlin"'), id="a"),
                 called(("f", '{"city":"Berlin"}'), id="a")),
          calling(ToolCall("a", name="f", arguments='{"city":"Berlin"}'))),
    reads("calls may grow in messages of which none is finished",
          frames(called(("f", '{"x":1}'), id="a"), called(("f", '{"x":1}'), id="a"), finish_reason=None)
          + "data: [DONE]\n\n",
          Completion(choices=[Choice(0, Message(tool_calls=[ToolCall("a", name="f", arguments='{"x":1}')]), None)])),
    reads("a custom call may grow in messages",
          "".join(event({"choices": [{"message": {"tool_calls": [
              {"id": "c", "custom": {"name": "p", "input": text}}]}, "finish_reason": reason}]})
              for text, reason in (("{}", None), ("{} and", None), ("{} and more", "stop"))),
          calling(ToolCall("c", "custom", "p", "{} and more"))),
    reads("messages may be pieces", frames(*texts("He", "llo", " ", "you")), said("Hello you")),
    reads("messages may be pieces, and the last one complete", frames(*texts("He", "llo", " you", "Hello you")),
          said("Hello you")),
    reads("messages may be pieces of reasoning and text",
          frames({"reasoning_content": "h"}, {"reasoning_content": "m"}, {"content": "H"}, {"content": "i"}),
          said("Hi", None, reasoning="hm")),
    reads("messages may be pieces of calls",
          frames(called(("f", ""), id="a", index=0), called((None, '{"x"'), index=0), called((None, ":1}"), index=0),
                 called(("g", ""), id="b", index=1), called((None, "{"), index=1), called((None, "}"), index=1), {}),
          calling(ToolCall("a", name="f", arguments='{"x":1}'), ToolCall("b", name="g", arguments="{}"))),
    reads("deltas may continue what a message began",
          frames(*texts("He"), finish_reason=None) + event({"choices": [{"delta": {"content": "llo"}}]})
          + frames(*texts("Hello")),
          said("Hello")),
]  # fmt: skip
