"""Assembles texts that arrive in pieces, in linear time."""

from __future__ import annotations

from sse_client.replies.surrogates import Halves

__all__ = ["Texts"]


class Texts:
    """The texts of a reply, or of a part of it, each under a name. A character cut in two is joined; see `Halves`."""

    __slots__ = ("_halves", "_pieces")

    def __init__(self) -> None:
        self._halves = Halves()
        self._pieces: dict[str, list[str]] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._pieces

    def add(self, name: str, piece: str) -> str:
        """Append `piece` to the text called `name`; return it without half a character at its end."""
        piece = self._halves.join(name, piece)
        self._pieces.setdefault(name, []).append(piece)
        return piece

    def begin(self, name: str, piece: str) -> str:
        """Put `piece` before all pieces of the text `name` that have arrived; return it as `add` does."""
        if name not in self._pieces:
            return self.add(name, piece)
        piece = Halves().join(name, piece)
        self._pieces[name].insert(0, piece)
        return piece

    def complete(self, name: str, whole: str) -> str:
        """Append to the text `name` what it lacks of the `whole` text, and return the appended part.

        That part is empty if `whole` does not begin with the text so far, because then nothing can be appended.
        """
        known = "".join(self._pieces.get(name, ()))
        if len(whole) <= len(known) or not whole.startswith(known):
            return ""
        return self.add(name, whole[len(known) :])

    def joined(self) -> dict[str, str]:
        """Return the texts as far as they have arrived, by name."""
        return {name: "".join(pieces) for name, pieces in self._pieces.items()}
