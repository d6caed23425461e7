"""A payload that reports an error, in any known shape, to a `ChatError`.

{"error": {"message", "code", "type", "param"}}      OpenAI, Groq, vLLM, llama.cpp; beside `choices`: OpenRouter
{"error": "text"}                                    Ollama, transformers, text-generation-inference
{"object": "error", "message", "code", ...}          vLLM before 2025
{"type": "error", "message", ...} or nested          gateways, the Responses API
{"detail": ...}, {"message": ...}                    FastAPI and others, as the body of a bad response
[{"error": ...}]                                     Gemini
an HTML page, plain text                             proxies
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus

from sse_client.adapters.openai._json import array, is_array, mapping, number, text
from sse_client.adapters.openai.errors import ChatError, shortened

__all__ = ["body_error", "error_in", "reported"]

_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<(style|script)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"\s*<(!doctype|html|head|body)\b", re.IGNORECASE)


def error_in(payload: object, raw: str) -> ChatError | None:
    """Return the error that `payload` reports, or None where it reports none."""
    if is_array(payload):
        return next((error for item in payload if (error := error_in(item, raw))), None)
    fields = mapping(payload)
    error = fields.get("error")
    # Some servers send an empty `error` with every chunk; one that comes alone does mean an error.
    if error or (error not in (None, False) and len(fields) == 1):
        return reported(fields, raw)
    if "error" in (fields.get("object"), fields.get("type")):
        return reported(fields, raw)
    for choice in array(fields.get("choices")):
        if mapping(choice).get("error"):
            return reported(mapping(choice), raw)
    return None


def body_error(body: bytes, status: int) -> ChatError:
    """Return the error that the body of a response reports: of a bad one, or of one that is no stream."""
    raw = body.decode(errors="replace").removeprefix("\ufeff")
    try:
        payload: object = json.loads(raw)
    except (ValueError, RecursionError):
        error = ChatError(_readable(raw) or f"an empty answer{_phrase(status)}", raw=raw)
    else:
        error = error_in(payload, raw) or reported(payload, raw)
    if error.status is None:
        error.status = status
    return error


def reported(payload: object, raw: str) -> ChatError:
    """Return the error that `payload` is, given that it is one."""
    outer = mapping(payload)
    error = outer.get("error") or payload
    fields = mapping(error) or outer
    # Gemini's `status` is a word, and its number the `code`.
    code, status = fields.get("code"), number(fields.get("status_code")) or number(fields.get("status"))
    return ChatError(
        _message(error),
        code=code if isinstance(code, str | int) and not isinstance(code, bool) else None,
        type=text(fields.get("type")) or text(fields.get("error_type")),
        param=text(fields.get("param")),
        status=status,
        raw=raw,
    )


def _message(error: object) -> str:
    if isinstance(error, str) and error:
        return error
    fields = mapping(error)
    for name in ("message", "detail", "msg"):
        said = fields.get(name)
        if said:
            return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return "expected an error message, got " + json.dumps(error, ensure_ascii=False)


def _readable(raw: str) -> str:
    """Return what a person would read of `raw`, which may be an HTML page."""
    if not _MARKUP.match(raw):
        return raw.strip()
    title = _TITLE.search(raw)
    said = shortened(title[1] if title else _TAG.sub(" ", raw))
    return f"an HTML page: {said}"


def _phrase(status: int) -> str:
    try:
        return f" ({status} {HTTPStatus(status).phrase})"
    except ValueError:
        return f" ({status})"
