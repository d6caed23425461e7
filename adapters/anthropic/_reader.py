"""Turns events into deltas and the message that they add up to, without I/O."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, cast

from msgspec.structs import replace

from sse_client.adapters.anthropic._blocks import TEXTS, Blocks, whole_blocks
from sse_client.adapters.anthropic._event_kinds import event_kind
from sse_client.adapters.anthropic.errors import MessagesError
from sse_client.adapters.anthropic.message import Message, MessageDelta, Usage
from sse_client.errors import StreamTruncated
from sse_client.events import Comment
from sse_client.extension import shown
from sse_client.replies.json_values import json_object, mapping, text, whole_number
from sse_client.replies.markers import inner_events, is_comment, is_done, is_heartbeat, without_done

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sse_client.events import Event

__all__ = ["MessageReader"]

# By type of delta: the field with the piece, the field of the block that it extends, and the type of a block whose
# start is missing.
_PIECES = {
    "text_delta": ("text", "text", "text"),
    "thinking_delta": ("thinking", "thinking", "thinking"),
    "signature_delta": ("signature", "signature", "thinking"),
    "input_json_delta": ("partial_json", "input_json", "tool_use"),
    "citations_delta": ("citation", "citation", "text"),
}
_COUNTS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_SHOWN = 80  # characters of a foreign payload that an error shows
_MOST_COUNTS = 100  # names in the usage; each delta with usage contains all names so far


class MessageReader:
    """Reads one message stream; see `sse_client.replies.Reader`."""

    def __init__(self) -> None:
        self.outcome: Literal["complete", "truncated", "error"] | None = None
        self._message = Message()
        self._blocks = Blocks()
        self._usage: dict[str, Any] = {}
        self._foreign = ""  # the first payload that does not belong to this API

    @property
    def empty(self) -> bool:
        """Whether no part of a message has arrived."""
        return self._message.id is None and not self._blocks

    @property
    def message(self) -> Message:
        """The message as far as it has arrived."""
        return replace(self._message, content=self._blocks.content(), usage=self._tokens())

    @property
    def partial(self) -> Message | None:
        """The message for an error's `partial`; None if nothing has arrived."""
        return None if self.empty else self.message

    def feed(self, event: Event | Comment, *, inner: bool = False) -> Sequence[MessageDelta]:
        """Return the deltas of an event; none for pings, for unknown events, and after the end.

        Args:
            event: an event or a comment.
            inner: whether it is one of the `inner_events` of another.

        Raises:
            MessagesError: the server reports an error, or the event does not belong to a message stream.
            StreamTruncated: the event is `[DONE]`, and the model had not stopped.
        """
        if type(event) is Comment or self.outcome is not None or event.event == "ping" or not event.data:
            return ()
        raw = event.data
        payload = json_object(raw)
        if payload is None and event.event != "error" and self._is_marker(event):
            return ()
        if payload is None and not inner and (events := inner_events(event)):
            return [delta for each in events for delta in self.feed(each, inner=True)]
        kind = "error" if payload is None else payload.get("type")
        if payload is not None and (kind != "content_block_delta" or event.event == "error"):
            kind = event_kind(event.event, payload)  # not called for nearly all events
        if payload is None or kind == "error":
            self.outcome = "error"
            raise MessagesError(raw, partial=self.partial)
        if kind == "content_block_delta":
            return self._delta(payload, raw)
        if kind == "content_block_start":
            return [self._block(whole_number(payload.get("index")), mapping(payload.get("content_block")), raw)]
        if kind == "message_start":
            return self._start(payload, raw)
        if kind == "message_delta":
            return [self._progress(mapping(payload.get("delta")), mapping(payload.get("usage")), raw)]
        if kind == "message":
            return self.whole(raw)
        if kind == "content_block_stop":
            self._blocks.end(whole_number(payload.get("index")))
        elif kind == "message_stop":
            self._end(raw)
        elif kind != "ping":
            self._foreign = self._foreign or raw
        return ()

    def whole(self, body: str, status: int = 200) -> Sequence[MessageDelta]:
        """Return the deltas of a complete message, which a server sent instead of a stream, or at its end.

        Of blocks that have already arrived, only what is missing is added.

        Raises:
            MessagesError: `body` is not a message.
        """
        body = without_done(body)
        payload = json_object(body)
        if payload is None or payload.get("type") != "message":
            self.outcome = "error"
            raise MessagesError(body, status, self.partial)
        self.outcome = "complete"
        rests = [
            MessageDelta(index, self._blocks[index].kind, raw=body, **cast("dict[str, Any]", rest))
            for index, block in enumerate(whole_blocks(payload.get("content")))
            if index in self._blocks and (rest := self._blocks[index].complete(block))
        ]
        return [*self._begin(payload, body), *rests]

    def conclude(self, events: list[Event], stray: str = "") -> Iterator[MessageDelta]:
        """Yield the deltas of the last `events`; if nothing else has arrived, `stray` may be a message or an error.

        Raises:
            MessagesError: as in `feed` and `whole`.
            StreamTruncated: after the last delta: the model had not stopped.
        """
        if self.empty and stray.startswith(("{", "[", "<")):
            yield from self.whole(stray)
            return
        for event in events:
            yield from self.feed(event)
        if self.outcome is None:
            self._foreign = self._foreign or stray
            self._stop()

    def finish(self, stray: str = "") -> Sequence[MessageDelta]:  # noqa: ARG002
        """Accept the end of the message, which the stream's `until` has found."""
        self.outcome = "complete"
        return ()

    def _is_marker(self, event: Event) -> bool:
        """Return whether an event without a JSON object is `[DONE]`, a comment or a heartbeat of a gateway."""
        if not is_done(event.data):
            return is_comment(event.data) or is_heartbeat(event) or event.data.strip() == "null"
        if not self.empty:  # otherwise the stray lines before it may be a complete message
            self._stop()
        return True

    def _end(self, raw: str) -> None:
        """Set the outcome after `message_stop`; raise MessagesError if no part of a message came before it."""
        if self.empty:
            self.outcome = "error"
            error = MessagesError(raw)
            error.message = "expected a message before message_stop, got none"
            raise error
        self.outcome = "complete"

    def _stop(self) -> None:
        """Set the outcome of a stream that ended without `message_stop`; raise StreamTruncated if it was truncated."""
        if self._message.stop_reason is None:
            self.outcome = "truncated"
            came = f"; what came was {shown(self._foreign, _SHOWN)}" if self.empty and self._foreign else ""
            raise StreamTruncated(f"the message ended before message_stop{came}", partial=self.message)
        self.outcome = "complete"  # no part of the message follows a stop reason

    def _start(self, payload: dict[str, Any], raw: str) -> list[MessageDelta]:
        """Begin the message of `message_start`, which may come without the object around it."""
        message = mapping(payload.get("message")) or (payload if payload.get("type") == "message" else {})
        if message and self._message.id and message.get("id") != self._message.id:
            self._blocks = Blocks()  # a gateway lost its upstream, and has started another message
        return self._begin(message, raw)

    def _begin(self, message: dict[str, Any], raw: str) -> list[MessageDelta]:
        self._message.id = text(message.get("id")) or self._message.id or ""
        self._message.model = text(message.get("model")) or self._message.model
        deltas = [self._progress(message, mapping(message.get("usage")), raw)]
        for index, block in enumerate(whole_blocks(message.get("content"))):
            if index not in self._blocks:
                deltas.append(self._block(index, block, raw))
        return deltas

    def _progress(self, fields: dict[str, Any], usage: dict[str, Any], raw: str) -> MessageDelta:
        reason, sequence = text(fields.get("stop_reason")), text(fields.get("stop_sequence"))
        self._message.stop_reason = reason or self._message.stop_reason
        self._message.stop_sequence = sequence or self._message.stop_sequence
        for name, value in usage.items():
            if value is not None and (name in self._usage or name in _COUNTS or len(self._usage) < _MOST_COUNTS):
                self._usage[name] = value
        return MessageDelta(stop_reason=reason, stop_sequence=sequence, usage=self._tokens(), raw=raw)

    def _block(self, index: int | None, start: dict[str, Any], raw: str) -> MessageDelta:
        block, texts = self._blocks.begin(index, text(start.get("type")) or "text", start)
        return MessageDelta(block.index, block.kind, block=start, raw=raw, **texts)

    def _delta(self, payload: dict[str, Any], raw: str) -> Sequence[MessageDelta]:
        said = payload.get("delta")
        delta = {"text": said} if isinstance(said, str) else mapping(said)
        index = whole_number(payload.get("index"))
        kind = text(delta.get("type")) or ""
        if kind == "compaction_delta":
            block = self._blocks.piece_of(index, "compaction")
            block.compact(delta)
            return (MessageDelta(block.index, block.kind, raw=raw),)
        if delta.get("type") is None:  # some gateways leave it out
            kind = next((each for each, (source, *_) in _PIECES.items() if source in delta), "")
        if kind not in _PIECES:
            return ()
        source, name, block_kind = _PIECES[kind]
        piece = delta.get(source)
        if name in TEXTS and (type(piece) in (int, float) or (name == "input_json" and isinstance(piece, dict))):
            piece = json.dumps(piece, ensure_ascii=False)  # a gateway has decoded an input, or a text of digits
        if piece is None or (name in TEXTS and not isinstance(piece, str)):
            return ()
        block = self._blocks.piece_of(index, block_kind)
        added: dict[str, Any] = {name: block.add(name, piece)}
        return (MessageDelta(block.index, block.kind, raw=raw, **added),)

    def _tokens(self) -> Usage | None:
        counts: dict[str, Any] = {name: whole_number(self._usage.get(name)) for name in _COUNTS}
        return Usage(**counts, raw=dict(self._usage)) if self._usage else None
