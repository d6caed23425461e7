"""Translates errors of httpx2, httpx, httpcore and the network; the originals may quote received bytes or a URL."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sse_client._core.failures import connection_broke, forget_frames, innermost, no_connection, no_data
from sse_client.transports._httpx._http2.leaving import http2_errors

if TYPE_CHECKING:
    from sse_client.errors import ConnectionFailed
    from sse_client.transports._httpx.library import Library

__all__ = [
    "answered",
    "of_proxies",
    "socks_errors",
    "takes_no_stream",
    "translated",
    "transport_errors",
    "unavailable",
    "violates_http2",
]

_OF_CORE = (
    "TimeoutException", "NetworkError", "ProtocolError", "ProxyError", "UnsupportedProtocol", "ConnectionNotAvailable"
)  # fmt: skip
_REFUSED_STREAM = 7
_OF_PROXIES = {"ProxyError", "SOCKSError"}
_UNSENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "SOCKSError", "UnsupportedProtocol"}
_UNPROCESSED = "ConnectionNotAvailable"  # raised after a GOAWAY, for streams above its last stream


def transport_errors(library: Library) -> tuple[type[Exception], ...]:
    """Return the exceptions of sending a request and reading its response, including those of httpcore."""
    core = _core(library)
    below = [getattr(core, name) for name in _OF_CORE] if core is not None else []
    return OSError, library.module.TransportError, *below, *http2_errors(), *socks_errors()


def unavailable(library: Library) -> type[Exception]:
    """Return the exception that tells httpcore's pool that a connection accepts no more requests."""
    kind: type[Exception] = _core(library).ConnectionNotAvailable
    return kind


def socks_errors() -> tuple[type[Exception], ...]:
    """Return socksio's exceptions for a proxy's malformed answer, if it is loaded; httpcore does not translate them."""
    socksio: Any = sys.modules.get("socksio")
    return () if socksio is None else (socksio.SOCKSError,)


def of_proxies(error: BaseException) -> bool:
    """Return whether a proxy has refused, or sent a malformed answer."""
    return not _kinds(error).isdisjoint(_OF_PROXIES)


def violates_http2(error: BaseException) -> bool:
    """Return whether h2 has raised an error or its cause."""
    return isinstance(_http2_event(error), http2_errors())


def takes_no_stream(error: BaseException, connection: Any) -> bool:
    """Return whether h2 did not send the head of a request because its connection accepts no more streams.

    After the connection was chosen, the server has stopped allowing streams, or has ended the connection.

    Args:
        error: the library's exception.
        connection: the connection of httpcore; None if it cannot be determined.
    """
    machine: Any = getattr(getattr(connection, "_h2_state", None), "state_machine", None)
    closed = machine is not None and machine.state.name == "CLOSED"
    return closed or type(_http2_event(error)).__name__ == "TooManyStreamsError"


def _core(library: Library) -> Any:
    return sys.modules.get(library.name.replace("httpx", "httpcore"))


def translated(
    error: BaseException,
    url: str,
    *,
    sent: bool | None = None,
    head: bool = False,
    stream_id: int | None = None,
    silence: float | None = None,
    connect: float | None = None,
    proxy: str | None = None,
) -> ConnectionFailed:
    """Return the error to raise; its `__cause__` is set.

    Args:
        error: the library's exception, whose traceback is dropped.
        url: the request's URL.
        sent: whether anything of the request was sent; None if that is not known.
        head: whether the response's head had not arrived yet.
        stream_id: the stream ID of the request, if it was sent over HTTP/2.
        silence: the seconds of silence that were allowed.
        connect: the seconds that were allowed to connect.
        proxy: the proxy that could not be reached, or that refused, if any.
    """
    forget_frames(error)
    kinds = _kinds(error)
    if sent is None:
        sent = not kinds & _UNSENT
    if not sent:
        # Waiting for the pool is not connecting, so it has a message of its own.
        seconds = None if "PoolTimeout" in kinds else connect
        return no_connection(url, _shown(error, kinds, head=head), proxy, seconds=seconds)
    event = _http2_event(error)
    if event is not None:
        failed = connection_broke(url, ConnectionError(_http2_words(event)))
        failed.sent = not _unprocessed(event, stream_id)
    elif _UNPROCESSED in kinds:
        failed = connection_broke(url, ConnectionError("the server ended the connection, and has not processed it"))
        failed.sent = False
    elif "TimeoutException" in kinds or isinstance(error, TimeoutError):
        failed = no_data(url, silence)
    else:
        failed = connection_broke(url, _shown(error, kinds, head=head))
    return failed


def answered(error: BaseException, url: str, silence: float | None) -> ConnectionFailed:
    """Return the error to raise for one in the body of a response; its `__cause__` is set.

    Args:
        error: the exception of the library, the network or the decoder of the framing.
        url: the request's URL.
        silence: the seconds of silence that were allowed.
    """
    if isinstance(error, ValueError) and _http2_event(error) is None:
        return connection_broke(url, error)
    failed = translated(error, url, sent=True, silence=silence)
    failed.sent = True  # the server has answered before, whatever it says now
    return failed


def _kinds(error: BaseException) -> set[str]:
    """Return the names of the error's class and its bases, which are the same in both libraries."""
    return {each.__name__ for each in type(error).__mro__}


def _shown(error: BaseException, kinds: set[str], *, head: bool) -> BaseException:
    if "PoolTimeout" in kinds:
        return TimeoutError("no connection of the client's pool became free in time")
    if "TimeoutException" in kinds:
        return TimeoutError("timed out")
    if kinds & _OF_PROXIES:
        return ConnectionError("the proxy refused, or its answer is malformed")
    cause = _first(innermost(error))
    if isinstance(cause, OSError):
        return cause
    if "disconnected" in str(error):
        return ConnectionError("the server closed it")
    if "ProtocolError" in kinds:
        return ConnectionError(
            "the response's head is malformed" if head else "the body was cut off, or its framing is malformed"
        )
    return ConnectionError("it was closed")


def _first(error: BaseException) -> BaseException:
    """Return the first error of several addresses, which anyio raises as a group."""
    while isinstance(error, BaseExceptionGroup):
        errors: Any = error.exceptions  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        error = innermost(errors[0])
    return error


def _http2_event(error: BaseException) -> Any:
    """Return h2's event (RST_STREAM or GOAWAY) or error that ended a stream of HTTP/2; None if there is none."""
    each: BaseException | None = error
    while each is not None:
        for found in (each, *each.args):
            if hasattr(found, "error_code"):
                return found
        each = each.__cause__
    return None


def _http2_words(event: Any) -> str:
    error_code: Any = event.error_code
    code = getattr(error_code, "name", "an unknown code")
    if isinstance(event, BaseException) or not getattr(event, "remote_reset", True):  # h2 has reset the stream itself
        said = "broke the rules of HTTP/2 ("
    elif hasattr(event, "last_stream_id"):
        said = "ended the connection (GOAWAY, "
    else:
        said = "reset the stream (RST_STREAM, "
    return f"the server {said}{code}, {int(error_code):#x})"


def _unprocessed(event: Any, stream_id: int | None) -> bool:
    """Return whether the server says that it has not processed the request (RFC 9113 6.8 and 8.7)."""
    last = getattr(event, "last_stream_id", None)
    if last is not None:
        return stream_id is not None and stream_id > last
    return not isinstance(event, BaseException) and bool(event.error_code == _REFUSED_STREAM)
