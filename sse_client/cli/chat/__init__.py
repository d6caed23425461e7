"""`sse-client chat`: questions, answers as they arrive, and conversations."""
