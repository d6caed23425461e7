"""One row: its request, its idempotency key, which is always the same, and its answer."""

from __future__ import annotations

import hashlib
import json
from math import isnan
from typing import TYPE_CHECKING, Any, TypeGuard, cast

import msgspec

from sse_client.adapters.openai import Choice
from sse_client.replies.surrogates import repaired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sse_client.adapters.openai import Completion

__all__ = ["COLUMNS", "Answer", "Question", "answer_of", "asked_in", "failed", "question_of", "value_of"]

_BYTES_A_TOKEN = 4  # an estimate for English; the actual usage is settled afterwards
# Ten times as fast as json's encoder, which is created once, because `json.dumps` would create one for each call.
_sorted_fast = msgspec.json.Encoder(order="sorted", enc_hook=str).encode
_sorted_slow = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str).encode
_MOST = 2**63 - 1  # the largest number that a column can hold
_TOKENS_OF_AN_ANSWER = 256  # reserved if the request sets no maximum


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The columns that are added to a row; missing texts are empty, and missing numbers are 0.

    Attributes:
        answer: the model's answer.
        tool_calls: the tool calls that it asks for, as JSON text.
        finish_reason: why the answer ended.
        error: a sentence; empty if the row was answered.
        seconds: the seconds that it took, including waits for the rate limit, and retries.
        idempotency_key: the key that was sent, which is always the same for the same row of the same run.
    """

    answer: str = ""
    tool_calls: str = ""
    finish_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    error: str = ""
    seconds: float = 0.0
    idempotency_key: str = ""


COLUMNS = Answer.__struct_fields__


class Question(msgspec.Struct, frozen=True):
    """The request of a row.

    Attributes:
        body: the body of the request.
        key: the idempotency key of the row.
        tokens: the number of tokens to reserve for it.
    """

    body: dict[str, Any]
    key: str
    tokens: int


def question_of(row: Mapping[str, Any], body: Mapping[str, Any], run: str, name: str | None) -> Question:
    """Return the request of a row.

    Args:
        row: a row with `messages` (a list, or a list as JSON text) or a `prompt`; a `model` in it takes precedence.
        body: the fields that all requests share.
        run: the name of the run, which makes its keys differ from those of other runs.
        name: the row's name in its run; None if its `id_column` has no value.

    Raises:
        ValueError: the row has no name, no model, or neither messages nor a prompt.
    """
    if name is None:
        raise ValueError("expected a value in the column that names the row")
    asked = {**body, "messages": _messages(row)}
    model = value_of(row, "model")
    if isinstance(model, str) and model:
        asked["model"] = model
    if not asked.get("model"):
        raise ValueError("expected a model, of the batch or in the row")
    text = _sorted(asked)
    key = hashlib.sha256(f"{run}\0{name}\0".encode("utf-8", "surrogatepass") + text).hexdigest()[:32]
    bound = asked.get("max_completion_tokens") or asked.get("max_tokens") or _TOKENS_OF_AN_ANSWER
    size = len(text) // _BYTES_A_TOKEN
    return Question(asked, key, size + (bound if isinstance(bound, int) else _TOKENS_OF_AN_ANSWER))


def _sorted(asked: dict[str, Any]) -> bytes:
    """Return a request as JSON that is the same in every process; values without a JSON form become texts."""
    try:
        return _sorted_fast(asked)
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError):  # a lone surrogate, or a large number
        return _sorted_slow(asked).encode("utf-8", "surrogatepass")


def asked_in(row: Mapping[str, Any]) -> Any:
    """Return the messages of a row, else its prompt; None if it has neither."""
    messages = value_of(row, "messages")
    return value_of(row, "prompt") if messages is None else messages


def _messages(row: Mapping[str, Any]) -> list[Any]:
    messages = value_of(row, "messages")
    if isinstance(messages, str):
        try:
            messages = json.loads(messages)
        except (ValueError, RecursionError):
            raise ValueError("expected the messages of a row as a list, or as JSON") from None
    if _is_list(messages):
        return messages
    prompt = value_of(row, "prompt")
    if messages is None and isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    raise ValueError("expected a row with messages, or with a prompt that is a text")


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return type(value) is list and value != []


def failed(error: BaseException, key: str = "", seconds: float = 0.0) -> Answer:
    """Return the columns of a row that was not answered."""
    return Answer(error=repaired(f"{type(error).__name__}: {error}"), seconds=seconds, idempotency_key=key)


def answer_of(completion: Completion, key: str, seconds: float) -> Answer:
    """Return the columns for a completion.

    Some values do not fit a column: a lone surrogate becomes U+FFFD, and a larger number becomes 2**63 - 1.
    """
    choice = completion.choices[0] if completion.choices else Choice()
    message, usage = choice.message, completion.usage
    calls = [call.json() for call in message.tool_calls]
    return Answer(
        answer=repaired(message.content or message.refusal or ""),
        tool_calls=repaired(json.dumps(calls, ensure_ascii=False)) if calls else "",
        finish_reason=repaired(choice.finish_reason or ""),
        prompt_tokens=min(usage.prompt_tokens, _MOST) if usage else 0,
        completion_tokens=min(usage.completion_tokens, _MOST) if usage else 0,
        total_tokens=min(usage.total_tokens, _MOST) if usage else 0,
        seconds=seconds,
        idempotency_key=key,
    )


def plain(value: Any) -> Any:
    """Convert a value of numpy to one of Python, also inside lists and dicts."""
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        value = value.tolist()
    if isinstance(value, dict):
        return {name: plain(each) for name, each in cast("dict[str, Any]", value).items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in cast("list[Any]", value)]
    return value


def value_of(row: Mapping[str, Any], column: str) -> Any:
    """Return a value of a row; None also for `NaN` and for pandas' `NA` and `NaT`."""
    value = row.get(column)
    if value is None or type(value) is str:
        return value
    value = plain(value)
    if (isinstance(value, float) and isnan(value)) or type(value).__name__ in {"NAType", "NaTType"}:
        return None
    return value
