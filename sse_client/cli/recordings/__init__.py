"""`sse-client record`, `replay` and `diff`."""
