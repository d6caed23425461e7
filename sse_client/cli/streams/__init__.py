"""`sse-client get` and `post`: print events as lines."""
