"""The colours of a Markdown answer, all readable on a light and on a dark terminal."""

from __future__ import annotations

from typing import Final

from rich.style import Style
from rich.syntax import ANSISyntaxTheme
from rich.theme import Theme

__all__ = ["CODE", "MARKDOWN"]

MARKDOWN: Final = Theme(
    {
        "markdown.code": "bold cyan",
        "markdown.code_block": "cyan",
        "markdown.kbd": "bold cyan",
        "markdown.link": "cyan",
        "markdown.link_url": "underline cyan",
    }
)
"""What replaces rich's own where that has a background, blue, yellow or white: see `Style` of the screen."""

CODE: Final = ANSISyntaxTheme(
    {
        ("Comment",): Style(dim=True),
        ("Generic", "Deleted"): Style(color="red"),
        ("Generic", "Heading"): Style(bold=True),
        ("Generic", "Inserted"): Style(color="green"),
        ("Generic", "Prompt"): Style(bold=True),
        ("Generic", "Subheading"): Style(bold=True),
        ("Keyword",): Style(bold=True),
        ("Literal", "Number"): Style(color="magenta"),
        ("Keyword", "Constant"): Style(color="magenta"),
        ("Literal", "String"): Style(color="green"),
        ("Name", "Attribute"): Style(color="cyan"),
        ("Name", "Builtin"): Style(color="cyan"),
        ("Name", "Class"): Style(color="cyan"),
        ("Name", "Decorator"): Style(color="cyan"),
        ("Name", "Function"): Style(color="cyan"),
        ("Name", "Tag"): Style(color="cyan"),
        ("Operator", "Word"): Style(bold=True),
    }
)
"""Code in an answer, by the names of the types of tokens that Pygments has; JSON as `get` shows it."""
