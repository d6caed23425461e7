"""Keeps the parts of a reply apart, such as content blocks, by the index that a server gives each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Parts"]

_Part = TypeVar("_Part")


class Parts(Generic[_Part]):
    """The parts of a reply, each at a place of its own, 0 or more.

    A part's place is the server's index, unless the server sends none, or another part already has that place: some
    gateways give every part the index 0. Such a part is placed after all others. Whether a second start with the same
    index begins another part is for the adapter to decide. Iterating over the parts yields them ordered by place.
    """

    __slots__ = ("_at", "_last", "_next", "_placed")

    def __init__(self) -> None:
        self._at: dict[int, _Part] = {}  # the latest part of each of the server's indexes
        self._placed: dict[int, _Part] = {}
        self._last: _Part | None = None
        self._next = 0

    def __len__(self) -> int:
        return len(self._placed)

    def __iter__(self) -> Iterator[_Part]:
        return (part for _, part in sorted(self._placed.items()))

    def placed(self, place: int) -> _Part | None:
        """Return the part at `place`; None if there is none."""
        return self._placed.get(place)

    def find(self, index: int | None) -> _Part | None:
        """Return the latest part with the server's `index`, or the last part if there is no index; None if none is."""
        return self._last if index is None else self._at.get(index)

    def select(self, index: int | None) -> _Part | None:
        """Return the part that `find` returns for `index`, and make it the last part, to which more may belong."""
        part = self._last if index is None else self._at.get(index)
        if part is not None:
            self._last = part
        return part

    def add(self, index: int | None, create: Callable[[int], _Part]) -> _Part:
        """Add a part, make it the last part, and return it.

        Args:
            index: the server's index; None if there is none.
            create: returns the part, given its place.
        """
        place = self._next if index is None or index in self._placed else index
        self._next = max(self._next, place + 1)
        part = self._placed[place] = self._last = create(place)
        self._at[place if index is None else index] = part
        return part
