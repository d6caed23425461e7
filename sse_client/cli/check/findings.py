"""Explains an observation of an endpoint in sentences: status, type, framing, and proxies on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import sse_client as sse
from sse_client.cli.http.excerpt import excerpt
from sse_client.cli.screen.gaps import seconds
from sse_client.cli.screen.terminal import short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.cli.check.probe import Observation

__all__ = ["Finding", "of_head", "of_refusal", "of_silence"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about an endpoint.

    Attributes:
        grade: `ok`; `note`: worth knowing; `wrong`: a problem for clients.
    """

    grade: Literal["ok", "note", "wrong"]
    text: str


def ok(text: str) -> Finding:
    """Return a finding without a problem."""
    return Finding("ok", text)


def note(text: str) -> Finding:
    """Return a finding that is worth knowing."""
    return Finding("note", text)


def wrong(text: str) -> Finding:
    """Return a finding that should be fixed."""
    return Finding("wrong", text)


def of_refusal(error: sse.SSEError) -> Finding:
    """Return the finding for an endpoint that does not send a stream."""
    if isinstance(error, sse.ContentTypeError):
        said = excerpt(error)
        return wrong(
            f"The content type is {_content_type(error)}: expected text/event-stream, without which no client reads "
            f"the events. {said}".rstrip()
        )
    if isinstance(error, sse.StatusError):
        return wrong(f"The status is {error.status}, which opens no stream. {excerpt(error)}".rstrip())
    text = short(str(error))
    return wrong(text[:1].upper() + text[1:] + ".")


def of_silence(waited: float) -> Finding:
    """Return the finding for an endpoint that accepts the request, and sends no head in `waited` seconds."""
    return wrong(
        f"No response came in {seconds(waited)}: either the server sends nothing before its first event, or a proxy on "
        "the way holds the response back until it has ended. Have the server send the head and a comment at once, with "
        "X-Accel-Buffering: no for nginx."
    )


def _content_type(error: sse.ResponseError) -> str:
    return short(error.headers.get("Content-Type", "")) or "missing"


def of_head(seen: Observation) -> Iterator[Finding]:
    """Yield findings about the head of the response."""
    yield ok(f"The stream opened after {seconds(seen.head_at)}: status {seen.status}, HTTP/{seen.version}.")
    if seen.redirects:
        yield note(
            f"It was reached over {seen.redirects} redirect{'s' * (seen.redirects > 1)}: every reconnect takes that "
            "way again."
        )
    yield from _type(seen)
    yield from _framing(seen)
    yield from _caches(seen)
    yield from _between(seen)


def _type(seen: Observation) -> Iterator[Finding]:
    given = seen.header("Content-Type")
    charset = given.partition("charset=")[2].strip('"; ')
    if charset and charset not in {"utf-8", "utf8"}:
        yield wrong(
            f"The content type says charset={short(charset)}: event streams are UTF-8 always, and clients read it so."
        )
    else:
        yield ok(f"The content type is {short(given)}.")


def _framing(seen: Observation) -> Iterator[Finding]:
    if seen.version == "1.0":
        yield wrong("The answer is HTTP/1.0: a lost connection looks like its end, and proxies may hold it back whole.")
    elif "chunked" in seen.header("Transfer-Encoding"):
        yield ok("The body is chunked, so that an end differs from a lost connection.")
    elif seen.header("Content-Length"):
        yield wrong(
            f"The body has a Content-Length of {short(seen.header('Content-Length'))}: its length is known, so it is "
            "no live stream; something has collected it whole."
        )
    else:
        yield wrong(
            "The body ends with the connection (neither chunked nor a length): a lost connection looks like an "
            "end, and the events that it cost are not missed."
        )


def _caches(seen: Observation) -> Iterator[Finding]:
    control = seen.header("Cache-Control")
    if "no-store" in control or "no-cache" in control:
        yield ok(f"No cache may keep it: Cache-Control: {short(control)}.")
    else:
        yield note("Cache-Control is not no-cache or no-store: a cache on the way may keep the stream.")


def _between(seen: Observation) -> Iterator[Finding]:
    """Yield findings about proxies on the way."""
    marks = {
        "Via": "a proxy",
        "CF-Ray": "Cloudflare",
        "X-Amz-Cf-Id": "CloudFront",
        "X-Served-By": "a cache",
        "X-Cache": "a cache",
        "X-Varnish": "Varnish",
    }
    found = {name: label for name, label in marks.items() if seen.header(name)}
    for name, label in found.items():
        yield note(f"The answer came through {label} ({name}: {short(seen.header(name))}).")
    unbuffered = seen.header("X-Accel-Buffering") == "no"
    if "nginx" in seen.header("Server") and not unbuffered:
        yield note(
            "The server is nginx: where it passes on another server's answer, it holds events back, unless that sends "
            "X-Accel-Buffering: no, or proxy_buffering is off."
        )
    if unbuffered:
        yield ok("X-Accel-Buffering: no keeps nginx from holding events back.")
    if seen.header("Age"):
        yield wrong(f"The answer comes out of a cache (Age: {short(seen.header('Age'))}): these events are old.")
