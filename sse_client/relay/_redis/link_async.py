"""The asyncio counterpart of `link`."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from redis.exceptions import NoScriptError, ResponseError

from sse_client.relay._redis.connect import seconds_of
from sse_client.relay._redis.failures import Unreachable
from sse_client.relay._redis.link import ERRORS, Script, blocking, refused, streams

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

__all__ = ["AsyncLink"]


class AsyncLink:
    """Runs scripts in Redis for the tasks of one event loop.

    Args:
        client: a `redis.asyncio.Redis` (of a Sentinel's master too) or a `redis.asyncio.RedisCluster`.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._seconds = seconds_of(client)

    async def run(self, script: Script, keys: Sequence[str], *arguments: Any) -> Any:
        """Return the answer of `script`; see `Link.run`."""
        rest = (len(keys), *keys, *arguments)
        try:
            async with self._operation():
                try:
                    return await self._client.execute_command("EVALSHA", script.sha, *rest, NEVER_DECODE=True)
                except NoScriptError:
                    return await self._client.execute_command("EVAL", script.source, *rest, NEVER_DECODE=True)
        except ResponseError as error:
            if str(error).startswith("WRONGTYPE"):
                script.check(keys, await self._types(keys))
            refused(error)
        except ERRORS as error:
            refused(error)

    async def wait(self, after: Mapping[str, str], milliseconds: int) -> frozenset[str]:
        """Wait until one of the streams holds a later entry; see `Link.wait`."""
        try:
            command = blocking(self._client, after, milliseconds)
            async with self._operation():
                return streams(await self._client.execute_command(*command, NEVER_DECODE=True))
        except ERRORS as error:
            refused(error)

    async def _types(self, keys: Sequence[str]) -> list[Any]:
        try:
            async with self._operation():
                return [await self._client.execute_command("TYPE", key, NEVER_DECODE=True) for key in keys]
        except ERRORS as error:
            refused(error)

    @asynccontextmanager
    async def _operation(self) -> AsyncGenerator[None]:
        """Within this block, keep the deadline of the client.

        Raises:
            Unreachable: the deadline has passed.
        """
        deadline = asyncio.timeout(self._seconds)
        try:
            async with deadline:
                yield
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise Unreachable(f"Redis cannot be reached: expected its answer within {self._seconds:g} s") from error
