"""Every client over httpx2 and httpx, with one way to read for all of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pytest
import trio

import sse_client
from sse_client.aio import AsyncClient

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

COLUMNS = [
    (httpx2, "blocking"),
    (httpx2, "asyncio"),
    (httpx2, "trio"),
    (httpx, "blocking"),
    (httpx, "asyncio"),
    (httpx, "trio"),
]


@dataclass
class Outcome:
    """What came of a stream: the data of its events, and the error that ended it."""

    data: list[str] = field(default_factory=list[str])
    error: Exception | None = None


def run(loop: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine on asyncio or trio."""
    if loop == "trio":
        trio.run(main)
    else:
        asyncio.run(main())


class Column:
    """One client over one library.

    Args:
        library: httpx2 or httpx.
        kind: `blocking`, or the event loop.
    """

    def __init__(self, library: Any, kind: str) -> None:
        self.library = library
        self.kind = kind

    def read(self, method: str, url: str, *, client: dict[str, Any] | None = None, **options: Any) -> Outcome:
        """Read a stream to its end, with a client of the library that is made with arguments of its own."""
        outcome = Outcome()
        if self.kind == "blocking":
            with sse_client.Client(self.library.Client(**(client or {}))) as blocking:
                try:
                    with blocking.stream(method, url, **options) as events:
                        outcome.data.extend(event.data for event in events)
                except Exception as error:  # noqa: BLE001 - it is looked at
                    outcome.error = error
            return outcome

        async def main() -> None:
            async with AsyncClient(self.library.AsyncClient(**(client or {}))) as awaited:
                try:
                    async with awaited.stream(method, url, **options) as events:
                        async for event in events:
                            outcome.data.append(event.data)
                except Exception as error:  # noqa: BLE001 - it is looked at
                    outcome.error = error

        run(self.kind, main)
        return outcome


columns = pytest.mark.parametrize(
    "column",
    [Column(library, kind) for library, kind in COLUMNS],
    ids=[f"{library.__name__}-{kind}" for library, kind in COLUMNS],
)
"""Runs a test in each."""

blocking_columns = pytest.mark.parametrize(
    "column", [Column(library, "blocking") for library in (httpx2, httpx)], ids=["httpx2", "httpx"]
)
"""Runs a test in each that blocks."""
