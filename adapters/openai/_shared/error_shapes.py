"""Recognises payloads that report an error, in any known shape, as a `ChatError`.

{"error": {"message", "code", "type", "param"}}      OpenAI, Groq, vLLM, llama.cpp; beside `choices`: OpenRouter
{"error": "text"}                                    Ollama, transformers, text-generation-inference
{"object": "error", "message", "code", ...}          vLLM before 2025
{"type": "error", "message", ...} or nested          gateways, the Responses API
{"error_type", "error_message"}                      DeepInfra; {"error_code", "error_msg"}: Baidu
{"base_resp": {"status_code", "status_msg"}}         MiniMax
{"code", "message"}                                  DashScope, Spark: without choices, and of no success;
                                                     or with an error's status or type
{"errors": [...]}                                    Cloudflare
{"detail": ...}, {"message": ...}                    FastAPI and others, as the body of a bad response
[{"error": ...}]                                     Gemini
an HTML page, plain text                             proxies
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

from sse_client.adapters.openai._shared.shown_text import shown
from sse_client.adapters.openai.errors import ChatError
from sse_client.replies.json_values import array, is_array, is_mapping, mapping, number, text

__all__ = ["body_error", "error_in", "reported"]

_PAGE = 16 * 1024  # characters of an HTML page that are searched
# Strings, compiled when the first page arrives.
_TITLE = r"(?i)<title[^<>]*+>([^<]*+)"
_MARKUP = r"(?i)\s*+<[!?a-z]"
_HTML = r"(?i)<(?:!doctype|html|head|body)\b"
_UNSEEN = ("style", "script")  # elements whose text is not displayed

_MESSAGES = ("message", "detail", "msg", "error_message", "error_msg")
_STATUSES = ("status_code", "status", "statusCode")

# Values of an `error`'s fields that report success.
_SUCCESS = frozenset({"200", "ok", "success", "successful", "succeeded", "none", "null", "no error", "false"})
_TRACES = frozenset({"request_id", "requestId", "trace_id", "log_id", "sid"})  # present with success, too


def error_in(payload: object, raw: str) -> ChatError | None:
    """Return the error that `payload` reports, or None if it reports none."""
    if is_array(payload):
        return next((error for item in payload if not is_array(item) and (error := error_in(item, raw))), None)
    fields = mapping(payload)
    error = fields.get("error")
    # Some servers send an empty `error`, or one that reports success, with every chunk. An empty `error` that comes
    # alone is an error.
    alone = len(fields) == 1 and error is not None and error is not False
    if not _is_nothing(error) or (alone and _is_empty(error)):
        return reported(fields, raw)
    if "error" in (fields.get("object"), fields.get("type")):
        return reported(fields, raw)
    choices = array(fields.get("choices"))
    if not choices and (flat := _flat(fields)):
        return reported(flat, raw)
    for choice in map(mapping, choices):
        for place in (choice, mapping(choice.get("delta"))):
            if not _is_nothing(place.get("error")):
                return reported(place, raw)
    return None


def body_error(raw: str, status: int) -> ChatError:
    """Return the error in the body of a response with a bad status, or of one that is not a stream."""
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
    """Return the error for `payload`, which is known to report one."""
    outer = mapping(payload)
    error = outer.get("error") or payload
    if error is True and _said(outer):
        error = payload
    fields = mapping(error) or outer
    code = fields.get("code") if fields.get("code") is not None else fields.get("error_code")
    # In Gemini's errors, `status` is a word, and `code` is the number.
    status = next((each for name in _STATUSES if (each := number(fields.get(name)))), None)
    return ChatError(
        _message(error),
        code=code if isinstance(code, str | int) and not isinstance(code, bool) else None,
        type=text(fields.get("type")) or text(fields.get("error_type")),
        param=text(fields.get("param")),
        status=status,
        raw=raw,
    )


def _flat(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the error that a payload without choices reports without an `error` field; None if it reports none."""
    if text(fields.get("error_message")) or text(fields.get("error_msg")):
        return fields
    base = mapping(fields.get("base_resp"))
    if number(base.get("status_code")):
        return {"message": base.get("status_msg"), "code": base["status_code"]}
    several = array(fields.get("errors"))
    if several and mapping(several[0]):
        return mapping(several[0])
    return fields if _said(fields) and _is_serious(fields) else {}


def _is_serious(fields: dict[str, Any]) -> bool:
    """Return whether an object with a message reports an error, judging by its other fields."""
    code = fields.get("code")
    status = next((each for name in _STATUSES if (each := number(fields.get(name)))), 0)
    kinds = text(fields.get("type")) or "", text(fields.get("status")) or ""
    return (
        (isinstance(code, str) and not _is_nothing(code))
        or max(number(code) or 0, status) >= HTTPStatus.BAD_REQUEST
        or any(kind.lower().endswith(("error", "exception")) for kind in kinds)
        or fields.get("success") is False
        or list(fields) == ["detail"]
    )


def _said(fields: dict[str, Any]) -> object:
    return next((said for name in _MESSAGES if (said := fields.get(name))), None)


def _message(error: object) -> str:
    if isinstance(error, str) and error:
        return error
    said = _said(mapping(error))
    if said:
        return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return "expected an error message, got " + json.dumps(error, ensure_ascii=False)


def _is_nothing(error: object, depth: int = 3) -> bool:
    """Return whether `error` is empty or reports success, or is an object or a list whose parts all do."""
    if not error:
        return True
    if isinstance(error, str):
        word = error.strip(" .!\n").lower().replace("_", " ")
        return word in _SUCCESS or not word.strip("0")
    if isinstance(error, int | float):
        return error is not True and error == HTTPStatus.OK
    said = error if is_array(error) else _telling(error)
    return (is_mapping(error) or is_array(error)) and depth > 0 and all(_is_nothing(value, depth - 1) for value in said)


def _is_empty(error: object) -> bool:
    """Return whether `error`, its fields, and the objects in its list are all empty."""
    if is_array(error):
        return not any(any(_telling(each)) if is_mapping(each) else each for each in error)
    return not any(_telling(error)) if is_mapping(error) else not error


def _telling(error: object) -> list[Any]:
    return [value for name, value in mapping(error).items() if name not in _TRACES]


def _readable(raw: str) -> str:
    """Return the readable text of `raw`, which may be an HTML page."""
    page = raw[:_PAGE]
    if not re.match(_MARKUP, page):
        return raw.strip()
    title = re.search(_TITLE, page)
    said = shown(title[1] if title else _without_tags(page))
    return f"an HTML page: {said}" if re.search(_HTML, page) else said


def _without_tags(page: str) -> str:
    before, *elements = page.split("<")
    said, unseen = [before], ""
    for element in elements:
        tag, _, text_after = element.partition(">")
        name = tag[:8].lower()
        if unseen and not name.startswith(f"/{unseen}"):
            continue
        unseen = next((each for each in _UNSEEN if name.startswith(each)), "")
        if not unseen:
            said.append(text_after)
    return " ".join(said)


def _phrase(status: int) -> str:
    try:
        return f" ({status} {HTTPStatus(status).phrase})"
    except ValueError:
        return f" ({status})"
