"""`sse-client chat`: questions, answers as they come, and conversations."""
