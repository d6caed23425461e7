"""`sse-client check`: what is seen of an endpoint, and what it means."""
