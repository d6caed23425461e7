"""Makes Ctrl-C quiet while the command line loads: the process ends at once with 130, without a traceback.

The package imports this module first, because `python -m sse_client` imports the package before it runs any code of the
command. In all other processes, it changes nothing.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["is_command", "quiet_interrupts"]

_INTERRUPTED = 130
_SCRIPTS = frozenset({"sse-client", "sse-client.exe", "sse-client-script.py"})
_VALUELESS = "bBdEhiIOPqRsSuvVx?"  # interpreter options that may be combined with -m in one word


def is_command(program: str, words: list[str]) -> bool:
    """Return whether this process is `sse-client` or `python -m sse_client`.

    Args:
        program: `sys.argv[0]`, which is `-m` while the interpreter searches for the module to run.
        words: `sys.orig_argv`: the interpreter, its options and the module, and the arguments.
    """
    if program != "-m":
        return program.replace("\\", "/").rpartition("/")[2] in _SCRIPTS
    for number, word in enumerate(words[1:], 2):
        option = word[1:].lstrip(_VALUELESS) if word.startswith("-") else ""
        if option.startswith("m"):
            return (option[1:] or "".join(words[number : number + 1])) == "sse_client"
    return False


def quiet_interrupts() -> None:
    """Make SIGINT end this process quietly, if this is the command's process and SIGINT is not ignored.

    The command installs its own handlers as soon as it is loaded.
    """
    if not sys.argv or not is_command(sys.argv[0], sys.orig_argv):
        return
    import os

    # The built-in part of `signal`: importing the whole module would take most of the time that this has to cover.
    signal: Any = __import__("_signal")

    def end(*_: object) -> None:
        os._exit(_INTERRUPTED)  # an exception would be raised in whatever module is being imported

    # A shell starts background jobs with SIGINT ignored; this stays in effect.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)


quiet_interrupts()
