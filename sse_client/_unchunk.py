"""HTTP/1.1 chunks to the bytes in them (RFC 9112 7.1), all of one receive in one go."""

from __future__ import annotations

__all__ = ["Unchunker"]

_MAX_LINE = 64 * 1024
_HEX = b"0123456789abcdefABCDEF"


class Unchunker:
    """Takes the chunked framing away.

    Handing chunks out one by one, as `http.client` and `urllib3` do, costs several times what parsing their events
    does (3.9 µs a chunk against 0.3).

    Attributes:
        ended: whether the last chunk and its trailers have come.
        surplus: bytes behind them: the connection cannot be used again.
    """

    __slots__ = ("_flaw", "_held", "_left", "_trailers", "ended", "surplus")

    def __init__(self) -> None:
        self.ended = False
        self.surplus = b""
        self._held = b""  # an unfinished line: of a size, behind a chunk's data, or of the trailers
        self._left = 0  # bytes of the open chunk that are still to come, and 2 for the CRLF behind them
        self._trailers = False
        self._flaw = ""

    def feed(self, data: bytes) -> bytes:
        """Return what is inside the chunks, that of an unfinished chunk included.

        Raises:
            ValueError: the framing is malformed. Where something came before that, it is returned, and `check` raises.
        """
        # Live streams bring one chunk a receive: 0.5 µs here, 1.9 µs in general.
        if not (self._held or self._left or self._trailers or self._flaw):
            size, _, inside = data.partition(b"\r\n")
            is_size = 0 < len(size) <= 16 and not size.strip(_HEX)
            if is_size and int(size, 16) + 2 == len(inside) > 2 and inside.endswith(b"\r\n"):
                return inside[:-2]
        self.check()
        pieces: list[bytes] = []
        try:
            self._take_apart(data, pieces)
        except ValueError as error:
            self._flaw = str(error)
            if not pieces:
                raise
        return b"".join(pieces)

    def check(self) -> None:
        """Raise what the last `feed` found, if it found the framing malformed.

        Raises:
            ValueError: it did.
        """
        if self._flaw:
            raise ValueError(self._flaw)

    def _take_apart(self, data: bytes, pieces: list[bytes]) -> None:
        data, start = self._held + data, 0
        self._held = b""
        in_bulk = True
        while start < len(data) and not self.ended:
            if self._left > 2:
                piece = data[start : start + self._left - 2]
                pieces.append(piece)
                start += len(piece)
                self._left -= len(piece)
            elif in_bulk and not self._left and not self._trailers:
                in_bulk = False
                start += self._whole(data[start:] if start else data, pieces)
            else:
                line, end, found = self._line(data, start)
                if not found:
                    self._held = line
                    break
                start = end
                self._take(line)
        if self.ended:
            self.surplus += data[start:]

    def _whole(self, data: bytes, pieces: list[bytes]) -> int:
        """Add what is in the whole chunks that `data` begins with, and return their length; 0 if it is not simple."""
        # Cut at every CRLF, then prove that it was right: sizes and lengths agree. 0.25 µs a chunk, by lines 0.9.
        lines = data.split(b"\r\n")
        end = (len(lines) - 1) & ~1
        lengths = list(map(len, lines[1:end:2]))
        if 0 in lengths:  # most likely the end of the body
            lengths = lengths[: lengths.index(0)]
            end = 2 * len(lengths)
        digits = b"".join(lines[:end:2])
        if digits.strip(_HEX) or len(digits) > 16 * len(lengths):
            return 0
        try:
            sizes = [int(size, 16) for size in lines[:end:2]]
        except ValueError:
            return 0
        if sizes != lengths:
            return 0
        pieces += lines[1:end:2]
        return sum(map(len, lines[:end])) + 2 * end

    def _line(self, data: bytes, start: int) -> tuple[bytes, int, bool]:
        """Return the line at `start`, where it ends, and whether it does."""
        end = data.find(b"\n", start)
        if (len(data) if end < 0 else end) - start > _MAX_LINE:
            raise ValueError("a line of the chunked framing is too long")
        if end < 0:
            return data[start:], len(data), False
        return data[start:end].removesuffix(b"\r"), end + 1, True

    def _take(self, line: bytes) -> None:
        """Take a line that is no data: the end of a chunk, a size, or a trailer."""
        if self._left:
            if line:
                raise ValueError("a chunk is longer than its size")
            self._left = 0
        elif self._trailers:
            self.ended = not line
        else:
            size = line.partition(b";")[0].strip(b" \t")
            if not size or size.strip(_HEX):
                raise ValueError(f"expected the size of a chunk, got {size[:20]!r}")
            self._left = int(size, 16)
            self._trailers = not self._left
            self._left += 2 * (not self._trailers)
