"""Recordings of responses: the file format, reading, writing, and recording an open response."""
