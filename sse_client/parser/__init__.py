"""Parses bytes into events (WHATWG HTML 9.2.5 "Parsing an event stream", 9.2.6 "Interpreting an event stream")."""

from sse_client.parser._parser import DEFAULT_MAX_EVENT_SIZE, Parser

__all__ = ["DEFAULT_MAX_EVENT_SIZE", "Parser"]
