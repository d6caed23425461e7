"""What the tests of the asyncio client share: a loop that is watched, and one way to read for both clients."""

from __future__ import annotations

import asyncio
import gc
import os
import runpy
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import trio

import sse_client
from sse_client import Comment, Event, Reconnect
from sse_client.aio import AsyncClient, astream
from sse_client.testing import Step, chunk, head

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sse_client import Closed, EventStream, Lost, Opened
    from sse_client.aio import AsyncEventStream

AT_ONCE = Reconnect(initial_delay=0, max_delay=0, max_attempts=3)
"""Reconnects without a delay, and soon gives up."""

PROMPT = 3.0
"""Seconds that a busy machine may take for what should take none; every timeout in its way is longer."""

ONE: list[Step] = [head(), chunk(b"data: 1\n\n")]
"""The begin of a chunked stream: its head and one event."""


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `main` in a loop, and check that it leaves nothing behind: no task, no socket, no complaint."""
    complaints: list[dict[str, Any]] = []

    async def watched() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        await asyncio.gather(*(asyncio.to_thread(int) for _ in range(4)))  # threads of the loop's own, and its pipe
        before = sockets()
        left: list[asyncio.Task[Any]] = []
        try:
            await main()
        finally:
            for _ in range(50):
                gc.collect()
                left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
                if sockets() <= before and not left:
                    break
                await asyncio.sleep(0.01)
        assert not left
        assert sockets() <= before

    asyncio.run(watched())
    gc.collect()
    assert not complaints


def sockets() -> int:
    """Return how many sockets of clients this process has open; those that a test's server holds aside."""
    count = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except OSError:
            continue
    return count


@dataclass
class Reading:
    """What came of a stream.

    Attributes:
        stream: the stream itself, closed.
        events: what it yielded.
        error: what ended it, if an error did.
        ids: its `last_event_id` after each event.
    """

    stream: EventStream | AsyncEventStream
    events: list[Event | Comment] = field(default_factory=list[Event | Comment])
    error: Exception | None = None
    ids: list[str] = field(default_factory=list[str])

    @property
    def data(self) -> list[str]:
        return [event.data if isinstance(event, Event) else f": {event.text}" for event in self.events]

    @property
    def outcome(self) -> tuple[list[str], type[Exception] | None]:
        return self.data, type(self.error) if self.error else None


class Blocking:
    """The blocking client."""

    name = "blocking"

    def read(self, method: str, url: str, *, take: int | None = None, **options: Any) -> Reading:
        """Read a stream to its end, or for so many events; an error of connecting is raised by the first `next`."""
        stream = sse_client.stream(method, url, **options)
        reading = Reading(stream)
        try:
            for event in stream:
                reading.events.append(event)
                reading.ids.append(stream.last_event_id)
                if len(reading.events) == take:
                    break
        except Exception as error:  # noqa: BLE001 - it is looked at
            reading.error = error
        finally:
            stream.close()
        return reading

    def read_twice(self, url: str, **defaults: Any) -> list[Reading]:
        """Read two streams one after the other with one client."""
        readings: list[Reading] = []
        with sse_client.Client(**defaults) as client:
            for _ in range(2):
                stream = client.get(url)
                reading = Reading(stream)
                with stream as events:
                    reading.events += events
                readings.append(reading)
        return readings


class Asyncio:
    """The asyncio client."""

    name = "asyncio"

    def read(self, method: str, url: str, *, take: int | None = None, **options: Any) -> Reading:
        stream = astream(method, url, **options)
        reading = Reading(stream)

        async def main() -> None:
            try:
                async for event in stream:
                    reading.events.append(event)
                    reading.ids.append(stream.last_event_id)
                    if len(reading.events) == take:
                        break
            except Exception as error:  # noqa: BLE001 - it is looked at
                reading.error = error
            finally:
                await stream.aclose()

        asyncio.run(main())
        return reading

    def read_twice(self, url: str, **defaults: Any) -> list[Reading]:
        readings: list[Reading] = []

        async def main() -> None:
            async with AsyncClient(**defaults) as client:
                for _ in range(2):
                    stream = client.get(url)
                    reading = Reading(stream)
                    async with stream as events:
                        reading.events += [event async for event in events]
                    readings.append(reading)

        asyncio.run(main())
        return readings


def _apart(options: dict[str, Any]) -> dict[str, Any]:
    """Take what httpx fixes for each client out of a stream's options; return it in the words of its clients."""
    fixed: dict[str, Any] = {}
    proxies: dict[str, str] | None = options.pop("proxies", None)
    if proxies:
        fixed["proxy"] = next(iter(proxies.values()))
    verify = options.pop("verify", None)
    if verify is not None:
        fixed["verify"] = ssl.create_default_context(cafile=verify) if isinstance(verify, str) else verify
    return fixed


class HttpxBlocking:
    """The blocking client on a client of httpx2 or httpx."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self.name = f"{library.__name__} blocking"

    def read(self, method: str, url: str, *, take: int | None = None, **options: Any) -> Reading:
        with sse_client.Client(self._library.Client(**_apart(options))) as client:
            return _read(client.stream(method, url, **options), take)

    def read_twice(self, url: str, **defaults: Any) -> list[Reading]:
        readings: list[Reading] = []
        with sse_client.Client(self._library.Client(), **defaults) as client:
            for _ in range(2):
                stream = client.get(url)
                reading = Reading(stream)
                with stream as events:
                    reading.events += events
                readings.append(reading)
        return readings


class HttpxAsync:
    """The asynchronous client on a client of httpx2 or httpx, under asyncio or trio."""

    def __init__(self, library: Any, loop: str) -> None:
        self._library = library
        self._run: Callable[[Callable[[], Any]], object] = trio.run if loop == "trio" else _run_asyncio
        self.name = f"{library.__name__} {loop}"

    def read(self, method: str, url: str, *, take: int | None = None, **options: Any) -> Reading:
        client = AsyncClient(self._library.AsyncClient(**_apart(options)))
        stream = client.stream(method, url, **options)
        reading = Reading(stream)

        async def main() -> None:
            async with client:
                try:
                    async for event in stream:
                        reading.events.append(event)
                        reading.ids.append(stream.last_event_id)
                        if len(reading.events) == take:
                            break
                except Exception as error:  # noqa: BLE001 - it is looked at
                    reading.error = error
                finally:
                    await stream.aclose()

        self._run(main)
        return reading

    def read_twice(self, url: str, **defaults: Any) -> list[Reading]:
        readings: list[Reading] = []

        async def main() -> None:
            async with AsyncClient(self._library.AsyncClient(), **defaults) as client:
                for _ in range(2):
                    stream = client.get(url)
                    reading = Reading(stream)
                    async with stream as events:
                        reading.events += [event async for event in events]
                    readings.append(reading)

        self._run(main)
        return readings


def _example(name: str, session: str) -> Any:
    """Return the class of sessions that an example defines."""
    return runpy.run_path(str(Path(__file__).parent.parent.parent / "examples" / name))[session]


class Custom:
    """The blocking client on the transport of examples/http_client_transport.py."""

    name = "http.client"

    def __init__(self) -> None:
        self._session = _example("http_client_transport.py", "HttpClientSession")

    def read(self, method: str, url: str, *, take: int | None = None, **options: Any) -> Reading:
        with sse_client.Client(self._session()) as client:
            return _read(client.stream(method, url, **options), take)

    def read_twice(self, url: str, **defaults: Any) -> list[Reading]:
        with sse_client.Client(self._session(), **defaults) as client:
            return [_read(client.get(url), None) for _ in range(2)]


class AsyncCustom:
    """The asynchronous client on the transport of examples/asyncio_transport.py."""

    name = "asyncio streams"

    def __init__(self) -> None:
        self._session = _example("asyncio_transport.py", "StreamsSession")

    def read(self, method: str, url: str, *, take: int | None = None, **options: Any) -> Reading:
        client = AsyncClient(self._session())
        stream = client.stream(method, url, **options)
        reading = Reading(stream)

        async def main() -> None:
            async with client:
                await _aread(stream, reading, take)

        asyncio.run(main())
        return reading

    def read_twice(self, url: str, **defaults: Any) -> list[Reading]:
        async def main() -> list[Reading]:
            readings: list[Reading] = []
            async with AsyncClient(self._session(), **defaults) as client:
                for _ in range(2):
                    readings.append(Reading(client.get(url)))
                    await _aread(readings[-1].stream, readings[-1], None)
            return readings

        return asyncio.run(main())


async def _aread(stream: Any, reading: Reading, take: int | None) -> None:
    """Read an asynchronous stream to its end, or for so many events; an error is kept."""
    try:
        async for event in stream:
            reading.events.append(event)
            reading.ids.append(stream.last_event_id)
            if len(reading.events) == take:
                break
    except Exception as error:  # noqa: BLE001 - it is looked at
        reading.error = error
    finally:
        await stream.aclose()


def _read(stream: EventStream, take: int | None) -> Reading:
    """Read a blocking stream to its end, or for so many events; an error is kept."""
    reading = Reading(stream)
    try:
        for event in stream:
            reading.events.append(event)
            reading.ids.append(stream.last_event_id)
            if len(reading.events) == take:
                break
    except Exception as error:  # noqa: BLE001 - it is looked at
        reading.error = error
    finally:
        stream.close()
    return reading


def _run_asyncio(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(main())


Client = Blocking | Asyncio | HttpxBlocking | HttpxAsync | Custom | AsyncCustom

CLIENTS: dict[str, Callable[[], Client]] = {
    "blocking": Blocking,
    "asyncio": Asyncio,
    "httpx2": lambda: HttpxBlocking(httpx2),
    "httpx2-asyncio": lambda: HttpxAsync(httpx2, "asyncio"),
    "httpx2-trio": lambda: HttpxAsync(httpx2, "trio"),
    "httpx": lambda: HttpxBlocking(httpx),
    "httpx-asyncio": lambda: HttpxAsync(httpx, "asyncio"),
    "httpx-trio": lambda: HttpxAsync(httpx, "trio"),
    "http.client": Custom,
    "asyncio streams": AsyncCustom,
}
"""The columns: every way to read a stream."""


class Log:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.news: list[Opened | Lost | Closed] = []

    def __call__(self, news: Opened | Lost | Closed) -> None:
        self.news.append(news)

    @property
    def names(self) -> list[str]:
        return [type(news).__name__ for news in self.news]
