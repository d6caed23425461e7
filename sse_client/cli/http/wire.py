"""Observes what goes over the wire, in an adapter of requests: heads for -v, exact bytes for --raw; Unix sockets."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import LocationValueError

from sse_client.cli.exits import Exit, Failure
from sse_client.cli.http.tee import Tee
from sse_client.extension import is_event_stream, opens_stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Wire", "is_http", "session_over"]

_NO_HOST = re.compile(r"""[\s"%<>\\^`{|}]""")  # requests escapes them, and http.client fails on the escapes
_ANYWHERE = frozenset({"cache-control", "connection", "last-event-id", "user-agent"})


class Wire(HTTPAdapter):
    """Sends requests as requests does, and lets observers see what is sent and received.

    Args:
        heads: called with each request that is sent, and with each response; None for no observer.
        received: called with the response of each event stream; returns an observer of its body's bytes without the
            framing (see `Tee`), or None. None for no observer.
        unix_socket: the Unix socket to connect to, whatever the URL says; None: connect to the URL's host.

    Raises:
        Failure: this system has no Unix sockets.
    """

    def __init__(
        self,
        *,
        heads: Callable[[requests.PreparedRequest | requests.Response], object] | None = None,
        received: Callable[[requests.Response], Callable[[bytes], bytes | None] | None] | None = None,
        unix_socket: Path | str | None = None,
    ) -> None:
        if unix_socket is not None and not hasattr(socket, "AF_UNIX"):
            raise Failure("--unix-socket: this system has no Unix sockets")
        super().__init__()
        self._heads = heads
        self._received = received
        self._unix_socket = None if unix_socket is None else str(unix_socket)
        self._pools: dict[str, HTTPConnectionPool] = {}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send `request`, and return the response, whose body is unread."""
        if self._heads is not None:
            self._heads(request)
        response = super().send(request, *args, **kwargs)
        if self._heads is not None:
            self._heads(response)
        content_type = response.headers.get("Content-Type", "")
        is_stream = opens_stream(request.method or "GET", response.status_code) and is_event_stream([content_type])
        if self._received is not None and is_stream:
            see = self._received(response)
            if see is not None:
                response.raw = Tee(response.raw, see)
        return response

    def get_connection_with_tls_context(
        self,
        request: requests.PreparedRequest,
        verify: Any,
        proxies: Any = None,
        cert: Any = None,
    ) -> Any:
        """Return the pool that serves `request`: that of the Unix socket, if there is one."""
        if self._unix_socket is None:
            return super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
        host, options = self.build_connection_pool_key_attributes(request, verify, cert)
        key = f"{host['scheme']}://{host['host']}:{host['port']}"
        if key not in self._pools:
            secure = host["scheme"] == "https"
            pool: Any = HTTPSConnectionPool if secure else HTTPConnectionPool
            made = pool(host["host"], host["port"], **(options if secure else {}))
            made.ConnectionCls = _over(self._unix_socket, HTTPSConnection if secure else HTTPConnection)
            self._pools[key] = made
        return self._pools[key]

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        """Return the target of the request line; over a Unix socket, no proxy is used."""
        return super().request_url(request, None if self._unix_socket else proxies)

    def close(self) -> None:
        """Close all connections."""
        super().close()
        for pool in self._pools.values():
            pool.close()


def _over(path: str, base: Any) -> Any:
    """Return a class of connections to the Unix socket at `path`."""

    class OverUnixSocket(base):  # type: ignore[misc]  # one of two classes of urllib3
        def _new_conn(self) -> socket.socket:
            # The only method in which urllib3's connections differ between kinds of sockets.
            from urllib3.exceptions import NewConnectionError

            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                sock.settimeout(self.timeout)
                sock.connect(path)
            except OSError as error:
                sock.close()
                raise NewConnectionError(self, f"{path}: {error.strerror or error}") from _naming(error, path)
            return sock

    return OverUnixSocket


def _naming(error: OSError, path: str) -> OSError:
    """Return `error` with the path of the socket in its message, which Python leaves out."""
    if error.errno is None:
        return OSError(f"{error}: {path}")
    return type(error)(error.errno, error.strerror, path)


class _Session(requests.Session):
    """Follows redirects as `sse_client` does: no credentials and no body are sent to another origin."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        try:
            target = super().get_redirect_target(resp)
        except UnicodeDecodeError:
            raise _other_redirect() from None
        if target is not None:
            resp.close()
            resp._content = b""  # noqa: SLF001  (requests would read and keep a body that may have no end)
            if not is_http(target, resp.url):
                raise _other_redirect()
        return target

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        super().rebuild_auth(prepared_request, response)
        if not self.should_strip_auth(str(response.request.url), str(prepared_request.url)):
            return
        if prepared_request.body is not None:
            raise Failure("expected a redirect within one origin, got one that would carry the body away", Exit.REFUSED)
        for name in list(prepared_request.headers):
            if name.lower() not in _ANYWHERE and not name.lower().startswith("accept"):
                del prepared_request.headers[name]


def _other_redirect() -> Failure:
    return Failure("expected a redirect to an HTTP URL, got another one", Exit.REFUSED)


def is_http(url: str, base: str = "") -> bool:
    """Return whether `url`, relative to `base`, can be requested: by http or https, from a host that may exist."""
    try:
        url = urljoin(base, url)
        parts = urlsplit(url)
        host = parts.hostname or ""
        requests.Request("GET", url).prepare()
    except (ValueError, requests.RequestException, LocationValueError):
        return False
    return parts.scheme in {"http", "https"} and bool(host) and (":" in host or not _NO_HOST.search(host))


def session_over(wire: Wire, *, follows: bool = True) -> requests.Session:
    """Return a session that sends everything over `wire`.

    Args:
        wire: the adapter.
        follows: whether the session follows redirects itself; False for a client of `sse_client`, which does that.
    """
    session = _Session() if follows else requests.Session()
    session.mount("http://", wire)
    session.mount("https://", wire)
    return session
