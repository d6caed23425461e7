"""`sse-client replay`: serves a recording again."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003  (the parser evaluates the annotations)
from typing import TYPE_CHECKING, Annotated, NoReturn

from cyclopts import Parameter

from sse_client.cli.exits import Exit, Failure
from sse_client.cli.files import reason
from sse_client.cli.http.masking import credentials
from sse_client.cli.screen.news import say, say_sentence
from sse_client.cli.screen.stdout import Stdout
from sse_client.cli.screen.terminal import printable
from sse_client.testing import Fault, replay_server

if TYPE_CHECKING:
    from sse_client.testing import ReplayServer

__all__ = ["replay"]

_TICK = 0.5  # seconds between two checks for new requests


def replay(
    file: Path,
    /,
    *,
    port: Annotated[int, Parameter("--port", metavar="PORT")] = 0,
    speed: Annotated[float, Parameter("--speed", metavar="FACTOR")] = 1.0,
    drop_after: Annotated[int | None, Parameter("--drop-after", metavar="N")] = None,
    fault: Annotated[Fault | None, Parameter("--fault", metavar="KIND", negative="")] = None,
) -> NoReturn:
    """Serve a recording again on 127.0.0.1, with the same pauses, and resume it by Last-Event-ID.

    Every request gets the recording, whatever its method and path. Ctrl-C ends it.

    Args:
        file: a recording.
        port: the port to listen on. By default, a free one is chosen.
        speed: 2 for half the pauses, inf for none.
        drop_after: cut each connection after N events.
        fault: what goes wrong after --drop-after events (by default one); the last four replace the whole response.
    """
    if not 0 <= port <= 65535:
        raise Failure(f"--port: expected a port from 1 to 65535, got {port}")
    if not speed > 0:
        raise Failure(f"--speed: expected a factor above 0, got {speed:g}")
    if drop_after is not None and drop_after < 1:
        raise Failure(f"--drop-after: expected 1 event or more, got {drop_after}")
    server = _server(file, port, speed=speed, drop_after=drop_after, fault=fault)
    server.start()
    Stdout().write(f"{server.url}\n".encode())
    say_sentence(f"serving {file} there; Ctrl-C ends it")
    try:
        _report(server)
    finally:
        _close(server)


def _server(file: Path, port: int, *, speed: float, drop_after: int | None, fault: Fault | None) -> ReplayServer:
    try:
        return replay_server(file, port=port, speed=speed, drop_after=drop_after, fault=fault)
    except ValueError as error:  # also if the recording cannot be read
        raise Failure(str(error)) from error
    except OSError as error:
        if error.filename is not None:
            raise Failure(f"cannot read {file}: {reason(error)}") from error
        why = os.strerror(error.errno) if error.errno else reason(error)  # `create_server` adds the address to it
        raise Failure(f"--port: cannot listen on port {port}: {why}", Exit.FILE) from error


def _report(server: ReplayServer) -> NoReturn:
    """Show each request as it arrives, until a signal ends the command."""
    number = 0
    while True:
        try:
            requests = server.wait_for(number + 1, timeout=_TICK)
        except TimeoutError:
            continue
        for request in requests[number:]:
            place = request.headers.get("last-event-id")
            after = f", to resume after id {place}" if place else ""
            say(printable(f"* {request.method} {credentials.url(request.path)}{after}"))
        number = len(requests)


def _close(server: ReplayServer) -> None:
    try:
        server.close()
    except BaseExceptionGroup as group:
        for error in group.exceptions:
            say(printable(f"* a connection failed: {error}"))
