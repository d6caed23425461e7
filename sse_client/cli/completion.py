"""`sse-client completion`: prints the script with which a shell completes this command."""

from __future__ import annotations

from typing import Literal

from sse_client.cli.exits import Exit
from sse_client.cli.screen.stdout import Stdout

__all__ = ["completion"]

# cyclopts names the generated function after itself, and zsh loads a function only from a file of the same name. These
# lines make it work from a file with the usual name, `_sse-client`, and with `source <(...)`.
_ZSH = """
if (( ${+compstate} )); then
  _cyclopts_sse-client "$@"
else
  compdef _cyclopts_sse-client sse-client
fi
"""

# Files are not commands.
_FISH = """
complete -c sse-client -n __fish_use_subcommand -f
"""

_ENDINGS = {"zsh": _ZSH, "fish": _FISH}


def completion(shell: Literal["bash", "zsh", "fish"], /) -> int:
    """Print the completion script for a shell.

    Args:
        shell: the one that you use.
    """
    from sse_client.cli.app import app  # not at the top: `app` imports this module

    script = app.generate_completion(prog_name="sse-client", shell=shell).rstrip("\n") + "\n"
    Stdout().write((script + _ENDINGS.get(shell, "")).encode())
    return Exit.DONE
