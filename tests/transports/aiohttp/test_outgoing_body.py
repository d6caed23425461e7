"""A body as aiohttp is given it: piece by piece, outside of the loop where reading may block, and by one reader."""

from __future__ import annotations

import asyncio
import gc
import io
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sse_client.transports._aiohttp.outgoing_body import OutgoingBody, stop_reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


def read(content: Any) -> bytes:
    async def main() -> bytes:
        return b"".join([piece async for piece in OutgoingBody(content).data])

    return asyncio.run(main())


@pytest.mark.parametrize("content", [None, b"", b"x" * 65_536, bytearray(b"x")])
def test_small_bytes_are_given_as_they_are(content: Any) -> None:
    assert OutgoingBody(content).data is content


def test_text_is_utf_8() -> None:
    assert OutgoingBody("\u20ac").data == b"\xe2\x82\xac"


async def pieces() -> AsyncIterator[Any]:
    yield b"a"
    yield "\u20ac"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"x" * 200_000, b"x" * 200_000),
        (bytearray(b"x" * 70_000), b"x" * 70_000),
        ("x" * 70_000, b"x" * 70_000),
        (iter([b"a", "\u20ac"]), b"a\xe2\x82\xac"),
        (pieces(), b"a\xe2\x82\xac"),
        (io.BytesIO(b"y" * 200_000), b"y" * 200_000),
        (io.StringIO("\u20ac"), b"\xe2\x82\xac"),
    ],
)
def test_all_of_a_body_is_read(content: Any, expected: bytes) -> None:
    assert read(content) == expected


def test_error_of_the_callers_is_kept() -> None:
    def failing() -> Iterator[bytes]:
        yield b"a"
        raise LookupError("mine")

    async def main() -> None:
        body = OutgoingBody(failing())
        with pytest.raises(LookupError) as caught:
            [piece async for piece in body.data]
        assert body.error is caught.value

    asyncio.run(main())


class Slow(io.BytesIO):
    """A file that is read in a thread, where a read waits until it is let through."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.begun = threading.Event()
        self.released = threading.Event()
        self.threads: set[threading.Thread] = set()

    def read(self, size: int | None = -1) -> bytes:
        self.threads.add(threading.current_thread())
        self.begun.set()
        assert self.released.wait(10)
        return super().read(size)


def test_read_of_an_abandoned_request_is_waited_for() -> None:
    async def main() -> None:
        file = Slow(b"content")
        first = OutgoingBody(file)
        reading = asyncio.ensure_future(anext(first.data))
        await asyncio.to_thread(file.begun.wait, 10)
        reading.cancel()
        await asyncio.wait([reading])
        stopping = asyncio.create_task(stop_reading(file))
        await asyncio.sleep(0)
        assert not stopping.done()
        file.released.set()
        assert await stopping
        file.seek(3)
        second = OutgoingBody(file)
        assert [piece async for piece in second.data] == [b"tent"]
        assert threading.main_thread() not in file.threads
        await first.data.aclose()

    asyncio.run(main())


def test_abandoned_request_reads_no_more() -> None:
    async def main() -> None:
        file = io.BytesIO(b"x" * 100_000)
        body = OutgoingBody(file)
        assert len(await anext(body.data)) == 65_536
        assert await stop_reading(file)
        file.seek(0)
        assert [piece async for piece in body.data] == []
        assert file.tell() == 0

    asyncio.run(main())


def test_file_that_nobody_reads_is_not_waited_for() -> None:
    async def main() -> None:
        file = io.BytesIO(b"x")
        assert not await stop_reading(file)
        body = OutgoingBody(file)
        del body
        gc.collect()  # its generator holds it
        assert not await stop_reading(file)
        assert not await stop_reading(None)

    asyncio.run(main())
