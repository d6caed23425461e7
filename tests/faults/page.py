"""The catalogue as docs/faults.md: `python -m faults.page`, in tests/, writes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .catalogue import FAULTS

if TYPE_CHECKING:
    from .outcomes import Outcome

__all__ = ["PAGE", "written"]

PAGE = Path(__file__).parent.parent.parent / "docs" / "faults.md"

_TOP = """\
# Faults

How a stream reacts to each fault: what is delivered, what is raised, how many requests are sent, and when. Each cell is
tested in both clients (`tests/faults`), which behave the same; this page is generated from the table of these tests.

- Every request meets the fault, unless the fault is inside the stream: then the first event (`1`) comes before it, and
  the next request gets the rest: `2`, `3` and the event that `until` names. No event comes before a *bomb*, which is a
  small compressed body that expands to a huge one.
- `POST` is one with the default options: it is sent again only if no connection could be made, or if the server answers
  429 or 503 with `Retry-After`. `reconnect=True` allows sending it again even if it may have been processed.
- *After id 1* means that the request has `Last-Event-ID: 1`.
- Waits are the seconds before each further attempt; a range, such as 1 to 2, includes the random part.
- An attempt that does not reach the server does not count as a request: `0 requests` can stand for five attempts.
- What *drips* arrives slowly, byte by byte.

"""


def written() -> str:
    """Return the page."""
    parts = [_TOP]
    for group in dict.fromkeys(fault.group for fault in FAULTS):
        parts.append(f"## {group[0].upper()}{group[1:]}\n\n")
        parts.append("| fault | GET | POST | POST, `reconnect=True` |\n| --- | --- | --- | --- |\n")
        for fault in FAULTS:
            if fault.group == group:
                get, post, repeated = (_cell(each) for each in (fault.get, fault.post, fault.repeated))
                parts.append(f"| {fault.name} | {get} | {_as(post, get)} | {_as(repeated, get)} |\n")
        parts.append("\n")
    return "".join(parts).rstrip("\n") + "\n"


def _as(cell: str, first: str) -> str:
    return "as GET" if cell == first else cell


def _cell(outcome: Outcome) -> str:
    came = f"`{' '.join(outcome.delivered)}`" if outcome.delivered else "nothing"
    ended = f"`{outcome.raised}`" if outcome.raised else "a clean end"
    requests = f"{outcome.requests} request{'s' * (outcome.requests != 1)}"
    after = f", the last after id {outcome.after}" if outcome.after else ""
    waits = f"; waits {', '.join(map(str, outcome.waits))} s" if outcome.waits else ""
    return f"{came}, then {ended}; {requests}{after}{waits}"


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
