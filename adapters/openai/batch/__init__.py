r"""Answers many prompts at once: rows in, the same rows with answers out; alone, or inside Ray Data or Dask.

    from sse_client.adapters.openai.batch import ChatBatch

    ask = ChatBatch(model="gpt-4o-mini", concurrency=100, results="answers")
    ask([{"prompt": "Hello"}])                          # here, with threads
    await ask.run([{"prompt": "Hello"}])                # here, with asyncio
    ds.map_batches(ask, concurrency=8)                  # Ray Data
    client.map(ask, batches)                            # Dask

Needs aiohttp (`pip install 'sse-client[async]'`, or `[ray]`, `[dask]`).
"""

from __future__ import annotations

from sse_client.adapters.openai.batch.chat_batch import ChatBatch
from sse_client.adapters.openai.batch.limit import Limit, RateLimit
from sse_client.adapters.openai.batch.progress import BatchProgress

__all__ = ["BatchProgress", "ChatBatch", "Limit", "RateLimit"]
