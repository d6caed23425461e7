"""sseclient-py's client over this package's parser: change the import, and the standard is kept.

from sse_client.compat import SSEClient     # instead of: from sseclient import SSEClient
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

import requests
import sseclient
from urllib3 import exceptions as urllib3_errors

from sse_client.parser import Parser

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from sse_client.events import Event

__all__ = ["SSEClient"]

_RECEIVE = 64 * 1024


class SSEClient(sseclient.SSEClient):
    """Reads the events of a response that is already open.

    It differs from sseclient-py's class where that one deviates from the standard: an `id` remains in effect until
    another one comes, an event without its blank line at the end is dropped, malformed bytes become U+FFFD, and a BOM
    is not part of a field. A `requests.Response` is read as its bytes arrive, with every framing.

    Args:
        event_source: a source of bytes with a `close` method: a response of `requests` or `urllib3`, or any iterable.
        char_enc: the encoding; the standard allows only UTF-8.

    Raises:
        LookupError: `char_enc` is unknown.
        TypeError: `event_source` is a string, such as a URL.
    """

    def __init__(self, event_source: Any, char_enc: str = "utf-8") -> None:
        if isinstance(event_source, str):
            raise TypeError(
                "event_source: expected a response or an iterable of bytes, got str; for a URL, use sse_client.get(url)"
            )
        super().__init__(event_source, char_enc)
        self._source = event_source
        name = codecs.lookup(char_enc).name
        # The parser itself strips the BOM.
        self._decoder = None if name in {"utf-8", "utf-8-sig"} else codecs.getincrementaldecoder(name)("replace")

    def events(self) -> Generator[sseclient.Event, None, None]:
        """Yield sseclient-py's `Event`s: `id` and `retry` are strings, or None.

        Raises:
            EventTooLarge: an event is longer than 64 MiB.
        """
        parser = Parser()
        for data in _pieces(self._source):
            if self._decoder is not None:
                data = self._decoder.decode(data).encode()
            for event in parser.feed(data):
                yield _as_theirs(event)


def _as_theirs(event: Event) -> sseclient.Event:
    retry = None if event.retry is None else str(event.retry)
    make: Any = sseclient.Event  # its type stub has no arguments
    theirs: sseclient.Event = make(id=event.id or None, event=event.event, data=event.data, retry=retry)
    return theirs


def _pieces(source: Any) -> Iterable[bytes]:
    # Iterating over a response of requests waits for 128 bytes, and over one of urllib3 for a whole line.
    if isinstance(source, requests.Response) and not source._content_consumed:  # noqa: SLF001
        return _arriving(source)
    pieces: Iterable[bytes] = source
    return pieces


def _arriving(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it arrives, and raise what `iter_content` raises."""
    try:
        while data := response.raw.read1(_RECEIVE, decode_content=True):
            yield data
    except urllib3_errors.ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except urllib3_errors.DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    except urllib3_errors.ReadTimeoutError as error:
        raise requests.ConnectionError(error) from error
    except urllib3_errors.SSLError as error:
        raise requests.exceptions.SSLError(error) from error
