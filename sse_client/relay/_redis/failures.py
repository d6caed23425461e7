"""The failures of Redis that may pass by themselves: it is unreachable, or full."""

from __future__ import annotations

__all__ = ["Full", "Unreachable"]


class Unreachable(Exception):
    """Redis did not answer, or is currently not the master; a retry may help."""


class Full(Unreachable):
    """Redis answers, but refuses writes for lack of memory or disk space; a retry may help."""
