"""What an answer has besides its text: other choices, sound, the deprecated function call, log probabilities."""

from __future__ import annotations

from dialects import DONE, NAMES, Dialect, calls, chunk, event, part, reads, whole

from sse_client.adapters.openai import Audio, Choice, Completion, Message, ToolCall, Usage

TOKENS = [{"token": letter, "logprob": -0.5, "bytes": [ord(letter)], "top_logprobs": []} for letter in "Hin"]


def of(*choices: tuple[int, str, str | None]) -> str:
    """Return a chunk of several choices: index, content, finish reason."""
    return event({**NAMES, "choices": [
        {"index": index, "delta": {"content": content}, "finish_reason": finish} for index, content, finish in choices
    ]})  # fmt: skip


PARTS: list[Dialect] = [
    reads("choices interleave, and come in any order",
          of((2, "c", None)) + of((0, "a", None)) + of((1, "b", None)) + of((0, "A", "stop"), (2, "C", "length"))
          + of((1, "B", "stop")) + DONE,
          Completion("c1", "m", 7, [
              Choice(0, Message(None, "aA"), "stop"),
              Choice(1, Message(None, "bB"), "stop"),
              Choice(2, Message(None, "cC"), "length"),
          ]), choices=3),
    reads("audio comes in pieces, and its expiry date alone at the end",
          part({"role": "assistant", "content": None, "audio": {"id": "a1", "transcript": "H"}})
          + part({"audio": {"transcript": "i", "data": "UklG"}}) + part({"audio": {"data": "Rg=="}}, "stop")
          + part({"audio": {"expires_at": 9}}) + DONE,
          whole(Message("assistant", audio=Audio("a1", "UklGRg==", "Hi", 9)))),
    reads("audio with fields of the wrong type, and a surrogate pair cut in two",
          chunk('{"audio":{"id":7,"transcript":"\\ud83d","data":null,"expires_at":9.0}}')
          + chunk('{"audio":{"transcript":"\\ude00"}}') + chunk('{"audio":[]}', '"stop"'),
          Completion(choices=[Choice(0, Message(audio=Audio(None, None, "\U0001f600", 9)), "stop")])),
    calls("the deprecated function call is a call without an id",
          chunk('{"role":"assistant","content":null,"function_call":{"name":"f","arguments":""}}')
          + chunk('{"function_call":{"arguments":"{\\"x\\":"}}') + chunk('{"function_call":{"arguments":"1}"}}'),
          [ToolCall(name="f", arguments='{"x":1}')], role="assistant"),
    calls("the deprecated function call may repeat its name, and may be odd",
          chunk('{"function_call":{"name":"f","arguments":"{\\ud83d"}}')
          + chunk('{"function_call":{"name":"f","arguments":"\\ude00}"}}') + chunk('{"function_call":7}')
          + chunk('{"function_call":{"name":7,"arguments":null}}'),
          [ToolCall(name="f", arguments="{\U0001f600}")]),
    calls("beside a tool call, the deprecated function call repeats it",
          chunk('{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":"{"}}],'
                '"function_call":{"name":"f","arguments":"{"}}')
          + chunk('{"tool_calls":[{"index":0,"function":{"arguments":"}"}}],"function_call":{"arguments":"}"}}'),
          [ToolCall("a", name="f", arguments="{}")]),
    calls("a call of a custom tool has a text",
          chunk('{"tool_calls":[{"index":0,"id":"a","type":"custom","custom":{"name":"sh","input":"l"}}]}')
          + chunk('{"tool_calls":[{"index":0,"custom":{"input":"s"}}]}')
          + chunk('{"tool_calls":[{"index":"0","id":"a","custom":{"name":null,"input":" -l"}},{"id":"a","custom":7}]}'),
          [ToolCall("a", "custom", "sh", "ls -l")]),
    reads("log probabilities join, those of a refusal too",
          part({"role": "assistant", "content": "H"}, choice={"logprobs": {"content": TOKENS[:1], "refusal": None}})
          + part({"content": "i"}, choice={"logprobs": {"content": TOKENS[1:2], "refusal": None}})
          + part({"refusal": "n"}, choice={"logprobs": {"content": None, "refusal": TOKENS[2:]}})
          + part({}, "stop", choice={"logprobs": None}) + DONE,
          Completion(
              "c1", "m", 7, [Choice(0, Message("assistant", "Hi", refusal="n"), "stop",
                                    {"content": TOKENS[:2], "refusal": TOKENS[2:]})])),
    reads("padding, a tier, a fingerprint, and a moderation after the usage",
          part({"role": "assistant", "content": "Hi", "refusal": None}, obfuscation="Xq3v", service_tier="default",
               system_fingerprint="fp", usage=None)
          + part({}, "stop", obfuscation="", usage=None)
          + event({**NAMES, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
                   "obfuscation": "x"})
          + event({**NAMES, "choices": [], "moderation": {"input": {}}}) + DONE,
          whole(Message("assistant", "Hi"), usage=Usage(1, 2, 3))),
]  # fmt: skip
