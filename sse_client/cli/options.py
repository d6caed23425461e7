"""The options that several commands share: names, types, and the help texts of `--help` and the man page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  (the parser evaluates the annotations)
from typing import Annotated

from cyclopts import Group, Parameter

__all__ = ["ConnectionOptions", "OutputOptions", "ReconnectOptions", "RequestOptions", "ResumeOptions"]

REQUEST = Group("Request", sort_key=1)
CONNECTION = Group("Connection", sort_key=2)
RESUMING = Group("Resuming", sort_key=3)
OUTPUT = Group("Output", sort_key=4)


@Parameter(name="*", group=REQUEST)
@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """The request."""

    method: Annotated[str | None, Parameter(("--request", "-X"), metavar="METHOD")] = None
    """HTTP method."""

    header: Annotated[
        tuple[str, ...],
        Parameter(("--header", "-H"), metavar="HEADER", allow_leading_hyphen=True, negative="", show_default=False),
    ] = ()
    """Add a header, 'Name: value'; 'Name:' removes one; @FILE reads headers, one per line. Repeatable."""

    data: Annotated[
        tuple[str, ...],
        Parameter(("--data", "-d"), metavar="DATA", allow_leading_hyphen=True, negative="", show_default=False),
    ] = ()
    """The body; @FILE reads it from a file, @- from standard input. JSON is sent as application/json, anything else
    as a form. Repeated, the parts are joined with &."""

    key_env: Annotated[str | None, Parameter("--key-env", metavar="NAME")] = None
    """Send 'Authorization: Bearer KEY' with the key in this environment variable."""

    key_file: Annotated[Path | None, Parameter("--key-file", metavar="FILE")] = None
    """Send 'Authorization: Bearer KEY' with the key in the first line of this file."""


@Parameter(name="*", group=CONNECTION)
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """The connection to the server."""

    timeout: Annotated[float | None, Parameter("--timeout", metavar="SECONDS")] = None
    """Limit the time to connect, and each silence. By default, 10 and 300 seconds (in a chat, 10 and 600)."""

    max_time: Annotated[float | None, Parameter("--max-time", metavar="SECONDS")] = None
    """The most seconds for the whole run, delays between connections included."""

    insecure: Annotated[bool, Parameter(("--insecure", "-k"), negative="", show_default=False)] = False
    """Do not verify the server's certificate."""

    cacert: Annotated[Path | None, Parameter("--cacert", metavar="FILE")] = None
    """CA certificates (PEM) to trust instead of the usual ones."""

    cert: Annotated[Path | None, Parameter("--cert", metavar="FILE")] = None
    """Client certificate (PEM), with its private key unless --cert-key names another file."""

    cert_key: Annotated[Path | None, Parameter("--cert-key", metavar="FILE")] = None
    """Private key (PEM) of the client certificate."""

    proxy: Annotated[str | None, Parameter("--proxy", metavar="URL")] = None
    """Proxy to use instead of the environment's."""

    unix_socket: Annotated[Path | None, Parameter("--unix-socket", metavar="PATH")] = None
    """Connect to this Unix socket; the URL still names the host and the path."""


@Parameter(name="*", group=RESUMING)
@dataclass(frozen=True, slots=True, kw_only=True)
class ReconnectOptions:
    """Where to resume, and when to reconnect."""

    last_event_id: Annotated[str | None, Parameter("--last-event-id", metavar="ID", allow_leading_hyphen=True)] = None
    """Resume after this event."""

    reconnect: Annotated[bool | None, Parameter("--reconnect", negative="--no-reconnect", show_default=False)] = None
    """Connect again after every loss, whatever the method; or never. By default, GET reconnects after every loss and
    every clean end; other methods only if the request cannot have been processed."""

    until_end: Annotated[bool, Parameter("--until-end", negative="", show_default=False)] = False
    """Treat a clean end of the stream as final; connect again only after the stream was cut off."""

    retry_for: Annotated[float | None, Parameter("--retry-for", metavar="SECONDS")] = None
    """Keep trying for this long without an event. By default, give up after 5 failed attempts."""


@Parameter(name="*", group=RESUMING)
@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeOptions(ReconnectOptions):
    """The same, and a checkpoint file."""

    checkpoint: Annotated[Path | None, Parameter("--checkpoint", metavar="FILE")] = None
    """Keep the last event ID in this file, and resume after it."""


@Parameter(name="*", group=OUTPUT)
@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """The output."""

    json: Annotated[bool, Parameter("--json", negative="", show_default=False)] = False
    """Write each event as one line of JSON: event, data, id, and retry if it has one."""

    raw: Annotated[bool, Parameter("--raw", negative="", show_default=False)] = False
    """Write the bytes of the stream, exactly as received; on a terminal, with control characters escaped."""

    field: Annotated[str | None, Parameter("--field", metavar="PATH")] = None
    """Write one value out of data in JSON, such as choices.0.delta.content."""

    event: Annotated[tuple[str, ...], Parameter("--event", metavar="TYPE", negative="", show_default=False)] = ()
    """Show events of this type only. Repeatable."""

    until: Annotated[str | None, Parameter("--until", metavar="TEXT", allow_leading_hyphen=True)] = None
    """End before the event with exactly this data; a stream that ends before it is an error."""

    include_last: Annotated[bool, Parameter("--include-last", negative="", show_default=False)] = False
    """Show the event that --until names, too."""

    count: Annotated[int | None, Parameter(("-n", "--count"), metavar="N")] = None
    """End after N events."""

    comments: Annotated[bool, Parameter("--comments", negative="", show_default=False)] = False
    """Show comments too; servers send them as heartbeats."""

    timing: Annotated[bool, Parameter("--timing", negative="", show_default=False)] = False
    """Show how long each event took to arrive, and a summary at the end."""

    verbose: Annotated[bool, Parameter(("-v", "--verbose"), negative="", show_default=False)] = False
    """Show the heads of requests and responses, without credentials."""

    quiet: Annotated[bool, Parameter(("-q", "--quiet"), negative="", show_default=False)] = False
    """Do not show news of the connection; errors are still shown."""
