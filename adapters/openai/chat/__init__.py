"""Streams of the chat completions API: chunks to deltas, and to the completion that they add up to."""
