"""`sse-client relay`: a relay as a process, and what its terminal shows."""
