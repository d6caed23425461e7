"""What adapters share: the loop that turns events into values, and use of a client (`docs/writing-an-adapter.md`)."""

from __future__ import annotations

from sse_client.replies._adapter import Adapter
from sse_client.replies._blocking import BlockingAdapter, BlockingReply
from sse_client.replies._reply import Attempts, Reader, Reply

__all__ = ["Adapter", "Attempts", "BlockingAdapter", "BlockingReply", "Reader", "Reply"]
