"""Complete messages among the deltas, one answer under several indexes, other names of reasoning, empty errors."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
from __future__ import annotations

from typing import Any

from dialects import DONE, HI, STOP, Dialect, answer, call, chunk, event, fails, fragment, reads

from sse_client.adapters.openai import Audio, Choice, Completion, Message, ToolCall, Usage

NO_DELTA: dict[str, Any] = {}
TEXT = "The quick brown fox"
BEGUN = chunk('{"role":"assistant","content":"The quick "}') + chunk('{"content":"brown fox"}')


def message(finish_reason: str | None = "stop", *, choice: dict[str, Any] | None = None, **fields: Any) -> str:
    """Return a chunk whose choice is a complete message."""
    whole = {"index": 0, "finish_reason": finish_reason, "message": fields, **(choice or {})}
    return event({"object": "chat.completion", "choices": [whole]})


def calling(*calls: ToolCall) -> Completion:
    return Completion(choices=[Choice(0, Message(None, tool_calls=list(calls)), "stop")])


F = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}
G = {"id": "b", "type": "function", "function": {"name": "g", "arguments": "{}"}}
CALLED_F = ToolCall("a", name="f", arguments='{"x":1}')
CALLED_G = ToolCall("b", name="g", arguments="{}")
F_BEGUN = call(fragment('{"x"', "f", index=0, id="a")) + call(fragment(":1}", index=0))

MESSAGES: list[Dialect] = [
    reads("a complete message after the deltas repeats the text (MiniMax)",
          HI + message(role="assistant", content="Hi"), answer("Hi")),
    reads("a complete message repeats reasoning and refusal, too",
          chunk('{"role":"assistant","reasoning_content":"hm","refusal":"no"}')
          + message(role="assistant", content=None, reasoning_content="hm", refusal="no"),
          answer(None, reasoning="hm", refusal="no")),
    reads("a complete message repeats the tool calls",
          F_BEGUN + call(fragment("{}", "g", index=1, id="b")) + message(tool_calls=[F, G]),
          calling(CALLED_F, CALLED_G)),
    reads("a complete message may give the calls other IDs",
          F_BEGUN + message(tool_calls=[{**F, "id": "other"}]), calling(CALLED_F)),
    reads("a complete message may give the calls other IDs, and write their arguments anew",
          F_BEGUN + message(tool_calls=[{**F, "id": "other", "function": {"name": "f", "arguments": {"x": 1}}}])
          + message(tool_calls=[{**F, "id": "third", "function": {"name": "f", "arguments": '{ "x": 1 }'}}]),
          calling(CALLED_F)),
    reads("a complete message may give the calls their IDs and names",
          call('{"index":0,"function":{"arguments":"{\\"x\\":1}"}}') + message(tool_calls=[F]), calling(CALLED_F)),
    reads("a complete message may have more: of the text, a reasoning, a call, a role",
          chunk('{"content":"The quick "}') + message(role="assistant", content=TEXT, reasoning="hm", tool_calls=[F]),
          Completion(choices=[Choice(0, Message("assistant", TEXT, "hm", tool_calls=[CALLED_F]), "stop")])),
    reads("a complete message may have more of the arguments",
          call(fragment('{"x"', "f", index=0, id="a")) + message(tool_calls=[F]), calling(CALLED_F)),
    reads("a complete message replaces empty arguments",
          call(fragment("{}", "f", index=0, id="a")) + message(tool_calls=[F]), calling(CALLED_F)),
    reads("a complete message replaces empty arguments under another ID",
          call(fragment("{}", "f", index=0, id="a")) + message(tool_calls=[{**F, "id": "other"}]), calling(CALLED_F)),
    reads("a complete message may have one call more",
          F_BEGUN + message(tool_calls=[F, G]), calling(CALLED_F, CALLED_G)),
    reads("calls of a complete message may have one index",
          message(tool_calls=[{**F, "index": 0}, {**G, "index": 0}]), calling(CALLED_F, CALLED_G)),
    reads("calls of a complete message may have one index, and neither an ID nor a name of their own",
          message(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": a}} for a in ('{"x":1}', "{}")]),
          calling(ToolCall(name="f", arguments='{"x":1}'), ToolCall(name="f", arguments="{}"))),
    reads("a complete message repeats calls of one index",
          call(fragment('{"x":1}', "f", index=0, id="a")) + call(fragment("{}", "g", index=0, id="b"))
          + message(tool_calls=[{**F, "index": 0}, {**G, "index": 0}]), calling(CALLED_F, CALLED_G)),
    reads("a complete message with another text changes nothing",
          HI + message(role="assistant", content="Ho") + message(content="Hello"), answer("Hi")),
    reads("a complete message beside the last delta repeats it",
          chunk('{"role":"assistant","content":"H"}')
          + event({"choices": [{"delta": {"content": "i"}, "message": {"content": "Hi"}, "finish_reason": "stop"}]}),
          answer("Hi")),
    reads("a complete message beside an empty delta may be all there is",
          event({"choices": [{"delta": {"role": "assistant"}, "message": {"content": "Hi"}, "finish_reason": "stop"}]}),
          answer("Hi")),
    reads("complete messages may be parts of one answer (Copilot)",
          event({"choices": [{"finish_reason": "tool_calls", "message": {"content": "Hi"}},
                             {"finish_reason": "tool_calls", "message": {"tool_calls": [F]}}]}),
          Completion(choices=[Choice(0, Message(None, "Hi", tool_calls=[CALLED_F]), "tool_calls")])),
    reads("a message beside each delta may be the delta again (text-generation-webui)",
          "".join(event({"choices": [{"index": 0, "delta": piece, "message": piece, "finish_reason": reason}]})
                  for piece, reason in (({"role": "assistant", "content": "He"}, None),
                                        ({"role": "assistant", "content": "llo"}, None),
                                        ({"role": "assistant", "content": ""}, "stop"))),
          answer("Hello")),
    reads("a complete message may carry the finish reason",
          HI + message(None, role="assistant", content="Hi") + STOP, answer("Hi")),
    reads("a complete message repeats audio and a function call",
          chunk('{"audio":{"id":"s","data":"AB","transcript":"a"},"function_call":{"name":"f","arguments":"{}"}}')
          + message(audio={"id": "s", "data": "ABCD", "transcript": "a", "expires_at": 7},
                    function_call={"name": "f", "arguments": "{}"}),
          Completion(choices=[Choice(0, Message(
              audio=Audio("s", "ABCD", "a", 7), tool_calls=[ToolCall(name="f", arguments="{}")]), "stop")])),
    reads("a complete message may have audio, or a function call",
          message(None, audio={"id": "s", "data": "AB"}, function_call={"name": "f", "arguments": "{}"})
          + message(audio={"id": "s", "data": "AB"}),
          Completion(choices=[Choice(0, Message(
              audio=Audio("s", "AB"), tool_calls=[ToolCall(name="f", arguments="{}")]), "stop")])),
    reads("a complete message repeats the log probabilities",
          event({"choices": [{"delta": {"content": "Hi"}, "logprobs": {"content": [1]}}]})
          + message(choice={"logprobs": {"content": [1]}}, content="Hi"),
          Completion(choices=[Choice(0, Message(None, "Hi"), "stop", {"content": [1]})])),
    reads("a finish chunk may repeat the whole text (RAGFlow)",
          BEGUN + chunk(f'{{"content":"{TEXT}"}}', '"stop"'), answer(TEXT)),
    reads("a finish chunk may repeat a short text that came in pieces",
          chunk('{"role":"assistant","content":""}') + chunk('{"content":"Hel"}') + chunk('{"content":"lo"}')
          + chunk('{"content":"Hello"}', '"stop"'), answer("Hello")),
    reads("a short text in the finish chunk is a piece, though it repeats the text",
          chunk('{"role":"assistant","content":"ha"}') + chunk('{"content":"ha"}', '"stop"'), answer("haha")),
    reads("one answer may be under several indexes (LiteLLM)",
          chunk('{"reasoning_content":"hm"}')
          + event({"choices": [{"index": 1, "delta": {"content": "Hi"}}]})
          + event({"choices": [{"index": 2, "delta": {"tool_calls": [{**F, "index": 0}]}}]}) + STOP,
          Completion(choices=[Choice(0, Message(None, "Hi", "hm", tool_calls=[CALLED_F]), "stop")])),
    reads("one answer may be under several indexes in one chunk, with the role in each",
          event({"choices": [{"index": 0, "delta": {"role": "assistant", "reasoning_content": "hm"}},
                             {"index": 1, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}),
          answer("Hi", reasoning="hm")),
    reads("indexes may be texts",
          "".join(event({"choices": [{"index": str(index), "delta": {"content": text}, "finish_reason": "stop"}]})
                  for index, text in enumerate("AB")),
          Completion(choices=[Choice(index, Message(None, text), "stop") for index, text in enumerate("AB")]),
          choices=2),
    reads("several complete messages may have no index",
          event({"choices": [{"message": {"content": text}, "finish_reason": "stop"} for text in "AB"]}),
          Completion(choices=[Choice(index, Message(None, text), "stop") for index, text in enumerate("AB")]),
          choices=2),
    reads("one answer may finish under another index",
          HI + event({"choices": [{"index": 1, "delta": NO_DELTA, "finish_reason": "stop"}]}), answer("Hi")),
    reads("several answers keep their indexes",
          chunk('{"reasoning_content":"hm"}', '"stop"')
          + event({"choices": [{"index": 1, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}),
          Completion(choices=[Choice(0, Message(None, None, "hm"), "stop"), Choice(1, Message(None, "Hi"), "stop")]),
          choices=2),
    *(
        reads(f"reasoning may be {name}", chunk(f'{{"role":"assistant","{name}":{said}}}') + STOP,
              answer(reasoning="hm"))
        for name, said in [
            ("reasoning_text", '"hm"'), ("thinking", '"hm"'), ("thinking_content", '"hm"'), ("thought", '"hm"'),
            ("thoughts", '["h","m"]'), ("reasoning_details", '[{"type":"reasoning.text","text":"h"},{"summary":"m"}]'),
            ("thinking_blocks", '[{"type":"thinking","thinking":"hm","signature":"s"}]'), ("cot_summary", '"hm"'),
            ("reasoning_summary", '"hm"'), ("thinking_text", '"hm"'),
            ("thought_content", '"hm"'), ("reasoningContent", '{"reasoningText":{"text":"hm"}}'),
        ]
    ),
    reads("reasoning may be an object",
          chunk('{"role":"assistant","reasoning":{"content":"hm"},"thinking":true}') + STOP, answer(reasoning="hm")),
    reads("reasoning may change its name in mid-stream",
          chunk('{"role":"assistant","reasoning_content":"h","reasoning":null}')
          + chunk('{"reasoning_content":"","reasoning_text":"m"}') + STOP, answer(reasoning="hm")),
    reads("reasoning may be content that is marked (Gemini)",
          chunk('{"role":"assistant","content":"hm","extra_content":{"google":{"thought":true}}}')
          + chunk('{"content":"Hi","extra_content":{"google":{"thought_signature":"s"}}}') + STOP,
          answer("Hi", reasoning="hm")),
    reads("content may be a delta that is a text, or the text of one",
          event({"choices": [{"index": 0, "delta": "H"}]}) + chunk('{"role":"assistant","text":"i"}') + STOP,
          answer("Hi")),
    reads("content may be parts whose text is an object, or under another name",
          chunk('{"role":"assistant","content":[{"type":"text","text":{"value":"H"}},{"type":"text","content":"i"}]}')
          + STOP, answer("Hi")),
    reads("reasoning that is nested too deep is none",
          chunk('{"role":"assistant","reasoning":[[[[["hm"]]]]]}') + STOP, answer()),
    reads("reasoning under several names counts once",
          chunk('{"role":"assistant","reasoning":"hm","reasoning_details":[{"text":"hm"}]}') + STOP,
          answer(reasoning="hm")),
    reads("content may be one part, and reasoning a part of another type",
          chunk('{"role":"assistant","content":{"type":"text","text":"Hi"}}')
          + chunk('{"content":[{"type":"reasoning","text":"hm"},{"type":"text","text":"!","reasoning":null}]}') + STOP,
          answer("Hi!", reasoning="hm")),
    *(
        reads(f"an error of nothing beside choices is none: {error}", HI + chunk("{}", '"stop"', f',"error":{error}'),
              answer("Hi"))
        for error in (
            '{"message":"","type":"","param":"","code":null}', '{"code":0,"details":{}}', '""', "{}", "0", "[]",
            "[{}]", '[null,{"message":""}]', '{"errors":[{"message":""}]}',
        )
    ),
    *(
        reads(f"an error of success beside choices is none: {error}", HI + chunk("{}", '"stop"', f',"error":{error}'),
              answer("Hi"))
        for error in (
            '{"message":"success","code":0}', '{"message":"Success","code":"0","type":"","param":null}',
            '{"code":"0000","message":"SUCCESS."}', '{"code":"no_error","message":""}', '{"code":200,"message":"OK"}',
            '{"code":"ok","request_id":"r-1"}', '"none"', "200",
        )
    ),
    *(
        fails(f"an error beside choices is one though its code is of success: {error}",
              chunk("{}", more=f',"error":{error}'), {"message": message})
        for error, message in (
            ('{"message":"no","code":0}', "no"), ('{"message":"","code":"ok","detail":"no"}', "no"),
            ('{"message":"success","type":"server_error","code":200}', "success"),
        )
    ),
    reads("an error of success that comes alone is none",
          HI + event({"error": {"code": 0, "message": "success"}}) + STOP, answer("Hi")),
    reads("an error of nothing inside a choice is none",
          event({"choices": [{"delta": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop",
                              "error": {"message": None}}]}), answer("Hi")),
    reads("an error of success inside a choice is none",
          event({"choices": [{"delta": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop",
                              "error": {"message": "success", "code": "0"}}]}), answer("Hi")),
    reads("an error of nothing beside usage is none",
          HI + STOP + event({"choices": [], "error": {"message": ""}, "usage": {"total_tokens": 1}}),
          answer("Hi", usage=Usage(total_tokens=1))),
    fails("an error_message without choices (DeepInfra)",
          event({"choices": None, "error_type": "BadRequestError", "error_message": "too long"}),
          {"message": "too long", "type": "BadRequestError"}),
    fails("an error_msg without choices (Baidu)",
          event({"error_code": 336003, "error_msg": "the messages are empty"}),
          {"message": "the messages are empty", "code": 336003}),
    fails("a base_resp without choices (MiniMax)",
          event({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
          {"message": "insufficient balance", "code": 1008}),
    reads("a base_resp of success is no error (MiniMax)",
          HI + STOP + event({"choices": None, "base_resp": {"status_code": 0, "status_msg": ""}}), answer("Hi")),
    fails("a code and a message without choices (DashScope)",
          event({"code": "InvalidParameter", "message": "too long", "request_id": "r"}),
          {"message": "too long", "code": "InvalidParameter"}),
    fails("a number and a message without choices (Spark)",
          event({"code": 10013, "message": "not allowed", "sid": "s"}), {"message": "not allowed", "code": 10013}),
    fails("errors in a list (Cloudflare)",
          event({"success": False, "errors": [{"code": 5007, "message": "no such model"}], "messages": []}),
          {"message": "no such model", "code": 5007}),
    *(
        fails(f"a message without choices: {about}", event({"message": "no", **about}), {"message": "no"})
        for about in ({"statusCode": 500}, {"status": 503, "error": True}, {"status": "error"}, {"success": False},
                      {"type": "server_error", "param": None, "code": None})
    ),
    fails("a detail without choices (FastAPI)", event({"detail": "no"}), {"message": "no"}),
    fails("an error inside a delta", chunk('{"error":{"message":"no","code":502}}'), {"message": "no", "code": 502}),
    reads("an error of nothing inside a delta is none",
          chunk('{"role":"assistant","content":"Hi","error":{"message":""}}') + STOP, answer("Hi")),
    reads("a message without choices that shows no error is ignored",
          HI + event({"message": "thinking", "status": "in_progress", "code": 100}) + STOP, answer("Hi")),
    reads("a code of success without choices is no error",
          HI + event({"code": 0, "message": "ok", "sid": "s"}) + event({"code": "0", "msg": "queued"}) + STOP,
          answer("Hi")),
    reads("a later chunk may name another model",
          event({"id": "c", "created": 7, "model": "router",
                 "choices": [{"delta": {"role": "assistant", "content": "H"}}]})
          + event({"id": "d", "created": 8, "model": "m-1", "choices": [{"delta": {"content": "i"}}]})
          + event({"model": "", "choices": [{"delta": NO_DELTA, "finish_reason": "stop"}]}) + DONE,
          Completion("c", "m-1", 7, [Choice(0, Message("assistant", "Hi"), "stop")])),
]  # fmt: skip
