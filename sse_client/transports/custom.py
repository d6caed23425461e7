"""Base classes for transports on other blocking HTTP libraries (docs/writing-a-transport.md).

`async_custom` has the same for asynchronous libraries.

A session makes a transport for each stream; a transport sends one request and returns its response; a body returns
bytes as they arrive. The package itself applies HTTP's rules on redirects, credentials, bodies and codings.
"""

from __future__ import annotations

import socket
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sse_client._core.deadlines import Limits
from sse_client._core.failures import connection_broke, no_data
from sse_client._core.response_body import ResponseBody
from sse_client._http.headers import Headers
from sse_client._http.outgoing import OutgoingRequest
from sse_client._response import Response
from sse_client.transports._requests.wakeup import Wakeup
from sse_client.transports.custom_steps import CustomTransport, check_framing
from sse_client.transports.sent_body import SyncBody

if TYPE_CHECKING:
    from sse_client.errors import ConnectionFailed
    from sse_client.options import Options

__all__ = ["BlockingBody", "BlockingSession", "BlockingTransport", "Headers", "Limits", "OutgoingRequest", "Response"]


class BlockingSession(ABC):
    """A session of another HTTP library, to be passed to `Client` instead of a `requests.Session`."""

    @abstractmethod
    def transport(self, options: Options) -> BlockingTransport:
        """Return a transport for one stream.

        Args:
            options: the stream's options; those that the library does not support must raise TypeError here.
        """

    def close(self) -> None:  # noqa: B027  (it may be left out)
        """Close what the streams share, if anything. Called when the client is closed, perhaps more than once."""


class BlockingTransport(CustomTransport, Wakeup):
    """Sends one stream's requests, blocking. Pass the socket to `watch`, so that `close` can wake a reader.

    Args:
        options: the stream's options.
    """

    def __init__(self, options: Options) -> None:
        CustomTransport.__init__(self, options)
        Wakeup.__init__(self)

    @abstractmethod
    def send(self, request: OutgoingRequest, limits: Limits) -> BlockingBody:
        """Send one request without following redirects, and return its response when the head has arrived.

        Args:
            request: the request exactly as it is to be sent, except `Host`; its body is bytes, an iterator of bytes, or
                None.
            limits: the time limits.

        Raises:
            OSError: no connection was made, so that nothing was sent.
            EOFError: the connection ended after something was sent, or the received data is not a response.
            TimeoutError: the head did not arrive in time.
        """

    async def _sent(self, request: OutgoingRequest, limits: Limits, *, repeated: bool) -> BlockingBody:
        content = SyncBody(request)
        data = content.data.encode() if isinstance(content.data, str) else content.data
        self._begin()
        try:
            if self.closed:
                raise ConnectionAbortedError("the stream was closed")
            body = self.send(replace(request, body=data), limits)
            try:
                check_framing(body.response, request.method)
            except ValueError:
                body.close()
                raise
        except self.failures as error:
            self._disconnected()
            # An error of the caller's own code is not a network failure.
            failure = content.error or self._failure(error, request.url, limits, repeated=repeated)
        except BaseException:
            self._disconnected()
            raise
        else:
            return body
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback would keep this frame alive

    def limit_wait(self, timeout: float | None) -> None:
        """Set the timeout of the watched socket, if it is still open."""
        sock = self._socket
        if isinstance(sock, socket.socket) and sock.fileno() >= 0:
            sock.settimeout(timeout)

    async def release(self) -> None:
        """Release the resources of this stream; subclasses may override it."""


class BlockingBody(ResponseBody):
    """One response: its head, and its body as it arrives.

    Args:
        response: the head; its `url` is that of the request.
        limits: the time limits of the request.
        transport: the stream's transport.
    """

    def __init__(self, response: Response, limits: Limits, transport: BlockingTransport) -> None:
        super().__init__(response, limits.silence)
        self._transport = transport
        self._disconnect = transport.disconnect

    @abstractmethod
    def receive(self, timeout: float | None) -> bytes:
        """Wait for data, and return what has arrived of the body, without its framing; `b""` at its end.

        The caller decodes content codings.

        Args:
            timeout: seconds to wait; None: no limit. It is also set on the socket that was passed to `watch`.

        Raises:
            TimeoutError: nothing arrived in time.
            OSError, EOFError, ValueError: the body was cut off, or its framing is malformed.
        """

    def close(self) -> None:
        """Close the connection with the `disconnect` of `connecting`; a transport with a pool overrides this."""
        self._transport.release_socket()
        if self._disconnect is not None:
            self._disconnect()

    async def _receive(self, deadline: float | None) -> bytes:
        timeout = self.silence
        try:
            if deadline is not None:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError("timed out")
                timeout = left if timeout is None else min(left, timeout)
            self._transport.limit_wait(timeout)
            return self.receive(timeout)
        except TimeoutError:
            failure: ConnectionFailed = no_data(self.response.url, self.silence)
        except self._transport.failures as error:
            failure = connection_broke(self.response.url, self._transport.plain(error))
        try:
            raise failure from failure.__cause__
        finally:
            del failure  # its traceback would keep this frame alive

    async def read(self, deadline: float | None) -> bytes:
        """Return the decoded bytes that have arrived; see `ResponseBody.read`."""
        if self._decoder is not None:
            return await self._read_decoded(self._decoder, deadline)
        return await self._receive(deadline)

    async def _breathe(self, deadline: float | None) -> None:
        self._transport.check(deadline, self.response.url)
