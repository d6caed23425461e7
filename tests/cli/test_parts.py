"""Parts of the command line that its commands show only in rare cases."""

from __future__ import annotations

import os
import signal
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import trustme

import sse_client
from sse_client.cli import demo as demo_module
from sse_client.cli.chat.answering import Answering
from sse_client.cli.check.findings_stream import of_events
from sse_client.cli.check.probe import Observation
from sse_client.cli.http.masking import Mask
from sse_client.cli.http.request import connection_arguments
from sse_client.cli.http.tee import Tee
from sse_client.cli.options import ConnectionOptions
from sse_client.cli.pages import manual
from sse_client.cli.recordings import replay as replay_module
from sse_client.cli.screen.news import say
from sse_client.cli.screen.stdout import abandon
from sse_client.cli.screen.terminal import tolerate_encoding
from sse_client.cli.streams.raw import RawOutput
from sse_client.testing import RecordingWriter, Server

from .kit import Stream, always, run

if TYPE_CHECKING:
    from pathlib import Path

    from sse_client.adapters.openai import ChatStream


def test_certificates_and_proxies_are_named_as_requests_has_them(tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    issued: Any = trustme.CA().issue_cert("client@example.com")
    issued.private_key_and_cert_chain_pem.write_to_path(file)
    assert connection_arguments(ConnectionOptions(cacert=file, cert=file, proxy="proxy:8080")) == {
        "verify": str(file),
        "cert": str(file),
        "proxies": {"http": "http://proxy:8080", "https": "http://proxy:8080"},
    }
    options = ConnectionOptions(insecure=True, cert=file, cert_key=file, proxy="socks5://proxy")
    assert connection_arguments(options) == {
        "verify": False,
        "cert": (str(file), str(file)),
        "proxies": {"http": "socks5://proxy", "https": "socks5://proxy"},
    }


def test_max_time_leaves_the_silence_of_a_chat_alone() -> None:
    given = connection_arguments(ConnectionOptions(max_time=5), silence=600)
    assert given == {"timeout": sse_client.Timeout(connect=10, read=600, total=5)}


class Kept:
    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data


def raw(*pieces: bytes, until: str | None = None, count: int | None = None) -> bytes:
    kept: Any = Kept()
    take = RawOutput(kept, until=until, count=count).of(SimpleNamespace(headers={}))  # type: ignore[arg-type]  # has headers
    for piece in pieces:
        take(piece)
    written: bytes = kept.data
    return written


def test_raw_bytes_end_with_the_last_event_wherever_reads_end() -> None:
    assert raw(b"data: 1\n", b"\nda", b"ta: 2\n\n", b"data: 3\n\n", count=2) == b"data: 1\n\ndata: 2\n\n"
    assert raw(b": c\ndata: 1\n\ndata: x\n", b"\ndata: 2\n\n", b"data: 3\n\n", until="x") == b": c\ndata: 1\n\n"
    assert raw(b"data: 1\n\ndata: x\n\n", count=5, until="x") == b"data: 1\n\n"


def test_a_body_that_urllib3_holds_otherwise_is_read_through_it() -> None:
    class Held:
        def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
            return b"data"

    seen: list[bytes] = []
    assert Tee(Held(), seen.append).read1() == b"data"
    assert seen == [b"data"]


def test_a_burst_is_received_a_mebibyte_at_once() -> None:
    class Full:
        def __init__(self) -> None:
            self.asked: list[int | None] = []
            self.left = 3 * 1024 * 1024

        def read1(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:
            self.asked.append(amt)
            data = b"x" * min(amt or 0, self.left)
            self.left -= len(data)
            return data

    raw = Full()
    tee = Tee(raw, lambda _: None)
    while tee.read1(64 * 1024):
        pass
    assert tee.read1(16) == tee.read1(64 * 1024) == b""
    assert raw.asked == [64 * 1024, *4 * [1024 * 1024], 16, 64 * 1024]


def test_a_character_that_a_sample_cuts_is_not_malformed() -> None:
    seen = Observation(status=200, sample="data: \N{CHECK MARK}\N{CHECK MARK}".encode())
    assert not any("UTF-8" in finding.text for finding in of_events(seen))


def test_missing_streams_need_no_error_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    err = Stream("ascii")
    monkeypatch.setattr(sys, "stderr", err)
    tolerate_encoding()
    err.write("é")
    assert err.text() == "\\xe9"


def test_the_demo_runs_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_module, "_PACE", 0.0)
    monkeypatch.setenv(demo_module._KEY, "")
    ran = run("demo")
    assert ran.code == 0
    for words in ("resumed after id 5", "none lost, none twice", "It resumes", "one long response", "tokens in"):
        assert words in ran.out + ran.err


def test_a_demo_that_is_interrupted_has_the_code_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_module, "_PACE", 0.0)
    monkeypatch.setenv(demo_module._KEY, "")
    shown = Answering.show

    def interrupted(answering: Answering, reply: ChatStream) -> bool:
        shown(answering, reply)
        return False

    monkeypatch.setattr(Answering, "show", interrupted)
    assert run("demo").code == 130


def test_a_replay_shows_requests_until_it_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_module, "_TICK", 0.01)
    ticks = iter(range(100))

    class Requests(Server):
        def wait_for(self, n: int, timeout: float = 5) -> Any:
            if next(ticks) == 0:
                raise TimeoutError
            if n == 1:
                request: Any = SimpleNamespace(method="GET", path="/?key=abc", headers={"last-event-id": "7"})
                return [request]
            raise KeyboardInterrupt

        def close(self) -> None:
            super().close()
            raise BaseExceptionGroup("errors", [ValueError("no HTTP")])

    recording = tmp_path / "a.rec"
    with RecordingWriter(recording, status=200):
        pass
    monkeypatch.setattr(replay_module, "replay_server", always(Requests()))
    ran = run("replay", str(recording))
    assert ran.code == 130
    assert "* GET /?key=****, to resume after id 7\n* a connection failed: no HTTP\n" in ran.err
    assert ran.out.startswith("http://127.0.0.1:")


def test_a_replay_that_ends_well_says_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Requests(Server):
        def wait_for(self, n: int, timeout: float = 5) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setattr(replay_module, "replay_server", always(Requests()))
    assert run("replay", "a.rec").err == "serving a.rec there; Ctrl-C ends it\n"


def test_an_interrupted_recording_says_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("sse_client.testing.recording.record", interrupted)
    with Server() as server:
        ran = run("record", f"{server.url}/events", "-o", str(tmp_path / "a.rec"))
    assert (ran.code, "a.rec: 0 bytes in 0.0 s, interrupted" in ran.err) == (130, True)


@pytest.fixture
def _imports_without_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away pytest's importer, which may have the package rewritten, and gives `runpy` no code."""
    others = [each for each in sys.meta_path if not type(each).__module__.startswith("_pytest")]
    monkeypatch.setattr(sys, "meta_path", others)


@pytest.mark.usefixtures("_imports_without_pytest")
def test_the_man_page_is_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import runpy

    monkeypatch.delitem(sys.modules, "sse_client.cli.pages.manual")
    runpy.run_module("sse_client.cli.pages.manual", run_name="__main__")
    assert capsys.readouterr().out == manual.manual()


@pytest.mark.usefixtures("_imports_without_pytest")
def test_the_package_can_be_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import runpy

    monkeypatch.delitem(sys.modules, "sse_client.__main__")
    monkeypatch.setattr(sys, "argv", ["sse-client", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("sse_client", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == sse_client.__version__


def test_abandoned_output_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    led: list[tuple[int, int]] = []

    def lead(source: int, target: int) -> None:
        led.append((os.fstat(source).st_rdev, target))

    monkeypatch.setattr("os.dup2", lead)
    abandon()
    assert led == [(os.stat(os.devnull).st_rdev, 1)]


def test_an_interrupted_answer_says_so(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("OPENAI_API_KEY", "sk-aaaabbbbccccdddd")
    monkeypatch.setattr("sse_client.cli.chat.answering._show_delta", interrupted)
    ran = run("chat", "Hi", "--base-url", f"{server.url}/v1")
    assert ran == (130, "", "interrupted; the answer is not whole\n")


def test_a_line_that_begins_with_a_dot_is_text_for_roff() -> None:
    assert manual._text(".hidden") == "\\&.hidden"


def test_a_standard_error_that_is_closed_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    say("nobody hears this")


def test_a_mask_without_secrets_changes_nothing() -> None:
    assert Mask().hide("nothing to hide") == "nothing to hide"


def test_a_block_without_an_end_is_looked_at_in_proportion_to_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    from sse_client.cli.chat import markdown_view

    looked_at: list[int] = []

    def counted(text: str) -> int:
        looked_at.append(len(text))
        return 0

    monkeypatch.setattr(markdown_view, "whole_blocks", counted)
    monkeypatch.setattr(markdown_view, "Live", always(None))
    view = markdown_view.MarkdownView()
    monkeypatch.setattr(view, "_live", object())
    line = "- " + "x" * 60 + "\n"
    for _ in range(8000):
        view.content(line)
    assert sum(looked_at) < 12 * 8000 * len(line)
