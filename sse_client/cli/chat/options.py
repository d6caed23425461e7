"""What `sse-client chat` takes: whom to ask, and what to show."""

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
    """What is asked, and whom."""

    model: Annotated[
        str, Parameter(("-m", "--model"), metavar="NAME", env_var="SSE_CLIENT_MODEL", show_env_var=False)
    ] = "gpt-4o-mini"
    """The model; SSE_CLIENT_MODEL in the environment is used where it is not given."""

    system: Annotated[str | None, Parameter("--system", metavar="TEXT", allow_leading_hyphen=True)] = None
    """The system message; @FILE reads it from a file."""

    base_url: Annotated[str | None, Parameter("--base-url", metavar="URL")] = None
    """A server that speaks OpenAI's API; OPENAI_BASE_URL in the environment, or OpenAI, where it is not given."""

    temperature: Annotated[float | None, Parameter("--temperature", metavar="NUMBER")] = None
    """How freely tokens are drawn."""

    max_tokens: Annotated[int | None, Parameter("--max-tokens", metavar="N")] = None
    """The most tokens of an answer."""

    file: Annotated[
        tuple[Path, ...],
        Parameter(("-f", "--file"), metavar="FILE", negative="", show_default=False, allow_leading_hyphen=True),
    ] = ()
    """Add the text of this file to the first question; - is standard input. Repeatable."""

    image: Annotated[tuple[str, ...], Parameter("--image", metavar="FILE", negative="", show_default=False)] = ()
    """Add this picture (PNG, JPEG, GIF, WebP, or a URL) to the first question. Repeatable."""

    tools: Annotated[Path | None, Parameter("--tools", metavar="FILE")] = None
    """Offer the functions in this file, a JSON array as the API has it; what the model calls is shown, not run."""

    key_env: Annotated[str | None, Parameter("--key-env", metavar="NAME")] = None
    """The environment variable that the key is in; OPENAI_API_KEY where it is not given."""

    key_file: Annotated[Path | None, Parameter("--key-file", metavar="FILE")] = None
    """The file whose first line is the key."""


@Parameter(name="*", group=ANSWER)
@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOptions:
    """What is shown."""

    plain: Annotated[bool, Parameter("--plain", negative="", show_default=False)] = False
    """Show the text as it is, without Markdown and colours."""

    timing: Annotated[bool, Parameter("--timing", negative="", show_default=False)] = False
    """Show the time to the first token, tokens a second, and a picture of the gaps between tokens."""

    plot: Annotated[Path | None, Parameter("--plot", metavar="FILE.png")] = None
    """Draw the gaps between tokens into this file."""

    verbose: Annotated[bool, Parameter(("-v", "--verbose"), negative="", show_default=False)] = False
    """Show the heads of requests and responses, without credentials."""
