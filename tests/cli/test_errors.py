"""Bad input and bad servers: a sentence and an exit code, and never a traceback."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sse_client
from sse_client.__main__ import main
from sse_client.cli.chat.question import question_text
from sse_client.cli.exits import Exit, Failure, failure_of
from sse_client.cli.files import is_piped, writable
from sse_client.cli.screen.news import say
from sse_client.cli.screen.stdout import ReaderLeft, Stdout
from sse_client.cli.signals import Terminated
from sse_client.testing import CLOSE, RESET, Server, chunk, head, reply, stream

from .kit import COMMAND, Ran, Stream, plain, run

if TYPE_CHECKING:
    from sse_client.testing import Step

PAGE = b"<!DOCTYPE html><html><head><title>Sign &amp; go</title></head><body>Please sign in</body></html>"
KEY = "sk-aaaabbbbccccdddd"


def refused(ran: Ran, code: Exit, *words: str) -> None:
    """Check that a run ended with a sentence, and with nothing else."""
    assert ran.code == code, ran
    assert "Traceback" not in ran.err
    assert re.search(r"^sse-client: [^\n]+$", ran.err, re.MULTILINE), ran.err
    assert [word for word in words if word not in ran.err] == [], ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["get"], ["expected the argument URL", "See: sse-client get --help"], id="no URL"),
        pytest.param(["record", "http://x/"], ["expected the option --output"], id="no file to write"),
        pytest.param(["get", "http://x/", "--timeout"], ["--timeout: expected a value"], id="no value"),
        pytest.param(["get", ""], ["absolute URL"], id="an empty URL"),
        pytest.param(["get", "ftp://x/"], ["http or https"], id="another scheme"),
        pytest.param(["get", "http://x:99999/"], ["cannot be read"], id="a port that cannot be"),
        pytest.param(["get", "http://a b/"], ["blank"], id="a blank in the URL"),
        pytest.param(["get", "http://x/", "more", "still more"], ["2 arguments too many"], id="arguments too many"),
        pytest.param(["get", "http://x/", "more"], ["1 argument too many"], id="one argument too many"),
        pytest.param(["get", "http://x/", "--colour"], ["unknown option: --colour"], id="an unknown option"),
        pytest.param(["gett", "http://x/"], ["did you mean get?", "See: sse-client --help"], id="a command mistyped"),
        pytest.param(["http://x/?key=abc"], ["sse-client get http://x/?key=****"], id="a URL without a command"),
        pytest.param(["localhost:8000"], ["sse-client get localhost:8000"], id="a host without a command"),
        pytest.param(["xyzzy"], ["unknown command 'xyzzy'; the commands are get, post, chat"], id="no command"),
        pytest.param(["get", "http://x/", "-n", "many"], ['-n: expected a whole number, got "many"'], id="no number"),
        pytest.param(["get", "http://x/", "--timeout", "5s"], ['--timeout: expected a number, got "5s"'], id="a unit"),
        pytest.param(["get", "http://x/", "-n", "0"], ["-n: expected 1 event or more"], id="no events"),
        pytest.param(["get", "http://x/", "-H", "secret-key-alone"], ["without a colon"],
                     id="a header without a colon"),
        pytest.param(["get", "http://x/", "-H", "a b: c"], ["a name that no header can have"], id="a header's name"),
        pytest.param(["get", "http://x/", "-H", "a: b\nc: d"], ["line end"], id="a header of two lines"),
        pytest.param(["get", "http://x/", "-H", "@/no/such"], ["cannot read /no/such"], id="no file of headers"),
        pytest.param(["get", "http://x/", "-d", "{}"], ["sse-client post"], id="a GET with a body"),
        pytest.param(["post", "http://x/", "-d", "@/no/such"], ["cannot read /no/such"], id="no file for the body"),
        pytest.param(["post", "http://x/", "-d", "@/"], ["cannot read /"], id="a folder for the body"),
        pytest.param(["post", "http://x/", "-d", "@a\0b"], ["cannot read"], id="a NUL in a file's name"),
        pytest.param(["get", "http://x/", "-X", "G T"], ["HTTP method"], id="no method"),
        pytest.param(["get", "http://x/", "--timeout", "0"], ["--timeout: expected seconds"], id="no time"),
        pytest.param(["get", "http://x/", "--timeout", "nan"], ["--timeout: expected seconds"],
                     id="a time that is none"),
        pytest.param(["get", "http://x/", "--max-time", "-1"], ["--max-time: expected seconds"], id="a negative time"),
        pytest.param(["get", "http://x/", "--retry-for", "inf"], ["--retry-for: expected seconds"], id="endless time"),
        pytest.param(["get", "http://x/", "--retry-for", "1", "--no-reconnect"], ["got both"], id="retry, and do not"),
        pytest.param(["get", "http://x/", "--insecure", "--cacert", "f"], ["got both"], id="verify, and do not"),
        pytest.param(["get", "http://x/", "--proxy", "p", "--unix-socket", "s"], ["got both"], id="two ways"),
        pytest.param(["get", "http://x/", "--cacert", "/no/such"], ["cannot read /no/such"], id="no certificates"),
        pytest.param(["get", "http://x/", "--cert", "/no/such"], ["cannot read /no/such"], id="no certificate"),
        pytest.param(["get", "http://x/", "--cert-key", "f"], ["--cert-key: expected a certificate"], id="a key alone"),
        pytest.param(["get", "http://x/", "--json", "--raw"], ["one of --json and --raw, got both"], id="two forms"),
        pytest.param(["get", "http://x/", "--json", "--raw", "--field", "a"], ["got all"], id="three forms"),
        pytest.param(["get", "http://x/", "--raw", "--event", "a"], ["--event does not go with --raw"], id="raw types"),
        pytest.param(["get", "http://x/", "--raw", "--comments"], ["--comments does not go"], id="raw comments"),
        pytest.param(["get", "http://x/", "--field", "a..b"], ["--field: expected a path"], id="no path"),
        pytest.param(["get", "http://x/", "--key-env", "NO_SUCH_KEY"], ["NO_SUCH_KEY, but it is not set"], id="no key"),
        pytest.param(["get", "http://x/", "--key-env", "A", "--key-file", "b"], ["one place"], id="two keys"),
        pytest.param(["get", "http://x/", "--key-file", os.devnull], ["expected a key"], id="an empty file of keys"),
        pytest.param(["get", "http://x/", "--last-event-id", "a\nb"], ["-id: expected an ID"], id="two lines"),
        pytest.param(["get", "http://x/", "--last-event-id", "\udcff"], ["-id: expected text"], id="no text"),
        pytest.param(["get", "http://x/", "-n", "1.5"], ['-n: expected a whole number, got "1.5"', "get --help"],
                     id="a broken number"),
        pytest.param(["replay", "f", "--port", "8000.9"], ['--port: expected a whole number, got "8000.9"'],
                     id="a broken port"),
        pytest.param(["chat", "hi", "--base-url", ""], ["--base-url: expected a URL, got nothing"], id="no base URL"),
        pytest.param(["get", "http://x/", "--proxy", ""], ["--proxy: expected a URL, got nothing"], id="no proxy"),
        pytest.param(["get", "http://x/", "--checkpoint", ""], ["--checkpoint: expected a file, got nothing"],
                     id="no checkpoint"),
        pytest.param(["get", "http://x/", "--unix-socket", ""], ["expected a path, got nothing"], id="no socket"),
        pytest.param(["diff", "a", ""], ["SECOND: expected a file, got nothing"], id="no file to compare"),
        pytest.param(["record", "http://x/", "-o", "-"], ['-o: expected a file, got "-"'], id="a hyphen for a file"),
        pytest.param(["get", "http://x/", "--reconnect", "--no-reconnect"],
                     ["expected one of --reconnect and --no-reconnect, got both"], id="reconnect, and do not"),
        pytest.param(["get", "http://x/", "--no-reconnect", "--reconnect"],
                     ["expected one of --no-reconnect and --reconnect, got both"], id="do not reconnect, and do"),
        pytest.param(["get", "http://x/", "-n", "1", "--count", "2"], ["--count: expected it once, got it again"],
                     id="an option twice"),
        pytest.param(["replay", "-"], ['expected a file, got "-"'], id="a hyphen for a recording"),
        pytest.param(["get", "http:/x/"], ["the URL: expected two slashes after http:"], id="one slash"),
        pytest.param(["get", "http://x/\udcff"], ["the URL: expected text in UTF-8"], id="a URL that is no text"),
        pytest.param(["get", "http://x/", "--proxy", "http://x:y"], ["--proxy: expected a URL such as"],
                     id="a proxy's port"),
        pytest.param(["get", "http://x/", "-H", "@"], ["-H: expected a file after @, got nothing"], id="headers of @"),
        pytest.param(["post", "http://x/", "-d", "@-", "-H", "@-"],
                     ["-d: the standard input can be read once, and was read for -H"], id="two want the input"),
        pytest.param(["relay", "http://x/", "--stream", "x", "--redis", "redis://127.0.0.1:1", "--max-lag", "0"],
                     ["--max-lag must be 1 or more"], id="an argument of the relay"),
        pytest.param(["get", "https://x/", "--cacert=-"], ['--cacert: expected a file, got "-"'], id="a hyphen"),
        pytest.param(["get", "https://x/", "--cert=-"], ['--cert: expected a file, got "-"'], id="another hyphen"),
        pytest.param(["completion", "tcsh"], ["tcsh"], id="an unknown shell"),
    ],
)  # fmt: skip
def test_a_mistake_on_the_command_line_is_a_sentence(arguments: list[str], words: list[str]) -> None:
    refused(run(*arguments), Exit.USAGE, *words)


def test_what_is_malformed_is_not_repeated() -> None:
    assert "secret-key-alone" not in run("get", "http://x/", "-H", "secret-key-alone").err
    assert KEY not in run("get", "http://x/", "Authorization:", "Bearer", KEY).err
    assert KEY not in run("get", "http://x/", f"--{KEY}").err


@pytest.mark.parametrize(
    "typed", ["me:hunter22@x/", "http:/me:hunter22@x/", "https://me:hunter22@[x/", "http://me:hunter22@x/", "hunter22"]
)
def test_what_stands_for_a_command_may_be_secret(typed: str) -> None:
    ran = run(typed)
    assert (ran.code, "hunter22" in ran.err) == (Exit.USAGE, False)


@pytest.mark.parametrize("command", ["get", "chat"])
@pytest.mark.parametrize(
    ("key", "words"),
    [
        pytest.param("sk-one\nsk-two", "expected a key of one line in {}, got one with a line end", id="two lines"),
        pytest.param(
            "sk-a\x0bb", "expected a key in {}, got something with characters in it", id="a control character"
        ),
        pytest.param("sk-\u20ac", "expected a key in {}, got something with characters in it", id="beyond Latin-1"),
    ],
)
def test_a_key_that_no_header_can_have_is_named_by_its_place(
    command: str, key: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arguments = {"get": ["get", "http://x/"], "chat": ["chat", "hi", "--base-url", "http://x/v1"]}[command]
    monkeypatch.setenv("A_KEY", key)
    ran = run(*arguments, "--key-env", "A_KEY")
    refused(ran, Exit.USAGE, words.format("the environment variable A_KEY"))
    assert "sk-" not in ran.err
    (tmp_path / "key").write_text(key, encoding="utf-8")
    if "\n" not in key:  # of a file, the first line counts
        where = f"the first line of {tmp_path / 'key'}"
        refused(run(*arguments, "--key-file", str(tmp_path / "key")), Exit.USAGE, words.format(where))


def test_the_key_of_the_environment_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one\r\nsk-two")
    refused(run("chat", "hi", "--base-url", "http://x/v1"), Exit.USAGE, "variable OPENAI_API_KEY, got one with a line")


def test_the_base_url_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "me:hunter22@localhost/v1")
    ran = run("chat", "hi")
    refused(
        ran,
        Exit.USAGE,
        "OPENAI_BASE_URL: expected an absolute URL such as http://localhost:8000/v1, got ****@localhost/v1",
    )


def test_a_file_without_an_end_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("this system has no /dev/zero")
    monkeypatch.setattr("sse_client.cli.files._LARGEST", 1000)
    refused(run("post", "http://x/", "-d", "@/dev/zero"), Exit.USAGE, "-d: expected at most 1000 bytes in /dev/zero")
    refused(run("chat", "hi", "--base-url", "http://x/", "--image", "/dev/zero"), Exit.USAGE, "expected at most 1000")


def test_a_line_of_a_file_of_headers_ends_where_a_line_ends(tmp_path: Path, server: Server) -> None:
    (tmp_path / "headers").write_text("X: a\x0cb\u2028c\n", encoding="utf-8")
    assert run("get", server.url + "/events", "-n", "1", "-H", f"@{tmp_path / 'headers'}").code == 0
    assert server.requests[0].headers["X"] == "a\x0cb\u2028c".encode().decode("latin-1")


def test_a_socket_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = run("get", "http://x/", "--unix-socket", str(tmp_path / "file"))
    refused(ran, Exit.NO_CONNECTION, f"--unix-socket: {tmp_path / 'file'} is no socket")


def test_what_a_proxy_repeats_is_not_shown() -> None:
    with Server(reply(407, b"the password hunter22 is wrong")) as proxy:
        ran = run("get", "http://x/", "--proxy", f"me:hunter22@127.0.0.1:{proxy.port}", "--no-reconnect")
    refused(ran, Exit.STATUS, "the password **** is wrong")


def test_a_password_is_not_shown_although_its_url_has_no_scheme() -> None:
    with Server(reply(401, b"the password hunter22 is wrong")) as server:
        ran = run("get", f"me:hunter22@127.0.0.1:{server.port}", "--no-reconnect")
    refused(ran, Exit.STATUS, "the password **** is wrong")


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        pytest.param(reply(404, b'{"error": {"message": "nothing here"}}'), True, id="404"),
        pytest.param(reply(200, PAGE, {"Content-Type": "text/html"}), True, id="a page"),
        pytest.param(reply(404, b'{"error": {"message": "no such model", "code": "no_model"}}'), False, id="model"),
    ],
)  # fmt: skip
def test_a_base_url_that_is_not_of_a_chat_server_has_a_hint(script: list[Step], *, shown: bool) -> None:
    with Server(script) as server:
        ran = run("chat", "hi", "--base-url", server.url)
    refused(ran, Exit.CHAT_ERROR)
    assert (f"Is {server.url} the base URL of a chat server? Most base URLs end in /v1." in ran.err) is shown


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "headers").write_bytes(b"\xff\xfe")
    refused(run("get", "http://x/", "-H", f"@{tmp_path / 'headers'}"), Exit.USAGE, "expected text in UTF-8")


def test_a_malformed_line_of_a_file_of_headers_is_named(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("A: b\nsecret\n")
    refused(run("get", "http://x/", "-H", f"@{tmp_path / 'headers'}"), Exit.USAGE, "headers, line 2")


@pytest.mark.parametrize(
    ("script", "code", "words"),
    [
        pytest.param(reply(404, b"nobody is here"), Exit.STATUS, ["404", "The server says: nobody is here"], id="404"),
        pytest.param(reply(500), Exit.STATUS, ["500"], id="a status without a body"),
        pytest.param(reply(200, PAGE, {"Content-Type": "text/html"}), Exit.NOT_A_STREAM,
                     ["text/html", 'The answer is an HTML page: "Sign & go".'], id="an HTML page"),
        pytest.param(reply(403, b"<html><body>x</body></html>", {"Content-Type": "text/html"}), Exit.STATUS,
                     ["The answer is an HTML page."], id="a page without a title"),
        pytest.param(reply(400, b'{"error": {"message": "no such model"}}'), Exit.STATUS,
                     ["The server says: no such model"], id="an error in JSON"),
        pytest.param(reply(400, b'{"detail": ["a", "b"]}'), Exit.STATUS, ['{"detail": ["a", "b"]}'],
                     id="JSON of another shape"),
        pytest.param(reply(400, b"x" * 5000), Exit.STATUS, ["x" * 200 + "..."], id="a long answer"),
        pytest.param(reply(400, b"[" * 4000), Exit.STATUS, ["[[[["], id="an answer that is nested deeply"),
        pytest.param(reply(400, b"a\x1b[31mb"), Exit.STATUS, [r"a\x1b[31mb"], id="an answer with control characters"),
        pytest.param([head(), chunk(b"data: 1\n\n"), RESET], Exit.CUT_OFF, ["broke"], id="a reset"),
        pytest.param([CLOSE], Exit.CUT_OFF, ["broke"], id="no answer at all"),
        pytest.param([head(framing="length", length=99), b"data: 1\n\n", CLOSE], Exit.CUT_OFF, ["broke"],
                     id="a length that is not met"),
        pytest.param(reply(302, headers={"Location": "ftp://x/"}), Exit.REFUSED, ["redirect"], id="a redirect away"),
        pytest.param([head(framing="close", headers={"Content-Encoding": "gzip"}), b"no gzip", CLOSE], Exit.CUT_OFF, [],
                     id="a corrupt coding"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_a_sentence(script: list[Step], code: Exit, words: list[str]) -> None:
    with Server(script) as server:
        refused(run("get", server.url, "--no-reconnect"), code, *words)


def test_no_connection_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    refused(run("get", f"127.0.0.1:{port}", "--no-reconnect"), Exit.NO_CONNECTION, "could not connect")


def test_an_unknown_host_is_a_sentence() -> None:
    refused(run("get", "http://no-such-host.invalid/", "--no-reconnect"), Exit.NO_CONNECTION, "could not connect")


def test_an_error_is_cut_between_words_on_a_terminal_and_not_elsewhere() -> None:
    words = "a sentence that is longer than the eighty columns of most terminals, " * 2
    with Server(reply(404, words.encode(), {"Content-Type": "text/plain"})) as server:
        ran = run("get", server.url, "--no-reconnect", terminal=True)
    lines = plain(ran.err).splitlines()
    assert max(map(len, lines)) <= 80
    assert " ".join(line.strip() for line in lines).endswith(words.strip())
    with Server(reply(404, words.encode(), {"Content-Type": "text/plain"})) as server:
        assert len(run("get", server.url, "--no-reconnect").err.splitlines()) == 2


def test_too_large_an_event_has_a_hint() -> None:
    failure = failure_of(sse_client.EventTooLarge("too large"))
    assert (failure.code, "no blank line" in failure.hint) == (Exit.REFUSED, True)


def test_every_exit_code_is_explained() -> None:
    assert all(code.meaning for code in Exit)


@pytest.mark.parametrize("options", [[], ["-v"], ["--json"], ["--raw"]])
def test_credentials_are_never_shown(options: list[str]) -> None:
    with Server(reply(302, headers={"Location": f"/next?token={KEY}", "Set-Cookie": f"sid={KEY}"}),
                reply(401, f"the key {KEY} and the password hunter22 are wrong".encode())) as server:  # fmt: skip
        url = f"http://me:hunter22@127.0.0.1:{server.port}/?api_key={KEY}&q=1"
        ran = run(
            "get", url, *options, "-H", f"Authorization: Bearer {KEY}", "-H", "Cookie: a=hunter22", "--no-reconnect"
        )
    assert ran.code == Exit.STATUS
    assert KEY not in ran.out + ran.err
    assert "hunter22" not in ran.out + ran.err
    assert "the key **** and the password **** are wrong" in ran.err


def test_a_defect_is_a_sentence_and_has_a_traceback_if_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("nothing")

    monkeypatch.setattr("sse_client.cli.streams.reading.asked", fail)
    refused(run("get", "http://x/"), Exit.INTERNAL, "a defect of sse-client: ZeroDivisionError", "SSE_CLIENT_DEBUG")
    monkeypatch.setenv("SSE_CLIENT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("get", "http://x/")


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyclopts", None)
    monkeypatch.delitem(sys.modules, "sse_client.cli.app", raising=False)
    ran = run("get", "http://x/")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "sse-client: the command line needs its extra; install it with: pip install 'sse-client[cli]'\n"


def test_a_defect_of_an_import_is_no_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sse_client.cli.app", None)
    with pytest.raises(ModuleNotFoundError):
        run("get", "http://x/")


def test_a_library_that_is_missing_for_one_command_is_named(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setitem(sys.modules, "sse_client.cli.http.wire", None)
    refused(run("get", server.url, "-v"), Exit.USAGE, "pip install 'sse-client[cli]'")


def test_output_that_is_closed_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from sse_client.cli.screen.stdout import Stdout

    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(Exception, match="the standard output is closed"):
        Stdout()


def test_input_that_is_closed_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from sse_client.cli.files import read_bytes

    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(Exception, match="-d: expected something on the standard input, but it is closed"):
        read_bytes("-", "-d")


def test_a_full_disk_is_a_sentence(server: Server) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    from sse_client.cli.screen.stdout import Stdout

    with pytest.MonkeyPatch.context() as patch, open("/dev/full", "w", encoding="utf-8") as full:
        patch.setattr(sys, "stdout", full)
        with pytest.raises(Exception, match="cannot write to the standard output: No space left"):
            Stdout().write(b"1")
        with pytest.raises(OSError, match="No space"):
            full.close()


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["get", "--help"], ["completion", "bash"]], ids=" ".join
)
def test_a_full_disk_is_no_defect_whatever_is_printed(arguments: list[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w", encoding="utf-8") as full:
        ran = subprocess.run([*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (
        9, "sse-client: cannot write to the standard output: No space left on device\n"
    )  # fmt: skip


def test_a_stream_that_works_is_no_error() -> None:
    with Server(stream([b"data: 1\n\n"])) as server:
        assert run("get", server.url, "--no-reconnect", "-q") == Ran(0, "1\n", "")


@pytest.mark.parametrize(
    ("raised", "code"),
    [(KeyboardInterrupt, Exit.INTERRUPTED), (Terminated, Exit.TERMINATED), (BrokenPipeError, Exit.DONE)],
)
def test_what_ends_a_command_from_outside_has_a_code(
    raised: type[BaseException], code: Exit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr("sse_client.cli.streams.reading.asked", fail)
    monkeypatch.setattr("sse_client.cli.app.abandon", lambda: None)
    assert run("get", "http://x/") == Ran(code, "", "")


def test_an_interrupt_before_a_command_begins_has_the_same_code(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sse_client.cli.app.run", fail)
    assert run("get", "http://x/").code == Exit.INTERRUPTED


def test_a_reader_that_leaves_before_the_last_flush_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Leaving(Stream):
        left = False

        def flush(self) -> None:
            if self.left:
                raise BrokenPipeError

    def leave(_: object) -> int:
        out.left = True
        return 2

    out = Leaving()
    left: list[bool] = []
    monkeypatch.setattr("sse_client.cli.app._ending", leave)
    monkeypatch.setattr("sse_client.cli.app.abandon", lambda: left.append(True))
    monkeypatch.setattr(sys, "argv", ["sse-client", "get"])
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", None)
    assert (main(), left) == (2, [True])
    monkeypatch.setattr(sys, "stdout", None)
    assert main() == 2
    out.left = False  # or Python 3.13 complains of what it does when it is collected


def test_a_reader_that_leaves_while_it_is_written_to_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with pytest.raises(ReaderLeft):
            Stdout().write(b"1")
        with pytest.raises(BrokenPipeError):
            pipe.close()


def test_a_standard_error_that_fails_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Stream()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    say("nobody hears this")


def test_a_descriptor_that_is_closed_is_no_pipe() -> None:
    reader, writer = os.pipe()
    assert is_piped(reader)
    os.close(reader)
    os.close(writer)
    assert not is_piped(reader)


def test_a_path_that_cannot_be_is_no_file() -> None:
    with pytest.raises(Failure, match="a NUL in it"):
        writable("a\0b", "-o")
    with pytest.raises(Failure, match="cannot be a file: File name too long"):
        writable("a" * 5000, "-o")


def test_a_wait_for_the_standard_input_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.cli.chat.question._PATIENCE", 0.0)
    reader, writer = os.pipe()
    err = Stream()
    with open(reader, encoding="utf-8") as pipe:
        monkeypatch.setattr(sys, "stdin", pipe)
        monkeypatch.setattr(sys, "stderr", err)

        def write() -> None:
            os.write(writer, b"late")
            os.close(writer)

        threading.Timer(0.1, write).start()
        assert question_text([], []) == "late"
    assert "reading the standard input" in err.text()


def test_a_closed_standard_input_has_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(Failure, match="expected a question"):
        question_text([], [])
    with pytest.raises(Failure, match="it is closed"):
        question_text([], [Path("-")])


def test_a_terminal_has_no_question_but_may_be_asked_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stream(terminal=True))
    monkeypatch.setattr(sys, "stdout", Stream(terminal=True))
    assert question_text(["Hi"], []) == "Hi"
    assert question_text([], []) is None


def test_a_key_that_is_refused_beforehand_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ValueError("expected a key, got a URL")

    monkeypatch.setenv("OPENAI_API_KEY", "http://x/")
    monkeypatch.setattr("sse_client.cli.chat.conversation.ChatClient", fail)
    refused(run("chat", "Hi"), Exit.USAGE, "expected a key, got a URL")
