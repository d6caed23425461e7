"""What a terminal or a pipe is shown."""
