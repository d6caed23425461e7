"""The faults that a replay can have, by name."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from sse_client.testing._messages import LAST_CHUNK, chunk, head, reply
from sse_client.testing._steps import CLOSE, RESET, STALL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sse_client.testing._steps import Step

Fault: TypeAlias = Literal[
    "cut", "end", "reset", "stall", "garbage", "noise", "dribble", "forget", "status", "html", "empty", "hangup"
]

FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cut": "The connection closes inside the next event, before the body's end.",
        "end": "The body ends cleanly, but inside the next event: what some proxies make of a cut.",
        "reset": "The connection is reset.",
        "stall": "Nothing more comes, and the connection stays open.",
        "garbage": "Bytes come that are not an HTTP chunk, and the connection closes.",
        "noise": "A comment, a field and a retry, all of malformed bytes, come between two events; all events follow.",
        "dribble": "All further bytes come one by one, each as a chunk of its own.",
        "forget": "The connection closes as with cut, and the next one begins at the first event again.",
        "status": "The answer is 503 with Retry-After: 0, instead of the stream.",
        "html": "The answer is 200 with an HTML page, instead of the stream.",
        "empty": "The answer is an event stream that ends at once.",
        "hangup": "The connection closes without an answer.",
    }
)
"""What happens, a sentence for each kind of fault: up to `forget` in the stream, from `status` on in its place."""

_NOISE: Final = b": \xff\xfe\x00\xc0\n\x00\xff\x1b: \xed\xa0\x80\nretry: \xb2\n\n"
_PAGE: Final = b"<!DOCTYPE html><title>502 Bad Gateway</title>"


def check_fault(fault: str | None) -> None:
    """Refuse a fault that does not exist.

    Raises:
        ValueError: it is not one of `FAULTS`.
    """
    if fault is not None and fault not in get_args(Fault):
        raise ValueError(f"expected a fault among {', '.join(FAULTS)}; got {fault!r}")


def instead_of_stream(fault: str | None) -> Sequence[Step] | None:
    """Return the answer of a fault that replaces the stream; None if the fault happens inside the stream."""
    match fault:
        case "status":
            return reply(503, b"a fault of the replay", {"Retry-After": "0"})
        case "html":
            return reply(200, _PAGE, {"Content-Type": "text/html"})
        case "empty":
            return [head(), LAST_CHUNK]
        case "hangup":
            return [CLOSE]
        case _:
            return None


def in_stream(fault: str, following: bytes) -> Sequence[Step]:
    """Return the steps of a fault between two events; the stream continues afterwards, unless they end the answer.

    Args:
        fault: the name of the fault.
        following: the next line of the stream.
    """
    half = following[: len(following) // 2]
    begun = [chunk(half)] if half else []
    match fault:
        case "end":
            return [*begun, LAST_CHUNK]
        case "reset":
            return [RESET]
        case "stall":
            return [STALL]
        case "garbage":
            return [b"no chunk\r\n", CLOSE]
        case "noise":
            return [chunk(_NOISE)]
        case "dribble":
            return []
        case _:
            return [*begun, CLOSE]
