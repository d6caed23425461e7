"""Accumulates a spoken answer, which comes in pieces of sound and of its transcript."""

from __future__ import annotations

import msgspec

from sse_client.adapters.openai._shared.growing_text import GrowingText
from sse_client.adapters.openai.completion import Audio
from sse_client.adapters.openai.delta import AudioDelta

__all__ = ["AudioAccumulator"]


class AudioAccumulator(msgspec.Struct, gc=False, eq=False):
    """Accumulates a spoken answer."""

    id: str | None = None
    data: GrowingText = msgspec.field(default_factory=GrowingText)
    transcript: GrowingText = msgspec.field(default_factory=GrowingText)
    expires_at: int | None = None

    def add(self, piece: AudioDelta) -> None:
        """Add `piece`. The last one may hold only `expires_at`."""
        self.id = piece.id or self.id
        if piece.data is not None:
            self.data.add(piece.data)
        if piece.transcript is not None:
            self.transcript.add(piece.transcript)
        if piece.expires_at is not None:
            self.expires_at = piece.expires_at

    def rest_of(self, whole: AudioDelta) -> AudioDelta | None:
        """Return the part of a complete spoken answer that has not arrived in pieces."""
        rest = AudioDelta(
            whole.id if self.id is None else None,
            self.data.rest_of(whole.data),
            self.transcript.rest_of(whole.transcript),
            whole.expires_at if self.expires_at is None else None,
        )
        return None if rest == AudioDelta() else rest

    def value(self) -> Audio:
        """Return the spoken answer so far."""
        return Audio(self.id, self.data.value(), self.transcript.value(), self.expires_at)
