"""`sse-client completion`: what a shell needs to complete this command."""

from __future__ import annotations

from typing import Literal

from sse_client.cli.exits import Exit
from sse_client.cli.screen.stdout import Stdout

__all__ = ["completion"]


def completion(shell: Literal["bash", "zsh", "fish"], /) -> int:
    """Print the completion script for a shell.

    Args:
        shell: whose.
    """
    from sse_client.cli.app import app  # not at the top: `app` imports this module

    script = app.generate_completion(prog_name="sse-client", shell=shell)
    Stdout().write(script.encode())
    return Exit.DONE
