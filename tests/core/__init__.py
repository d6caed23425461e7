"""What is decided about a stream, and its loop."""
