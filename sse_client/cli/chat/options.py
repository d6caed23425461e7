"""The options of `sse-client chat`: the model and server, and how the answer is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (the parser evaluates the annotations)
from typing import Annotated

from cyclopts import Group, Parameter

__all__ = ["AnswerOptions", "ChatOptions"]

CHAT = Group("Chat", sort_key=1)
ANSWER = Group("Answer", sort_key=2)


@Parameter(name="*", group=CHAT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """The question, the model and the server."""

    model: Annotated[
        str, Parameter(("-m", "--model"), metavar="NAME", env_var="SSE_CLIENT_MODEL", show_env_var=False)
    ] = "gpt-4o-mini"
    """The model. If it is not given, the environment's SSE_CLIENT_MODEL is used."""

    system: Annotated[str | None, Parameter("--system", metavar="TEXT", allow_leading_hyphen=True)] = None
    """The system message; @FILE reads it from a file."""

    base_url: Annotated[str | None, Parameter("--base-url", metavar="URL")] = None
    """A server that speaks OpenAI's API. Default: the environment's OPENAI_BASE_URL, or OpenAI."""

    temperature: Annotated[float | None, Parameter("--temperature", metavar="NUMBER")] = None
    """The sampling temperature."""

    max_tokens: Annotated[int | None, Parameter("--max-tokens", metavar="N")] = None
    """The most tokens in an answer."""

    file: Annotated[
        tuple[Path, ...],
        Parameter(("-f", "--file"), metavar="FILE", negative="", show_default=False, allow_leading_hyphen=True),
    ] = ()
    """Add the text of this file to the first question; - is standard input. Repeatable."""

    image: Annotated[tuple[str, ...], Parameter("--image", metavar="FILE", negative="", show_default=False)] = ()
    """Add this picture (PNG, JPEG, GIF, WebP, or a URL) to the first question. Repeatable."""

    tools: Annotated[Path | None, Parameter("--tools", metavar="FILE")] = None
    """Offer the functions in this file, a JSON array in the API's form; calls are shown, but not executed."""

    key_env: Annotated[str | None, Parameter("--key-env", metavar="NAME")] = None
    """The environment variable that holds the key. Default: OPENAI_API_KEY."""

    key_file: Annotated[Path | None, Parameter("--key-file", metavar="FILE")] = None
    """A file whose first line is the key."""


@Parameter(name="*", group=ANSWER)
@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOptions:
    """How the answer is shown."""

    plain: Annotated[bool, Parameter("--plain", negative="", show_default=False)] = False
    """Show the plain text, without Markdown rendering and colours."""

    timing: Annotated[bool, Parameter("--timing", negative="", show_default=False)] = False
    """Show the time to the first token, tokens per second, and a chart of the gaps between tokens."""

    plot: Annotated[Path | None, Parameter("--plot", metavar="FILE.png")] = None
    """Plot the gaps between tokens into this file."""

    verbose: Annotated[bool, Parameter(("-v", "--verbose"), negative="", show_default=False)] = False
    """Show the heads of requests and responses, without credentials."""
