"""A headless Chromium, driven over its debugging protocol: one page at a time."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from servers import install

if TYPE_CHECKING:
    from collections.abc import Generator

    import aiohttp

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_START = 60.0  # seconds that a busy machine may take to start a browser


class Page:
    """A page of a browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        await self._socket.send_str(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            said = json.loads(await self._socket.receive_str(timeout=_START))
            if said.get("id") == self._number:
                assert "error" not in said, said
                result: dict[str, Any] = said["result"]
                return result

    async def open(self, url: str, *, width: int = 800, height: int = 480, dark: bool = False) -> None:
        """Open a URL."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        await self._call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self._call("Emulation.setEmulatedMedia", features=[scheme])
        await self._call("Page.navigate", url=url)

    async def value(self, expression: str) -> Any:
        """Return the value of an expression in JavaScript."""
        found = await self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    async def screenshot(self) -> bytes:
        """Return what is shown as a PNG file."""
        shot = await self._call("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])


@contextmanager
def browser() -> Generator[str]:
    """Start a browser; yield the address of the page that it has open, for `aiohttp.ClientSession.ws_connect`."""
    program = next(filter(None, map(shutil.which, _NAMES)), None) or install.debian("chromium", "chromium")
    with TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
        options += ["--no-proxy-server", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen([program, *options, "about:blank"], stdout=output, stderr=output)
        try:
            yield _page_of(folder, process)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _page_of(folder: Path, process: subprocess.Popen[bytes]) -> str:
    import requests

    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            port = (folder / "DevToolsActivePort").read_text().split()[0]
            with requests.Session() as session:
                session.trust_env = False
                pages = session.get(f"http://127.0.0.1:{port}/json", timeout=5).json()
            return str(next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"))
        except (OSError, IndexError, ValueError, StopIteration):
            time.sleep(0.05)
    said = (folder / "output").read_text(errors="replace")[-2000:]
    return install.unavailable(f"chromium does not start: {said}")
