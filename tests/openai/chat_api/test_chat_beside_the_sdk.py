"""Every dialect, read by OpenAI's own client too: the same completion, or a reason why ours is right."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import openai
import pytest
from dialect_reading import bare
from dialect_table import DIALECTS
from sdk_differences import DIFFERENCES
from test_client_kit import KEY

from sse_client.adapters.openai import CompletionTokensDetails, PromptTokensDetails, Usage
from sse_client.replies.json_values import is_mapping
from sse_client.testing import LAST_CHUNK, Server, chunk, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dialects import Dialect

COUNTS = {name for kind in (Usage, PromptTokensDetails, CompletionTokensDetails) for name in kind.__struct_fields__}


@pytest.fixture(scope="module")
def sdk() -> Iterator[openai.OpenAI]:
    direct = openai.DefaultHttpxClient(trust_env=False)
    with openai.OpenAI(api_key=KEY, max_retries=0, timeout=10, http_client=direct) as sdk:
        yield sdk


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


def theirs(dialect: Dialect, sdk: openai.OpenAI, server: Server) -> dict[str, Any]:
    """Return what the SDK makes of it: its deltas and the final completion, or the error."""
    body = dialect.stream.encode()
    server.script([head(content_type=dialect.content_type), *map(chunk, filter(None, [body])), LAST_CHUNK])
    chat = sdk.with_options(base_url=server.url).chat.completions
    pieces: list[Any] = []
    try:
        with chat.stream(model="m", messages=[{"role": "user", "content": "?"}], n=dialect.choices) as stream:
            for event in stream:
                if event.type == "chunk":
                    pieces += [[choice.index, choice.delta.content] for choice in event.chunk.choices]
            completion: dict[str, Any] = json.loads(stream.get_final_completion().to_json())
    except openai.APIError as error:
        return {"error": error.message}
    except Exception as error:  # noqa: BLE001 - a bug of theirs, or a refusal to read on
        return {"raises": type(error).__name__}
    return {"outcome": "complete", "pieces": pieces, **_in_common_words(completion)}


def ours(dialect: Dialect) -> dict[str, Any]:
    """Return the same of ours."""
    reading = bare(dialect, len(dialect.stream) or 1)
    if reading.outcome == "error":
        return {"error": getattr(reading.error, "message", None)}
    pieces = [[delta.index, delta.content] for delta in reading.deltas if delta.index is not None]
    completion: dict[str, Any] = msgspec.to_builtins(reading.completion)
    return {"outcome": reading.outcome, "pieces": pieces, **_in_common_words(completion)}


def _in_common_words(completion: Mapping[str, Any]) -> dict[str, Any]:
    """Return what both say of a completion; what never came may be missing, null, empty or 0."""
    return {
        "choices": [
            {
                "index": choice["index"],
                "finish_reason": choice.get("finish_reason"),
                "logprobs": choice.get("logprobs"),
                "tool_calls": [_call(call) for call in choice["message"].get("tool_calls") or ()],
                "audio": choice["message"].get("audio"),
                **{name: choice["message"].get(name) for name in ("role", "content", "refusal")},
            }
            for choice in completion.get("choices") or ()
        ],
        "usage": _counts(completion.get("usage")),
    }


def _call(call: Mapping[str, Any]) -> list[Any]:
    function = call.get("function") or call
    return [call.get("id") or "", call.get("type") or "function", function.get("name"), function.get("arguments")]


def _counts(usage: Any) -> Any:
    """Return the numbers that are not 0, details and all; those of vendors aside."""
    if not is_mapping(usage):
        return usage
    return {name: counts for name in sorted(COUNTS) if (counts := _counts(usage.get(name)))}


def each(dialects: list[Dialect]) -> list[Any]:
    return [pytest.param(dialect, id=dialect.quirk) for dialect in dialects]


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("dialect", each([dialect for dialect in DIALECTS if dialect.quirk not in DIFFERENCES]))
def test_both_read_the_same(dialect: Dialect, sdk: openai.OpenAI, server: Server) -> None:
    assert theirs(dialect, sdk, server) == ours(dialect)


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
@pytest.mark.parametrize("dialect", each([dialect for dialect in DIALECTS if dialect.quirk in DIFFERENCES]))
def test_they_still_differ(dialect: Dialect, sdk: openai.OpenAI, server: Server) -> None:
    assert theirs(dialect, sdk, server) != ours(dialect), f"no longer true: {DIFFERENCES[dialect.quirk]}"


def test_every_difference_is_of_a_dialect() -> None:
    assert DIFFERENCES.keys() <= {dialect.quirk for dialect in DIALECTS}
