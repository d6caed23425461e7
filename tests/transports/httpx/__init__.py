"""The transports on httpx2 and httpx."""
