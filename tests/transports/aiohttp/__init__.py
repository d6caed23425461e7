"""The asyncio transport, on aiohttp."""
