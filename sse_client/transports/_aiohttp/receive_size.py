"""Chooses how many bytes asyncio receives at once on a connection of aiohttp.

asyncio's own size is 256 KiB, and aiohttp parses what was received without a turn of the event loop. The shortest
interim responses, with which a proxy may answer CONNECT, then take 100 ms. So reads are short until the head of a
response is complete. Before a proxy's answer, only the connector's factory of protocols has access to a connection. It
is undocumented; if it is aiohttp's own, it is replaced by one that behaves as before for other requests of the session.
If it has changed, it is left as it is, and so are the transports of other event loops than asyncio's own.
"""
# ruff: noqa: SLF001  (it is what this module is for)

from __future__ import annotations

from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any

from aiohttp.client_proto import ResponseHandler

if TYPE_CHECKING:
    import asyncio
    from contextvars import Token

__all__ = ["DEFAULT", "OF_BODIES", "OF_HEADS", "begin_tunnel", "end_tunnel", "resize_tls"]

DEFAULT = 256 * 1024
"""Bytes, the `max_size` of asyncio's transports, and of its protocol for TLS."""

OF_HEADS = 4 * 1024
"""Bytes, until the head of a response is complete."""

# With asyncio's buffer, which is above malloc's threshold, a plain TCP transport receives each event with a mapping of
# memory and two page faults, until the process has freed a block that large: with 64 KiB, live streams take 0.54 to
# 0.86 of the CPU time, bursts the same.
OF_BODIES = 64 * 1024
"""Bytes, from the end of a head on."""

_tunnelling: ContextVar[bool] = ContextVar("tunnelling", default=False)


def resize_tls(transport: Any, before: int, size: int) -> None:
    """Change the receive size of a TLS connection, if its transport is asyncio's own, and has the size `before`.

    It is the size of the buffer for encrypted bytes, because all that is decrypted of them is passed on at once. The
    buffer is in use only while the event loop receives into it.
    """
    tls: Any = getattr(transport, "_ssl_protocol", None)
    if hasattr(tls, "_ssl_buffer_view") and getattr(tls, "max_size", None) == before:
        tls.max_size = size
        tls._ssl_buffer = bytearray(size)
        tls._ssl_buffer_view = memoryview(tls._ssl_buffer)


def begin_tunnel(connector: Any) -> Token[bool]:
    """Begin the connections that a connector makes in this context with short reads, until `end_tunnel`."""
    make: Any = getattr(connector, "_factory", None)
    if make.__class__ is partial and make.func is ResponseHandler:
        connector._factory = _Factory(make)
    return _tunnelling.set(True)


def end_tunnel(token: Token[bool]) -> None:
    """End what `begin_tunnel` has begun."""
    _tunnelling.reset(token)


class _ShortReads(ResponseHandler):
    """A connection of aiohttp that begins with short reads."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        plain: Any = transport
        size = getattr(plain, "max_size", None)
        if size == DEFAULT:
            plain.max_size = OF_HEADS
        elif size is None:  # a proxy that speaks TLS
            resize_tls(transport, DEFAULT, OF_HEADS)
        super().connection_made(transport)


class _Factory:
    """Makes the protocols of a connector.

    Args:
        make: the connector's own factory.
    """

    def __init__(self, make: partial[ResponseHandler]) -> None:
        self._make = make
        self._make_short = partial(_ShortReads, *make.args, **make.keywords)

    def __call__(self) -> ResponseHandler:
        return self._make_short() if _tunnelling.get() else self._make()
