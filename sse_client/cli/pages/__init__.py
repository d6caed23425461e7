"""The parser's table of commands, as `--help` and as the man page."""
