"""`sse-client record`, `replay` and `diff`."""

from __future__ import annotations

import errno
import itertools
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from sse_client.cli.recordings.request_errors import failure_of_request
from sse_client.cli.recordings.time_limit import TimeUp, time_limit
from sse_client.cli.screen.progress import Progress, size
from sse_client.testing import (
    CLOSE,
    LAST_CHUNK,
    RESET,
    STALL,
    Pause,
    Received,
    Recording,
    RecordingWriter,
    Server,
    chunk,
    head,
    reply,
    stream,
)  # fmt: skip

from .kit import COMMAND, HANGS, plain, run, started

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sse_client.testing import Step

BLOCKS = [b"id: 1\ndata: one\n\n", b"id: 2\ndata: two\n\n", b"id: 3\ndata: three\n\n"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.rec"


@pytest.fixture
def recorded(file: Path) -> Path:
    write(file, BLOCKS)
    return file


def write(path: Path, blocks: list[bytes], **head: str) -> None:
    with RecordingWriter(path, status=200, headers=[("Content-Type", "text/event-stream")]) as writer:
        for number, block in enumerate(blocks):
            writer.write(block, seconds=number * 0.01)


def test_a_recording_is_the_bytes_with_their_times(file: Path) -> None:
    with Server(stream(BLOCKS)) as server:
        ran = run("record", f"{server.url}/?key=secret", "-o", str(file), "-H", "Authorization: Bearer secret")
        assert server.requests[0].headers["accept"] == "text/event-stream"
        assert server.requests[0].headers["accept-encoding"] == "identity"
    recording = Recording.open(file)
    assert (ran.code, ran.out) == (0, "")
    assert b"".join(data for _, data in recording) == b"".join(BLOCKS)
    assert b"secret" not in file.read_bytes()
    assert f"{file}: 53 bytes in" in ran.err
    assert "secret" not in ran.err


def test_a_recording_ends_after_some_events(file: Path) -> None:
    with Server([head(), *map(chunk, BLOCKS), STALL]) as server:
        assert run("record", server.url, "-o", str(file), "-n", "2", "-q").code == 0
    assert [event.data for _, event in Recording.open(file).events()] == ["one", "two"]


def test_a_recording_ends_after_some_time_although_nothing_comes(file: Path) -> None:
    with Server([head(), chunk(BLOCKS[0]), STALL]) as server:
        assert run("record", server.url, "-o", str(file), "--for", "0.3").code == 0
    recording = Recording.open(file)
    assert recording.end is not None
    assert recording.end.end == "stopped"


def test_interrupted_before_there_is_an_answer_it_names_no_file(file: Path) -> None:
    asked = threading.Event()

    def script(_: Received) -> Iterator[Step]:
        asked.set()
        yield STALL

    with (
        Server(script) as server,
        started([*COMMAND, "record", server.url, "-o", str(file)], stderr=subprocess.PIPE) as process,
    ):
        assert asked.wait(HANGS)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=HANGS)
    assert (process.returncode, err) == (130, "")
    assert not file.exists()


def test_all_may_take_only_so_long(file: Path) -> None:
    with Server([head(), chunk(BLOCKS[0]), STALL], [Pause(5)]) as server:
        ran = run("record", server.url, "-o", str(file), "--max-time", "0.3")
        assert (ran.code, "--max-time is over; 17 bytes are recorded" in ran.err) == (7, True)
        ran = run("record", server.url, "-o", str(file), "--max-time", "0.1", "--timeout", "5")
        assert (ran.code, ran.err) == (7, "sse-client: --max-time is over\n")


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        pytest.param(reply(404, b"nobody"), 4, "status 404 opens no stream; the answer is recorded", id="status"),
        pytest.param(reply(200, b"{}", {"Content-Type": "application/json"}), 5, "got application/json", id="type"),
        pytest.param(reply(200), 5, "got no content type", id="no type"),
        pytest.param([head(), chunk(BLOCKS[0]), RESET], 6, "the stream broke off", id="reset"),
    ],
)
def test_what_is_no_whole_stream_is_recorded_and_said(file: Path, script: list[Step], code: int, words: str) -> None:
    with Server(script) as server:
        ran = run("record", server.url, "-o", str(file))
    assert (ran.code, words in ran.err) == (code, True), ran
    assert Recording.open(file).response.status in {200, 404}


@pytest.mark.parametrize(
    ("arguments", "status", "content_types", "code"),
    [
        pytest.param(["-X", "POST"], 201, ["text/event-stream"], 0, id="a POST may be answered with 201"),
        pytest.param(["-X", "POST"], 205, ["text/event-stream"], 4, id="and not with 205"),
        pytest.param([], 201, ["text/event-stream"], 4, id="a GET is answered with 200"),
        pytest.param([], 200, ["text/html", "text/event-stream"], 0, id="the last content type counts"),
        pytest.param([], 200, ["text/html, text/event-stream"], 0, id="of a list, too"),
        pytest.param([], 200, ["text/event-stream", "text/html"], 5, id="the last one is another"),
        pytest.param([], 200, ["TEXT/Event-Stream;a=b"], 0, id="case and parameters do not count"),
    ],
)
@pytest.mark.parametrize("command", ["record", "raw"])
def test_a_stream_is_what_the_client_reads_as_one(
    file: Path, arguments: list[str], status: int, content_types: list[str], code: int, command: str
) -> None:
    lines = "".join(f"Content-Type: {each}\r\n" for each in content_types)
    answer = f"HTTP/1.1 {status} -\r\n{lines}Content-Length: {len(BLOCKS[0])}\r\n\r\n".encode() + BLOCKS[0]
    with Server([answer]) as server:
        if command == "record":
            assert run("record", server.url, "-o", str(file), *arguments).code == code
        else:
            ran = run("get", server.url, "--raw", "--no-reconnect", *arguments)
            assert (ran.code, ran.out) == (code, "" if code else BLOCKS[0].decode())


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["http://x/"], 2, "-o", id="no file"),
        pytest.param(["http://x/", "-o", "/no/such/file"], 9, "expected a folder", id="no folder"),
        pytest.param(["http://x/", "-o", "f", "-n", "0"], 2, "-n: expected 1 event", id="no events"),
        pytest.param(["http://x/", "-o", "f", "--for", "0"], 2, "--for: expected", id="no time"),
        pytest.param(["http://127.0.0.1:1/", "-o", "f"], 3, "could not connect", id="no server"),
        pytest.param(["http://[x/", "-o", "f"], 2, "expected a URL such as", id="no URL"),
    ],
)
def test_a_mistake_is_a_sentence(
    arguments: list[str], code: int, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("record", *arguments)
    assert (ran.code, words in ran.err) == (code, True), ran
    assert not list(tmp_path.iterdir())


def test_too_many_redirects_have_the_exit_code_of_get() -> None:
    failure = failure_of_request(requests.TooManyRedirects(), "http://localhost/")
    assert failure.code == 10
    assert str(failure) == "expected at most 30 redirects from http://localhost/, got another one"


def test_a_file_that_is_there_is_replaced_unless_it_must_not_be(file: Path) -> None:
    file.write_text("another recording")
    with Server(events=2) as server:
        url = f"{server.url}/events"
        ran = run("record", url, "-o", str(file), "--no-clobber")
        assert (ran.code, server.requests) == (9, [])
        assert f"-o: expected a new file, but {file} is there already" in ran.err
        assert file.read_text() == "another recording"
        assert run("record", url, "-o", str(file), "-n", "1").code == 0
    assert len(list(Recording.open(file).events())) == 1


def test_a_silent_server_is_a_sentence(file: Path) -> None:
    with Server([Pause(5)]) as server:
        ran = run("record", server.url, "-o", str(file), "--timeout", "0.1")
    assert (ran.code, "got none in time" in ran.err) == (7, True), ran


def test_a_connection_that_takes_too_long_is_a_sentence(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    def late(*_: object, **__: object) -> None:
        raise requests.ConnectTimeout

    monkeypatch.setattr(requests.Session, "request", late)
    ran = run("record", "http://x/", "-o", str(file))
    assert (ran.code, "could not connect to http://x/ in time" in ran.err) == (3, True)


def test_an_answer_in_an_unknown_coding_cannot_be_counted(file: Path) -> None:
    with Server([head(headers={"Content-Encoding": "compress"}), LAST_CHUNK]) as server:
        ran = run("record", server.url, "-o", str(file), "-n", "1")
    assert ran.code == 2
    assert ran.err.splitlines()[-1].startswith("sse-client: ")


def test_the_nearer_of_two_limits_of_time_counts(file: Path) -> None:
    with Server([head(), chunk(BLOCKS[0]), STALL], [head(), chunk(BLOCKS[0]), STALL]) as server:
        ran = run("record", server.url, "-o", str(file), "--for", "30", "--max-time", "0.3")
        assert (ran.code, "--max-time is over; 17 bytes are recorded" in ran.err) == (7, True), ran
        ran = run("record", server.url, "-o", str(file), "--for", "0.3", "--max-time", "30")
        assert ran.code == 0, ran


def test_a_file_that_vanishes_meanwhile_is_a_sentence(file: Path) -> None:
    def vanish() -> None:
        while not file.exists():
            time.sleep(0.005)
        file.unlink()

    thread = threading.Thread(target=vanish)
    thread.start()
    with Server([head(), chunk(BLOCKS[0]), STALL]) as server:
        ran = run("record", server.url, "-o", str(file), "--for", "0.5")
    thread.join()
    assert (ran.code, f"-o: cannot write {file}: No such file" in ran.err) == (9, True), ran


def test_a_server_that_sends_100_continue_for_ever_does_not_hang(file: Path) -> None:
    with Server(default=lambda _: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n")) as server:
        ran = run("record", server.url, "-o", str(file))
    assert (ran.code, "the response's head is longer than" in ran.err) == (6, True), ran


def test_a_disk_that_is_full_is_a_sentence() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Server(stream(BLOCKS)) as server:
        ran = run("record", server.url, "-o", "/dev/full")
    assert (ran.code, "-o: cannot write /dev/full: No space left" in ran.err) == (9, True), ran


@pytest.mark.parametrize("end", [["-n", "1"], ["--for", "0.1"]], ids=" ".join)
def test_a_device_that_keeps_nothing_is_a_sentence(end: list[str]) -> None:
    with Server([*stream(BLOCKS)[:-1], STALL]) as server:
        ran = run("record", server.url, "-o", os.devnull, *end)
    assert (ran.code, f"sse-client: -o: {os.devnull} is no recording" in ran.err) == (9, True), ran


def test_a_pipe_is_no_file_to_record_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    ran = run("record", "http://127.0.0.1:1/", "-o", str(tmp_path / "pipe"))
    assert (ran.code, "pipe is something else" in ran.err) == (9, True), ran


def test_an_interrupted_recording_keeps_what_has_come(file: Path) -> None:
    with (
        Server([head(), chunk(BLOCKS[0]), STALL]) as server,
        started([*COMMAND, "record", server.url, "-o", str(file)], stderr=subprocess.PIPE) as process,
    ):
        while not file.exists() or b"one" not in file.read_bytes():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=HANGS)
    assert process.returncode == 130
    assert f"{file}: 17 bytes in" in err
    assert err.rstrip().endswith("interrupted")
    recording = Recording.open(file)
    assert [event.data for _, event in recording.events()] == ["one"]
    assert recording.end is not None
    assert recording.end.end == "stopped"


def test_progress_is_a_line_that_is_written_over(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.cli.screen.progress._TICK", 0.02)
    with Server([head(), chunk(BLOCKS[0]), Pause(0.2), LAST_CHUNK]) as server:
        ran = run("record", server.url, "-o", str(file), terminal=True)
    assert "\r0 s, 17 bytes\x1b[K" in ran.err
    assert f"\r\x1b[K{file}: 17 bytes" in ran.err


def test_progress_on_a_dumb_terminal_has_no_control_characters(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.cli.screen.progress._TICK", 0.02)
    monkeypatch.setattr("sse_client.cli.screen.progress._FIRST", 0.02)
    monkeypatch.setenv("TERM", "dumb")
    with Server([head(), chunk(BLOCKS[0]), Pause(0.2), LAST_CHUNK]) as server:
        ran = run("record", server.url, "-o", str(file), terminal=True)
    assert ("0 s, 17 bytes\n" in ran.err, "\x1b" in ran.err, "\r" in ran.err) == (True, False, False)


def test_progress_elsewhere_is_a_line_now_and_then(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.cli.screen.progress._FIRST", 0.02)
    with Server([head(), chunk(BLOCKS[0]), Pause(0.3), LAST_CHUNK]) as server:
        ran = run("record", server.url, "-o", str(file))
    assert 2 <= ran.err.count("0 s, 17 bytes\n") <= 5


def test_quiet_shows_no_progress(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.cli.screen.progress._FIRST", 0.02)
    with Server([head(), Pause(0.1), LAST_CHUNK]) as server:
        ran = run("record", server.url, "-o", str(file), "-q")
    assert ran.err == ""


def test_progress_that_never_began_stops() -> None:
    with Progress(lambda: "never shown", quiet=True) as progress:
        progress.stop()


@pytest.mark.parametrize(("count", "text"), [(5, "5 bytes"), (1500, "1.5 kB"), (2_500_000, "2.5 MB")])
def test_a_size_is_for_people(count: int, text: str) -> None:
    assert size(count) == text


def test_a_limit_of_time_ends_a_wait_and_leaves_no_trace() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(TimeUp) as limit, time_limit(0.05, "--for"):
        threading.Event().wait(HANGS)
    assert limit.value.option == "--for"
    with time_limit(None, "--for"), time_limit(HANGS, "--for"):
        pass
    assert signal.getsignal(signal.SIGALRM) is before


@pytest.fixture
def replaying(recorded: Path) -> Iterator[subprocess.Popen[str]]:
    command = [*COMMAND, "replay", str(recorded), "--speed", "inf", "--drop-after", "2"]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        yield process


def test_a_replay_serves_and_resumes(replaying: subprocess.Popen[str]) -> None:
    assert replaying.stdout is not None
    url = replaying.stdout.readline().strip()
    ran = run("get", f"{url}/?token=abc", "--retry-for", "10")
    assert (ran.code, ran.lines) == (0, ["one", "two", "three"])
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as nonsense:
        nonsense.sendall(b"nonsense\r\n\r\n")
        nonsense.recv(1)
    replaying.send_signal(signal.SIGINT)
    _, err = replaying.communicate(timeout=HANGS)
    assert replaying.returncode == 130
    assert "* GET /?token=****\n* GET /?token=****, to resume after id 2\n" in err
    assert "* a connection failed: expected a request line" in err


def test_a_replay_needs_a_recording_and_a_free_port(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("no recording")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments, code, words in (
            ([str(recorded), "--port", port], 9, f"cannot listen on port {port}: Address already in use"),
            ([str(recorded), "--port", "99999"], 2, "--port: expected a port"),
            ([str(recorded), "--speed", "0"], 2, "--speed: expected a factor above 0, got 0"),
            ([str(recorded), "--drop-after", "0"], 2, "--drop-after: expected 1 event or more, got 0"),
            ([str(recorded), "--fault", "nonsense"], 2, '"cut"'),
            ([str(tmp_path / "other")], 2, "is no recording"),
            ([str(tmp_path / "none")], 2, "cannot read"),
        ):
            ran = run("replay", *arguments)
            assert (ran.code, words in ran.err) == (code, True), ran


def test_equal_recordings_have_no_difference(recorded: Path) -> None:
    assert run("diff", str(recorded), str(recorded))[:2] == (0, "no difference\n")


def test_differences_are_sentences(recorded: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.rec"
    write(other, [BLOCKS[0], BLOCKS[2], b"id: 4\ndata: \x1b[31m\n\n"])
    ran = run("diff", str(recorded), str(other))
    assert ran.code == 1
    assert ran.lines[0].startswith("missing   event 2 of the first recording is not in the second")
    assert ran.lines[1].startswith("extra     event 3 of the second recording")
    assert ran.lines[-1] == "2 differences"
    assert "\x1b" not in ran.out
    few = run("diff", str(recorded), str(other), "--most", "1")
    assert few.lines[1:] == ["... and 1 more; --most 2 shows them all", "2 differences"]
    coloured = run("diff", str(recorded), str(other), terminal=True)
    assert "\x1b[31mmissing " in coloured.out
    assert " ".join(plain(coloured.out).split()) == " ".join(ran.out.split())
    assert all(len(line) <= 80 for line in plain(coloured.out).splitlines()), "folded to the terminal's width"
    assert plain(coloured.out).splitlines()[1].startswith(" " * 10)


def test_times_are_compared_if_it_is_asked_for(recorded: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.rec"
    with RecordingWriter(other, status=200, headers=[("Content-Type", "text/event-stream")]) as writer:
        for number, block in enumerate(BLOCKS):
            writer.write(block, seconds=number * 1.0)
    assert run("diff", str(recorded), str(other)).code == 0
    assert run("diff", str(recorded), str(other), "--tolerance", "0.5").out.startswith("timing ")


def test_half_a_recording_is_compared_as_far_as_it_goes(recorded: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.rec"
    half.write_bytes(b"".join(recorded.read_bytes().splitlines(keepends=True)[:-2]))
    ran = run("diff", str(recorded), str(half))
    assert ran.code == 1
    assert "missing   event 3" in ran.out
    assert "truncated" in ran.out


def test_what_cannot_be_compared_is_a_sentence(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("no recording")
    coded = tmp_path / "coded.rec"
    write(coded, [b"data: x"])
    coded.write_bytes(coded.read_bytes().replace(b'["Content-Type"', b'["Content-Encoding","gzip"],["Content-Type"'))
    for name, words in (("other", "is no recording"), ("none", "cannot read"), ("coded.rec", "sse-client: ")):
        ran = run("diff", str(recorded), str(tmp_path / name))
        assert (ran.code, words in ran.err) == (2, True), ran


def test_events_too_large_to_compare_are_a_sentence(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sse_client

    def fail(*_: object, **__: object) -> Iterable[object]:
        raise sse_client.EventTooLarge("a block is longer")

    monkeypatch.setattr("sse_client.testing.diff", fail)
    ran = run("diff", str(recorded), str(recorded))
    assert (ran.code, "cannot compare" in ran.err) == (2, True)


def test_a_key_of_the_command_line_is_not_replaced_by_another(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Server(stream(BLOCKS), stream(BLOCKS)) as server:
        run("record", server.url, "-o", str(file), "-H", "Authorization: Bearer mine")
        run("record", server.url, "-o", str(file))
        assert [request.headers["authorization"][:6] for request in server.requests] == ["Bearer", "Basic "]
        assert server.requests[0].headers["authorization"] == "Bearer mine"


def test_nothing_secret_is_redirected_to_another_origin(file: Path) -> None:
    options = ["-o", str(file), "-H", "X-Api-Key: mine", "-H", "Last-Event-ID: 7", "-q"]
    with Server(stream(BLOCKS)) as other:
        moved = reply(302, headers={"Location": f"{other.url}/b"})
        with Server(reply(302, headers={"Location": "/a"}), moved) as server:
            assert run("record", server.url, *options).code == 0
            assert server.requests[1].headers["x-api-key"] == "mine"
        assert "x-api-key" not in other.requests[0].headers
        assert other.requests[0].headers["last-event-id"] == "7"
        with Server(reply(307, headers={"Location": f"{other.url}/b"})) as server:
            ran = run("record", server.url, "-X", "POST", "-d", "{}", *options)
        assert (ran.code, "would carry the body away" in ran.err) == (10, True)
        assert len(other.requests) == 1


@pytest.mark.parametrize("url", ["http://{}/", "http://h%7B/", "http://[x/"])
def test_a_host_that_is_none_is_refused(url: str, file: Path) -> None:
    ran = run("record", url, "-o", str(file), "--proxy", "http://127.0.0.1:1")
    assert (ran.code, "expected a URL such as" in ran.err) == (2, True), ran


@pytest.mark.parametrize(
    "location", ["http://{}/", "http://h%7B/", "http://[x/", "http://\x01/", "/\xe9", "http://a:b"]
)
def test_a_redirect_to_no_url_is_the_servers_fault(location: str, file: Path) -> None:
    with Server(reply(302, headers={"Location": location})) as server:
        ran = run("record", server.url, "-o", str(file))
    assert (ran.code, "expected a redirect to an HTTP URL, got another one" in ran.err) == (10, True), ran


def test_a_recording_of_a_post_has_its_body_sent(file: Path) -> None:
    def answer(request: Received) -> Iterable[Step]:
        assert (request.method, request.body) == ("POST", b'{"a": 1}')
        return [*stream(BLOCKS), CLOSE]

    with Server(answer) as server:
        assert run("record", server.url, "-X", "POST", "-d", '{"a": 1}', "-o", str(file), "-v").code == 0


def test_the_body_of_a_redirect_is_not_read(tmp_path: Path) -> None:
    sent: list[int] = []

    def endless(_: Received) -> Iterable[Step]:
        yield b"HTTP/1.1 302 Found\r\nLocation: /stream\r\n\r\n"
        for piece in [bytes(65536)] * 1024:
            yield piece
            sent.append(65536)

    with Server(endless, stream([b"data: x\n\n"])) as server:
        ran = run("record", server.url, "-q", "-o", str(tmp_path / "kept"))
    assert ran.code == 0, ran.err
    assert sum(sent) < 32 * 1024 * 1024  # what the buffers of the system take


def test_silence_is_a_time_limit_that_was_reached(file: Path) -> None:
    with Server([head(), chunk(BLOCKS[0]), STALL]) as server:
        ran = run("record", server.url, "-o", str(file), "--timeout", "0.2")
    assert ran.code == 7
    assert "expected data, got nothing for the last 0.2 s; what came before is recorded" in ran.err
    assert [event.data for _, event in Recording.open(file).events()] == ["one"]


def test_a_port_in_use_is_named_once(recorded: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("replay", str(recorded), "--port", str(port))
    assert ran.code == 9
    assert ran.err == f"sse-client: --port: cannot listen on port {port}: {os.strerror(errno.EADDRINUSE)}\n"
