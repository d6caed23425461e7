"""What `sse_client.testing` promises, a file for each of its modules."""
