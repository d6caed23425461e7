"""The file of a recording: exact, masked, readable while it is written, and honest about what is missing."""

from __future__ import annotations

import contextlib
import json
import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sse_client.events import Event
from sse_client.testing import Recording, RecordingError, RecordingTruncated, RecordingWriter, stream
from sse_client.testing._recording.format import MAX_LINE, MAX_PIECE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

PIECES = [
    b"\xef\xbb\xbfid: 1\r\n",
    b"data: \xe2\x82",
    b"\xac\n\n",
    b"\x00\xff\x80\n",
    b"data: \xf0\x9f\x8e\x89\xe2\x80\xa8\n\n",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answer.sse"


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def written(path: Path, pieces: Iterable[bytes] = PIECES, **options: Any) -> Recording:
    with RecordingWriter(path, status=200, **options) as writer:
        for number, piece in enumerate(pieces, 1):
            writer.write(piece, seconds=number / 4)
    return Recording.open(path)


def test_pieces_and_their_times_are_read_back_exactly(path: Path) -> None:
    clock = Clock()
    with RecordingWriter(path, status=200, clock=clock) as writer:
        for piece in PIECES:
            clock.now += 0.1234567
            writer.write(piece)
        clock.now += 1
        assert (writer.pieces, writer.bytes, writer.seconds) == (5, sum(map(len, PIECES)), 0.617284)
    recording = Recording.open(path)
    assert list(recording) == list(zip([0.123457, 0.246913, 0.37037, 0.493827, 0.617284], PIECES, strict=True))
    assert list(recording) == list(recording)
    assert recording.end is not None
    assert (recording.end.end, recording.end.seconds, recording.end.error) == ("complete", 1.617284, "")


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_any_bytes_survive(path: Path, size: int) -> None:
    data = bytes(range(256)) + "häß\r\n€🎉".encode() + b"\xed\xa0\x80"
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert [piece for _, piece in written(path, pieces)] == pieces


def test_long_piece_becomes_several_at_one_time(path: Path) -> None:
    data = b"\0" * (2 * MAX_PIECE + 1)
    recording = written(path, [data])
    assert [len(piece) for _, piece in recording] == [MAX_PIECE, MAX_PIECE, 1]
    assert {seconds for seconds, _ in recording} == {0.25}
    assert max(map(len, path.read_bytes().splitlines())) < MAX_LINE


def test_head_is_read_back(path: Path) -> None:
    before = datetime.now(UTC)
    recording = written(
        path,
        method="POST",
        url="https://host/v1",
        headers=[(b"Content-Type", b"text/event-stream"), ("X", "\xe9"), ("x", "2"), ("Y", "\u20ac")],
        request_headers={"Accept": "text/event-stream"}.items(),
        decoded="gzip",
    )
    assert recording.request.method == "POST"
    assert recording.request.url == "https://host/v1"
    assert recording.request.headers == (("Accept", "text/event-stream"),)
    assert recording.response.status == 200
    assert recording.response.decoded == "gzip"
    assert recording.response.headers[1:] == (("X", "\xe9"), ("x", "2"), ("Y", "\xe2\x82\xac"))
    assert recording.headers["X"] == "\xe9, 2"
    assert timedelta(seconds=-1) < recording.recorded_at - before < timedelta(seconds=10)
    assert recording.path == path


def test_no_credential_is_in_the_file(path: Path) -> None:
    written(
        path,
        url="https://me:s3cret@host/?api_key=s3cret&a=b#s3cret",
        headers=[("Set-Cookie", "s3cret"), ("X-Own", "s3cret"), ("Location", "/?token=s3cret")],
        request_headers=[("Authorization", "Bearer s3cret"), ("Cookie", "s3cret"), (b"x-api-key", b"s3cret")],
        mask=["x-own"],
    )
    assert b"s3cret" not in path.read_bytes()
    assert Recording.open(path).request.url == "https://host/?api_key=***&a=b"


def test_file_is_lines_of_json(path: Path) -> None:
    written(path, [b"data: 1\n\n", b"\xff"], url="http://host/")
    head, text, coded, end = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert (head["format"], head["version"], head["response"]["status"]) == ("sse-client recording", 1, 200)
    assert (text, coded) == ([0.25, "data: 1\n\n"], [0.5, {"base64": "/w=="}])
    assert end["end"] == "complete"


def test_each_piece_is_in_the_file_at_once(path: Path) -> None:
    writer = RecordingWriter(path, status=200)
    for number in range(1, 4):
        writer.write(b"data: x\n\n")
        assert len(path.read_bytes().splitlines()) == 1 + number
    writer.end()


@pytest.mark.parametrize(
    ("error", "end"),
    [
        pytest.param(None, ("complete", ""), id="none"),
        pytest.param(ConnectionError("https://host/?key=s3cret"), ("cut", "ConnectionError"), id="an exception"),
        pytest.param(KeyboardInterrupt(), ("stopped", "KeyboardInterrupt"), id="an interrupt"),
    ],
)
def test_leaving_the_block_ends_the_recording(path: Path, error: BaseException | None, end: tuple[str, str]) -> None:
    with contextlib.suppress(ConnectionError, KeyboardInterrupt), RecordingWriter(path, status=200):
        if error is not None:
            raise error
    found = Recording.open(path).end
    assert found is not None
    assert (found.end, found.error) == end
    assert b"s3cret" not in path.read_bytes()


def test_first_end_holds(path: Path) -> None:
    with RecordingWriter(path, status=200) as writer:
        writer.write(b"x")
        writer.end("stopped")
        writer.end("cut")
        with pytest.raises(ValueError, match="the recording has ended"):
            writer.write(b"y")
    found = Recording.open(path).end
    assert found is not None
    assert found.end == "stopped"


@pytest.mark.parametrize("seconds", [0.9, -1.0, float("nan"), float("inf")])
def test_time_runs_forward(path: Path, seconds: float) -> None:
    with RecordingWriter(path, status=200) as writer:
        writer.write(b"x", seconds=1)
        with pytest.raises(ValueError, match=r"expected the time of a piece at or after 1 s, got"):
            writer.write(b"y", seconds=seconds)
        writer.write(b"z", seconds=1)
    assert list(Recording.open(path)) == [(1.0, b"x"), (1.0, b"z")]


def test_file_that_cannot_be_written_is_an_os_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError):
        RecordingWriter(tmp_path / "no" / "folder", status=200)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(RecordingWriter, "_append", full)
    with pytest.raises(OSError, match="no space left"):
        RecordingWriter(tmp_path / "full", status=200)


# Reading


def test_every_cut_of_the_file_gives_what_is_whole(path: Path) -> None:
    written(path)
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    ends = [sum(map(len, lines[:count])) for count in range(len(lines) + 1)]
    for cut in range(len(data)):
        path.write_bytes(data[:cut])
        whole = sum(end <= cut for end in ends) - 1
        if whole == 0:
            with pytest.raises(RecordingError):
                Recording.open(path)
            continue
        recording = Recording.open(path)
        assert recording.end is None
        pieces: list[bytes] = []
        with pytest.raises(RecordingTruncated, match=f"has {whole - 1} whole pieces, up to .* s, and no last"):
            pieces.extend(piece for _, piece in recording)
        assert pieces == PIECES[: whole - 1]


def test_file_cut_in_its_first_line_says_so(path: Path) -> None:
    written(path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(RecordingTruncated, match="ends inside its first line: nothing was recorded"):
        Recording.open(path)


def test_an_empty_file_says_so(path: Path) -> None:
    path.touch()
    with pytest.raises(RecordingTruncated, match="is empty: nothing was recorded"):
        Recording.open(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"data: 1\n\n", "its first line does not say", id="an event stream"),
        pytest.param(b"\x1f\x8b\xff\xff\n", "its first line does not say", id="binary"),
        pytest.param(b'{"format":"other","version":1}\n', "its first line does not say", id="another format"),
        pytest.param(
            b'{"format":"sse-client recording","version":2}\n',
            "it is of version 2, and this package reads version 1",
            id="a newer version",
        ),
        pytest.param(b'{"format":"sse-client recording","version":1}\n', "missing required field", id="no head"),
        pytest.param(
            b'{"format":"sse-client recording","version":1,"recorded_at":"now",'
            b'"request":{},"response":{"status":200}}\n',
            "Invalid isoformat string",
            id="no date",
        ),
        pytest.param(
            b'{"format":"sse-client recording","version":1,"recorded_at":"2031-05-01T09:30:00.000+00:00",'
            b'"request":{},"response":{"status":2000}}\n',
            "Expected `int` <= 999",
            id="no status",
        ),
    ],
)
def test_what_is_no_recording_is_refused(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=f"{path.name} is no recording that can be read: .*{message}"):
        Recording.open(path)


def test_missing_file_is_an_os_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Recording.open(path)


def replaced(line: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:2], line + b"\n", *lines[3:]]


def ended_twice(lines: list[bytes]) -> list[bytes]:
    return [*lines, lines[-1]]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(replaced(b"[1"), "line 3: ", id="no JSON"),
        pytest.param(replaced(b""), "line 3: ", id="an empty line"),
        pytest.param(replaced(b'{"end":"soon","seconds":1}'), "line 3: Expected `array`", id="an unknown end"),
        pytest.param(replaced(b'[0.1,"x"]'), "line 3: 0.1 s comes after 0.25 s", id="time runs back"),
        pytest.param(replaced(b'[0.3,{"base64":"!"}]'), "line 3: ", id="no base64"),
        pytest.param(replaced(b'[0.3,"\xff"]'), "line 3: ", id="no UTF-8"),
        pytest.param(replaced(b'[0.3,"' + b"x" * MAX_LINE + b'"]'), "line 3: it is longer than", id="endless"),
        pytest.param(ended_twice, "line 7: more comes after", id="more after the end"),
    ],
)
def test_damage_is_named_with_its_line(path: Path, damage: Callable[[list[bytes]], list[bytes]], message: str) -> None:
    written(path)
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    recording = Recording.open(path)
    with pytest.raises(RecordingError, match=f"{path.name}, {message}") as caught:
        list(recording)
    assert not isinstance(caught.value, RecordingTruncated)


def test_events_come_with_the_time_of_their_last_byte(path: Path) -> None:
    pieces = [b"id: 1\ndata: a\n", b"\ndata: b\n\nda", b": beat\n", b"data: c\n\n"]
    assert list(written(path, pieces).events()) == [
        (0.5, Event(data="a", id="1")),
        (0.5, Event(data="b", id="1")),
        (1.0, Event(data="c", id="1")),
    ]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_coded_bytes_are_kept_and_decoded_for_events(path: Path, coding: Any) -> None:
    _, *steps = stream([b"data: 1\n\n", b"data: 2\n\n"], coding=coding, framing="length")
    pieces = [step for step in steps if isinstance(step, bytes)]
    recording = written(path, pieces, headers=[("Content-Encoding", coding)])
    assert [piece for _, piece in recording] == pieces
    assert list(recording.decoded()) == [(0.25, b"data: 1\n\n"), (0.5, b"data: 2\n\n")]
    assert [event.data for _, event in recording.events()] == ["1", "2"]


def test_coding_that_cannot_be_undone_is_an_error(path: Path) -> None:
    recording = written(path, [b"x" * 20], headers=[("Content-Encoding", "gzip")])
    with pytest.raises(RecordingError, match=r"answer.sse, at 0.25 s: the compressed body is corrupt"):
        list(recording.decoded())
    recording = written(path, [b"x"], headers=[("Content-Encoding", ", ".join(["gzip"] * 99))])
    with pytest.raises(RecordingError, match=r"answer.sse: "):
        list(recording.decoded())


def test_memory_does_not_grow_with_the_recording(path: Path) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        recording = written(path, (b"id: %d\ndata: x\n\n" % number for number in range(count)))
        assert sum(1 for _ in recording.events()) == count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(4000) < peak(500) + 50_000
    assert os.path.getsize(path) > 10_000
