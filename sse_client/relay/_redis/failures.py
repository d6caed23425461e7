"""The failures of Redis that may pass by themselves: it is unreachable, or full."""

from __future__ import annotations

__all__ = ["Full", "Unreachable"]


class Unreachable(Exception):
    """Redis did not answer, or is not the master now: to be tried again."""


class Full(Unreachable):
    """Redis answers, and takes no writes, for want of memory or of room on its disk: to be tried again."""
