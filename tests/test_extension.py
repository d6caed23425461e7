"""The extension API, and that the adapters are built on it alone."""

from __future__ import annotations

import ast
import asyncio
import importlib
import io
import re
import subprocess
import sys
import tokenize
from itertools import islice
from pathlib import Path

import pytest

from sse_client import Client, Closed, Event, extension
from sse_client.aio import AsyncClient
from sse_client.extension import (
    ExtensibleParser,
    StreamFormat,
    buffered_events,
    client_options,
    end_async_stream,
    end_stream,
    looks_like_event_stream,
    open_async_stream,
    open_stream,
    run_sync,
)
from sse_client.testing import LAST_CHUNK, Server, chunk, head

ROOT = Path(__file__).parent.parent
ADAPTERS = sorted((ROOT / "adapters").rglob("*.py"))
REPLIES = sorted((ROOT / "sse_client" / "replies").glob("*.py"))
EVENTS = b"data: 1\n\ndata: 2\n\ndata: 3\n\n"


class Shouting(ExtensibleParser):
    def unknown_field(self, name: str, value: str, line: str) -> Event | None:
        return Event(f"{name}={value}", "shout") if line.startswith("shout") else None


SHOUTED = StreamFormat(parser=Shouting, media_types=frozenset({"text/shouted"}), body_limit=3)


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts if parts[0] == "sse_client" else ("sse_client", *parts))


def own_package(path: Path) -> str:
    """Return the package whose private names a file may use: its adapter's own, or `sse_client.replies`."""
    parts = module_name(path).split(".")
    return ".".join(parts[:3] if parts[1] == "adapters" else parts[:2]) + "."


@pytest.mark.parametrize("path", ADAPTERS + REPLIES, ids=module_name)
def test_an_adapter_and_what_it_is_built_from_import_public_names_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if alias.name.startswith("sse_client.")]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            if not node.module or not node.module.startswith("sse_client"):
                continue
            if f"{node.module}.".startswith(own_package(path)):
                continue
            assert not re.search(r"\._", node.module), node.module
            public = importlib.import_module(node.module).__all__
            assert {alias.name for alias in node.names} <= set(public), node.module


def code_lines(path: Path) -> int:
    """Return the number of a file's lines that are not blank, a comment, or part of a docstring."""
    source = path.read_text(encoding="utf-8")
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}:
            lines |= set(range(token.start[0], token.end[0] + 1)) if token.string else set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and ast.get_docstring(node) is not None:
                lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return len(lines)


def test_the_smaller_adapter_takes_less_than_500_lines_of_code() -> None:
    files = [path for path in ADAPTERS if path.parent.name == "anthropic"]
    assert 0 < sum(map(code_lines, files)) < 500


def test_lines_of_code_are_counted_without_comments_and_docstrings(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    lines = ['"""One.', "", 'Two."""', "", "# three", 'x = """a', "", 'b"""  # four', "", "def f():", '    """Five."""']
    path.write_text("\n".join([*lines, "    return (", "        1", "    )", ""]))
    assert code_lines(path) == 7


@pytest.mark.parametrize("path", ADAPTERS, ids=module_name)
def test_an_adapter_suppresses_no_private_access(path: Path) -> None:
    assert "SLF001" not in path.read_text(encoding="utf-8")


def test_every_name_of_the_api_has_a_docstring() -> None:
    assert all(getattr(extension, name).__doc__ for name in extension.__all__)


def test_importing_the_api_imports_neither_asyncio_nor_a_transport() -> None:
    script = "import sys, sse_client.extension; print(*{'asyncio', 'aiohttp', 'requests'} & sys.modules.keys())"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
    assert loaded.stdout.strip() == ""


def test_an_unknown_field_may_be_an_event() -> None:
    parser = Shouting()
    assert parser.feed(b"data: 1\nshout:  hey\nmurmur: x\n\n") == [Event("shout= hey", "shout"), Event("1")]
    assert ExtensibleParser().feed(b"shout: x\ndata: 1\n\n") == [Event("1")]


def test_the_options_of_a_client_are_its_defaults() -> None:
    with Client(headers={"X-Team": "a"}) as client:
        assert client_options(client).headers == {"X-Team": "a"}
    assert client_options(AsyncClient(headers={"X-Team": "b"})).headers == {"X-Team": "b"}


def test_a_stream_is_opened_in_its_format() -> None:
    with Server([head(content_type="text/shouted"), chunk(b"shout: hey\ndata: 1\n\n"), LAST_CHUNK]) as server:
        with Client() as client:
            stream = open_stream(client, "POST", server.url, {"json": {"a": 1}}, SHOUTED)
            assert [event.data for event in stream] == ["shout=hey", "1"]
        (request,) = server.requests
    assert request.body == b'{"a": 1}'


def test_an_asyncio_stream_is_opened_in_its_format() -> None:
    async def main(url: str) -> list[str]:
        async with AsyncClient() as client:
            stream = open_async_stream(client, "POST", url, {"json": {"a": 1}}, SHOUTED)
            return [event.data async for event in stream]

    with Server([head(content_type="text/shouted"), chunk(b"shout: hey\ndata: 1\n\n"), LAST_CHUNK]) as server:
        assert asyncio.run(main(server.url)) == ["shout=hey", "1"]


def test_buffered_events_have_arrived_and_are_taken_once() -> None:
    with Server([head(), chunk(EVENTS), LAST_CHUNK]) as server, Client() as client, client.post(server.url) as stream:
        assert list(buffered_events(stream)) == []
        assert next(stream).data == "1"
        assert [event.data for event in islice(buffered_events(stream), 1)] == ["2"]
        assert [event.data for event in stream] == ["3"]


def test_ending_a_stream_tells_the_observer_why() -> None:
    seen: list[object] = []
    with Server([head(), chunk(EVENTS), LAST_CHUNK]) as server, Client(observer=seen.append) as client:
        stream = client.post(server.url)
        next(stream)
        end_stream(stream, "until")
        assert next(stream, None) is None
    assert seen[-1] == Closed("until", None)


def test_ending_an_asyncio_stream_tells_the_observer_why() -> None:
    seen: list[object] = []

    async def main(url: str) -> None:
        async with AsyncClient(observer=seen.append) as client:
            stream = client.post(url)
            await anext(stream)
            await end_async_stream(stream, "until")
            assert await anext(stream, None) is None

    with Server([head(), chunk(EVENTS), LAST_CHUNK]) as server:
        asyncio.run(main(server.url))
    assert seen[-1] == Closed("until", None)


def test_a_coroutine_that_never_waits_is_run_to_its_end() -> None:
    async def answer() -> int:
        return 42

    assert run_sync(answer()) == 42


STREAMS = [
    pytest.param(b"data: 1\n\n", id="data"),
    pytest.param(b"data:{}\r\n\r\n", id="data without a space, CRLF"),
    pytest.param(b"data\n\n", id="data without a colon"),
    pytest.param(b"event: ping\ndata: 1\n\n", id="an event type"),
    pytest.param(b"id: 7\n", id="an ID"),
    pytest.param(b"retry: 10\r", id="a retry, CR"),
    pytest.param(b"error: {}\n", id="old llama.cpp's error"),
    pytest.param(b": PROCESSING\n\n", id="a comment"),
    pytest.param(b":\n", id="an empty comment"),
    pytest.param(b"\n\r\n \ndata: 1\n", id="blank lines"),
    pytest.param(b"\xef\xbb\xbfdata: 1\n\n", id="a BOM"),
    pytest.param(b"\xef\xbb\xbf\r\n: hi\r\n", id="a BOM, a blank line and a comment"),
]
OTHERS = [
    pytest.param(b'{"choices": []}', id="JSON"),
    pytest.param(b'  \n {"data": 1}', id="JSON after blanks"),
    pytest.param(b"[1]", id="a JSON array"),
    pytest.param(b"<!doctype html>\n<p>data: 1", id="HTML"),
    pytest.param(b"\xef\xbb\xbf<html>", id="HTML with a BOM"),
    pytest.param(b" data: 1\n\n", id="an indented field"),
    pytest.param(b"\n\tdata: 1\n\n", id="a field after a tab"),
    pytest.param(b"database down", id="a longer word"),
    pytest.param(b"Data: 1\n\n", id="a field in capitals"),
    pytest.param(b"Internal Server Error", id="a text"),
    pytest.param(b"\x1f\x8b\x08", id="bytes"),
    pytest.param(b"\xef\xbbdata: 1", id="half a BOM"),
    pytest.param(b"\n" * 5000 + b"data: 1\n\n", id="too many blank lines"),
]


@pytest.mark.parametrize("body", STREAMS)
def test_an_event_stream_is_told_by_its_first_bytes(body: bytes) -> None:
    verdicts = [looks_like_event_stream(body[:length]) for length in range(len(body) + 1)]
    undecided = verdicts.count(None)
    assert verdicts == [None] * undecided + [True] * (len(verdicts) - undecided)
    assert verdicts[-1] is True


@pytest.mark.parametrize("body", OTHERS)
def test_another_body_is_told_by_its_first_bytes(body: bytes) -> None:
    verdicts = [looks_like_event_stream(body[:length]) for length in range(len(body) + 1)]
    undecided = verdicts.count(None)
    assert verdicts == [None] * undecided + [False] * (len(verdicts) - undecided)
    assert verdicts[-1] is False


def test_a_verdict_needs_no_more_than_the_first_bytes_of_a_long_body() -> None:
    assert looks_like_event_stream(b"\n" * 10_000_000) is False
    assert looks_like_event_stream(b"data:" + b"x" * 10_000_000) is True
