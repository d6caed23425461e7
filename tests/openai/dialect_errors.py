"""Errors that a server reports inside the stream, in every shape."""

from __future__ import annotations

from dialects import HI, Dialect, answer, fails

ERRORS: list[Dialect] = [
    fails(
        "an error object",
        'data: {"error":{"message":"no","type":"t","param":"p","code":"c"}}\n\n',
        {"message": "no", "type": "t", "param": "p", "code": "c", "status": None},
    ),
    fails("a number as code", 'data: {"error":{"message":"no","code":400}}\n\n', {"message": "no", "code": 400}),
    fails(
        "a code that is neither a name nor a number", 'data: {"error":{"message":"no","code":true}}\n\n', {"code": None}
    ),
    fails("an error that is a text", 'data: {"error":"no"}\n\n', {"message": "no", "code": None}),
    fails(
        "an error that is a text, with its type beside it",
        'data: {"error":"no","error_type":"generation"}\n\n',
        {"message": "no", "type": "generation"},
    ),
    fails("an empty error", 'data: {"error":""}\n\n', {"message": 'expected an error message, got {"error": ""}'}),
    fails(
        "no message", 'data: {"error":{"reason":1}}\n\n', {"message": 'expected an error message, got {"reason": 1}'}
    ),
    fails("a message that is no text", 'data: {"error":{"message":{"a":1}}}\n\n', {"message": '{"a": 1}'}),
    fails("an error that is a number", 'data: {"error":7}\n\n', {"message": "expected an error message, got 7"}),
    fails(
        "beside choices",
        'data: {"error":{"message":"no","code":400},"choices":[{"index":0,"delta":{"content":""}}]}\n\n',
        {"message": "no", "code": 400},
    ),
    fails(
        "inside a choice",
        'data: {"choices":[{"index":0,"delta":{},"error":{"message":"no","code":502}}]}\n\n',
        {"message": "no", "code": 502},
    ),
    fails(
        "an event of the type error, with a status",
        'event: error\ndata: {"error":{"message":"no","code":"tool_use_failed","status_code":400}}\n\n',
        {"message": "no", "code": "tool_use_failed", "status": 400},
    ),
    fails("event: error, flat", 'event: error\ndata: {"message":"no","code":5}\n\n', {"message": "no", "code": 5}),
    fails("event: error, plain text", "event: error\ndata: upstream died\n\n", {"message": "upstream died"}),
    fails("event: error, a string", 'event: error\ndata: "no"\n\n', {"message": "no"}),
    fails("event: error, without data", "event: error\ndata:\n\n", {"message": 'expected an error message, got ""'}),
    fails(
        "event: error, a chunk",
        HI + 'event: error\ndata: {"choices":[{"index":0,"delta":{"content":"!"}}]}\n\n',
        {"code": None, "raw": '{"choices":[{"index":0,"delta":{"content":"!"}}]}'},
        answer("Hi!", None),
    ),
    fails(
        "an object that is an error",
        'data: {"object":"error","message":"no","type":"BadRequestError","param":null,"code":40001}\n\n',
        {"message": "no", "type": "BadRequestError", "code": 40001},
    ),
    fails("flat, by its type", 'data: {"type":"error","message":"no"}\n\n', {"message": "no", "type": "error"}),
    fails(
        "nested, by its type",
        'data: {"type":"error","error":{"type":"quota","message":"no"}}\n\n',
        {"message": "no", "type": "quota"},
    ),
    fails(
        "with the message twice",
        'data: {"error":{"message":"Compute error."},"message":"Compute error."}\n\n',
        {"message": "Compute error."},
    ),
    fails(
        "a field of its own (old llama.cpp)",
        'error: {"code":400,"message":"too long","type":"invalid_request_error"}\n\ndata: [DONE]\n\n',
        {"message": "too long", "code": 400, "type": "invalid_request_error"},
    ),
    fails("in an array", 'data: [{"error":{"message":"no","code":400}}]\n\n', {"message": "no", "code": 400}),
    fails(
        "JSON that is broken",
        'data: {"error": "it said "no""}\n\n',
        {"message": """expected a chunk in JSON, got '{"error": "it said "no""}'"""},
    ),
    fails("JSON that is nested too deep", "data: " + "[" * 100_000 + "\n\n", {"code": None}),
    fails("text that is no JSON", "data: Sure\n\n", {"message": "expected a chunk in JSON, got 'Sure'"}),
    fails("JSON that is no object", "data: 7\n\n", {"message": "expected a chunk, an object, got '7'"}),
    fails("an empty array", "data: []\n\n", {"message": "expected a chunk, an object, got '[]'"}),
]
