"""One event stream over all of its connections: its decisions, and the loop that reads it."""
