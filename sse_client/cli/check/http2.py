"""Observes the same endpoint over HTTP/2, which browsers and proxies prefer if a server offers it."""

from __future__ import annotations

import os
import ssl
import time
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import sse_client as sse
from sse_client.cli.check.findings import Finding, note, ok, wrong
from sse_client.cli.check.probe import Observation, listen_over
from sse_client.cli.exits import Failure
from sse_client.cli.files import reason
from sse_client.cli.screen.gaps import seconds
from sse_client.cli.screen.terminal import short

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sse_client.cli.http.request import Asked

__all__ = ["observe_http2", "of_http2", "why_not_http2"]

_HELD_BACK = 0.5  # seconds by which the first event may be later than over HTTP/1.1
_OF_THE_CLIENT = ("verify", "cert", "proxies")


def why_not_http2(url: str) -> str:
    """Return why HTTP/2 cannot be tried; empty if it can."""
    if urlsplit(url).scheme.lower() != "https":
        return "it requires https"
    if find_spec("httpx2") is None or find_spec("h2") is None:
        return "it needs: pip install 'httpx2[http2]'"
    return ""


def observe_http2(
    question: Asked, arguments: dict[str, Any], listening: float, unix_socket: Path | None = None
) -> Observation:
    """Listen over a connection that offers HTTP/2 and HTTP/1.1; see `probe.observe`.

    Raises:
        Failure: a certificate cannot be used.
    """
    import httpx2

    context = _tls(arguments)
    proxies: dict[str, str] = arguments.get("proxies", {})
    transport = httpx2.HTTPTransport(verify=context, http2=True, uds=str(unix_socket)) if unix_socket else None
    client = httpx2.Client(verify=context, http2=True, proxy=proxies.get("https"), transport=transport)
    seen = Observation(seconds=listening)
    began = time.monotonic()
    options = {name: value for name, value in arguments.items() if name not in _OF_THE_CLIENT}
    options["observer"] = _head_of(seen, began)
    listen_over(sse.Client(client), question, options, seen, began)
    return seen


def _tls(arguments: dict[str, Any]) -> ssl.SSLContext:
    """Return the TLS settings that requests would use."""
    from certifi import where

    verify = arguments.get("verify", True)
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or where()
    trusted = verify if isinstance(verify, str) else bundle
    try:
        folder = os.path.isdir(trusted)
        context = ssl.create_default_context(cafile=None if folder else trusted, capath=trusted if folder else None)
        if verify is False:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        cert = arguments.get("cert")
        if cert:
            context.load_cert_chain(*((cert,) if isinstance(cert, str) else cert))
    except OSError as error:
        raise Failure(f"a certificate cannot be used: {reason(error)}") from error
    return context


def _head_of(seen: Observation, began: float) -> Callable[[object], None]:
    def observe(news: object) -> None:
        if isinstance(news, sse.Opened):
            raw: Any = news.response.raw
            seen.status, seen.version = news.response.status, raw.http_version.removeprefix("HTTP/")
            seen.head_at = time.monotonic() - began

    return observe


def of_http2(first: Observation, over: Observation) -> Finding:
    """Return findings about HTTP/2; `first` is an observation of the same endpoint over HTTP/1.1."""
    if over.error is not None and not over.events:
        return wrong(f"Offered HTTP/2, it fails: {short(str(over.error))}.")
    if over.version != "2":
        return note("The server does not speak HTTP/2: a browser then keeps at most six streams of it open.")
    if not first.events or not over.events:
        return note(f"Over HTTP/2 the stream opened after {seconds(over.head_at)}; there was no event to compare with.")
    late = (over.events[0][0] - over.head_at) - (first.events[0][0] - first.head_at)
    if late > _HELD_BACK:
        return wrong(f"Over HTTP/2 events are held back: the first came {seconds(late)} later than over HTTP/1.1.")
    return ok(f"Over HTTP/2 it is the same: the first event came after {seconds(over.events[0][0])}.")
