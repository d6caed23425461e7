"""`sse-client check` of https endpoints: what it says of HTTP/2."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from hypercorn.asyncio import serve  # pyright: ignore[reportUnknownVariableType]
from hypercorn.config import Config

from sse_client import ConnectionFailed, Event
from sse_client.cli.check import http2
from sse_client.cli.check.http2 import of_http2, why_not_http2
from sse_client.cli.check.probe import Observation

from .kit import HANGS, run

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Send three events, and wait until the client leaves."""
    if scope["type"] != "http":
        return
    await receive()
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for number in range(3):
        event = b"id: %d\ndata: %s\n\n" % (number, scope["http_version"].encode())
        await send({"type": "http.response.body", "body": event, "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def serving(authority: trustme.CA, folder: Path, protocols: list[str]) -> Generator[str]:
    certificate: Any = authority.issue_cert("127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    listening = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.certfile = config.keyfile = str(folder / "server.pem")
    config.alpn_protocols = protocols
    config.graceful_timeout = 0
    config.errorlog = None
    ended = threading.Event()

    async def until_ended() -> None:
        await asyncio.to_thread(ended.wait)

    async def main() -> None:
        app: Any = application
        await serve(app, config, shutdown_trigger=until_ended)

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        ended.set()
        thread.join(HANGS)
        listening.detach()


@pytest.mark.parametrize(
    ("protocols", "sentence"),
    [
        (["h2", "http/1.1"], "ok     Over HTTP/2 it is the same: the first event came after"),
        (["http/1.1"], "note   The server does not speak HTTP/2: a browser then keeps at most six streams"),
    ],
)
@pytest.mark.parametrize("trust", ["--cacert", "--insecure"])
def test_an_https_endpoint_is_tried_over_http2(
    protocols: list[str], sentence: str, trust: str, authority: trustme.CA, tmp_path: Path
) -> None:
    options = [trust, str(tmp_path / "authority.pem")] if trust == "--cacert" else [trust]
    with serving(authority, tmp_path, protocols) as url:
        ran = run("check", url, "--for", "1", *options)
    assert sentence in ran.out, ran
    assert "over HTTP/2: opening, then listening for 1 s" in ran.err


def test_a_certificate_that_cannot_be_used_is_a_sentence(tmp_path: Path, authority: trustme.CA) -> None:
    (tmp_path / "bad.pem").write_text("no certificate")
    with serving(authority, tmp_path, ["h2"]) as url:
        ran = run("check", url, "--for", "0.5", "--insecure", "--cert", str(tmp_path / "bad.pem"))
    assert ran.code != 0
    assert "Traceback" not in ran.err
    assert "a defect of" not in ran.err


def test_why_it_is_not_tried_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not_http2("https://example.com/") == ""
    assert why_not_http2("http://example.com/") == "it requires https"

    def nowhere(name: str) -> None: ...

    monkeypatch.setattr(http2, "find_spec", nowhere)
    assert why_not_http2("https://example.com/") == "it needs: pip install 'httpx2[http2]'"


def seen(first: float | None, version: str = "2", error: ConnectionFailed | None = None) -> Observation:
    events = [] if first is None else [(first, Event("x"))]
    return Observation(status=200, version=version, head_at=0.1, events=events, error=error)


@pytest.mark.parametrize(
    ("over", "grade"),
    [
        pytest.param(seen(0.2), "ok", id="the same"),
        pytest.param(seen(3.0), "wrong", id="held back"),
        pytest.param(seen(None), "note", id="nothing to compare"),
        pytest.param(seen(0.2, "1.1"), "note", id="not spoken"),
        pytest.param(seen(None, error=ConnectionFailed("reset")), "wrong", id="it fails"),
    ],
)
def test_what_http2_changes_is_graded(over: Observation, grade: str) -> None:
    assert of_http2(seen(0.2, "1.1"), over).grade == grade
