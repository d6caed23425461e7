"""The examples that stand between others: a gateway with a real browser, an MCP client, a chat in a terminal."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest
from browser import Page, browser
from cli.kit import Terminal
from servers import install
from servers.frameworks import PROGRAMS
from servers.process import running
from test_examples import EXAMPLES, run

from sse_client.adapters.openai import AsyncChatClient
from sse_client.testing import STALL, Server, head

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

LETTER = (
    "Dear reader, this letter is written by a server that goes on writing whether or not anybody listens. "
    "Whoever comes back says how far they had read, and gets the rest."
)
SOON = 45.0
"""Seconds that a slow machine may take for what takes two."""


@contextmanager
def gateway() -> Generator[str]:
    """Run the gateway as its reader would; yield its URL."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    command = [sys.executable, "-W", "error", str(EXAMPLES / "gateway.py"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=SOON)
        assert (process.returncode, errors) == (0, "")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def gateway_module(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the gateway as a module."""
    monkeypatch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
    pytest.importorskip("fastapi")
    return importlib.import_module("gateway")


def test_a_forgotten_answer_is_no_longer_asked_for(gateway_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "MOST_ANSWERS", 1)

    async def main(base_url: str) -> str:
        chat = AsyncChatClient(api_key="any", base_url=base_url)
        transport = httpx.ASGITransport(gateway_module.application(chat))
        async with chat, httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            places = [(await client.post("/answers", json={"prompt": "Hi"})).json()["events"] for _ in range(2)]
            async with asyncio.timeout(SOON):
                filling = [task for task in asyncio.all_tasks() if "fill" in repr(task.get_coro())]
                await asyncio.wait(filling, return_when=asyncio.FIRST_COMPLETED)
            assert (await client.get(places[0])).status_code == 404
            (kept,) = [task for task in filling if not task.done()]
            kept.cancel()
            return (await client.get(places[1])).text

    with Server(default=lambda _: [head(), STALL]) as model:
        assert "the answer was given up" in asyncio.run(main(model.url))


def test_an_answer_without_end_is_given_up(gateway_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_module, "MOST_PIECES", 3)

    async def main(base_url: str) -> str:
        chat = AsyncChatClient(api_key="any", base_url=base_url)
        transport = httpx.ASGITransport(gateway_module.application(chat))
        async with chat, httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            asked = await client.post("/answers", json={"prompt": "Hi"})
            return (await client.get(asked.json()["events"])).text

    with Server(default=gateway_module.serve) as model:
        answer = asyncio.run(main(f"{model.url}/v1"))
    assert answer.count("id: ") == 4
    assert answer.rstrip().endswith('data: {"reason": "the answer is too long"}')


class Cutter:
    """Passes connections on to a server, and cuts the first streams of events after some bytes.

    Attributes:
        url: where it listens.
        cuts: streams that were cut.
    """

    def __init__(self, target: str, *, after: int, most: int) -> None:
        host, _, port = target.removeprefix("http://").rstrip("/").partition(":")
        self._target = host, int(port)
        self._after = after
        self._most = most
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self.cuts = 0
        self.resumed_after: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        # A browser may leave at any time; what that does to a socket is no error here.
        with suppress(OSError), client, socket.create_connection(self._target) as server:
            asked = client.recv(65536)
            server.sendall(asked.replace(b"Connection: keep-alive", b"Connection: close"))
            threading.Thread(target=_copy, args=(client, server), daemon=True).start()
            self._answer(asked, server, client)
            for end in (client, server):  # a socket that another thread reads is not closed by `close`
                end.shutdown(socket.SHUT_RDWR)

    def _answer(self, asked: bytes, server: socket.socket, client: socket.socket) -> None:
        if found := re.search(rb"Last-Event-ID: (\d+)", asked, re.IGNORECASE):
            self.resumed_after.append(found[1].decode())
        left = self._after if b"/events" in asked and self.cuts < self._most else None
        while data := server.recv(65536 if left is None else min(left, 65536)):
            client.sendall(data)
            if left is not None and (left := left - len(data)) <= 0:
                self.cuts += 1
                return

    def close(self) -> None:
        self._listener.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes after the first read: the body of a request, say."""
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


async def answered(address: str, url: str) -> tuple[str, str, bytes]:
    """Ask on the gateway's page; return the answer and the state that it shows at the end, and a picture of it."""
    async with aiohttp.ClientSession() as session, session.ws_connect(address, max_msg_size=0) as connection:
        page = Page(connection)
        await page.open(f"{url}?prompt=Write%20me%20a%20letter.")
        deadline = time.monotonic() + SOON
        state = ""
        while not state.startswith(("complete", "failed")) and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
            state = await page.value("document.querySelector('#state')?.textContent ?? ''")
        answer = str(await page.value("document.querySelector('#answer').textContent"))
        return answer, state, await page.screenshot()


@pytest.mark.timeout(400)
def test_a_browser_gets_a_whole_answer_although_both_sides_drop(tmp_path: Path) -> None:
    with gateway() as url, browser() as address:
        cutter = Cutter(url, after=600, most=1)
        try:
            answer, state, picture = asyncio.run(answered(address, cutter.url))
        finally:
            cutter.close()
    # The model's connection breaks every 12 events; the browser's is cut in the middle of an event.
    assert answer == LETTER
    assert state == "complete (reconnected once)"
    assert cutter.cuts == 1
    assert cutter.resumed_after
    assert int(cutter.resumed_after[0]) > 0
    (tmp_path / "gateway.png").write_bytes(picture)  # pytest keeps it, for whoever wants to look
    assert len(picture) > 5000


def test_a_browser_that_comes_back_after_the_end_is_told_so() -> None:
    import requests

    with gateway() as url, requests.Session() as session:
        session.trust_env = False
        events = url.rstrip("/") + session.post(f"{url}answers", json={"prompt": "Hi"}, timeout=SOON).json()["events"]
        ids = re.findall(r"^id: (\d+)$", session.get(events, timeout=SOON).text, re.MULTILINE)
        assert ids == [str(number) for number in range(1, len(ids) + 1)]
        assert session.get(events, headers={"Last-Event-ID": ids[-1]}, timeout=SOON).status_code == 204
        assert session.get(f"{url}answers/unknown/events", timeout=SOON).status_code == 404
        rest = session.get(events, headers={"Last-Event-ID": ids[-3]}, timeout=SOON).text
        assert re.findall(r"^id: (\d+)$", rest, re.MULTILINE) == ids[-2:]


@pytest.mark.timeout(300)
def test_a_tool_is_called_once_and_its_answer_resumed_by_get() -> None:
    interpreter = install.python("mcp")
    program = str(PROGRAMS / "mcp_app.py")
    with running("mcp for Python", lambda port, _: [interpreter, "-P", program, str(port)]) as server:
        ran = run("mcp_tool.py", f"{server.url}/mcp", "count", '{"leave": true}')
        refused = run("mcp_tool.py", f"{server.url}/nothing", "count")
    mistaken = run("mcp_tool.py", server.url, "count", "{no JSON")
    assert (ran.returncode, ran.stderr) == (0, "")
    shown = ran.stdout
    assert "server: counter" in shown
    assert [f'"progress": {number}' in shown for number in (1, 2, 3)] == [True] * 3
    assert "the stream was closed; asking for the rest" in shown
    assert "resumed by GET after id" in shown
    assert '"text": "counted"' in shown
    for failed in (refused, mistaken):
        assert (failed.returncode, len(failed.stderr.splitlines())) == (1, 1)


def test_a_port_in_use_is_a_line() -> None:
    with Server() as server:
        ran = run("gateway.py", "--port", str(server.port))
    assert ran.returncode == 2
    assert f"gateway.py: error: cannot listen on port {server.port}" in ran.stderr.splitlines()[-1]


def test_a_chat_in_a_terminal_can_be_stopped_and_goes_on() -> None:
    script = [sys.executable, "-W", "error", str(EXAMPLES / "terminal_chat.py")]
    with Terminal("What is x?", command=script) as terminal:
        terminal.wait_for("That was question 1.")
        terminal.wait_for_prompt(after="That was question 1.")
        terminal.send("And y?\r")
        terminal.wait_for("You asked And y?")
        terminal.send("\x03")
        terminal.wait_for_prompt(after="stopped")
        terminal.send("And z?\r")
        terminal.wait_for_prompt(after="That was question 3.")
        terminal.send("\r")
        assert terminal.end() == 0
    assert "Traceback" not in terminal.text
