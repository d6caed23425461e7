"""Turns events into deltas and the message that they add up to, without I/O."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from sse_client.adapters.anthropic._blocks import TEXTS, Block, whole_blocks
from sse_client.adapters.anthropic._event_kinds import event_kind
from sse_client.adapters.anthropic.errors import MessagesError
from sse_client.adapters.anthropic.message import Message, MessageDelta, Usage
from sse_client.events import Comment
from sse_client.replies.json_reader import JSONReader
from sse_client.replies.json_values import json_object, mapping, text, whole_number
from sse_client.replies.markers import without_done
from sse_client.replies.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Sequence

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
_MOST_COUNTS = 100  # names in the usage; each delta with usage contains all names so far


class MessageReader(JSONReader[MessageDelta]):
    """Reads one message stream; see `sse_client.replies.Reader`."""

    def __init__(self) -> None:
        super().__init__()
        self._message = Message()
        self._blocks = Parts[Block]()
        self._usage: dict[str, Any] = {}

    @property
    def empty(self) -> bool:
        """Whether no part of a message has arrived."""
        return self._message.id is None and not self._blocks

    @property
    def message(self) -> Message:
        """The message as far as it has arrived."""
        return replace(self._message, content=[block.content() for block in self._blocks], usage=self._tokens())

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
        if payload is None:
            return self._unstructured(event, inner=inner)
        kind = payload.get("type")
        if kind != "content_block_delta" or event.event == "error":
            kind = event_kind(event.event, payload)  # not called for nearly all events
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
        if kind == "error":
            raise self._failed(raw)
        if kind == "content_block_stop":
            if block := self._blocks.find(whole_number(payload.get("index"))):
                block.ended = True
        elif kind == "message_stop":
            self._end_message(raw)
        elif kind != "ping":
            self._ignored(raw)
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
            raise self._failed(body, status)
        self._end("complete")
        return self._begin(payload, body)

    def _failed(self, raw: str, status: int | None = None) -> MessagesError:
        self._end("error")
        return MessagesError(raw, status, self.partial)

    def _end_message(self, raw: str) -> None:
        """Set the outcome after `message_stop`; raise MessagesError if no part of a message came before it."""
        if self.empty:
            error = self._failed(raw)
            error.message = "expected a message before message_stop, got none"
            raise error
        self._end("complete")

    def _stop(self) -> None:
        """Set the outcome of a stream that ended without `message_stop`; raise StreamTruncated if it was truncated."""
        if self._message.stop_reason is None:
            raise self._truncated("the message ended before message_stop", self.message)
        self._end("complete")  # no part of the message follows a stop reason

    def _start(self, payload: dict[str, Any], raw: str) -> list[MessageDelta]:
        """Begin the message of `message_start`, which may come without the object around it."""
        message = mapping(payload.get("message")) or (payload if payload.get("type") == "message" else {})
        if message and self._message.id and message.get("id") != self._message.id:
            self._blocks = Parts[Block]()  # a gateway lost its upstream, and has started another message
        return self._begin(message, raw)

    def _begin(self, message: dict[str, Any], raw: str) -> list[MessageDelta]:
        self._message.id = text(message.get("id")) or self._message.id or ""
        self._message.model = text(message.get("model")) or self._message.model
        deltas = [self._progress(message, mapping(message.get("usage")), raw)]
        for index, block in enumerate(whole_blocks(message.get("content"))):
            known = self._blocks.placed(index)
            if known is None:
                deltas.append(self._block(index, block, raw))
            elif self.outcome == "complete" and (rest := known.complete(block)):
                deltas.append(MessageDelta(index, known.kind, raw=raw, **rest))
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
        kind = text(start.get("type")) or "text"
        block = None if index is None else self._blocks.select(index)
        if block is None or not block.may_begin_as(kind, start):
            block = self._blocks.add(index, lambda place: Block(place, kind))
        return MessageDelta(block.index, kind, block=start, raw=raw, **block.begin(kind, start))

    def _delta(self, payload: dict[str, Any], raw: str) -> Sequence[MessageDelta]:
        said = payload.get("delta")
        delta = {"text": said} if isinstance(said, str) else mapping(said)
        index, kind = whole_number(payload.get("index")), delta.get("type")
        if kind == "compaction_delta":
            block = self._block_of(index, "compaction")
            block.compact(delta)
            return (MessageDelta(block.index, block.kind, raw=raw),)
        if kind is None:  # some gateways leave it out
            kind = next((each for each, (source, *_) in _PIECES.items() if source in delta), None)
        if not isinstance(kind, str) or kind not in _PIECES:
            return ()
        source, name, block_kind = _PIECES[kind]
        piece = delta.get(source)
        if name in TEXTS and (type(piece) in (int, float) or (name == "input_json" and isinstance(piece, dict))):
            piece = json.dumps(piece, ensure_ascii=False)  # a gateway has decoded an input, or a text of digits
        if piece is None or (name in TEXTS and not isinstance(piece, str)):
            return ()
        block = self._block_of(index, block_kind)
        if name in TEXTS:
            piece = block.texts.add(name, piece)
        else:
            block.citations.append(piece)
        added: dict[str, Any] = {name: piece}
        return (MessageDelta(block.index, block.kind, raw=raw, **added),)

    def _block_of(self, index: int | None, kind: str) -> Block:
        """Return the block that a piece belongs to; create one of type `kind` if its start is missing."""
        return self._blocks.select(index) or self._blocks.add(index, lambda place: Block(place, kind))

    def _tokens(self) -> Usage | None:
        counts: dict[str, Any] = {name: whole_number(self._usage.get(name)) for name in _COUNTS}
        return Usage(**counts, raw=dict(self._usage)) if self._usage else None
