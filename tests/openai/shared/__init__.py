"""Tests of what the chat and the Responses client share."""
