"""Parses the head of a response before the bytes that follow it, and limits the interim responses before it.

aiohttp reads any number of interim responses (RFC 9110 15.2). Its parser drops a response, head and events, if bytes
that arrived in the same read are malformed: a body after a status that has none (204), bytes after the end of the body,
a chunk without a size. So a head is parsed by itself. aiohttp's parser also ignores a blank before the first field,
which other parsers do not, and accepts a head that begins with a blank line, or that is of RTSP. This module relies on
undocumented parts of aiohttp, and only until the head of a response has arrived.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from sse_client._http.redirects import REDIRECTS
from sse_client.errors import ConnectionFailed
from sse_client.request import display_url
from sse_client.transports._aiohttp.receive_size import DEFAULT, OF_BODIES, OF_HEADS, resize_tls

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.connector import Connection

__all__ = ["MOST_INTERIM", "head_first"]

MOST_INTERIM = 1000

_END = b"\r\n\r\n"
_BEGIN = re.compile(rb"HTTP/[^\n]*+\n[^ \t]")
_H = ord("H")  # the first letter of "HTTP"; the parser checks the rest
_BLANKS = b" \t"


# The classes are cached: a session has one class, and a program has few kinds of sessions.
@cache
def head_first(kind: Any) -> Any:
    """Return a subclass of `kind` that parses the head first, and gives up after 1,000 interim responses."""

    def start(self: aiohttp.ClientResponse, connection: Connection) -> Any:
        protocol: Any = connection.protocol
        parser = getattr(protocol, "_parser", None)
        if parser is not None:
            transport = protocol.transport
            size = getattr(transport, "max_size", None)
            if size == DEFAULT:
                transport.max_size = OF_HEADS
            elif size is None:
                resize_tls(transport, DEFAULT, OF_HEADS)
            protocol._parser = _HeadFirst(protocol, parser, self.url)
        return kind.start(self, connection)

    return type(kind.__name__, (kind,), {"start": start})


# A struct, like `Options`, because each request creates one.
class _HeadFirst(msgspec.Struct, eq=False):
    """Stands in for the parser of a connection until it has parsed the head of the final response."""

    protocol: Any
    parser: Any
    url: Any
    before: bytes = b""  # the last bytes of earlier reads, which may be the beginning of a head's end
    interim: int = 0
    stage: Literal["new", "status line", "fields"] = "new"  # the stage of the head that is being parsed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.parser, name)

    def feed_data(self, data: bytes) -> tuple[list[Any], bool, bytes]:  # noqa: C901  (each request pays for a call)
        """Parse received bytes; see aiohttp's `HttpResponseParser.feed_data`."""
        text = self.before + data
        begin, at = 0, len(self.before)  # where the search for the head's end, and the unparsed bytes, begin
        messages: list[Any] = []
        while True:
            end = text.find(_END, begin)
            begin = len(text) if end < 0 else end + len(_END)
            if self.stage != "fields" and at < begin:
                if self.stage == "new" and _BEGIN.match(text, at, begin):
                    self.stage = "fields"  # set without a call, because nearly all heads arrive in one read
                else:
                    self._check_begin(text, at, begin)
            found, upgraded, rest = self.parser.feed_data(text[at:begin])
            at = begin
            messages += found
            if found:
                status = found[-1][0].code
                if not 100 <= status < 200 or status == 101:
                    if status in REDIRECTS:
                        # Even without a body, which would return it to the pool: the request that follows the redirect
                        # could be lost on it, because some servers close it after each response.
                        self.protocol.force_close()
                    break
                self.stage = "new"
                self.interim += 1
                if self.interim > MOST_INTERIM:
                    where = display_url(str(self.url))
                    self._fail(ConnectionFailed(f"the server at {where} sent over {MOST_INTERIM:,} interim responses"))
                    return [], False, b""
            if end < 0:
                self.before = text[1 - len(_END) :]
                return messages, upgraded, rest
        self.protocol._parser = self.parser
        transport = self.protocol.transport
        size = getattr(transport, "max_size", None)
        if size == OF_HEADS:
            transport.max_size = OF_BODIES
        elif size is None:
            resize_tls(transport, OF_HEADS, OF_BODIES)
        if upgraded:
            return messages, True, rest + text[at:]
        if at < len(text):
            try:
                found, upgraded, rest = self.parser.feed_data(text[at:])
            except Exception as error:  # noqa: BLE001  (whatever it is, it is of what follows the head)
                self.protocol._loop.call_soon(self._fail, error)
            else:
                messages += found
        return messages, upgraded, rest

    def _check_begin(self, text: bytes, at: int, end: int) -> None:
        """Refuse a head that does not begin with an HTTP status line and a field (RFC 9112 2.2).

        Raises:
            BadHttpMessage: the head begins with something else.
        """
        if self.stage == "new":
            self.stage, line_end = "status line", text.find(b"\n", at, end)
            malformed = text[at] != _H
        else:
            malformed, line_end = False, text.find(b"\n", at - 1, end)  # it may be the last byte of the read before
        if 0 <= line_end < end - 1:
            self.stage = "fields"
            malformed = malformed or text[line_end + 1] in _BLANKS
        if malformed:
            from aiohttp.http_exceptions import BadHttpMessage

            raise BadHttpMessage("expected a status line, and a field after it")

    def _fail(self, error: Exception) -> None:
        """Handle the connection as aiohttp does when its bytes cannot be parsed."""
        protocol = self.protocol
        if protocol.transport is not None:
            protocol.transport.close()
        protocol.set_exception(error)
