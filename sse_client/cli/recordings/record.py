"""`sse-client record`: records a response in a file."""

from __future__ import annotations

import os
from pathlib import Path  # noqa: TC003  (the parser evaluates the annotations)
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

from cyclopts import Parameter

from sse_client.cli.exits import Exit, Failure
from sse_client.cli.files import reason, writable
from sse_client.cli.http.masking import credentials
from sse_client.cli.http.request import asked, connection_arguments, seconds_of
from sse_client.cli.options import ConnectionOptions, RequestOptions
from sse_client.cli.recordings.request_errors import failure_of_request, malformed
from sse_client.cli.recordings.time_limit import TimeUp, time_limit
from sse_client.cli.screen.news import say, say_sentence
from sse_client.cli.screen.progress import Progress, size
from sse_client.extension import is_event_stream, opens_stream

if TYPE_CHECKING:
    from sse_client.cli.http.request import Asked
    from sse_client.testing import Recording, RecordingWriter

__all__ = ["record"]

_SILENCE = 300.0  # seconds

_Request = TypeVar("_Request")


def record(
    url: str,
    /,
    *,
    output: Annotated[Path, Parameter(("-o", "--output"), metavar="FILE")],
    count: Annotated[int | None, Parameter(("-n", "--count"), metavar="N")] = None,
    seconds: Annotated[float | None, Parameter("--for", metavar="SECONDS")] = None,
    no_clobber: Annotated[bool, Parameter("--no-clobber", negative="", show_default=False)] = False,
    verbose: Annotated[bool, Parameter(("-v", "--verbose"), negative="", show_default=False)] = False,
    quiet: Annotated[bool, Parameter(("-q", "--quiet"), negative="", show_default=False)] = False,
    request: RequestOptions = RequestOptions(),  # noqa: B008  (frozen; the parser's way to flatten options)
    connection: ConnectionOptions = ConnectionOptions(),  # noqa: B008
) -> int:
    """Record a stream in a file: its status, its headers, its exact bytes, and when they arrived.

    Credentials are masked in the file. Ctrl-C ends the recording, and keeps what has arrived. A single connection is
    recorded: when it ends, so does the recording.

    Args:
        url: what to record; http:// may be left out.
        output: the file; an existing one is replaced, unless --no-clobber is given.
        count: end after N events.
        seconds: end after this many seconds.
        no_clobber: record nothing if the file already exists.
        verbose: show the heads of request and response, without credentials.
        quiet: show no progress.
        request: what is sent.
        connection: how the server is reached.
    """
    if count is not None and count < 1:
        raise Failure(f"-n: expected 1 event or more, got {count}")
    writable(output, "-o")
    if no_clobber and os.path.lexists(output):
        raise Failure(f"-o: expected a new file, but {output} is there already", Exit.FILE)
    question = asked("GET", url, request, credentials)
    question.default_header("Accept", "text/event-stream")
    question.default_header("Cache-Control", "no-cache")
    question.default_header("Accept-Encoding", "identity")
    limits = _Limits(count, seconds_of("--for", seconds), seconds_of("--max-time", connection.max_time))
    written = _Written(quiet=quiet)
    try:
        recording = _recorded(question, connection, output, written, limits, verbose=verbose)
    except TimeUp as limit:
        recording = _stopped(limit, output, written)
    except KeyboardInterrupt:
        if written.begun:
            say(f"{output}: {size(written.bytes)} in {written.seconds:.1f} s, interrupted")
        raise
    if not quiet and recording.end is not None:
        say(f"{output}: {size(written.bytes)} in {recording.end.seconds:.1f} s, {recording.end.end}")
    _check(recording, connection.timeout or _SILENCE)
    return Exit.DONE


class _Limits(NamedTuple):
    events: int | None
    seconds: float | None
    all_seconds: float | None


class _Written:
    """The size of the recording so far; called with the writer after each piece."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.begun = False
        self.bytes = 0
        self.seconds = 0.0

    def __call__(self, writer: RecordingWriter) -> None:
        self.bytes = writer.bytes
        self.seconds = writer.seconds

    def begin(self, url: str) -> Progress:
        """Show what is recorded, and return the progress display."""
        self.begun = True
        if not self.quiet:
            say_sentence(f"recording {credentials.url(url)}; Ctrl-C ends it")
        return Progress(lambda: size(self.bytes), quiet=self.quiet)


def _recorded(
    question: Asked, connection: ConnectionOptions, output: Path, written: _Written, limits: _Limits, *, verbose: bool
) -> Recording:
    import requests
    from urllib3.exceptions import LocationValueError

    from sse_client.cli.http.heads import Heads
    from sse_client.cli.http.wire import Wire, is_http, session_over
    from sse_client.testing import RecordingError
    from sse_client.testing.recording import limit_heads
    from sse_client.testing.recording import record as record_response

    if not is_http(question.url):
        raise malformed(question.url)
    wire = Wire(heads=Heads(credentials, say) if verbose else None, unix_socket=connection.unix_socket)
    session = session_over(wire)
    limit_heads(session)
    try:
        with (
            time_limit(limits.all_seconds, "--max-time"),
            session,
            session.request(question.method, question.url, **_as_requests(question, connection)) as response,
            time_limit(limits.seconds, "--for"),
            written.begin(response.url),
        ):
            return record_response(response, output, events=limits.events, seconds=limits.seconds, progress=written)
    except requests.RequestException as error:
        raise failure_of_request(error, question.url) from error
    except LocationValueError as error:
        raise malformed(question.url) from error
    except OSError as error:
        raise _unwritten(output, error) from error
    except RecordingError as error:
        raise _unreadable(error) from error
    except ValueError as error:
        raise Failure(str(error)) from error


def _unwritten(output: Path, error: OSError) -> Failure:
    return Failure(f"-o: cannot write {output}: {reason(error)}", Exit.FILE)


def _unreadable(error: Exception) -> Failure:
    """Return the report for a file that keeps nothing, such as /dev/null."""
    return Failure(f"-o: {error}", Exit.FILE)


def _stopped(limit: TimeUp, output: Path, written: _Written) -> Recording:
    from sse_client.testing import Recording, RecordingError

    if limit.option == "--for":
        try:
            return Recording.open(output)
        except OSError as error:
            raise _unwritten(output, error) from error
        except RecordingError as error:
            raise _unreadable(error) from error
    kept = f"; {size(written.bytes)} are recorded" if written.begun else ""
    raise Failure(f"--max-time is over{kept}", Exit.TIMED_OUT)


def _as_requests(question: Asked, connection: ConnectionOptions) -> dict[str, Any]:
    """Return the arguments of `requests` for a question."""
    arguments = connection_arguments(connection)
    timeout = arguments.pop("timeout", None)
    pair = (10.0, _SILENCE) if timeout is None else (timeout.connect, timeout.read)
    if "authorization" in {name.lower() for name in question.headers}:
        arguments["auth"] = _as_it_is  # otherwise requests would replace the key by a password from ~/.netrc
    return {**question.arguments, **arguments, "stream": True, "timeout": pair}


def _as_it_is(request: _Request) -> _Request:
    return request


def _check(recording: Recording, silence: float) -> None:
    """Report a problem with a recording that was nevertheless made.

    Args:
        recording: what has been written.
        silence: the most seconds of silence that were allowed.

    Raises:
        Failure: the response is not an event stream, it broke off, or the server fell silent.
    """
    status, end = recording.response.status, recording.end
    content_type = recording.headers.get("content-type", "")
    if not opens_stream(recording.request.method, status):
        raise Failure(f"status {status} opens no stream; the answer is recorded all the same", Exit.STATUS)
    if not is_event_stream([content_type]):
        got = content_type.partition(";")[0].strip() or "no content type"
        raise Failure(f"expected text/event-stream, got {got}; the answer is recorded all the same", Exit.NOT_A_STREAM)
    if end is not None and end.end == "cut" and "Timeout" in end.error:
        raise Failure(
            f"expected data, got nothing for the last {silence:g} s; what came before is recorded", Exit.TIMED_OUT
        )
    if end is not None and end.end == "cut":
        raise Failure(f"the stream broke off ({end.error}); what came before is recorded", Exit.CUT_OFF)
