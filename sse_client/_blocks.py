"""Whole blocks to events, by what the blocks before them had in common."""

from __future__ import annotations

from itertools import compress, count, repeat

from sse_client._form import Form, form_at
from sse_client._interpreter import Interpreter
from sse_client._shape import DATA, Shape, shape_at
from sse_client.events import Comment, Event

__all__ = ["SHORT", "Blocks"]

SHORT = 4096  # bytes: so many are one block, or a few
_ONE = 512  # bytes: so many are one, most likely
_PATIENCE = 16  # reads
_LF, _CR, _COLON = b"\n\r:"


class Blocks(Interpreter):
    """What reads whole blocks, and learns from them.

    Args:
        last_event_id: see `Interpreter`.
        comments: see `Interpreter`.
    """

    __slots__ = ("_beat", "_form", "_missed", "_patience", "_seen", "_shape", "_varied")

    def __init__(self, last_event_id: str, *, comments: bool) -> None:
        super().__init__(last_event_id, comments=comments)
        self._shape = DATA  # what stands around the values of late
        self._form: Form | None = None  # the fields of late, where that does not fit
        self._varied = False  # it does not, mostly
        self._missed = False  # nor did the form the last time
        self._patience = 0  # reads until it is tried again to learn one
        self._beat: bytes | None = None  # the last comment that was a block by itself, where comments are not wanted
        self._seen = ""  # the type of the last event that the form fitted

    def _whole(self, data: bytes, blank: bytes, tries: int = 3) -> list[Event]:
        """Return the events of whole blocks.

        Args:
            data: them.
            blank: how the last one ends: two line ends, both LF or CRLF.
            tries: how many blocks at the beginning of many may be others than those behind them.
        """
        if data[0] == _COLON:
            comment = data[1 : -len(blank)]
            if _LF not in comment and _CR not in comment:
                self.comment_count += 1
                if self._comments:
                    return [Comment(comment.decode("utf-8", "replace").removeprefix(" "))]  # type: ignore[list-item]
                self._beat = bytes(data)
                return []
        if len(data) <= _ONE and self._varied:
            event = self._matched(data)
            if event is not None:
                return [event]
        first, second = (self._by_form, self._by_shape) if self._varied else (self._by_shape, self._by_form)
        events = first(data, blank)
        if events is None:
            events = second(data, blank)
            if events is None:
                end = data.find(blank) + len(blank)
                if tries and len(data) - end > SHORT:
                    return self._interpret(data[:end]) + self._whole(data[end:], blank, tries - 1)
                return self._interpret(data)
            self._varied = not self._varied
        return events

    def _matched(self, data: bytes) -> Event | None:
        """Return the event of one block, if it has the form of late. Only for where blocks vary."""
        form = self._form
        assert form is not None
        text = data.decode("utf-8", "replace")
        if _CR in data:
            text = text.replace("\r\n", "\n")
        match = form.match(text)
        if match is None or "\r" in text or "\0" in text:
            return None
        self._missed = False
        if form.simple:
            # As `Form.event` does; but a call takes a fifteenth of what all of it takes.
            event_id = match[form.id] if form.id else self.last_event_id
            event = Event(match[form.data], match[form.type] if form.type else "message", event_id)
        else:
            event = form.event(match, self.last_event_id)
            if form.retry:
                self.reconnection_time = event.retry
        if form.id:
            self.last_event_id = self._id = event.id
        elif form.has_shape:
            # In a run of one type, the shape is quicker.
            self._varied = event.event != self._seen
            if not self._varied:
                self._shape = shape_at(data, 0, b"\r\n\r\n" if _CR in data else b"\n\n") or self._shape
            self._seen = event.event
        return event

    def _by_shape(self, data: bytes, blank: bytes) -> list[Event] | None:
        """Return the events of blocks in the shape of the first; None if it has none, or too few others have it.

        What the shape does not fit is cut out and interpreted by itself.
        """
        shape = self._shape
        if shape.spaceless or shape.blank != blank or not data.startswith(shape.prefix):
            known, found = shape, shape_at(data, 0, blank)
            if found is None:
                return None
            shape = self._shape = found
            if found is not known and known is not DATA and not self._varied:
                return None  # types in turns, it seems
        values = data[len(shape.prefix) : -len(blank)]
        between = shape.between
        if shape.spaceless and (values.startswith(b" ") or between + b" " in values):
            return None
        # `rsplit` looks for the LF first, which is rare, and `split` for the last character: 50 ns a chat event, and
        # 110. With ASCII, decoding once beforehand saves another 30.
        try:
            pieces = values.decode("ascii").rsplit(between.decode("ascii"))
        except UnicodeDecodeError:
            pieces = [piece.decode("utf-8", "replace") for piece in values.rsplit(between)]
        text = "|".join(
            pieces
        )  # with something between: a CR at one's end and a LF at the next one's beginning are no CRLF
        if "\n" not in text and "\r" not in text:
            return list(map(Event, pieces, repeat(shape.event_type), repeat(self.last_event_id)))
        if "\r" in text and text.count("\r") != text.count("\r\n"):
            return None
        odd = list(map(str.__contains__, pieces, repeat("\n")))
        if 4 * sum(odd) <= len(odd):
            return self._with_odd(shape, pieces, odd)
        # A form helps against other fields, not against comments.
        return None if 2 * text.count(f"{blank.decode()}:") < sum(odd) else self._interpret(data)

    def _with_odd(self, shape: Shape, pieces: list[str], odd: list[bool]) -> list[Event]:
        """Return the events of values, some of them odd: there are whole blocks in these that the shape did not fit."""
        events: list[Event] = []
        start = 0
        for at in compress(count(), odd):
            events += map(Event, pieces[start:at], repeat(shape.event_type), repeat(self.last_event_id))
            events += self._interpret(shape.prefix + pieces[at].encode() + shape.blank)
            start = at + 1
        events += map(Event, pieces[start:], repeat(shape.event_type), repeat(self.last_event_id))
        return events

    def _by_form(self, data: bytes, blank: bytes) -> list[Event] | None:
        """Return the events of blocks in the form of late, or in that of the first; None if too few have it."""
        if self._patience:
            self._patience -= 1
            return None
        text = _text(data, blank)
        if "\r" in text or "\0" in text:
            return None
        form = self._form
        if form is not None:
            events = self._formed(form, text)
            # Learning costs more than it brings where the next block has the form again.
            if events is not None or not self._missed:
                self._missed = events is None
                return events
        learned = form_at(text)
        if learned is None or learned is form or (learned.has_shape and not learned.type):
            self._patience = _PATIENCE
            return None
        self._form, self._missed = learned, False
        return self._formed(learned, text)

    def _formed(self, form: Form, text: str) -> list[Event] | None:
        """Return the events of blocks in a form; None if too few have it. Others are interpreted by themselves."""
        parts = form.split("\n\n" + text)
        step = form.fields + 1
        between = parts[::step]
        between[-1] = between[-1][:-2]  # the last blank line
        odd = len(between) - between.count("")
        if 4 * odd > len(between):
            return None
        columns = [parts[at::step] for at in range(1, step)]
        if not odd:
            return self._rows(form, columns)
        events: list[Event] = []
        start = 0
        for at in compress(count(), between):
            events += self._rows(form, [column[start:at] for column in columns])
            events += self._interpret(between[at][2:].encode() + b"\n\n")
            start = at
        events += self._rows(form, [column[start:] for column in columns])
        return events

    def _rows(self, form: Form, columns: list[list[str]]) -> list[Event]:
        events = form.events(columns, self.last_event_id)
        if events and form.id:
            self.last_event_id = self._id = events[-1].id
        if events and form.retry:
            self.reconnection_time = events[-1].retry
        return events


def _text(data: bytes, blank: bytes) -> str:
    """Return blocks as text whose lines end in LF; those that end otherwise still have their CR."""
    text = data.decode("utf-8", "replace")
    return text if len(blank) == len("\n\n") else text.replace("\r\n", "\n")
