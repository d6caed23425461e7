"""Turns streams of the chat completions API into deltas, and into the completion that they add up to."""
