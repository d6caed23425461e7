"""Parsers without I/O: bytes in pieces to events, each through the narrowest way in that its package has."""

from __future__ import annotations

import codecs
import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from benchmarks.streams import FURTHER_WORKLOADS, IN_PIECES, PARSER_WORKLOADS, Workload, one_line
from benchmarks.worker import Task

__all__ = ["LEAST", "OURS", "PARSERS", "least", "long_line", "parser"]

OURS = "sse_client"
LEAST = "split, decode"

Parse = Callable[[list[bytes]], Iterable[Any]]


def _ours() -> Parse:
    from sse_client import Parser

    def parse(reads: list[bytes]) -> Iterator[Any]:
        feed = Parser().feed
        for data in reads:
            yield from feed(data)

    return parse


def _sseclient_py() -> Parse:
    from sseclient import SSEClient

    # It takes any iterable of bytes.
    return lambda reads: SSEClient(iter(reads)).events()


def _launchdarkly() -> Parse:
    from ld_eventsource.reader import _BufferedLineReader, _SSEReader  # type: ignore[import-untyped]

    return lambda reads: _SSEReader(_BufferedLineReader.lines_from(reads)).events_and_comments()


def _httpx_sse() -> Parse:
    try:
        importlib.import_module("httpx")
    except ModuleNotFoundError:
        # Its package imports httpx, whose place httpx2 takes; the decoder needs neither.
        import httpx2

        httpx2.alias_httpx()
    from httpx_sse._decoders import SSEDecoder, SSELineDecoder

    def parse(reads: list[bytes]) -> Iterator[Any]:
        # As `EventSource.iter_sse` does over `Response.iter_text`.
        text = codecs.getincrementaldecoder("utf-8")("replace").decode
        lines, decode = SSELineDecoder().decode, SSEDecoder().decode
        for data in reads:
            for line in lines(text(data)):
                event = decode(line.rstrip("\n"))
                if event is not None:
                    yield event

    return parse


def _httpx2() -> Parse:
    from httpx2._sse import _SSEParser

    def parse(reads: list[bytes]) -> Iterator[Any]:
        # As `EventSource.__iter__` does over `Response.iter_text`; its limit of 1 MiB is an option.
        text = codecs.getincrementaldecoder("utf-8")("replace").decode
        decode = _SSEParser(max_event_size=None).decode
        for data in reads:
            yield from decode(text(data))

    return parse


def _openai() -> Parse:
    from openai._streaming import SSEDecoder

    return lambda reads: SSEDecoder().iter_bytes(iter(reads))


_WAYS: dict[str, Callable[[], Parse]] = {
    OURS: _ours,
    "launchdarkly-eventsource": _launchdarkly,
    "sseclient-py": _sseclient_py,
    "httpx-sse": _httpx_sse,
    "httpx2": _httpx2,
    "openai": _openai,
}
PARSERS = tuple(_WAYS)


def parser(name: str, workload: str) -> Task:
    """Return the task of parsing a workload, once it is certain that all of its events come out.

    Raises:
        ValueError: some did not.
    """
    chosen = _workload(workload)
    parse, reads, sent = _WAYS[name](), chosen.reads(), chosen.sent()
    beside = _compare(parse, reads, sent)
    return Task(lambda: _count(parse(reads)) - beside, units=len(sent))


def least(workload: str) -> Task:
    """Return the task of splitting and decoding a workload of one-line events: no parser, but what none can do without.

    A block that a read cuts in two is two pieces to it, so there are a few more.
    """
    chosen = _workload(workload)
    reads, end = chosen.reads(), chosen.one_line

    def pieces() -> Iterator[str]:
        for data in reads:
            yield from [piece.decode() for piece in data.split(end)]

    return Task(lambda: _count(pieces()), units=_count(pieces()))


def _workload(name: str) -> Workload:
    return next(known for known in (*PARSER_WORKLOADS, *FURTHER_WORKLOADS, *IN_PIECES) if known.name == name)


def long_line(name: str, megabytes: int, piece: int) -> Task:
    """Return the task of parsing one event of one line in small pieces."""
    parse = _WAYS[name]()
    reads = Workload("", lambda: [one_line(megabytes * 1024 * 1024)], piece).reads()
    return Task(lambda: _count(parse(reads)), units=1)


def _compare(parse: Parse, reads: list[bytes], sent: list[bytes]) -> int:
    """Hold what comes out of the parser against what went in: the number of events, and all their data.

    Returns:
        how many comments came among the events: there is a parser that cannot be told to leave them out.
    """
    count = length = comments = 0
    for event in parse(reads):
        if not hasattr(event, "data"):
            comments += 1
            continue
        count += 1
        length += len(event.data)
    expected = sum(len(_data(block)) for block in sent)
    if (count, length) != (len(sent), expected):
        raise ValueError(f"{count} of {len(sent)} events came, with {length} of {expected} characters of data")
    return comments


def _data(block: bytes) -> str:
    lines = [line[5:].removeprefix(b" ") for line in block.splitlines() if line.startswith(b"data:")]
    return b"\n".join(lines).decode()


def _count(events: Iterable[Any]) -> int:
    count = 0
    for _ in events:
        count += 1
    return count
