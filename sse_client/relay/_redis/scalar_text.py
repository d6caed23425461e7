"""Finds texts without a UTF-8 form, which hold a lone surrogate (Unicode, "Unicode scalar value")."""

from __future__ import annotations

__all__ = ["check_scalar", "scalar_text"]


def scalar_text(text: str) -> str:
    """Return `text` with each half of a surrogate pair as U+FFFD, and halves that make a pair as its character."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def check_scalar(what: str, text: str) -> None:
    """Refuse a name that could not be sent to Redis.

    Raises:
        ValueError: it contains a lone surrogate.
    """
    if scalar_text(text) != text:
        raise ValueError(f"{what} holds half of a surrogate pair, which has no UTF-8 form: {text!a}")
