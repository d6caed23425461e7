"""The page of promises: its limits are those of the code, and the tests that it names exist."""

from __future__ import annotations

import ast
import re
from inspect import signature
from pathlib import Path

import pytest
import requests

from sse_client import Reconnect, Timeout, checkpoint
from sse_client import policy as policy_module
from sse_client._core import response_body
from sse_client._http import (
    coding_steps,
    content_decoding,
    cookies,
    escaped_text,
    inflation_limit,
    optional_codings,
    redirect_target,
    response_head,
)
from sse_client.options import DEFAULT_MAX_ERROR_BODY, DEFAULTS
from sse_client.relay import Relay
from sse_client.relay import checkpoint as redis_checkpoint
from sse_client.relay._consuming.settings import TIMEOUT
from sse_client.replies.parsing import tolerant_format
from sse_client.request import MAX_HEADER
from sse_client.transports._aiohttp import transport as aiohttp_transport
from sse_client.transports._aiohttp.response_head import MOST_INTERIM
from sse_client.transports._httpx import head_limit
from sse_client.transports._httpx import transport as httpx_transport
from sse_client.transports._httpx._http2 import awaited_head

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
KIB = 1024


def size(octets: int | None) -> str:
    """Return a number of bytes as the page has it."""
    assert octets is not None
    return f"{octets // KIB**2} MiB" if octets % KIB**2 == 0 else f"{octets // KIB} KiB"


def seconds(number: float | None) -> str:
    return "none" if number is None else f"{number:,g} s"


LIMITS = {
    "making a connection: name, all addresses, proxy, TLS": seconds(Timeout().connect),
    "silence": seconds(Timeout().read),
    "the wait for an event": seconds(Timeout().first or Timeout().event),
    "the whole stream, waits and decoding included": seconds(Timeout().total),
    "one event": size(DEFAULTS.max_event_size),
    "what a compressed body inflates to": (
        f"the event's limit, {size(inflation_limit._BYTES)}, "
        f"{inflation_limit._BYTES_PER_BYTE} bytes for each byte received, "
        f"and {size(inflation_limit._BYTES_PER_SECOND)} for each second of waiting; "
        f"an event, and a line of unusual form, counts as {inflation_limit._ITEM_COST} bytes more, and an event of "
        f"a chat as {tolerant_format(bool).event_cost} more than that"
    ),
    "content codings of a body": str(content_decoding._MAX_CODINGS),
    "zstd frames without content in a row": f"{optional_codings._MAX_EMPTY:,}",
    "output of one step of decoding": f"about {size(coding_steps.PIECE)}",
    "brotli's window where an event loop decodes": size(
        max(1 << bits for bits in range(18, 25) if not optional_codings.has_large_window((bits - 17) << 1 | 1))
    ),
    "a response's head, interim responses included (requests; httpx2 and httpx over HTTP/1.1)": size(
        response_head.MAX_HEAD
    ),
    "interim responses before a head (aiohttp; httpx2 and httpx over HTTP/2)": f"{MOST_INTERIM:,}",
    "the body of a refused response": (
        f"{size(DEFAULT_MAX_ERROR_BODY)}, within {seconds(response_body._EXCERPT_SECONDS)} "
        f"and {seconds(response_body._EXCERPT_SILENCE)} of silence"
    ),
    "redirects": str(requests.Session().max_redirects),
    "the URL that a redirect leads to": size(redirect_target.MAX_LOCATION),
    "what a server may ask to wait": seconds(Reconnect().max_asked),
    "the least wait before a reconnect": seconds(policy_module._LEAST_DELAY),
    "what is parsed at once in asyncio": size(response_body._MOST),
    "an operation in Redis: connecting, the command, the whole answer": ", ".join(
        seconds(number)
        for number in (
            signature(redis_checkpoint.RedisCheckpoint).parameters["timeout"].default,
            signature(Relay).parameters["lease"].default,
            TIMEOUT,
        )
    ),
    "the ID in a checkpoint's file or Redis key": size(checkpoint._LONGEST_ID),
    "the `Last-Event-ID` header": size(MAX_HEADER),
    "a server's cookies (requests, httpx2, httpx)": (
        f"{size(cookies._MAX_SIZE)} each with attributes, {cookies._MAX_PER_DOMAIN} and "
        f"{size(cookies._MAX_SIZE_PER_DOMAIN)} a domain, {cookies._MAX_COOKIES:,} in all"
    ),
    "foreign text in a message or log": f"{len(escaped_text.shown('x' * 10_000))} characters",
}


def rows() -> dict[str, str]:
    """Return the default of each limit that the page lists."""
    table = PAGE.partition("## Limits")[2].partition("## Promises")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    return {line[0]: line[2] for line in lines}


def test_each_limit_of_the_page_is_that_of_the_code() -> None:
    assert rows() == LIMITS


def test_the_checkpoints_have_the_same_limit() -> None:
    assert redis_checkpoint._LONGEST_ID == checkpoint._LONGEST_ID


def test_the_transports_have_the_same_limits() -> None:
    assert head_limit._MAX_HEAD == response_head.MAX_HEAD
    assert awaited_head._MOST_INTERIM == MOST_INTERIM
    most = requests.Session().max_redirects
    assert aiohttp_transport._MOST_REDIRECTS == httpx_transport._MOST_REDIRECTS == most


def functions(path: str) -> set[str]:
    """Return the names of the tests in a file."""
    module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(module) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_each_test_that_the_page_names_exists(path: str, name: str) -> None:
    assert name in functions(path)


def test_each_promise_names_a_test() -> None:
    promises = PAGE.partition("## Promises")[2].partition("## What is not")[0]
    lines = [line for line in promises.splitlines() if line.startswith("| ")][2:]
    assert len(lines) == 12
    assert all("::test_" in line for line in lines)
