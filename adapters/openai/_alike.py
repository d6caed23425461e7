"""Chunks that differ from one another in a text alone: most of what a burst of a chat stream is.

A server writes its chunks with the same few lines of code, so all that stands around one text stands around the next.
To compare that as a whole, and to decode the text alone, takes a third of decoding and adding up each chunk.
"""

from __future__ import annotations

import contextlib
import re
from itertools import takewhile
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from sse_client.adapters.openai._accumulator import Accumulator
from sse_client.adapters.openai._payload import decode
from sse_client.adapters.openai.delta import ChatDelta

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["texts_like"]

_FIELDS = {
    name: re.compile(rf'"{key}"\s*:\s*"((?:[^"\\]|\\.)*)"')
    for name, key in (("content", "content"), ("reasoning", "reasoning(?:_content)?"))
}
# OpenAI ends each chunk with letters of any number, so that its size does not tell how long the text is. Between
# unescaped quotes, and before the chunk's last brace, that can be nothing else.
_NOISE = re.compile(r',"obfuscation":"[0-9A-Za-z]*"\}\Z')
_PLAIN = ChatDelta(index=0)

_text = msgspec.json.Decoder(str).decode


def texts_like(sample: ChatDelta, raws: Sequence[str]) -> list[str]:
    """Return the texts of the first of `raws`, as many as are the chunk of `sample` with another text.

    Args:
        sample: the only delta of its chunk.
        raws: the JSON texts of the chunks behind it.
    """
    name = _field(sample)
    if name is None:
        return []
    raw, *rest = _without_noise([sample.raw, *raws])
    around = _around(name, replace(sample, raw=raw))
    if around is None:
        return []
    head, tail = around
    start, stop = len(head), -len(tail)
    texts = [raw[start:stop] for raw in rest]
    # Where a chunk is too short to hold both, what is built of its text is longer than the chunk.
    if head + f"{tail}\0{head}".join(texts) + tail != "\0".join(rest):
        pairs = takewhile(lambda pair: head + pair[0] + tail == pair[1], zip(texts, rest, strict=True))
        texts = [text for text, _ in pairs]
    decoded: list[str] = []
    with contextlib.suppress(msgspec.DecodeError, UnicodeError):
        for text in texts:
            decoded.append(_text(f'"{text}"'))
    return decoded


def _field(sample: ChatDelta) -> str | None:
    """Return which text of a delta may vary; None if there is more in it than one text."""
    plain = replace(sample, index=0, role=None, content=None, reasoning=None, id=None, model=None, raw="")
    if sample.index is None or plain != _PLAIN or bool(sample.content) is bool(sample.reasoning):
        return None
    return "content" if sample.content else "reasoning"


def _without_noise(raws: list[str]) -> list[str]:
    return [_NOISE.sub("}", raw) for raw in raws] if _NOISE.search(raws[0]) else raws


def _around(name: str, sample: ChatDelta) -> tuple[str, str] | None:
    """Return what stands before and behind the text of a chunk; None if that cannot be told for certain."""
    found = _FIELDS[name].search(sample.raw)
    if found is None:
        return None
    head, tail = sample.raw[: found.start(1)], sample.raw[found.end(1) :]
    # The proof: with another text in that place, the chunk is what it was with another text.
    other = "b" if getattr(sample, name) == "a" else "a"
    raw = f"{head}{other}{tail}"
    try:
        chunk = decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return (head, tail) if Accumulator().add(chunk, raw) == [replace(sample, raw=raw, **{name: other})] else None
