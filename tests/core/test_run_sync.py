"""Coroutines that never wait, run without an event loop."""

from __future__ import annotations

import asyncio

import pytest

from sse_client._core.run_sync import run_sync


async def double(number: int) -> int:
    return 2 * number


async def nested() -> int:
    return await double(await double(1))


def test_what_a_coroutine_returns_is_returned() -> None:
    assert run_sync(nested()) == 4


def test_what_it_raises_comes_out() -> None:
    async def fails() -> None:
        await double(1)
        raise KeyError("x")

    with pytest.raises(KeyError, match="x"):
        run_sync(fails())


def test_one_that_waits_is_refused_and_closed() -> None:
    left: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            left.append("finally")

    with pytest.raises(RuntimeError, match="expected a coroutine that does not wait"):
        run_sync(waits())
    assert left == ["finally"]
