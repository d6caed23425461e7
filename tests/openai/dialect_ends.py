"""Streams that end without `[DONE]`, without a blank line, without an answer; and answers that are no streams."""

from __future__ import annotations

from dialects import DONE, HI, STOP, Dialect, answer, chunk, cut, event, fails, reads

from sse_client.adapters.openai import Choice, Completion, Message

NOTHING = Completion()
CUT = "the stream ended without [DONE], and without a finish reason of choice "
BROKEN = "the server broke choice 0 off, with the finish reason "
SILENT = "the stream ended before its first chunk"
TWO = event({"object": "chat.completion.chunk", "choices": [
    {"index": index, "delta": {"content": "Hi"}, "finish_reason": "stop"} for index in (0, 1)
]})  # fmt: skip
BOTH = Completion(choices=[Choice(index, Message(None, "Hi"), "stop") for index in (0, 1)])

ENDS: list[Dialect] = [
    cut("cut before any finish reason", HI, answer("Hi", None), CUT + "0"),
    cut("cut in the middle of a line", HI + STOP[:40], answer("Hi", None), CUT + "0"),
    cut("cut inside a string of the last chunk", HI + 'data: {"choices":[{"index":0,"delta":{"content":"Hel',
        answer("Hi", None), CUT + "0"),
    cut("a number in the last line may be half a number", HI + "data: 7", answer("Hi", None), CUT + "0"),
    cut("a chunk without its blank line counts, but does not complete the stream",
        HI + chunk('{"content":"!"}').rstrip(), answer("Hi!", None), CUT + "0"),
    cut("one choice of two is not finished",
        event({"object": "chat.completion.chunk", "choices": [
            {"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}, {"index": 1, "delta": {"content": "Ho"}}
        ]}),
        Completion(choices=[Choice(0, Message(None, "Hi"), "stop"), Choice(1, Message(None, "Ho"))]), CUT + "1",
        choices=2),
    cut("one choice of three that were asked for never began", TWO, BOTH, CUT + "2", choices=3),
    reads("as many choices as were asked for have finished", TWO, BOTH, choices=2),
    reads("more choices than were asked for have finished", event({"choices": [
        {"index": index, "delta": {"content": "Hi"}, "finish_reason": "stop"} for index in (0, 1, 2)
    ]}), Completion(choices=[Choice(index, Message(None, "Hi"), "stop") for index in (0, 1, 2)]), choices=2),
    reads("the one choice has an index of its own",
          event({"object": "chat.completion.chunk", "choices": [
              {"index": 5, "delta": {"content": "Hi"}, "finish_reason": "stop"}
          ]}),
          Completion(choices=[Choice(0, Message(None, "Hi"), "stop")])),
    cut("DeepSeek: an answer that was broken off for lack of resources",
        HI + chunk("{}", '"insufficient_system_resource"') + DONE,
        answer("Hi", "insufficient_system_resource"), BROKEN + "'insufficient_system_resource'"),
    cut("z.ai: an answer that was broken off by a network error", HI + chunk("{}", '"network_error"'),
        answer("Hi", "network_error"), BROKEN + "'network_error'"),
    cut("vLLM and SGLang: an answer that the engine gave up on", HI + chunk("{}", '"abort"') + DONE,
        answer("Hi", "abort"), BROKEN + "'abort'"),
    *(
        cut(f"an answer that was broken off may say {reason}", HI + chunk("{}", f'"{reason}"') + DONE,
            answer("Hi", reason), BROKEN + f"'{reason}'")
        for reason in ("ABORT", "aborted", "cancelled", "canceled", "interrupted", "TIMEOUT", "server_error")
    ),
    reads("DONE may come though a choice that was asked for never began", HI + STOP + DONE, answer("Hi"), choices=2),
    cut("nothing at all", "", NOTHING, SILENT),
    cut("only heartbeats", ": beat\n\nevent: ping\ndata: {}\n\n", NOTHING, SILENT),
    cut("only a chunk without choices", 'data: {"choices":[]}\n\n', NOTHING,
        SILENT + """; what came was '{"choices":[]}'"""),
    cut("a text that is no stream", "Service temporarily\nunavailable\n", NOTHING,
        SILENT + "; what came was 'Service temporarily unavailable'"),
    fails("DONE alone", DONE, {"message": "expected a choice before [DONE], got none", "raw": ""}, NOTHING),
    fails("DONE after a chunk without choices", 'data: {"choices":[]}\n\n' + DONE,
          {"message": """expected a choice before [DONE], got '{"choices":[]}'""", "raw": '{"choices":[]}'}, NOTHING),
    fails("an error in JSON that is no stream", '{"error":{"message":"no","code":"c"}}',
          {"message": "no", "code": "c", "status": 200, "raw": '{"error":{"message":"no","code":"c"}}'}, NOTHING),
    fails("an error in JSON over several lines that is no stream",
          '{\n  "error": {\n    "message": "no: never",\n    "type": "t"\n  }\n}\n',
          {"message": "no: never", "type": "t", "status": 200}, NOTHING),
    fails("an array of errors that is no stream", '[{"error":{"code":400,"message":"no"}}]\n',
          {"message": "no", "code": 400, "status": 200}, NOTHING),
    fails("a page that is no stream", "<html>\n<head><title>Log in</title></head>\n<body>...</body></html>\n",
          {"message": "an HTML page: Log in", "status": 200}, NOTHING),
    fails("JSON that is no stream and breaks off", '{"error":{"mess',
          {"message": '{"error":{"mess', "status": 200}, NOTHING),
    reads("a whole completion that is no stream",
          '{"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop",\n"message":'
          '{"role":"assistant","content":"Hi: there"}}]}\n', answer("Hi: there")),
    reads("a whole completion that is no stream, and DONE",
          '{"choices":[{"message":{"role":"assistant","content":"OK"},"finish_reason":"stop"}]}\n\n' + DONE,
          answer("OK")),
    reads("a whole completion over several lines that is no stream, and DONE",
          '{\n "choices": [\n  {"message": {"role": "assistant", "content": "OK"},\n "finish_reason": "stop"}\n ]\n}\n'
          + DONE,
          answer("OK")),
    fails("an error that is no stream, and DONE", '{"error":{"message":"no","code":"c"}}\n\n' + DONE,
          {"message": "no", "code": "c", "status": 200}, NOTHING),
    reads("lines that are no field of the standard are ignored",
          "{\n<html>\nfoo: bar\n" + HI + "}\n" + STOP, answer("Hi")),
    fails("an error in the last line, without a blank one", HI + 'data: {"error":"no"}', {"message": "no"},
          answer("Hi", None)),
    fails("an error after every choice has finished",
          HI + STOP + 'data: {"error":"no"}\n\n', {"message": "no"}, answer("Hi")),
    fails("a finish reason that is an error", HI + chunk("{}", '"error"'),
          {"message": "choice 0 ended with the finish reason 'error'", "code": "error"}, answer("Hi", "error")),
    fails("a finish reason that is an error, after another one, and DONE",
          HI + chunk("{}", '"length"') + chunk("{}", '"error"') + DONE, {"code": "error"}, answer("Hi", "error")),
]  # fmt: skip
