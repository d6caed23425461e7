"""Formats the parser's table as the man page: `python -m sse_client.cli.pages.manual > man/sse-client.1`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import sse_client
from sse_client.cli.app import app
from sse_client.cli.exits import Exit
from sse_client.cli.pages.examples import EXAMPLES
from sse_client.cli.pages.help import described, labels
from sse_client.cli.pages.table import commands_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.cli.pages.table import Command

__all__ = ["manual"]

_ENVIRONMENT = {
    "OPENAI_API_KEY": "The key of chat, unless --key-env or --key-file names another one.",
    "OPENAI_BASE_URL": "The server of chat, unless --base-url names another one.",
    "SSE_CLIENT_MODEL": "The model of chat, unless -m names another one.",
    "REDIS_URL": "The Redis of relay, unless --redis names another one.",
    "HTTP_PROXY, HTTPS_PROXY, NO_PROXY": "Proxies, unless --proxy names one.",
    "REQUESTS_CA_BUNDLE": "Certificates to trust, unless --cacert names some.",
    "NO_COLOR": "If it is set, there are no colours.",
    "SSE_CLIENT_DEBUG": "If it is set, a defect of sse-client is shown with a traceback.",
}


def manual() -> str:
    """Return the man page, in the roff of man(7)."""
    lines = [
        f'.TH SSE\\-CLIENT 1 "" "sse\\-client {sse_client.__version__}" "User Commands"',
        ".SH NAME",
        "sse\\-client \\- the curl of event streams",
        ".SH SYNOPSIS",
        ".B sse\\-client",
        ".I COMMAND",
        "[OPTIONS] ...",
        ".SH DESCRIPTION",
        _text(app.help),
        "Events go to standard output; news of the connection and errors go to standard error.",
        ".SH COMMANDS",
    ]
    for command in commands_of(app):
        lines += _command(command)
    lines.append(".SH EXIT STATUS")
    for code in Exit:
        lines += [".TP", f".B {code.value}", _text(code.meaning[:1].upper() + code.meaning[1:] + ".")]
    lines.append(".SH ENVIRONMENT")
    for name, text in _ENVIRONMENT.items():
        lines += [".TP", f".B {_text(name)}", _text(text)]
    lines += [".SH SEE ALSO", ".BR curl (1),", ".BR jq (1)"]
    return "\n".join(lines) + "\n"


def _command(command: Command) -> Iterator[str]:
    yield f".SS {_text(command.usage)}"
    yield _text(command.summary)
    for paragraph in filter(None, command.text.split("\n\n")):
        yield ".PP"
        yield _text(" ".join(paragraph.split()))
    for option in command.options:
        yield ".TP"
        yield f".B {_text(labels(option)[0])}"
        yield _text(described(option))
    yield ".PP"
    yield "Examples:"
    for text, line in EXAMPLES[command.name]:
        yield ".PP"
        yield _text(text)
        yield ".PP"
        yield ".EX"
        yield _text("    " + line)
        yield ".EE"


def _text(text: str) -> str:
    """Return `text` with roff's special characters escaped."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return "\\&" + escaped if escaped.startswith(".") else escaped


if __name__ == "__main__":
    sys.stdout.write(manual())
