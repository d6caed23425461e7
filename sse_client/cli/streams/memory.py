"""Reuses the memory of a burst from one read to the next."""

from __future__ import annotations

__all__ = ["keep_freed_memory"]

_LONGEST = 8 * 1024 * 1024  # bytes of output from one read


def keep_freed_memory() -> None:
    """Make the C library keep freed memory.

    By default, glibc returns freed blocks of 128 KiB or more, and as much at the end of its heap, to the system. When
    the next read needs them again, the system has to clear them page by page, which up to doubles the total time.
    Freeing one longer block raises both limits for good (mallopt(3), M_MMAP_THRESHOLD). That block is never touched, so
    it takes no memory itself.
    """
    bytes(_LONGEST)
