"""Adds parameters to the query of a URL, formatted as in OpenAI's own client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlencode

from sse_client.replies.json_values import is_array, is_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["with_params"]


def with_params(query: str, params: Mapping[str, Any] | None) -> str:
    """Return `query` with `params`, which replace parameters of the same name; the others stay unchanged.

    Args:
        query: the query of a URL, without its `?`.
        params: values by name: a str, a number, a bool, a list (`name[]`, repeated), or a dict (`name[key]`); None
            removes the parameter.

    Raises:
        TypeError: a value is of another type.
    """
    if not params:
        return query
    pairs = [pair for name, value in params.items() for pair in _pairs(name, value)]
    replaced = params.keys() | {name for name, _ in pairs}
    kept = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) not in replaced]
    return "&".join([*kept, *([urlencode(pairs)] if pairs else [])])


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    """Return the parameters for one value."""
    if value is None:
        return []
    if isinstance(value, bool):
        return [(name, "true" if value else "false")]
    if isinstance(value, (str, int, float)):
        return [(name, str(value))]
    if is_mapping(value):
        return [pair for key, each in value.items() for pair in _pairs(f"{name}[{key}]", each)]
    if is_array(value):
        return [pair for each in value for pair in _pairs(f"{name}[]", each)]
    raise TypeError(f"{name}: a parameter of the query must be a str or a number, not {type(value).__name__}")
