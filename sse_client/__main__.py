"""The entry point of `sse-client` and of `python -m sse_client`."""

from __future__ import annotations

import sys

_MISSING = "sse-client: the command line needs its extra; install it with: pip install 'sse-client[cli]'\n"
_USAGE, _INTERRUPTED = 2, 130


def main() -> int:
    """Run the command line on `sys.argv`, and return the exit code."""
    try:
        try:
            from sse_client.cli.app import run
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("sse_client"):
                raise
            sys.stderr.write(_MISSING)
            return _USAGE
        return run(sys.argv[1:])
    except KeyboardInterrupt:
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
