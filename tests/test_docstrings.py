"""What an editor shows of the public functions: every option, and no other."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

import pytest

import sse_client
from sse_client import replies
from sse_client.adapters import anthropic, openai
from sse_client.adapters.openai import responses
from sse_client.aio import AsyncClient
from sse_client.options import StreamOptions
from sse_client.replies import (
    client_arguments,
    error_fields,
    iterables,
    json_reader,
    json_values,
    markers,
    named_arguments,
    parsing,
    parts,
    retries,
    surrogates,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

OPENING = [
    *(sse_client.stream, sse_client.get, sse_client.post, sse_client.astream),
    *(getattr(client, name) for client in (sse_client.Client, AsyncClient) for name in ("stream", "get", "post")),
]
OPTIONS = set(StreamOptions.__annotations__)
ENTRY = re.compile(r"^ +(\*{0,2}\w+): ", re.MULTILINE)


@pytest.mark.parametrize("function", OPENING, ids=lambda function: function.__qualname__)
def test_what_opens_a_stream_lists_its_options(function: Any) -> None:
    text = inspect.getdoc(function) or ""
    listed = text[text.index("StreamOptions` describes:") : text.index("news: observer") + len("news: observer.")]
    names = set(re.findall(r"\w+", re.sub(r"\(.*?\)|^.*?:|;$", "", listed, flags=re.MULTILINE)))
    assert names == OPTIONS


def test_each_option_has_a_line() -> None:
    assert set(ENTRY.findall(StreamOptions.__doc__ or "")) == OPTIONS


FOR_ADAPTERS = (
    *(client_arguments, error_fields, iterables, json_reader, json_values, markers, named_arguments, parsing, parts),
    *(retries, surrogates, texts),
)


def functions() -> Iterator[Any]:
    for module in (sse_client, openai, responses, anthropic, replies, *FOR_ADAPTERS):
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield value
            elif inspect.isclass(value) and value.__module__.startswith("sse_client"):
                yield from (
                    each for own, each in vars(value).items() if inspect.isfunction(each) and not own.startswith("_")
                )


@pytest.mark.parametrize("function", list(functions()), ids=lambda each: f"{each.__module__}.{each.__qualname__}")
def test_a_public_function_documents_its_parameters_and_no_others(function: Any) -> None:
    text = inspect.getdoc(function) or ""
    assert text, "it has a docstring"
    parameters = set(inspect.signature(function).parameters) - {"self", "cls"}
    args = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    if args is None:
        # What has one parameter, or two, says in its first sentence what they are; others refer to a fuller one.
        named = set(re.findall(r"`(\w+)`", text))
        assert len(parameters) < 2 or parameters <= named or "; see `" in text
        return
    documented = {name.lstrip("*") for name in re.findall(r"^    (\*{0,2}\w+): ", args[1], re.MULTILINE)}
    assert documented == parameters
