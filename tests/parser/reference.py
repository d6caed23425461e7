"""The standard's algorithm, step by step in its own words, over a whole stream at once.

Slow on purpose, and written without a look at the parser: it shares no shortcut with the code that it judges. The
quotations are WHATWG HTML 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream", and the
Encoding Standard's "UTF-8 decode" and "UTF-8 decoder".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sse_client.events import Comment, Event


@dataclass
class Interpretation:
    """What the standard makes of a stream."""

    events: list[Event] = field(default_factory=list[Event])
    everything: list[Event | Comment] = field(default_factory=list[Event | Comment])  # comments in place
    last_event_id: str = ""  # the event source's "last event ID string"
    reconnection_time: int | None = None


def decode(stream: bytes) -> str:  # noqa: C901  (the steps stay in the order of the standard)
    """UTF-8 decode (Encoding Standard, section 6)."""
    # "Let buffer be the result of peeking three bytes from ioQueue, converted to a byte sequence. If buffer is
    # 0xEF 0xBB 0xBF, then read three bytes from ioQueue. (Do nothing with those bytes.)"
    if stream[:3] == b"\xef\xbb\xbf":
        stream = stream[3:]
    # "Process a queue with an instance of UTF-8's decoder, ioQueue, output, and 'replacement'."
    output: list[str] = []
    code_point = bytes_seen = bytes_needed = 0
    lower, upper = 0x80, 0xBF
    at = 0
    while True:
        byte = stream[at] if at < len(stream) else None
        at += 1
        # "If byte is end-of-queue and UTF-8 bytes needed is not 0, then set UTF-8 bytes needed to 0 and return
        # error. If byte is end-of-queue, then return finished."
        if byte is None:
            return "".join(output) + ("\ufffd" if bytes_needed else "")
        # "If UTF-8 bytes needed is 0, then, based on byte:"
        if bytes_needed == 0:
            if byte <= 0x7F:  # "Return a code point whose value is byte."
                output.append(chr(byte))
            elif 0xC2 <= byte <= 0xDF:  # "Set UTF-8 bytes needed to 1; UTF-8 code point to byte & 0x1F."
                bytes_needed, code_point = 1, byte & 0x1F
            elif 0xE0 <= byte <= 0xEF:
                if byte == 0xE0:  # "If byte is 0xE0, then set UTF-8 lower boundary to 0xA0."
                    lower = 0xA0
                if byte == 0xED:  # "If byte is 0xED, then set UTF-8 upper boundary to 0x9F."
                    upper = 0x9F
                bytes_needed, code_point = 2, byte & 0xF
            elif 0xF0 <= byte <= 0xF4:
                if byte == 0xF0:  # "If byte is 0xF0, then set UTF-8 lower boundary to 0x90."
                    lower = 0x90
                if byte == 0xF4:  # "If byte is 0xF4, then set UTF-8 upper boundary to 0x8F."
                    upper = 0x8F
                bytes_needed, code_point = 3, byte & 0x7
            else:  # "Otherwise: Return error." Which with "replacement" is: "Push U+FFFD to output."
                output.append("\ufffd")
            continue  # "Return continue."
        # "If byte is not in the range UTF-8 lower boundary to UTF-8 upper boundary, inclusive, then: Set UTF-8
        # code point, UTF-8 bytes needed, and UTF-8 bytes seen to 0, set UTF-8 lower boundary to 0x80, and set
        # UTF-8 upper boundary to 0xBF. Restore byte to ioQueue. Return error."
        if not lower <= byte <= upper:
            code_point = bytes_needed = bytes_seen = 0
            lower, upper = 0x80, 0xBF
            at -= 1
            output.append("\ufffd")
            continue
        # "Set UTF-8 lower boundary to 0x80 and UTF-8 upper boundary to 0xBF."
        lower, upper = 0x80, 0xBF
        # "Set UTF-8 code point to (UTF-8 code point << 6) | (byte & 0x3F). Increase UTF-8 bytes seen by one. If
        # UTF-8 bytes seen is not equal to UTF-8 bytes needed, then return continue."
        code_point = (code_point << 6) | (byte & 0x3F)
        bytes_seen += 1
        if bytes_seen != bytes_needed:
            continue
        # "Let codePoint be UTF-8 code point. Set UTF-8 code point, UTF-8 bytes needed, and UTF-8 bytes seen to 0.
        # Return a code point whose value is codePoint."
        output.append(chr(code_point))
        code_point = bytes_needed = bytes_seen = 0


def lines(text: str) -> list[str]:
    """Return the lines that have ended.

    "The stream must then be parsed by reading everything line by line, with a U+000D CARRIAGE RETURN U+000A LINE
    FEED (CRLF) character pair, a single U+000A LINE FEED (LF) character not preceded by a U+000D CARRIAGE RETURN
    (CR) character, and a single U+000D CARRIAGE RETURN (CR) character not followed by a U+000A LINE FEED (LF)
    character being the ways in which a line can end."
    """
    ended: list[str] = []
    line: list[str] = []
    at = 0
    while at < len(text):
        if text[at : at + 2] == "\r\n":
            ended.append("".join(line))
            line = []
            at += 2
        elif text[at] in ("\n", "\r"):
            ended.append("".join(line))
            line = []
            at += 1
        else:
            line.append(text[at])
            at += 1
    return ended  # What is in `line` is "end-of-file before the final empty line": see `interpret`.


def integer(digits: str) -> int:
    """Interpret ASCII digits "as an integer in base ten", however many."""
    number = 0
    for start in range(0, len(digits), 1000):
        part = digits[start : start + 1000]
        number = number * 10 ** len(part) + int(part)
    return number


def interpret(stream: bytes, last_event_id: str = "") -> Interpretation:
    """Interpret a whole stream.

    The standard initialises the last event ID buffer to the empty string; `last_event_id` is what an earlier
    connection left, so that an id outlives its connection (as in every browser).
    """
    result = Interpretation(last_event_id=last_event_id)
    # "When a stream is parsed, a data buffer, an event type buffer, and a last event ID buffer must be associated
    # with it. They must be initialized to the empty string."
    data, event_type, last_event_id_buffer = "", "", last_event_id
    retry: int | None = None  # Not the standard's: what `Event.retry` shows.
    # "Lines must be processed, in the order they are received, as follows:"
    for line in lines(decode(stream)):
        # "If the line is empty (a blank line): Dispatch the event, as defined below."
        if line == "":
            # "Set the last event ID string of the event source to the value of the last event ID buffer. The
            # buffer does not get reset, so the last event ID string of the event source remains set to this value
            # until the next time it is set by the server."
            result.last_event_id = last_event_id_buffer
            # "If the data buffer is an empty string, set the data buffer and the event type buffer to the empty
            # string and return."
            if data == "":
                event_type, retry = "", None
                continue
            # "If the data buffer's last character is a U+000A LINE FEED (LF) character, then remove the last
            # character from the data buffer."
            data = data[:-1] if data[-1] == "\n" else data
            # "Initialize event's type attribute to 'message', its data attribute to data, ... and its lastEventId
            # attribute to the last event ID string of the event source. If the event type buffer has a value other
            # than the empty string, change the type of the newly created event to equal the value of the event
            # type buffer."
            event = Event(
                event=event_type if event_type != "" else "message", data=data, id=result.last_event_id, retry=retry
            )
            # "Set the data buffer and the event type buffer to the empty string. Queue a task which ... dispatches
            # the newly created event."
            data, event_type, retry = "", "", None
            result.events.append(event)
            result.everything.append(event)
            continue
        # "If the line starts with a U+003A COLON character (:): Ignore the line."
        if line[0] == ":":
            result.everything.append(Comment(text=line[2:] if line[1:2] == " " else line[1:]))
            continue
        # "If the line contains a U+003A COLON character (:): Collect the characters on the line before the first
        # U+003A COLON character (:), and let field be that string. Collect the characters on the line after the
        # first U+003A COLON character (:), and let value be that string. If value starts with a U+0020 SPACE
        # character, remove it from value. Process the field ..., using field as the field name and value as the
        # field value."
        if ":" in line:
            name, value = line[: line.index(":")], line[line.index(":") + 1 :]
            if value[:1] == " ":
                value = value[1:]
        # "Otherwise, the string is not empty but does not contain a U+003A COLON character (:): Process the field
        # ..., using the whole line as the field name, and the empty string as the field value."
        else:
            name, value = line, ""
        # "If the field name is 'event': Set the event type buffer to field value."
        if name == "event":
            event_type = value
        # "If the field name is 'data': Append the field value to the data buffer, then append a single U+000A LINE
        # FEED (LF) character to the data buffer."
        elif name == "data":
            data += value + "\n"
        # "If the field name is 'id': If the field value does not contain U+0000 NULL, then set the last event ID
        # buffer to the field value. Otherwise, ignore the field."
        elif name == "id":
            if "\0" not in value:
                last_event_id_buffer = value
        # "If the field name is 'retry': If the field value consists of only ASCII digits, then interpret the field
        # value as an integer in base ten, and set the event stream's reconnection time to that integer. Otherwise,
        # ignore the field."
        elif name == "retry" and value != "" and all(character in "0123456789" for character in value):
            retry = result.reconnection_time = integer(value)
        # "Otherwise: The field is ignored."
    # "Once the end of the file is reached, any pending data must be discarded. (If the file ends in the middle of
    # an event, before the final empty line, the incomplete event is not dispatched.)"
    return result


def within(stream: bytes, limit: int) -> tuple[bytes, bool]:
    """Return what of `stream` a parser with `max_event_size=limit` interprets, and whether it fails after it.

    Not the standard's. A block's size is the bytes of its data, event, id and retry lines, one byte more for each
    line's end. It is exceeded by a line that takes the block beyond the limit, whatever that line is, and by an
    unfinished line as soon as it has more bytes than are left.
    """
    start = at = 3 if stream[:3] == b"\xef\xbb\xbf" else 0
    block = 0
    while at < len(stream):
        if stream[at] not in b"\r\n":
            at += 1
            if block + at - start > limit:
                return stream[:start], True
            continue
        line = stream[start:at]
        if line and block + len(line) + 1 > limit:
            return stream[:start], True
        if not line:
            block = 0
        elif line.split(b":")[0] in (b"data", b"event", b"id", b"retry"):
            block += len(line) + 1
        at += 2 if stream[at : at + 2] == b"\r\n" else 1
        start = at
    return stream, False
