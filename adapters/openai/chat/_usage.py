"""Merges usage that comes more than once, in parts, or under other names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import replace

from sse_client.adapters.openai.completion import CompletionTokensDetails, PromptTokensDetails, Usage

if TYPE_CHECKING:
    from sse_client.adapters.openai.chat._chunk import ChunkUsage

__all__ = ["merged_usage"]

_Details = TypeVar("_Details", PromptTokensDetails, CompletionTokensDetails)

_NOTHING = Usage()


def merged_usage(known: Usage | None, more: ChunkUsage) -> Usage:
    """Return the later usage `more`, completed with the numbers that only the earlier one, `known`, has.

    Usage covers the whole answer so far, so numbers replace one another, and are not added up; a 0 stands for a number
    that the server did not send. The total is computed only if the server does not send it, or sends it in parts.
    """
    before = known or _NOTHING
    asked = more.prompt_tokens or more.input_tokens or more.camel_input
    said = more.completion_tokens or more.output_tokens or more.camel_output
    whole = more.total_tokens or more.camel_total
    prompt, completion = asked or before.prompt_tokens, said or before.completion_tokens
    total = whole or before.total_tokens
    if known is None:
        total = total or (prompt + completion if prompt and completion else 0)
    elif not (asked and said and whole):
        total = max(total, prompt + completion)
    return Usage(
        prompt,
        completion,
        total,
        _merged(before.prompt_tokens_details, _prompt_details(more)),
        _merged(before.completion_tokens_details, _completion_details(more)),
    )


def _prompt_details(usage: ChunkUsage) -> PromptTokensDetails | None:
    details = usage.prompt_tokens_details or usage.input_tokens_details
    cached = usage.cached_tokens or usage.prompt_cache_hit_tokens or usage.cache_read_input_tokens
    written = usage.cache_creation_input_tokens
    if not (cached or written):
        return details
    details = details or PromptTokensDetails()
    return replace(
        details,
        cached_tokens=details.cached_tokens or cached or 0,
        cache_write_tokens=details.cache_write_tokens or written or 0,
    )


def _completion_details(usage: ChunkUsage) -> CompletionTokensDetails | None:
    details = usage.completion_tokens_details or usage.output_tokens_details
    if not usage.reasoning_tokens or (details and details.reasoning_tokens):
        return details
    return replace(details or CompletionTokensDetails(), reasoning_tokens=usage.reasoning_tokens)


def _merged(known: _Details | None, more: _Details | None) -> _Details | None:
    if known is None or more is None:
        return more or known
    new: dict[str, Any] = {name: value for name, value in msgspec.structs.asdict(more).items() if value}
    return replace(known, **new)
