"""The command line: `sse-client`, and `python -m sse_client`. It uses the public names of the package alone."""
