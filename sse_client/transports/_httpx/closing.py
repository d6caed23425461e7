"""Closes blocking clients, even from a signal handler, and the connections of dropped streams."""

from __future__ import annotations

import _thread
import threading
from typing import Any

__all__ = ["abort_connection", "close_client"]

_PATIENCE = 1.0  # seconds to wait for the pool's own locks


def close_client(client: Any) -> None:
    """Close a client in a thread of its own: a signal handler may have interrupted this one inside a pool's lock."""
    done = threading.Lock()
    done.acquire()
    _thread.start_new_thread(_close, (client, done))
    done.acquire(timeout=_PATIENCE)


def _close(client: Any, done: threading.Lock) -> None:
    try:
        client.close()
    finally:
        done.release()


def abort_connection(stream: Any) -> None:
    """End a connection of an asynchronous client at once, without awaiting anything.

    Shutting the socket down would not reach a server that waits for a full buffer to be read. anyio does not document
    how to find the connection; if that has changed, this shuts the socket down.

    Args:
        stream: the network stream of httpcore.
    """
    inner: Any = getattr(stream, "_stream", None)
    while hasattr(inner, "transport_stream"):  # a TLS layer
        inner = inner.transport_stream
    transport: Any = getattr(inner, "_transport", None)
    try:
        if hasattr(transport, "abort"):
            transport.abort()  # an asyncio stream
        elif hasattr(inner, "socket"):
            inner.socket.close()  # a trio stream
        else:
            stream.get_extra_info("socket").shutdown(2)
    except (OSError, RuntimeError, AttributeError, ImportError):
        # The connection or its event loop is already closed, or the interpreter is shutting down.
        sock = getattr(transport, "_sock", None)
        if sock is not None:
            transport._sock = None  # noqa: SLF001  (of asyncio's plain transport: its own `close` needs the loop)
            sock.close()
