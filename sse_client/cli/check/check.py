"""`sse-client check`: a doctor for servers."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

import sse_client as sse
from sse_client.cli.check.findings import Finding, of_head, of_refusal, of_silence
from sse_client.cli.check.findings_stream import of_compression, of_events, of_resume, of_uncompressed
from sse_client.cli.check.http2 import observe_http2, of_http2, why_not_http2
from sse_client.cli.check.probe import Observation, observe
from sse_client.cli.exits import Exit, Failure, failure_of
from sse_client.cli.http.masking import credentials
from sse_client.cli.http.request import Asked, asked, connection_arguments
from sse_client.cli.options import ConnectionOptions, RequestOptions
from sse_client.cli.screen.news import say
from sse_client.cli.screen.progress import Progress
from sse_client.cli.screen.stdout import Stdout
from sse_client.cli.screen.terminal import folded, style_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["check"]

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_MARGIN = 7  # columns for the mark before each sentence


def check(
    url: str,
    /,
    *,
    seconds: Annotated[float, Parameter(("--for", "-t"), metavar="SECONDS")] = 5.0,
    request: RequestOptions = RequestOptions(),  # noqa: B008  (frozen; the parser's way to flatten options)
    connection: ConnectionOptions = ConnectionOptions(),  # noqa: B008
) -> int:
    """Examine an endpoint, and report in sentences what is wrong with it.

    It connects up to four times: to listen, to compare with compression, to resume, and over HTTP/2, which requires
    https and httpx2[http2]. A POST is sent only once. The exit code is 1 if there is a problem.

    Args:
        url: the endpoint; http:// may be left out.
        seconds: how long to listen, each time.
        request: what is sent.
        connection: how the server is reached.
    """
    if not 0 < seconds <= 3600:
        raise Failure(f"--for: expected more than 0 seconds and up to 3600, got {seconds:g}")
    out = Stdout()
    question = asked("GET", url, request, credentials)
    arguments = connection_arguments(connection)
    style = style_for(sys.stdout)
    marks = {"ok": style.green("ok   "), "note": style.magenta("note "), "wrong": style.red("WRONG")}
    count = {"ok": 0, "note": 0, "wrong": 0}
    for finding in _examine(question, arguments, seconds, connection.unix_socket):
        count[finding.grade] += 1
        text = folded(credentials.hide(finding.text), sys.stdout, _MARGIN)
        out.write(f"{marks[finding.grade]}  {text}\n".encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
    out.write(f"{_counted(count['wrong'], 'problem')}, {_counted(count['note'], 'note')}.\n".encode())
    return Exit.FOUND if count["wrong"] else Exit.DONE


def _counted(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'s' * (number != 1)}"


def _examine(question: Asked, arguments: dict[str, Any], seconds: float, unix_socket: Path | None) -> Iterator[Finding]:
    def listen(what: str, headers: dict[str, str], observe: Callable[..., Observation] = observe) -> Observation:
        say(f"{what}: opening, then listening for {seconds:g} s ...")
        again = Asked(question.method, question.url, {**question.headers, **headers}, question.body)
        with Progress(lambda: what):
            return observe(again, arguments, seconds, unix_socket)

    began = time.monotonic()
    first = listen("as it is", {})
    if first.status is None and first.error is not None:
        if not _is_silence(first.error, arguments):
            raise failure_of(first.error) from first.error
        yield of_silence(time.monotonic() - began)
        return
    if first.status == 204:
        yield Finding("note", "The status is 204: the server says that there is no more, and clients stop.")
        return
    if first.error is not None and not first.reads:
        yield of_refusal(first.error)
        return
    yield from _proxy(question.url, arguments)
    yield from of_head(first)
    yield from of_events(first)
    if question.method not in _SAFE:
        yield Finding("note", f"Resuming and HTTP/2 were not tried: a {question.method} is sent once.")
        return
    if first.coding:
        plain = listen("without compression", {"Accept-Encoding": "identity"})
        yield from of_compression(first, plain)
        yield from of_uncompressed(plain, first)
    ids = [event.id for _, event in first.events if event.id]
    if ids:
        yield of_resume(first, listen("resuming", {"Last-Event-ID": ids[0]}))
    missing = why_not_http2(question.url)
    if missing:
        say(folded(f"over HTTP/2: not tried: {missing}", sys.stderr, _MARGIN))
    else:
        yield of_http2(first, listen("over HTTP/2", {}, observe_http2))


def _is_silence(error: sse.SSEError, arguments: dict[str, Any]) -> bool:
    """Tell whether a connection was made and no response came, rather than the user's own --max-time being over."""
    if isinstance(error, sse.DeadlineExceeded):
        return "timeout" not in arguments or arguments["timeout"].total is None
    return isinstance(error, sse.IdleTimeout)


def _proxy(url: str, arguments: dict[str, Any]) -> Iterator[Finding]:
    from requests.utils import get_environ_proxies, select_proxy

    given = arguments.get("proxies")
    proxy = select_proxy(url, given or get_environ_proxies(url))
    if proxy:
        origin = "--proxy" if given else "the environment"
        yield Finding("note", f"The requests go through the proxy {credentials.url(proxy)}, from {origin}.")
