"""What the tests of the asyncio transport share: one response over one session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sse_client._core.deadlines import Limits
from sse_client.options import DEFAULTS, merged
from sse_client.transports._aiohttp.transport import AiohttpTransport

if TYPE_CHECKING:
    import aiohttp

    from sse_client._core.response_body import ResponseBody
    from sse_client.request import Request

__all__ = ["connect"]


async def connect(session: aiohttp.ClientSession, request: Request, **options: Any) -> ResponseBody:
    """Return the response to `request` over `session`, its body unread."""
    transport = AiohttpTransport(lambda: session, merged(DEFAULTS, options), None)
    transport.enter()
    try:
        return await transport.open(request, b"", Limits(5, 5, None))
    finally:
        transport.leave()
