"""The command line: `sse-client`, and `python -m sse_client`. It uses only public names of the package."""
