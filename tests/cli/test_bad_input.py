"""Bad input of every kind: a sentence on the standard error and an exit code, and never a traceback."""

from __future__ import annotations

import os
import shlex
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from sse_client.testing import CLOSE, RESET, Server, Step, chunk, head, reply

from .kit import run

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

HTML = reply(200, b"<html>a page</html>", {"Content-Type": "text/html"})
REFUSED = reply(401, b'{"error": {"message": "a bad key"}}', {"Content-Type": "application/json"})
CUT: list[Step] = [head(), chunk(b"data: x\n\n"), RESET]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
ODD: dict[str, list[Step]] = {
    "ssh": [b"SSH-2.0-OpenSSH_9.2\r\n", CLOSE],
    "chunks": [HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\ndata: x\n\n\r\n", CLOSE],
    "gzip": [HEAD + b"Content-Encoding: gzip\r\n\r\ndata: x\n\n", CLOSE],
    "file": reply(302, b"", {"Location": "file:///etc/passwd"}),
    "escapes": reply(401, b"\x1b[2J\x1b]0;title\x07 sk-a-secret-key", {"Content-Type": "text/plain"}),
}

# What is typed, and the exit code. {ok}, {html}, {refused}, {cut} and ODD are URLs of servers, {port} is in use.
KINDS = [
    ("get ''", 2),
    ("get ::", 2),
    ("get ftp://127.0.0.1/", 2),
    ("get http://[::1", 2),
    ("get http://127.0.0.1:99999/", 2),
    ("get {ok} -H nothing", 2),
    ("get {ok} -H 'a b: c'", 2),
    ("get {ok} -H @nofile", 2),
    ("get {ok} -H @binary", 2),
    ("get {ok} -H @folder", 2),
    ("get {ok} --timeout soon", 2),
    ("get {ok} --timeout -1", 2),
    ("get {ok} --timeout nan", 2),
    ("get {ok} -n 0", 2),
    ("get {ok} -n 1 --checkpoint folder", 9),
    ("get {ok} -n 1 --checkpoint nofolder/place", 9),
    ("get {ok} --cacert nofile", 2),
    ("get {ok} --cert nofile", 2),
    ("get {ok} --proxy ::", 2),
    ("get {ok} --unix-socket nofile --no-reconnect", 3),
    ("get {ok} --key-file nofile", 2),
    ("get {ok} --key-file binary", 2),
    ("get {ok} --key-env NO_SUCH_VARIABLE", 2),
    ("get {ok} --json --raw", 2),
    ("get {ok} --field a --comments", 2),
    ("get {ok} --include-last", 2),
    ("get {ok} --last-event-id 1 -H 'Last-Event-ID: 2'", 2),
    ("get {ok} -X ''", 2),
    ("get {ok} --until \udcff", 2),
    ("get {ok} --last-event-id \udcff", 2),
    ("get {ok} --key-file long", 2),
    ("get {ok} --key-file /dev/zero", 2),
    ("get {ok} --field a..b", 2),
    ("get {ok} --cert-key binary", 2),
    ("get {ok} --proxy ftp://x", 2),
    ("get {ok} --unix-socket folder --no-reconnect", 3),
    ("get {ok} --checkpoint binary -n 1", 2),
    ("get http://127.0.0.1:port/", 2),
    ("get http://\udcff/", 2),
    ("get {html}", 5),
    ("get {refused}", 4),
    ("get {cut} --no-reconnect", 6),
    ("post {ok} -d @nofile", 2),
    ("post {ok} -d @folder", 2),
    ("post {ok} -X 'B AD'", 2),
    ("chat hi --base-url {ok}", 8),
    ("chat hi --base-url {refused}", 8),
    ("chat hi --base-url nothing", 2),
    ("chat hi --base-url ftp://127.0.0.1", 2),
    ("chat hi --base-url http://a..b", 2),
    ("chat hi --base-url {ok} --image binary", 2),
    ("chat hi --base-url {ok} -f nofile", 2),
    ("chat hi --base-url {ok} --tools binary", 2),
    ("chat \udcff --base-url {ok}", 2),
    ("chat hi --base-url {ok} --system \udcff", 2),
    ("chat hi --base-url {ok} -m ''", 2),
    ("chat hi --base-url {ok} --max-tokens 0", 2),
    ("chat hi --base-url {ok} --temperature nan", 2),
    ("chat hi --base-url {ok} --plot plot.jpgg", 2),
    ("chat hi --base-url {ok} --plot plot", 2),
    ("chat hi --base-url {ok} --plot folder.png", 9),
    ("chat hi --base-url {ok} --key-file empty", 2),
    ("chat hi --base-url {ok} --tools deep", 2),
    ("record {ok} -o folder", 9),
    ("record {ok} -o nofolder/a.rec", 9),
    ("record {html} -o a.rec", 5),
    ("replay nofile", 2),
    ("replay half.rec", 2),
    ("replay binary", 2),
    ("replay empty", 2),
    ("replay folder", 2),
    ("replay ok.rec --port {port}", 9),
    ("replay ok.rec --port 99999", 2),
    ("replay ok.rec --speed 0", 2),
    ("replay ok.rec --fault nothing", 2),
    ("diff ok.rec binary", 2),
    ("diff ok.rec", 2),
    ("diff ok.rec ok.rec --tolerance nan", 2),
    ("diff ok.rec ok.rec --tolerance -1", 2),
    ("diff ok.rec ok.rec --most -1", 2),
    ("check {html} --for 1", 1),
    ("check ::", 2),
    ("relay {ok}", 2),
    ("relay {ok} --stream x --redis http://127.0.0.1", 2),
    ("completion tcsh", 2),
    ("get {ok} --timeout 1e300", 2),
    ("get {ok} --max-time 1e300", 2),
    ("get {ok} --retry-for 1e300", 2),
    ("get {ok} --event ''", 2),
    ("get {ok} --key-env ''", 2),
    ("get {ok} --checkpoint /dev/full -n 1", 9),
    ("get {ok} --checkpoint pipe -n 1", 9),
    ("get {ok} -H 'X: a\r\nY: b'", 2),
    ("get {ok} -X 'GET /x HTTP/1.1\r\nX: b'", 2),
    ("get {ok} --proxy http://user:sk-a-secret-key@127.0.0.1:1 --no-reconnect", 3),
    ("get http://user:sk-a-secret-key@127.0.0.1:1/?token=sk-a-secret-key --no-reconnect", 3),
    ("get {ssh} --no-reconnect", 6),
    ("get {chunks} --no-reconnect", 6),
    ("get {gzip} --no-reconnect", 6),
    ("get {file} --no-reconnect", 10),
    ("get {escapes} --no-reconnect", 4),
    ("post {ok} -d @", 2),
    ("chat hi --base-url {ok} --tools dictionary", 2),
    ("record {ssh} -o a.rec", 6),
    ("record {file} -o a.rec", 10),
    ("record http://a..b/ -o a.rec", 2),
    ("record {ok} -o ok.rec --no-clobber", 9),
    ("record {ok} -o a.rec --max-time 1e300", 2),
    ("record {ok} -o a.rec --for inf", 2),
    ("check {ssh} --for 1", 6),
    ("relay {ok} --stream x --redis redis://user:sk-a-secret-key@127.0.0.1:1/x", 2),
    ("get {ok} -n 1.5", 2),
    ("get {ok} -n 1_0", 2),
    ("get {ok} --proxy ''", 2),
    ("get {ok} --proxy ' '", 2),
    ("get {ok} --proxy http://user:sk-a-secret-key@127.0.0.1:port", 2),
    ("get {ok} --unix-socket ''", 2),
    ("get {ok} --unix-socket binary --no-reconnect", 3),
    ("get {ok} --checkpoint ''", 2),
    ("get {ok} --cacert binary", 2),
    ("get {ok} --cert binary", 2),
    ("get {ok} -H @", 2),
    ("get {ok} -H 'X: \udcff' -H @binary", 2),
    ("get http:/127.0.0.1/", 2),
    ("get http://127.0.0.1:1/\udcff", 2),
    ("post {ok} -d @- -d @-", 2),
    ("chat hi --base-url ''", 2),
    ("chat hi --base-url localhost:8000", 2),
    ("chat hi --base-url {ok} --system @", 2),
    ("chat hi --base-url {ok} --system @-", 2),
    ("chat hi --base-url {ok} --temperature nan", 2),
    ("chat hi --base-url {ok} --max-tokens 1.5", 2),
    ("chat hi --base-url {ok} --image wave", 2),
    ("record {ok} -o ''", 2),
    ("record {ok} -o -", 2),
    ("record {ok} -o a.rec --cacert binary", 2),
    ("record {ok} -o a.rec --cert binary", 2),
    ("replay ok.rec --port 1.5", 2),
    ("replay ''", 2),
    ("replay -", 2),
    ("relay {ok} --stream x --redis ''", 2),
    ("relay {ok} --stream x --redis redis://127.0.0.1:1 --wait-for-redis nan", 2),
    ("relay {ok} --stream x --redis redis://127.0.0.1:1 --patience 0", 2),
    ("relay {ok} --stream x --redis redis://127.0.0.1:1 --on-lag trim", 2),
    ("user:sk-a-secret-key@127.0.0.1/", 2),
    ("nothing", 2),
    ("--nothing", 2),
]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[dict[str, str]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-a-secret-key")
    for name in ("OPENAI_BASE_URL", "REDIS_URL", "NO_SUCH_VARIABLE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "long").write_text("k" * 100_000)
    (tmp_path / "deep").write_text("[" * 100_000)
    (tmp_path / "dictionary").write_text("{}")
    (tmp_path / "wave").write_bytes(b"RIFF\0\0\0\0WAVEfmt ")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 20)
    with (
        Server(events=3) as ok,
        Server(HTML, HTML, HTML, HTML) as html,
        Server(REFUSED) as refused,
        Server(CUT) as cut,
        socket.create_server(("127.0.0.1", 0)) as busy,
        ExitStack() as stack,
    ):
        with Server([head(), chunk(b"data: x\n\n"), b"0\r\n\r\n"]) as source:
            assert run("record", "-q", source.url, "-o", "ok.rec", "-n", "1").code == 0
        recorded = (tmp_path / "ok.rec").read_bytes()
        (tmp_path / "half.rec").write_bytes(recorded[: recorded.index(b"\n") // 2])
        odd = {name: stack.enter_context(Server(*[script] * 4)).url for name, script in ODD.items()}
        servers = {**odd, "ok": f"{ok.url}/events", "html": html.url, "refused": refused.url, "cut": cut.url}
        yield {**servers, "port": str(busy.getsockname()[1])}


@pytest.mark.parametrize(("line", "code"), KINDS, ids=[line for line, _ in KINDS])
def test_bad_input_is_a_sentence_and_an_exit_code(places: dict[str, str], line: str, code: int) -> None:
    arguments = [each.format(**places) for each in shlex.split(line)]
    ran = run(*arguments, encoding="ascii")  # a terminal that has no UTF-8
    said = ran.out + ran.err
    assert ran.code == code, said
    assert said.strip()
    assert "Traceback" not in said
    assert "a defect of" not in said
    assert "sk-a-secret-key" not in said
    assert "\x1b" not in said
