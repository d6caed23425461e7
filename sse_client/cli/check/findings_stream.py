"""Explains the observed events in sentences: ids, heartbeats, `retry`, buffering, malformed lines."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from sse_client.cli.check.findings import Finding, note, ok, wrong
from sse_client.cli.screen.gaps import seconds
from sse_client.cli.screen.terminal import short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.cli.check.probe import Observation

__all__ = ["of_compression", "of_events", "of_resume", "of_uncompressed"]

_PAUSE = 0.4  # seconds without a byte after which further bytes count as another burst
_SILENCE = 2.0  # seconds without an event or comment that are worth a note
_HELD_BACK = 0.5  # seconds that compression may cost
_FIELDS = frozenset({b"data", b"event", b"id", b"retry", b""})
_LINE_END = re.compile(rb"\r\n|\r|\n")


def of_events(seen: Observation) -> Iterator[Finding]:
    """Yield findings about the body."""
    yield from _arrival(seen)
    yield from _lines(seen)
    yield from _buffering(seen)
    yield from _ids(seen)
    yield from _heartbeats(seen)
    yield from _retry(seen)
    yield from _end(seen)


def _arrival(seen: Observation) -> Iterator[Finding]:
    count = len(seen.events)
    if count:
        first = seen.events[0][0]
        over = (seen.ended_at or seen.head_at + seen.seconds) - seen.head_at
        yield ok(f"{count} event{'s' * (count > 1)} came in {seconds(over)}, the first after {seconds(first)}.")
    elif seen.coding and seen.sample:
        yield wrong(f"{len(seen.sample)} bytes came, compressed ({short(seen.coding)}), and no event in them.")
    elif seen.sample:
        yield wrong(
            f"{len(seen.sample)} bytes came, and no event: an event is one or more lines that begin with 'data:', and "
            "a blank line after them."
        )
    elif seen.ended_at is not None:
        yield note("The stream is empty: it ended without an event, and without a comment.")
    else:
        yield note(f"Nothing came in {seconds(seen.seconds)}, not even a comment; try again with a longer --for.")


def _lines(seen: Observation) -> Iterator[Finding]:
    """Yield problems of single lines, which can only be found in an uncompressed body."""
    if seen.coding or not seen.sample:
        return
    try:
        codecs.getincrementaldecoder("utf-8")().decode(seen.sample)  # the sample may end inside a character
    except UnicodeDecodeError as error:
        yield wrong(f"Byte {error.start} is not UTF-8: clients show a replacement character in its place.")
    lines = _LINE_END.split(seen.sample)[:-1]
    names = [line.partition(b":")[0] for line in lines if line]
    unknown = sorted({name for name in names if name not in _FIELDS})
    if unknown:
        shown = ", ".join(repr(short(name[:30].decode("utf-8", "replace"))) for name in unknown[:3])
        count = sum(name not in _FIELDS for name in names)
        yield wrong(
            f"{'1 line has' if count == 1 else f'{count} lines have'} a field that no client knows ({shown}), and "
            f"{'is' if count == 1 else 'are'} ignored: the fields are data, event, id and retry, in lower case, from "
            "the line's first character on."
        )
    if any(line.startswith(b"id:") and b"\0" in line for line in lines):
        yield wrong("An id has a NUL in it and is ignored: a client resumes after the event before it.")


def _buffering(seen: Observation) -> Iterator[Finding]:
    pauses = [later.at - earlier.at for earlier, later in zip(seen.reads, seen.reads[1:], strict=False)]
    held = [
        read
        for read, pause in zip(seen.reads, pauses, strict=False)
        if not read.whole and pause > _PAUSE and not seen.coding
    ]
    if held:
        yield wrong(
            f"The stream is buffered on its way: {len(held)} time{'s' * (len(held) > 1)} it stopped in the middle of "
            "an event and went on later. Something sends when its buffer is full, not when an event is complete."
        )
        return
    bursts = _bursts(seen)
    if len(bursts) >= 2 and min(bursts[1:]) >= 3:
        yield wrong(
            f"Events come in bursts of {min(bursts[1:])} and more with silence between: something collects them."
        )
    elif seen.ended_at is not None and len(bursts) == 1 and bursts[0] > 3 and seen.head_at > 1:
        yield wrong(
            f"Nothing came for {seconds(seen.head_at)}, then all {bursts[0]} events at once: something waits for the "
            "end before it sends."
        )
    elif len(seen.events) > 1 and len(bursts) > 1:
        yield ok("Events arrive one by one: nothing on the way collects them.")


def _bursts(seen: Observation) -> list[int]:
    """Return the number of events in each burst."""
    bursts: list[int] = []
    before = float("-inf")
    for at, _ in seen.events:
        if at - before > _PAUSE:
            bursts.append(0)
        bursts[-1] += 1
        before = at
    return bursts


def _ids(seen: Observation) -> Iterator[Finding]:
    if not seen.events:
        return
    ids = [event.id for _, event in seen.events]
    if not any(ids):
        yield wrong(
            "No event has an id: after a lost connection, a client cannot say where to resume, and loses events."
        )
    elif not all(ids):
        yield note(f"{ids.count('')} of {len(ids)} events came before the first id.")
    elif len(set(ids)) < len(ids):
        different = f"{len(ids)} events have {len(set(ids))} different ids"
        yield note(
            f"{different if len(set(ids)) > 1 else f'All {len(ids)} events have the same id'}: a client resumes after "
            "the last of them, and may get some events twice, or lose some."
        )
    else:
        yield ok("Every event has an id of its own.")


def _heartbeats(seen: Observation) -> Iterator[Finding]:
    times = sorted([at for at, _ in seen.events] + seen.comments)
    if seen.comments:
        yield ok(f"Heartbeats come: {len(seen.comments)} comment{'s' * (len(seen.comments) > 1)} in this time.")
    elif seen.ended_at is None and (not times or seen.head_at + seen.seconds - times[-1] > _SILENCE):
        yield note(
            "No heartbeat was seen: a comment (a line ': ') every 15 s or so keeps proxies from closing a silent "
            "connection, and shows clients that it is alive."
        )


def _retry(seen: Observation) -> Iterator[Finding]:
    times = [event.retry for _, event in seen.events if event.retry is not None]
    values = re.findall(rb"(?:^|[\r\n])retry(?:: ?([^\r\n]*+))?(?=[\r\n])", seen.sample) if not seen.coding else []
    times += [int(value) for value in values if value.isdigit() and len(value) <= 18]
    ignored = [value for value in values if not value.isdigit()]
    if ignored:
        shown = short(ignored[0][:30].decode("utf-8", "replace"))
        yield wrong(f"`retry` is ignored: expected milliseconds as digits alone, got {shown!r}.")
    elif not times and seen.coding:
        return  # it may be in a block without data, which yields no event
    elif not times:
        yield note("No `retry` was sent: clients wait as long as they like before they connect again.")
    elif times[-1] < 100:
        yield wrong(f"`retry` is {times[-1]} ms: after a restart, all clients come back at once, and again and again.")
    elif times[-1] > 60_000:
        yield note(f"`retry` is {times[-1]} ms: a lost connection is noticed by its user.")
    else:
        yield ok(f"`retry` is {times[-1]} ms.")


def _end(seen: Observation) -> Iterator[Finding]:
    if seen.error is not None:
        yield wrong(f"The stream broke off: {short(str(seen.error))}.")
    elif seen.ended_at is not None:
        if seen.tail:
            yield wrong("The stream ended inside an event, which is lost: a blank line is missing after it.")
        yield note(
            f"The server ended the stream after {seconds(seen.ended_at)}: clients connect again; status 204 then tells "
            "them to stop."
        )


def of_compression(compressed: Observation, plain: Observation) -> Iterator[Finding]:
    """Yield findings about compression, from two observations of the same endpoint."""
    if not compressed.coding:
        return
    if not plain.events:
        yield note(
            f"The stream is compressed ({short(compressed.coding)}); uncompressed, it brought no event to compare with."
        )
        return
    coding = short(compressed.coding)
    before, after = plain.events[0][0], compressed.events[0][0] if compressed.events else None
    if after is None:
        yield wrong(
            f"Compression ({coding}) holds events back: the first came after {seconds(before)} without it, "
            "and with it not at all. The compressor must be flushed after each event."
        )
    elif after - before > _HELD_BACK:
        yield wrong(
            f"Compression ({coding}) holds events back: the first came after {seconds(after)}, and after "
            f"{seconds(before)} without it. The compressor must be flushed after each event."
        )
    else:
        yield ok(f"The stream is compressed ({coding}), and no event is held back by it.")


def of_uncompressed(plain: Observation, compressed: Observation) -> Iterator[Finding]:
    """Yield findings that need the raw lines, which a compressed response of the same endpoint does not show."""
    if not plain.sample:
        return
    yield from _lines(plain)
    if all(event.retry is None for _, event in compressed.events):
        yield from _retry(plain)


def of_resume(first: Observation, resumed: Observation) -> Finding:
    """Return the finding about a request to resume after the first event of `first`."""
    ids = [event.id for _, event in first.events if event.id]
    place = short(ids[0])
    if resumed.status == 204:
        return ok(f"Asked to resume after id {place}, the server says that there is no more (204).")
    if resumed.error is not None and not resumed.events:
        return wrong(f"Asked to resume after id {place}, it failed: {short(str(resumed.error))}.")
    if not resumed.events:
        return note(f"Asked to resume after id {place}, the server sent nothing in {seconds(resumed.seconds)}.")
    came = resumed.events[0][1].id
    if came == ids[0] and ids.count(came) > 1:
        return note(
            f"Asked to resume after id {place}, which {ids.count(came)} events have, the server sent another one with "
            "it: whether it resumes cannot be seen from here."
        )
    if came == ids[0]:
        return wrong(f"Last-Event-ID is ignored: asked to resume after id {place}, the server sent that event again.")
    following = next((each for each in ids if each != ids[0]), None)
    if came == following:
        return ok(f"It resumes: after id {place} came id {short(came)}, the next one.")
    if came in ids:
        return wrong(f"Events are lost on resuming: after id {place} came id {short(came)}, not the next one.")
    return note(
        f"Asked to resume after id {place}, the server sent id {short(came)}, which it had not sent before: "
        "whether events between were lost cannot be seen from here."
    )
