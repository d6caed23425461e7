"""The Python calls that an event costs if it comes in a read of its own."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sse_client.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


def calls_of(parser: Parser, read: bytes) -> list[str]:
    """Return the names of the Python functions that a read enters."""
    names: list[str] = []

    def profile(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            names.append(frame.f_code.co_name)

    sys.setprofile(profile)
    try:
        parser.feed(read)
    finally:
        sys.setprofile(None)
    return names


@pytest.mark.parametrize("crlf", [False, True], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([b'data: {"choices": []}\n\n'], id="data"),
        pytest.param([b"data:x\n\n"], id="data without the space"),
        pytest.param([b"event: delta\ndata: x\n\n"], id="type and data"),
        pytest.param([b"event: a\ndata: x\n\n", b"event: b\ndata: x\n\n"], id="types in turns"),
        pytest.param([b"id: 1\ndata: x\n\n", b"id: 2\ndata: x\n\n"], id="id and data"),
        pytest.param([b"event: e\nid: 1\ndata: x\n\n"], id="type, id and data"),
        pytest.param([b"id: 1\nevent: e\ndata: x\n\n"], id="id, type and data"),
        pytest.param([b"data: {\ndata:  1\ndata: }\n\n"], id="lines of data"),
        pytest.param(["data: 日本\n\n".encode()], id="beyond ASCII"),
        pytest.param([b": heartbeat\n\n"], id="a heartbeat"),
        pytest.param([b"data: " + b"x" * 100_000 + b"\n\n"], id="long data"),
    ],
)
def test_a_live_event_takes_one_call(blocks: Sequence[bytes], crlf: bool) -> None:
    parser = Parser()
    reads = [block.replace(b"\n", b"\r\n") if crlf else block for block in blocks] * 4
    for read in reads[:-1]:
        parser.feed(read)
    assert calls_of(parser, reads[-1]) == ["feed"]


def test_a_piece_of_a_line_takes_one_call() -> None:
    parser = Parser()
    parser.feed(b"data: x\n\ndata: ")
    assert calls_of(parser, b"x" * 64) == ["feed"]
    assert calls_of(parser, b"x\n\ndata: y") == ["feed"]
