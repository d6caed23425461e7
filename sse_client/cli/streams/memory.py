"""Reuses the memory of a burst from one read to the next."""

from __future__ import annotations

__all__ = ["keep_freed_memory"]

_LONGEST = 8 * 1024 * 1024  # bytes of output from one read


def keep_freed_memory() -> None:
    """Have the C library keep what is freed.

    By default, glibc gives blocks from 128 KiB on, and as much at the end of its heap, back to the system, which has to
    clear them, page by page, when the next read takes them again: up to twice the time in all. Freeing one longer block
    raises both limits for good (mallopt(3), M_MMAP_THRESHOLD). It is never touched, and so it takes no memory itself.
    """
    bytes(_LONGEST)
