"""The transports on httpx2 and httpx, blocking and asynchronous: one library under two names."""
