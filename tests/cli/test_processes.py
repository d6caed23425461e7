"""The command as a process: pipes, signals at each stage, terminals, closed streams."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import termios
import threading
from typing import TYPE_CHECKING

import pytest

import sse_client
from sse_client._startup import is_command
from sse_client.cli.screen.keys import restore_keys, silent_keys
from sse_client.cli.screen.stdout import abandon
from sse_client.cli.signals import _leave, _Watch, prompt_signals
from sse_client.cli.streams.reader import closes_when_reader_leaves
from sse_client.testing import LAST_CHUNK, STALL, Pause, Server, chunk, head, reply, stream

from .kit import COMMAND, HANGS, Terminal, environment, plain, started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sse_client.testing import Step

KEY = "sk-aaaabbbbccccdddd"


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell, in which `sse-client` is the command, and say how that ended."""
    line = line.replace("sse-client", shlex.join(COMMAND))
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=HANGS, check=False, env=environment()
    )


@pytest.mark.parametrize(
    "rest",
    [
        pytest.param([STALL], id="although no other event comes"),
        pytest.param([chunk(b"data: more\n\n") * 1000] * 100, id="while events come"),
        pytest.param([Pause(0.1), chunk(b"data: 2\n\n"), STALL], id="when the next event comes"),
    ],
)
@pytest.mark.parametrize("form", ["", "--json", "--raw"])
def test_a_closed_pipe_is_the_end_and_no_error(rest: list[Step], form: str) -> None:
    with Server([head(), chunk(b"data: 1\n\n"), *rest]) as server:
        ran = shell(f"sse-client get -q {form} {server.url} | head -n 1; echo ${{PIPESTATUS[0]}}")
    first, code = ran.stdout.splitlines()
    assert (first[:10], code, ran.stderr) == ({"": "1", "--json": '{"event":"', "--raw": "data: 1"}[form], "0", "")


def test_json_goes_into_jq() -> None:
    if shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    with Server(stream([b'data: {"a":\ndata:  1}\n\n', b"data: 2\n\n"])) as server:
        assert shell(f"sse-client get -q --no-reconnect {server.url} | jq -c .").stdout == '{"a":1}\n2\n'


def test_a_closed_output_is_a_sentence() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        ran = shell(f"sse-client get {server.url} >&-")
    assert (ran.returncode, ran.stdout) == (9, "")
    assert ran.stderr == "sse-client: the standard output is closed: there is nowhere to write to\n"


@pytest.mark.parametrize("closed", ["2>&-", "<&-"])
def test_other_closed_streams_are_not_missed(closed: str) -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        ran = shell(f"sse-client get -v --no-reconnect {server.url} {closed}")
    assert (ran.returncode, ran.stdout) == (0, "1\n")


def test_a_file_is_written_to(tmp_path: Path) -> None:
    with Server(stream([b"data: 1\n\n", b"data: 2\n\n"])) as server:
        shell(f"sse-client get -q --no-reconnect {server.url} > {tmp_path / 'out'}")
    assert (tmp_path / "out").read_text() == "1\n2\n"


@pytest.fixture
def unanswered() -> Iterator[str]:
    """The address of a listener whose queue is full: a connection to it is never made."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        for each in waiting:
            each.close()


def stopped_by(
    number: int, arguments: list[str], ready: str = "", server: Server | None = None
) -> tuple[int, str, str]:
    """Start a command, send it a signal when it is ready, and return how it ended."""
    # What is loaded last shows that a connection is about to be made.
    command = COMMAND if ready or server else [sys.executable, "-X", "importtime", "-m", "sse_client"]
    seen = ""
    with started([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        if server is not None:
            server.wait_for(1, HANGS)
        wanted = ready or ("" if server else "urllib3.connectionpool")
        while wanted and wanted not in seen:
            seen += process.stderr.readline()
            assert process.poll() is None, seen
        process.send_signal(number)
        out, err = process.communicate(timeout=HANGS)
    return process.returncode, out, seen + err


SCRIPT = """import sys
from sse_client.__main__ import main
if __name__ == "__main__":
    sys.exit(main())
"""


@pytest.mark.parametrize(
    "loaded", ["sse_client._startup", "sse_client.errors", "sse_client", "cyclopts", "sse_client.cli.app"]
)
@pytest.mark.parametrize("form", ["module", "script"])
def test_an_interrupt_while_it_is_loaded(form: str, loaded: str, tmp_path: Path) -> None:
    script = tmp_path / "sse-client"  # as pip writes it
    script.write_text(SCRIPT, encoding="utf-8")
    entry = ["-m", "sse_client"] if form == "module" else [str(script)]
    command = [sys.executable, "-X", "importtime", *entry, "get", "http://127.0.0.1:1/"]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.rpartition("|")[2].strip() == loaded:
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=HANGS)
    left = [line for line in err.splitlines() if not line.startswith("import time:")]
    assert (process.returncode, out, left) == (130, "", [])


@pytest.mark.parametrize(
    ("words", "is_ours"),
    [
        pytest.param("python -m sse_client get", True, id="the module"),
        pytest.param("python -X dev -Wignore -Im sse_client", True, id="options before it"),
        pytest.param("python -msse_client", True, id="in one word"),
        pytest.param("python -m program sse_client", False, id="a program that is given the name"),
        pytest.param("python -m", False, id="nothing"),
        pytest.param("python -c sse_client", False, id="no module"),
    ],
)
def test_a_process_is_the_commands_if_its_module_is_run(words: str, is_ours: bool) -> None:
    assert is_command("-m", words.split()) is is_ours


@pytest.mark.parametrize(
    ("program", "is_ours"),
    [
        ("/usr/bin/sse-client", True),
        ("C:\\Scripts\\sse-client.exe", True),
        ("/home/me/sse-client/run.py", False),
        ("", False),
    ],
)
def test_a_process_is_the_commands_if_its_script_is_run(program: str, is_ours: bool) -> None:
    assert is_command(program, ["python", program]) is is_ours


def test_a_program_of_its_own_keeps_its_interrupts() -> None:
    code = "import signal, sse_client; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANGS, check=True)
    assert done.stdout == "True\n"


def test_an_interrupt_while_a_connection_is_made(unanswered: str) -> None:
    code, _, err = stopped_by(signal.SIGINT, ["get", unanswered])
    assert (code, "Traceback" in err) == (130, False), err


def test_an_interrupt_while_the_answer_is_waited_for() -> None:
    with Server([Pause(HANGS)]) as server:
        code, _, err = stopped_by(signal.SIGINT, ["get", server.url], server=server)
    assert (code, err) == (130, "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_an_event_is_waited_for(number: int, code: int) -> None:
    with (
        Server([head(), chunk(b"data: 1\n\n"), STALL]) as server,
        started([*COMMAND, "get", server.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=HANGS)
    assert (process.returncode, out, "Traceback" in err) == (code, "", False)


def test_an_interrupt_while_the_next_connection_is_waited_for() -> None:
    with Server(reply(503, headers={"Retry-After": "100"})) as server:
        code, _, err = stopped_by(signal.SIGINT, ["get", server.url], "connecting again in 1")
    assert (code, "Traceback" in err) == (130, False)


@pytest.mark.parametrize(
    ("line", "answer", "ready"),
    [
        pytest.param("record {url} -o a.rec", [STALL], "", id="a recording, before its head"),
        pytest.param(
            "record {url} -o a.rec", [head(), STALL], "Ctrl-C ends it", id="a recording, before its first byte"
        ),
        pytest.param("chat Hi --base-url {url}", [STALL], "", id="a chat, before its head"),
        pytest.param("chat Hi --base-url {url}", [head(), STALL], "", id="a chat, before its first token"),
        pytest.param("post {url} -d x", [STALL], "", id="a POST, before its head"),
    ],
)
def test_an_interrupt_of_each_command(
    line: str, answer: list[Step], ready: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Server(answer) as server:
        arguments = shlex.split(line.format(url=server.url))
        code, _, err = stopped_by(signal.SIGINT, arguments, ready, server)
    assert (code, "Traceback" in err) == (130, False), err


def test_an_interrupt_while_the_standard_input_is_read() -> None:
    reader, writer = os.pipe()
    command = [*COMMAND, "chat", "--base-url", "http://127.0.0.1:1"]
    with started(command, stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=HANGS)
    os.close(reader)
    os.close(writer)
    assert said.startswith("sse-client: reading the standard input")
    assert (process.returncode, err) == (130, "")


def test_an_interrupt_of_a_check() -> None:
    with Server([head(), STALL]) as server:
        code, _, err = stopped_by(signal.SIGINT, ["check", server.url, "--for", "60"], server=server)
    assert (code, "Traceback" in err) == (130, False)


def test_a_program_in_the_background_is_not_interrupted() -> None:
    with Server([head(), chunk(b"data: 1\n\n"), Pause(0.3), chunk(b"data: 2\n\n"), LAST_CHUNK]) as server:
        line = f"trap '' INT; sse-client get -q --no-reconnect {server.url} & sleep 0.5; kill -INT $!; wait $!; echo $?"
        assert shell(line).stdout == "1\n2\n0\n"


def test_a_main_thread_that_does_not_answer_is_left() -> None:
    left: list[int] = []
    done = threading.Event()

    def leave(code: int) -> None:
        left.append(code)
        done.set()

    watch = _Watch(leave)
    watch.start()
    os.write(watch.descriptor, bytes([signal.SIGWINCH]))
    os.write(watch.descriptor, bytes([signal.SIGINT]))
    assert done.wait(HANGS)
    watch.stop()
    assert left == [130]


def test_whoever_is_left_has_a_terminal_that_echoes(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def restore() -> None:
        done.append("echo")

    def leave(code: int) -> None:
        done.append(str(code))

    monkeypatch.setattr("sse_client.cli.signals.restore_keys", restore)
    monkeypatch.setattr("os._exit", leave)
    _leave(130)
    assert done == ["echo", "130"]


def test_keys_are_not_echoed_while_something_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    main, side = os.openpty()
    with open(side, encoding="utf-8", closefd=True) as keyboard:
        monkeypatch.setattr(sys, "stdin", keyboard)
        before = termios.tcgetattr(side)
        with silent_keys():
            assert not termios.tcgetattr(side)[3] & termios.ECHO
        assert termios.tcgetattr(side) == before
    os.close(main)
    monkeypatch.setattr(sys, "stdin", None)
    with silent_keys():
        restore_keys()


def test_a_main_thread_that_answers_is_not_left() -> None:
    left: list[int] = []
    with pytest.raises(KeyboardInterrupt), prompt_signals(left.append):
        signal.raise_signal(signal.SIGINT)
    assert left == []


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with prompt_signals():
            signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_stream_is_closed_when_its_reader_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with (
        Server([head(), STALL]) as server,
        sse_client.get(server.url) as events,
        open(os.devnull, "w", encoding="utf-8") as no_terminal,
        monkeypatch.context() as patch,
    ):
        patch.setattr(sys, "stdout", no_terminal)
        with closes_when_reader_leaves(events, writer):
            os.close(reader)
            assert list(events) == []
    os.close(writer)


def test_abandoned_output_goes_nowhere() -> None:
    code = "import os; from sse_client.cli.screen.stdout import abandon; abandon(); os.write(1, b'x')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=HANGS, check=True)
    assert done.stdout == b""
    assert callable(abandon)


def test_get_on_a_terminal() -> None:
    events = [b'event: price\nid: 7\ndata: {"a": 1}\n\n']
    with Server([head(), *map(chunk, events), STALL]) as server, Terminal("get", server.url) as terminal:
        terminal.wait_for('price #7  {"a": 1}')
        terminal.send("\x03")
        assert terminal.end() == 130
    assert "Traceback" not in terminal.text


def test_ctrl_c_keeps_what_has_come_of_an_answer() -> None:
    with Server(answer="one two three four five " * 100, pace=0.02) as server:
        arguments = ["chat", "Hi", "--base-url", f"{server.url}/v1", "--key-env", "A_KEY", "--timing"]
        with Terminal(*arguments, A_KEY=KEY) as terminal:
            terminal.wait_for("one two three")
            terminal.send("\x03")
            assert terminal.end() == 130
    shown = terminal.text
    assert "interrupted; the answer is not whole" in shown
    assert "first token after" in shown
    assert "one two three" in shown.partition("first token")[0]
    assert "Traceback" not in shown


def test_a_conversation_has_a_history_and_survives_ctrl_c(tmp_path: Path) -> None:
    answers = iter(["Hello *you*.", "slow " * 500, "After all."])
    with Server(answer=lambda _: next(answers), pace=0.01) as server:
        arguments = ["chat", "--base-url", f"{server.url}/v1", "--key-env", "A_KEY"]
        with Terminal(*arguments, A_KEY=KEY, XDG_STATE_HOME=str(tmp_path)) as terminal:
            terminal.wait_for("/help helps")
            terminal.wait_for("\n>")
            terminal.send("Hi there\r")
            terminal.wait_for_prompt(after="Hello you.")
            terminal.send("Go on\r")
            terminal.wait_for("slow slow slow")
            terminal.send("\x03")
            terminal.wait_for_prompt(after="stopped; what has come is kept")
            terminal.send("/help\r")
            terminal.wait_for_prompt(after="ends.")
            terminal.send("\x1b[A\x1b[A\r")  # up twice: the question before
            terminal.wait_for_prompt(after="After all.")
            terminal.send("\x04")
            assert terminal.end() == 0
        messages = server.requests[2].json()["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert messages[1]["content"] == "Hello *you*."
    assert messages[3]["content"].startswith("slow slow slow")
    assert messages[4]["content"] == "Go on"
    assert "Traceback" not in terminal.text
    kept = tmp_path / "sse-client" / "chat-history"
    assert "Hi there" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_the_demo_shows_everything() -> None:
    with Terminal("demo", columns=120) as terminal:
        assert terminal.end() == 0
    shown = plain(terminal.received)
    for words in ("resumed after id 5", "13.75", "It resumes: after id 1 came id 2", "one long response", "tokens in"):
        assert words in shown
    assert "Traceback" not in shown
