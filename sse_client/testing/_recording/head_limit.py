"""Limits the heads and trailers that a session of requests reads; http.client reads them without a limit."""

from __future__ import annotations

import io
from functools import cache
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any, cast

from sse_client._http.response_head import MAX_HEAD, final_head

if TYPE_CHECKING:
    import requests


def limit_heads(session: requests.Session) -> None:
    """Make a session of requests read the heads of responses as streams of this package do, within 256 KiB.

    Interim responses are skipped. (http.client treats a 103 as the final response, and skips any number of 100.) A
    malformed line is an error, because it may hide the framing. Trailers are limited in the same way.

    Args:
        session: the session, whose adapters are changed.
    """
    for adapter in session.adapters.values():
        pool_of: Any = getattr(adapter, "get_connection_with_tls_context", None)
        if pool_of is not None:
            adapter.get_connection_with_tls_context = _limiting(pool_of)  # type: ignore[attr-defined]


def _limiting(pool_of: Any) -> Any:
    """Return a method of an adapter that changes the pools which `pool_of` returns."""

    def limited_pool(*args: Any, **kwargs: Any) -> Any:
        pool = pool_of(*args, **kwargs)
        if hasattr(pool.ConnectionCls, "response_class"):  # urllib3-future has no such class, and reads heads with h11
            pool.ConnectionCls = _limited(pool.ConnectionCls)
        return pool

    return limited_pool


@cache
def _limited(base: Any) -> Any:
    """Return a subclass of the connection class `base` whose responses are of class `_Response`."""
    if issubclass(base.response_class, _Response):
        return base
    return type(f"Limited{base.__name__}", (base,), {"response_class": _Response})


class _Response(HTTPResponse):
    """A response whose head and trailers are limited in size."""

    def begin(self) -> None:
        """Read the head.

        Raises:
            HTTPException: the head is malformed or too long, or the connection ended before its end.
        """
        file = self.fp
        status_line, fields = final_head(file)
        self.fp = cast("io.BufferedReader", io.BytesIO(b"".join([status_line, *fields, b"\r\n"])))
        try:
            super().begin()
        finally:
            self.fp = file

    def _read_and_discard_trailer(self) -> None:
        left = MAX_HEAD
        while (line := self.fp.readline(left + 1)) not in {b"\r\n", b"\n", b""}:
            left -= len(line)
            if left < 0:
                raise HTTPException(f"the trailers are longer than {MAX_HEAD} bytes")
