"""`sse-client get` and `sse-client post`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from sse_client.cli.options import ConnectionOptions, OutputOptions, RequestOptions, ResumeOptions
from sse_client.cli.streams.reading import read

__all__ = ["get", "post"]

Url = Annotated[str, Parameter(allow_leading_hyphen=False)]


def get(
    url: Url,
    /,
    *,
    request: RequestOptions = RequestOptions(),  # noqa: B008  (frozen; the parser's way to flatten options)
    connection: ConnectionOptions = ConnectionOptions(),  # noqa: B008
    resume: ResumeOptions = ResumeOptions(),  # noqa: B008
    output: OutputOptions = OutputOptions(),  # noqa: B008
) -> int:
    """Read an event stream with GET, and reconnect when it is lost.

    On a terminal, an event is a line with its time, type, id and data; elsewhere, it is its data alone.

    Args:
        url: where the stream is; http:// may be left out.
        request: what is sent.
        connection: how the server is reached.
        resume: where to begin, and what follows a loss.
        output: what is shown.
    """
    return read("GET", url, request, connection, resume, output)


def post(
    url: Url,
    /,
    *,
    request: RequestOptions = RequestOptions(),  # noqa: B008
    connection: ConnectionOptions = ConnectionOptions(),  # noqa: B008
    resume: ResumeOptions = ResumeOptions(),  # noqa: B008
    output: OutputOptions = OutputOptions(),  # noqa: B008
) -> int:
    """Read the event stream that answers a POST.

    The POST is sent again only if it cannot have been processed, or if --reconnect is given.

    Args:
        url: where to send the POST; http:// may be left out.
        request: what is sent.
        connection: how the server is reached.
        resume: where to begin, and what follows a loss.
        output: what is shown.
    """
    return read("POST", url, request, connection, resume, output)
