"""Tests of the chat client, and of what reads a chat stream."""
