"""The parser's table as `--help` and as the man page."""
