"""Streams as the servers that are named send them, with all of their quirks together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dialects import (
    DONE,
    NAMES,
    Dialect,
    cut,
    event,
    fails,
    part,
    reads,
    whole,
)

from sse_client.adapters.openai import Completion, Message, PromptTokensDetails, ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTHING = Completion()
NO_DELTA: dict[str, Any] = {}
SPENT: dict[str, Any] = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
USAGE = Usage(3, 2, 5)
USED = event({**NAMES, "choices": [], "usage": SPENT})
TEXT = part({"role": "assistant", "content": ""}) + part({"content": "H"}) + part({"content": "i"})
HELLO = Message("assistant", "Hi")
CALL: dict[str, Any] = {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}
CALLED = ToolCall("a", "function", "f", '{"x":1}')
SAFE: dict[str, Any] = {"content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}


def called(*tool_calls: ToolCall, finish_reason: str = "tool_calls", usage: Usage | None = None) -> Completion:
    return whole(Message("assistant", None, tool_calls=list(tool_calls)), finish_reason, usage)


def pieces(*fragments: Mapping[str, object]) -> str:
    """Return a chunk for each fragment of a tool call, behind a chunk with the role."""
    calls = "".join(part({"tool_calls": [fragment]}) for fragment in fragments)
    return part({"role": "assistant", "content": None}) + calls


VENDORS: list[Dialect] = [
    reads("Azure: empty names and filter results first, and in each choice",
          event({"choices": [], "created": 0, "id": "", "model": "", "object": "",
                 "prompt_filter_results": [{"prompt_index": 0, **SAFE}]})
          + part({"role": "assistant", "content": "Hi"}, choice=SAFE) + part({}, "stop", choice=SAFE) + DONE,
          whole(HELLO)),
    reads("Azure, asynchronous filter: choices without a delta",
          TEXT + event({"id": "", "object": "", "created": 0, "model": "", "choices": [
              {"index": 0, "finish_reason": None, **SAFE, "content_filter_offsets": {"check_offset": 44}}]})
          + part({}, "stop") + DONE,
          whole(HELLO)),
    fails("Groq: an error event with a status, and no end",
          part({"role": "assistant", "content": None}) + part({"reasoning": "Hm", "channel": "analysis"})
          + 'event: error\ndata: {"error":{"message":"Tool call validation failed","type":"invalid_request_error",'
          '"code":"tool_use_failed","failed_generation":"{","status_code":400}}\n\n',
          {"message": "Tool call validation failed", "code": "tool_use_failed", "status": 400,
           "type": "invalid_request_error"},
          whole(Message("assistant", None, "Hm"), None)),
    reads("Groq: usage in x_groq alone, reasoning, executed tools, and a change of the id",
          part({"role": "assistant", "content": None}, x_groq={"id": "r"})
          + part({"reasoning": "Hm", "channel": "analysis"}, id="c2")
          + part({"content": "Hi", "executed_tools": [{"index": 0}]})
          + part({}, "stop", x_groq={"id": "r", "usage": {"queue_time": 0.1, **SPENT}}) + DONE,
          whole(Message("assistant", "Hi", "Hm"), usage=USAGE)),
    reads("OpenRouter: comments, role and content in every chunk, the finish twice, usage in the second",
          ": OPENROUTER PROCESSING\n\n" * 17
          + part({"role": "assistant", "content": "H"}, choice={"native_finish_reason": None}, provider="p")
          + part({"role": "assistant", "content": "i"}, choice={"native_finish_reason": None}, provider="p")
          + part({"role": "assistant", "content": ""}, "stop", choice={"native_finish_reason": "completed"})
          + part({"role": "assistant", "content": ""}, "stop", usage={**SPENT, "cost": 0.1}) + DONE,
          whole(HELLO, usage=USAGE)),
    fails("OpenRouter: an error beside choices, after a finish, and DONE",
          part({"role": "assistant", "content": "Hi"}, "length")
          + part({"role": "assistant", "content": ""}, error={"code": 400, "message": "Token limit reached"}) + DONE,
          {"message": "Token limit reached", "code": 400}, whole(HELLO, "length")),
    fails("OpenRouter: the finish reason error, with the error beside it",
          TEXT + part({"content": ""}, "error", error={"code": "server_error", "message": "Provider disconnected"}),
          {"message": "Provider disconnected", "code": "server_error"}, whole(HELLO, "error")),
    reads("a gateway wraps comments as data", "data: : OPENROUTER PROCESSING\n\n" * 2 + TEXT + part({}, "stop") + DONE,
          whole(HELLO)),
    reads("DeepSeek: comments, reasoning_content with null content, usage in the finish chunk",
          ": keep-alive\n\n" + part({"role": "assistant", "content": None, "reasoning_content": ""})
          + part({"content": None, "reasoning_content": "Hm"}) + ": keep-alive\n\n"
          + part({"content": "Hi", "reasoning_content": None})
          + part({"content": "", "reasoning_content": None}, "stop",
                 usage={**SPENT, "prompt_tokens_details": {"cached_tokens": 1}, "prompt_cache_hit_tokens": 1}) + DONE,
          whole(Message("assistant", "Hi", "Hm"), usage=Usage(3, 2, 5, PromptTokensDetails(cached_tokens=1)))),
    cut("DeepSeek: cut in the middle of its reasoning",
        part({"role": "assistant", "content": None, "reasoning_content": "Hm"}) + ": keep-alive\n\n",
        whole(Message("assistant", None, "Hm"), None),
        "the stream ended without [DONE], and without a finish reason of choice 0"),
    reads("Mistral: padding, and content that is a list of thoughts and texts",
          part({"role": "assistant", "content": ""}, p="abc")
          + part({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}, p="abcdef")
          + part({"content": "Hi"}, p="a") + part({"content": ""}, "stop", usage=SPENT, p="ab") + DONE,
          whole(Message("assistant", "Hi", "Hm"), usage=USAGE)),
    reads("Mistral: a whole tool call without index and type, in the finish chunk",
          part({"role": "assistant", "content": ""})
          + part({"content": None, "tool_calls": [{"id": "a", "function": CALL["function"]}]}, "tool_calls",
                 usage=SPENT) + DONE,
          whole(Message("assistant", "", tool_calls=[CALLED]), "tool_calls", USAGE)),
    reads("Mistral, hosted glm: later fragments with an empty name and no id, and an index in the delta",
          part({"role": "assistant", "content": "", "index": 0})
          + part({"index": 0, "tool_calls": [
              {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x"'}}]})
          + part({"index": 0, "tool_calls": [{"index": 0, "function": {"name": "", "arguments": ":1}"}}]})
          + part({"index": 0}, "tool_calls") + DONE,
          whole(Message("assistant", "", tool_calls=[CALLED]), "tool_calls")),
    reads("Qwen: later fragments with an empty id and the type again",
          pieces(
              {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}},
              {"index": 0, "id": "", "type": "function", "function": {"arguments": '{"x"'}},
              {"index": 0, "id": "", "type": "function", "function": {"arguments": ":1}"}},
          ) + part({}, "tool_calls") + DONE,
          called(CALLED)),
    reads("Qwen on Bailian: no space after data:", (TEXT + part({}, "stop") + DONE).replace("data: ", "data:"),
          whole(HELLO)),
    reads("Gemini: whole calls without an index, a thought signature, the finish reason stop, usage in every chunk",
          part({"role": "assistant", "tool_calls": [
              {**CALL, "extra_content": {"google": {"thought_signature": "x"}}}]}, usage={"total_tokens": 1})
          + part({"role": "assistant", "tool_calls": [{**CALL, "id": "b"}]}, "stop", usage=SPENT) + DONE,
          called(CALLED, ToolCall("b", "function", "f", '{"x":1}'), finish_reason="stop", usage=USAGE)),
    reads("Gemini behind a proxy: parallel calls all have the index 0",
          pieces({"index": 0, **CALL}, {"index": 0, **CALL, "id": "b"}) + part({}, "tool_calls") + DONE,
          called(CALLED, ToolCall("b", "function", "f", '{"x":1}'))),
    fails("Gemini: an array of errors", TEXT + event([{"error": {"code": 400, "message": "no", "status": "INVALID"}}]),
          {"message": "no", "code": 400, "status": None}, whole(HELLO, None)),
    reads("xAI: a whole call in one chunk, reasoning_content, ticks in the usage, no choices in the last chunk",
          part({"role": "assistant", "reasoning_content": "Hm"}) + part({"tool_calls": [{"index": 0, **CALL}]})
          + part({}, "tool_calls")
          + event({**NAMES, "choices": [], "usage": {**SPENT, "num_sources_used": 0, "cost_in_usd_ticks": 9}}) + DONE,
          whole(Message("assistant", None, "Hm", tool_calls=[CALLED]), "tool_calls", USAGE)),
    reads("Perplexity: citations, growing usage and message in every chunk, an object of its own at the end, no DONE",
          part({"role": "assistant", "content": "H"}, citations=["u"], usage={"total_tokens": 4},
               choice={"message": {"role": "assistant", "content": "H"}})
          + part({"role": "assistant", "content": "i"}, citations=["u"], usage=SPENT,
                 choice={"message": {"role": "assistant", "content": "Hi"}})
          + part({"role": "assistant", "content": ""}, "stop", citations=["u"], usage=SPENT,
                 object="chat.completion.done", choice={"message": {"role": "assistant", "content": "Hi"}}),
          whole(HELLO, usage=USAGE)),
    reads("Together: the text twice, a seed beyond 53 bits, a token's number, role in every chunk",
          part({"role": "assistant", "content": "H", "token_id": 5}, choice={"text": "H", "seed": None})
          + part({"role": "assistant", "content": "i", "token_id": 7}, "stop",
                 choice={"text": "i", "seed": 7228414683750928000}, usage=SPENT) + DONE,
          whole(HELLO, usage=USAGE)),
    reads("Snowflake: an empty id, created at 0, null tool calls, and never a finish reason",
          part({"role": "assistant", "content": "H", "tool_calls": None}, id="", created=0)
          + part({"role": "assistant", "content": "i", "tool_calls": None}, id="", created=0, usage=SPENT) + DONE,
          whole(HELLO, None, USAGE, id="", created=0)),
    reads("Writer: a message beside the delta, null ids in later fragments, no DONE",
          part({"role": "assistant", "content": "", "tool_calls": [{"index": 0, **CALL}]},
               choice={"message": {"content": "", "tool_calls": []}})
          + part({"content": "", "tool_calls": [
              {"index": 0, "id": None, "type": None, "function": {"name": None, "arguments": ""}}]},
                 "tool_calls", choice={"message": {"content": "", "tool_calls": []}}),
          whole(Message("assistant", "", tool_calls=[CALLED]), "tool_calls")),
    cut("Writer: another API's values", 'data: {"value":"H"}\n\ndata: {"value":"i"}\n\n', NOTHING,
        """the stream ended before its first chunk; what came was '{"value":"H"}'"""),
    reads("transformers: no DONE, no finish_reason until the last chunk, usage in that",
          event({**NAMES, "choices": [{"index": 0, "delta": {"role": "assistant"}}]})
          + event({**NAMES, "choices": [{"index": 0, "delta": {"content": "Hi"}}]}) + part({}, "length", usage=SPENT),
          whole(HELLO, "length", USAGE)),
    fails("transformers: an error whose text is not escaped", 'data: {"error": "it said "no""}\n\n',
          {"message": """expected a chunk in JSON, got '{"error": "it said "no""}'""",
           "raw": '{"error": "it said "no""}'}),
    fails("llama.cpp until 2025: an error in a field of its own, and DONE",
          TEXT + 'error: {"code":400,"message":"the context is full","type":"invalid_request_error"}\n\n' + DONE,
          {"message": "the context is full", "code": 400, "type": "invalid_request_error"}, whole(HELLO, None)),
    fails("llama.cpp: an error and no DONE",
          TEXT + 'data: {"error":{"code":500,"message":"no slot","type":"server_error"}}\n\n',
          {"message": "no slot", "code": 500, "type": "server_error"}, whole(HELLO, None)),
    reads("llama.cpp: null content first, the whole name in each fragment, DONE without its blank line",
          part({"role": "assistant", "content": None})
          + part({"tool_calls": [{**CALL, "index": 0, "function": {"name": "f", "arguments": '{"x"'}}]})
          + part({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": ":1}"}}]})
          + part({}, "tool_calls") + "data: [DONE]\n",
          called(CALLED)),
    reads("ik_llama.cpp: no DONE", TEXT + part({}, "stop"), whole(HELLO)),
    fails("vLLM and SGLang: an error with a number, and DONE",
          TEXT + 'data: {"error":{"message":"out of blocks","type":"InternalServerError","code":400}}\n\n' + DONE,
          {"message": "out of blocks", "code": 400}, whole(HELLO, None)),
    fails("vLLM before 2025: an object that is an error",
          TEXT + 'data: {"object":"error","message":"no","type":"BadRequestError","param":null,"code":400}\n\n' + DONE,
          {"message": "no", "type": "BadRequestError", "code": 400}, whole(HELLO, None)),
    fails("vLLM: DONE alone, after the first token failed", DONE,
          {"message": "expected a choice before [DONE], got none"}, NOTHING),
    reads("vLLM: token ids, a stop reason, growing usage, the same choice twice in a chunk, content in the finish",
          part({"role": "assistant", "content": ""}, choice={"stop_reason": None}, prompt_token_ids=[1, 2],
               usage={"prompt_tokens": 3, "total_tokens": 3})
          + event({**NAMES, "usage": {"total_tokens": 4}, "choices": [
              {"index": 0, "delta": {"content": "H"}, "token_ids": [3]},
              {"index": 0, "delta": {"content": "i"}, "token_ids": [4]}]})
          + part({"content": "!"}, "stop", choice={"stop_reason": 9, "token_ids": [5]}) + USED + DONE,
          whole(Message("assistant", "Hi!"), usage=USAGE)),
    cut("Ollama: an error turns into an empty chunk and the end", TEXT + part({"role": "assistant", "content": ""}),
        whole(HELLO, None), "the stream ended without [DONE], and without a finish reason of choice 0"),
    fails("LM Studio: an error with its message twice",
          TEXT + 'data: {"error":{"message":"Compute error."},"message":"Compute error."}\n\n',
          {"message": "Compute error."}, whole(HELLO, None)),
    reads("LM Studio: one call in many fragments, each with an id of its own and an empty name",
          pieces(
              {"index": 0, "id": "1", "type": "function", "function": {"name": "f", "arguments": ""}},
              *({"index": 0, "id": str(2 + place), "type": "function", "function": {"name": "", "arguments": letter}}
                for place, letter in enumerate('{"x":1}')),
          ) + part({}, "tool_calls") + DONE,
          called(ToolCall("1", "function", "f", '{"x":1}'))),
    reads("LiteLLM: a choice with an empty delta in the usage chunk",
          TEXT + part({}, "stop")
          + event({**NAMES, "choices": [{"index": 0, "delta": NO_DELTA}], "usage": SPENT}) + DONE,
          whole(HELLO, usage=USAGE)),
    reads("LiteLLM before 1.108: a made-up finish for an answer that was cut looks like any other",
          TEXT + part({}, "stop") + USED + DONE, whole(HELLO, usage=USAGE)),
    fails("LiteLLM: an error with its code as a string, and no DONE",
          TEXT + event({"error": {"message": "APIConnectionError", "type": None, "param": None, "code": "500"}}),
          {"message": "APIConnectionError", "code": "500", "type": None, "param": None}, whole(HELLO, None)),
    reads("z.ai: the role in every chunk, the finish before the delta",
          "".join(event({**NAMES, "choices": [
              {"index": 0, "finish_reason": finish, "delta": {"role": "assistant", "content": content}}]})
              for content, finish in (("H", None), ("i", None), ("", "stop"))) + DONE,
          whole(HELLO)),
    fails("z.ai: half a chunk and the next one in a line",
          TEXT + 'data: {"id":"c1","choices":[{"delta":{"role":"adata: {"id":"c1","choices":[]}\n\n' + DONE,
          {"message": 'expected a chunk in JSON, got \'{"id":"c1","choices":[{"delta":{"role":"adata: '
                      '{"id":"c1","choices":[]}\'',
           "raw": '{"id":"c1","choices":[{"delta":{"role":"adata: {"id":"c1","choices":[]}'}, whole(HELLO, None)),
    fails("Cohere: events of its own API, and DONE",
          'event: message-start\ndata: {"type":"message-start"}\n\n'
          'event: content-delta\ndata: {"type":"content-delta","delta":{"message":{"content":{"text":"Hi"}}}}\n\n'
          + DONE,
          {"message": """expected a choice before [DONE], got '{"type":"message-start"}'"""}, NOTHING),
    reads("openai-mock-api: a stream under the type text/plain", TEXT + part({}, "stop") + DONE, whole(HELLO),
          content_type="text/plain"),
    reads("mockllm: a new id in every chunk, null roles and contents",
          part({"role": "assistant", "content": None}, id="c1") + part({"role": None, "content": "Hi"}, id="c2")
          + part({"role": None, "content": None}, "stop", id="c3") + DONE,
          whole(HELLO)),
    reads("Anthropic: one choice, however many were asked for", TEXT + part({}, "stop") + DONE, whole(HELLO),
          choices=2),
    reads("sse-starlette: CRLF, and pings that are comments",
          (TEXT + ": ping - 2026-05-12 22:04:21+00:00\n\n" + part({}, "stop") + DONE).replace("\n", "\r\n"),
          whole(HELLO)),
    reads("lines that end in CR alone", (TEXT + part({}, "stop") + DONE).replace("\n", "\r"), whole(HELLO)),
    reads("a BOM before the first chunk", "\ufeff" + TEXT + part({}, "stop") + DONE, whole(HELLO)),
    reads("Replicate and watsonx: an id on every event, and a timeout as the last comment",
          "".join(f"id: {number}\n{line}\n\n" for number, line in enumerate(
              (TEXT + part({}, "stop")).split("\n\n")[:-1]))
          + ":408: 408 Request Timeout\n\n",
          whole(HELLO)),
    reads("blocks of an id or a retry alone", "retry: 3000\n\n" + TEXT + "id: 7\n\n" + part({}, "stop") + DONE,
          whole(HELLO)),
    reads("Moonshot: the id of a call again in the next fragment, and chunks after the finish",
          pieces(
              {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}},
              {"index": 0, "id": "a", "type": "function", "function": {"name": None, "arguments": '{"x":1}'}},
          ) + part({}, "tool_calls") + part({"role": "assistant", "content": ""}, usage=SPENT) + DONE,
          whole(Message("assistant", "", tool_calls=[CALLED]), "tool_calls", USAGE)),
]  # fmt: skip
