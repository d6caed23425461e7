"""Records an open response, or the response to a URL."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from sse_client._http.coding_steps import Parts
from sse_client.errors import ConnectionFailed
from sse_client.request import display_url
from sse_client.testing._recording.body_events import BodyEvents
from sse_client.testing._recording.head_limit import limit_heads
from sse_client.testing._recording.reader import Recording
from sse_client.testing._recording.responses import ResponseHead, aopened, opened
from sse_client.testing._recording.writer import RecordingWriter

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    import requests

    from sse_client.testing._recording.format import Reason

    Progress = Callable[[RecordingWriter], object]

_TURN = 0.002  # seconds of work after which other tasks of an event loop get a turn
_REMEDY = "recorded without `events`, it is not decoded"
_HEADERS = {"Accept": "text/event-stream", "Cache-Control": "no-cache", "Accept-Encoding": "identity"}


def record(
    source: Any,
    path: str | os.PathLike[str],
    *,
    events: int | None = None,
    seconds: float | None = None,
    mask: Iterable[str] = (),
    progress: Progress | None = None,
    **options: Any,
) -> Recording:
    """Record a response to its end, or until one of the limits; return the recording.

    A response that breaks off is recorded, too: its `end` is `cut`. An interrupt, such as Ctrl-C, ends the recording as
    `stopped`, and is raised.

    Args:
        source: a URL to request, or an open response of requests (made with `stream=True`), urllib3, http.client,
            httpx or httpx2, whose body has not been read. The caller closes such a response.
        path: the file; an existing one is replaced.
        events: stop after the piece that completes this many events. To count them, a compressed body is decoded,
            within the limits of a stream.
        seconds: stop with the first piece that arrives this long after the head, or while such a piece is decoded. It
            does not limit silence; the request's `timeout` does.
        mask: names of headers and query parameters to mask, in addition to those that look like credentials.
        progress: called with the writer after each piece.
        **options: only for a URL: options of `requests.request`, including `method`. Unless `headers` says otherwise,
            an event stream is requested, without content coding. `timeout` is by default 10 seconds to connect and 300
            of silence.

    Raises:
        TypeError: `source` is not a response of a known library, or there are options without a URL.
        ValueError: the body has already been read; the URL is malformed; or the content coding cannot be decoded, which
            counting events requires.
        ConnectionFailed: the URL brought no response.
        EventTooLarge: with `events`: an event is longer than 64 MiB, or a compressed body inflates too far. The
            recording has all that was received, and ends as `stopped`.
        OSError: the file cannot be written.
    """
    if isinstance(source, str):
        with _request(source, options) as response:
            return record(response, path, events=events, seconds=seconds, mask=mask, progress=progress)
    if options:
        raise TypeError(f"{', '.join(sorted(options))}: only a URL has options; the response is open already")
    head, pieces = opened(source)
    with _Recorder(path, head, mask, progress, events=events, seconds=seconds) as recorder:
        while not recorder.ended:
            try:
                piece = next(pieces, None)
            except head.errors as error:
                recorder.cut(error)
            else:
                for data in recorder.keep(piece):
                    if recorder.count(data):
                        break
    return Recording.open(path)


async def arecord(
    response: Any,
    path: str | os.PathLike[str],
    *,
    events: int | None = None,
    seconds: float | None = None,
    mask: Iterable[str] = (),
    progress: Progress | None = None,
    auto_decompress: bool = True,
) -> Recording:
    """Record an open response of aiohttp, or of an asyncio client of httpx or httpx2, as `record` does.

    Args:
        response: the response, whose body has not been read. The caller closes it.
        path: the file; an existing one is replaced.
        events: as for `record`.
        seconds: as for `record`.
        mask: as for `record`.
        progress: as for `record`.
        auto_decompress: the `auto_decompress` of the aiohttp session. By default, aiohttp decodes content codings, and
            the recording has the decoded bytes.

    Raises:
        TypeError: `response` is not a response of a known library.
        ValueError: the body has already been read, or the content coding cannot be decoded, which counting events
            requires.
        EventTooLarge: as for `record`.
        OSError: the file cannot be written.
    """
    from asyncio import sleep  # not loaded with `record`

    head, pieces = aopened(response, auto_decompress=auto_decompress)
    parts = Parts()
    turned = monotonic()
    with _Recorder(path, head, mask, progress, events=events, seconds=seconds) as recorder:
        while not recorder.ended:
            if monotonic() - turned > _TURN:
                await sleep(0)  # a library may have many pieces at hand
                turned = monotonic()
            try:
                piece = await anext(pieces, None)
            except head.errors as error:
                recorder.cut(error)
            else:
                await _count(recorder, recorder.keep(piece), parts)
    return Recording.open(path)


async def _count(recorder: _Recorder, steps: Iterator[bytes], parts: Parts) -> None:
    """Count the events in decoded bytes, while other tasks of the event loop have their turns."""
    from asyncio import sleep, to_thread

    while True:
        data = await to_thread(next, steps, None) if recorder.slow else next(steps, None)
        if data is None:
            return
        for part in parts.of((data,)):
            if recorder.count(part):
                return
            await sleep(0)


class _Recorder:
    """Records the pieces of one response, and decides when to stop."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        head: ResponseHead,
        mask: Iterable[str],
        progress: Progress | None,
        *,
        events: int | None,
        seconds: float | None,
    ) -> None:
        codings = [value for name, value in head.headers if name.lower() == "content-encoding"]
        self._body = None if events is None else BodyEvents(", ".join(codings), _REMEDY)
        self._events = events or 0
        self._deadline = None if seconds is None else monotonic() + seconds
        self._progress = progress
        self._writer = RecordingWriter(
            path,
            status=head.status,
            headers=head.headers,
            method=head.method,
            url=head.url,
            request_headers=head.request_headers,
            decoded=head.decoded,
            mask=mask,
        )
        self.ended = False
        self._asked = monotonic()  # when the last piece had been handled

    @property
    def slow(self) -> bool:
        """Whether a step of decoding the current piece may take 30 ms."""
        return self._body is not None and self._body.slow

    def keep(self, piece: bytes | None) -> Iterator[bytes]:
        """Write a piece, or the end of the body for None; return the decoded bytes to `count`."""
        if piece is None:
            self._end("complete")
            return iter(())
        waited = monotonic() - self._asked
        self._writer.write(piece)
        if self._progress is not None:
            self._progress(self._writer)
        self._stop_in_time()
        self._asked = monotonic()
        return iter(()) if self._body is None or self.ended else self._body.decoded(piece, waited)

    def count(self, data: bytes) -> bool:
        """Count the events in decoded bytes, and stop at a limit; return whether one was reached.

        Raises:
            EventTooLarge: an event is too large, or the body inflates too far.
        """
        if self._body is not None:
            self._body.feed(data, self._deadline)
            if self._body.events >= self._events:
                self._end("stopped")
        self._stop_in_time()
        self._asked = monotonic()
        return self.ended

    def _stop_in_time(self) -> None:
        if self._deadline is not None and monotonic() >= self._deadline:
            self._end("stopped")

    def cut(self, error: Exception) -> None:
        """Record that the connection broke."""
        self._end("cut", error)

    def _end(self, reason: Reason, error: Exception | None = None) -> None:
        self._writer.end(reason, error)
        self.ended = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._writer.end("stopped", error)


def _request(url: str, options: dict[str, Any]) -> requests.Response:
    import requests
    from requests.structures import CaseInsensitiveDict

    headers: CaseInsensitiveDict[Any] = CaseInsensitiveDict(_HEADERS)
    headers.update(options.get("headers") or {})
    given: dict[str, Any] = {"method": "GET", **options, "url": url, "headers": headers, "stream": True}
    timeout = given.pop("timeout", (10, 300))
    try:
        with requests.Session() as session:
            _leave_redirects_unread(session)
            limit_heads(session)
            return session.request(**given, timeout=timeout)
    except requests.RequestException as error:
        if isinstance(error, ValueError):
            raise ValueError(f"expected a URL of http or https, got {display_url(url)}") from None
        # Its message contains the URL with its query, and so may those of its causes.
        raise ConnectionFailed(f"no response from {display_url(url)} ({type(error).__name__})") from None


def _leave_redirects_unread(session: requests.Session) -> None:
    """Make a session close redirect responses unread: it would read and keep the body, which may have no end."""
    target_of = session.get_redirect_target

    def closed_target(resp: requests.Response) -> str | None:
        target = target_of(resp)
        if target is not None:
            resp.close()
            resp._content = b""  # noqa: SLF001  (as if it had been read)
        return target

    session.get_redirect_target = closed_target  # type: ignore[method-assign]
