"""`sse-client get` and `post`: events to lines."""
