"""Reads a stream and writes it to the output: the main part of `get` and `post`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sse_client as sse
from sse_client.cli.exits import Exit, Failure
from sse_client.cli.files import reason, utf8
from sse_client.cli.http.masking import credentials
from sse_client.cli.http.request import asked, connection_arguments, resume_arguments
from sse_client.cli.screen.news import News
from sse_client.cli.streams.output import Output
from sse_client.cli.streams.reader import closes_when_reader_leaves
from sse_client.extension import buffered_events

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sse_client.cli.http.request import Asked
    from sse_client.cli.http.wire import Wire
    from sse_client.cli.options import ConnectionOptions, OutputOptions, RequestOptions, ResumeOptions

__all__ = ["client_over", "opened", "read"]


def read(
    method: str,
    url: str,
    request: RequestOptions,
    connection: ConnectionOptions,
    resume: ResumeOptions,
    options: OutputOptions,
) -> int:
    """Show the events of a stream until it ends; return the exit code.

    Raises:
        Failure: the options contradict each other, or a file cannot be used.
        SSEError: the stream failed.
        ReaderLeft: the reader of the output has closed it.
    """
    output = Output(options, each=resume.checkpoint is not None)
    question = asked(method, url, request, credentials)
    arguments: dict[str, Any] = {
        **connection_arguments(connection),
        **resume_arguments(resume, question.method),
        "comments": options.comments,
        "observer": News(credentials, quiet=options.quiet),
    }
    if options.until is not None:
        arguments |= {"until": utf8(options.until, "--until"), "include_last": options.include_last}
    if options.raw:
        question.default_header("Accept-Encoding", "identity")
    # With a checkpoint, events are not read in batches, because asking for the next event confirms that the previous
    # one was shown. Neither are they with `until`: finding its event may take a moment, and the events before it must
    # not wait for that.
    batched = resume.checkpoint is None and options.until is None
    try:
        with (
            client_over(output.wire(connection.unix_socket)) as client,
            opened(client, question, arguments) as stream,
            closes_when_reader_leaves(stream),
        ):
            for events in _batches(stream, batched=batched):
                if output.write(events):
                    _save_place(stream, arguments)
                    break
    finally:
        output.finish()
    return Exit.DONE


def _save_place(stream: sse.EventStream, arguments: dict[str, Any]) -> None:
    """Save the ID of the last event, which has been shown, although no further event is requested."""
    checkpoint = arguments.get("checkpoint")
    if checkpoint is not None and stream.last_event_id:
        checkpoint.save(stream.last_event_id)


def _batches(stream: sse.EventStream, *, batched: bool) -> Iterator[list[sse.Event | sse.Comment]]:
    """Yield lists of events that arrived together, as soon as they are available.

    Args:
        stream: the event stream.
        batched: if False, each event is in a list of its own.
    """
    for event in stream:
        # Takes the other events of the same read as a list: without a call for each, a burst costs a quarter less.
        yield [event, *buffered_events(stream)] if batched else [event]


def client_over(wire: Wire | None) -> sse.Client:
    """Return a client that sends over `wire`; a normal one if it is None."""
    if wire is None:
        return sse.Client()
    from sse_client.cli.http.wire import session_over

    return sse.Client(session_over(wire, follows=False))


@contextmanager
def opened(client: sse.Client, question: Asked, arguments: dict[str, Any]) -> Generator[sse.EventStream]:
    """Open a stream for a block of code.

    Raises:
        Failure: the request is malformed, or the checkpoint cannot be used.
        SSEError: there is no stream.
    """
    try:
        with client.stream(question.method, question.url, **question.arguments, **arguments) as stream:
            yield stream
    except (ValueError, TypeError) as error:
        raise Failure(str(error)) from error
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        raise Failure(f"cannot use the checkpoint{where}: {reason(error)}", Exit.FILE) from error
