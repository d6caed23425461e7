"""The asyncio client, end to end; and the same scenarios through both clients."""
