"""Reads from the body of a chat request what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["choices_asked"]


def choices_asked(body: Mapping[str, Any]) -> int:
    """Return how many choices a request asks for: `n`; in the legacy API, `n` for each prompt."""
    n, prompt = body.get("n"), body.get("prompt")
    each = n if isinstance(n, int) and n > 1 else 1
    # A list of numbers is a single prompt, given as tokens.
    prompts: Sequence[Any] = cast("Sequence[Any]", prompt) if isinstance(prompt, (list, tuple)) else ()
    return each * len(prompts) if prompts and not isinstance(prompts[0], int) else each
