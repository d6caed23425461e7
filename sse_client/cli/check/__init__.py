"""`sse-client check`: observations of an endpoint, and what they mean."""
