"""Recordings of responses: the file format, writing, reading, and what records an open response."""
