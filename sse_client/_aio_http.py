"""Requests to responses: what the asyncio client sends, over an `aiohttp.ClientSession`."""

from __future__ import annotations

import asyncio
import contextlib
import re
import weakref
from dataclasses import replace
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.http import SERVER_SOFTWARE
from requests.cookies import RequestsCookieJar, cookiejar_from_dict, merge_cookies
from requests.models import DEFAULT_REDIRECT_LIMIT
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_ACCEPT_ENCODING, get_environ_proxies, get_netrc_auth, select_proxy
from yarl import URL

from sse_client._aio_body import Connection
from sse_client._aio_translate import translated
from sse_client._prepare import Journey, Malformed, Prepared, joined, may_have_proxies, prepared, prepared_abroad
from sse_client.errors import SSEError
from sse_client.observer import Response
from sse_client.request import display_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    import requests
    from aiohttp.client_middlewares import ClientHandlerType

    from sse_client._replay import Replay
    from sse_client.request import Request

__all__ = ["connect", "new_session"]

_PIECE = 64 * 1024
_LONGEST_LINE = 64 * 1024  # of a response's head, as http.client has it
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OWN = {"User-Agent": SERVER_SOFTWARE, "Accept-Encoding": DEFAULT_ACCEPT_ENCODING}
_FRAMING = ("Host", "Content-Length", "Transfer-Encoding")

Timeouts = tuple[float | None, float | None]

# aiohttp's own look into the environment makes two trips to another thread for each request: 430 µs, twice what all
# else of a short chat takes it.
_trusting: weakref.WeakSet[aiohttp.ClientSession] = weakref.WeakSet()


def new_session() -> aiohttp.ClientSession:
    """Return a session like the blocking client's: proxies and ~/.netrc of the environment, cookies from any host.

    It has no limit of streams at once.
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.CookieJar(unsafe=True), trust_env=False
    )
    _trusting.add(session)
    return session


async def connect(session: aiohttp.ClientSession, request: Request, replay: Replay, timeouts: Timeouts) -> Connection:
    """Send `request`, follow its redirects, and return the answer.

    Args:
        session: whose connections, cookies, headers, proxies and certificates are used.
        request: what to send.
        replay: what makes its body ready, and ready once more for a redirect that keeps it.
        timeouts: seconds to connect, and of silence.

    Raises:
        SSEError: there is no answer.
        ValueError: the request cannot be sent as it is.
        RuntimeError: the session is closed.
    """
    sender = _Sender(session, timeouts)
    journey = Journey(request, replay, DEFAULT_REDIRECT_LIMIT, sender.at_home, sender.abroad)
    following = journey.begin()
    while True:
        try:
            response = await sender.send(following)
        except Malformed as error:
            raise journey.refusal(error) from None
        # As requests does: whoever sends other characters than ASCII means UTF-8.
        location = response.headers.get("Location", "").encode("utf-8", "surrogateescape")
        with contextlib.ExitStack() as leaving:
            # Closed, not read: the body of a redirect may be as slow as it likes.
            leaving.callback(response.close)
            step = journey.follow(response.status, location.decode("utf-8", "replace") or None)
            if step is None:
                leaving.pop_all()
                head = Response(response.status, _headers(response), journey.url, response)
                return Connection(head, timeouts[1])
            following = step


def _headers(response: aiohttp.ClientResponse) -> Mapping[str, str]:
    """Return the header fields as requests has them: Latin-1, and those of one name in one line."""
    headers: dict[str, str] = CaseInsensitiveDict()  # type: ignore[assignment]
    for raw_name, raw_value in response.raw_headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


class _Sender:
    """Prepares requests with what the session has, and sends them."""

    def __init__(self, session: aiohttp.ClientSession, timeouts: Timeouts) -> None:
        self._session = session
        self._trusting = session in _trusting
        skipped = {name.lower() for name in session.skip_auto_headers}
        ours = {name: value for name, value in _OWN.items() if name.lower() not in skipped}
        self._ambient = joined(ours, session.headers)
        self._personal = True
        self._keep: tuple[str, ...] = _FRAMING
        connect, read = timeouts
        self._timeout = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=connect, sock_read=read)

    def at_home(self, request: Request) -> requests.PreparedRequest:
        """Return a request to the caller's origin: with the headers and cookies of the session."""
        self._personal = True
        self._keep = _FRAMING
        if "authorization" not in {name.lower() for name in request.headers}:
            self._keep = (*_FRAMING, "Authorization")  # of the session's `auth`, or ~/.netrc
        if not hasattr(request.data, "__aiter__"):
            return prepared(request, self._ambient, self._prepare)
        # requests knows no asynchronous bodies.
        result = prepared(replace(request, data=None), self._ambient, self._prepare)
        result.headers.pop("Content-Length", None)
        result.body = request.data
        return result

    def abroad(self, request: Request) -> requests.PreparedRequest:
        """Return a request to another origin."""
        self._personal = False
        self._keep = _FRAMING
        return prepared_abroad(request, self._ambient)

    async def send(self, prepared: requests.PreparedRequest) -> aiohttp.ClientResponse:
        """Send what was prepared last, and return the head of the answer."""
        if self._session.closed:
            raise RuntimeError("the aiohttp session is closed")
        headers = {name: _text(name, value) for name, value in prepared.headers.items()}
        url = prepared.url or ""
        body = _Body(prepared.body)
        sending = _Sending(url, headers, body, self._keep)
        # The session's own may add its credentials: none of them beyond the caller's origin.
        others = getattr(self._session, "_middlewares", ()) if self._personal else ()
        try:
            return await self._session.request(
                prepared.method or "",
                URL(_without_user(url), encoded=True),
                data=body.data,
                proxy=await self._proxy(url),
                headers={name: value for name, value in headers.items() if name.lower() == "content-length"},
                skip_auto_headers=("Content-Type",),
                allow_redirects=False,
                raise_for_status=False,
                auto_decompress=False,
                timeout=self._timeout,
                read_bufsize=_PIECE,
                max_line_size=_LONGEST_LINE,
                max_field_size=_LONGEST_LINE,
                middlewares=(sending, *others),
            )
        except _BodyFailed:
            assert body.error is not None
            raise body.error from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
            raise Malformed(f"the URL {display_url(url)}, or its proxy's, is malformed") from None

    def _prepare(self, request: requests.Request) -> requests.PreparedRequest:
        """Add what `requests.Session.prepare_request` would add, if this were one."""
        if self._trusting and not request.auth:
            request.auth = get_netrc_auth(str(request.url))
        own: Any = request.cookies
        jar: Any = self._cookies(str(request.url)) if own or len(self._session.cookie_jar) else None
        if own:
            jar = merge_cookies(jar, own if isinstance(own, CookieJar) else cookiejar_from_dict(own))
        request.cookies = jar
        # Not by `merge_setting` of requests, nor with parameters of none: it asks for protocols, at 7 µs a question.
        headers = joined(self._ambient, request.headers)
        request.headers = {name: value for name, value in headers.items() if value is not None}
        request.params = request.params or None
        result = Prepared()
        result.prepare(**vars(request))
        return result

    async def _proxy(self, url: str) -> str | None:
        """Return the proxy that the environment names for a URL, where that is not the session's to find out."""
        if not self._trusting or not may_have_proxies():
            return None
        # Outside of the loop: some platforms look the host up.
        proxy = select_proxy(url, await asyncio.to_thread(get_environ_proxies, url))
        return f"http://{proxy}" if proxy and "://" not in proxy else proxy

    def _cookies(self, url: str) -> RequestsCookieJar:
        """Return the session's cookies for a URL."""
        jar = RequestsCookieJar()
        with contextlib.suppress(ValueError):  # preparing the rest runs into the same, and says what it is
            for name, morsel in self._session.cookie_jar.filter_cookies(URL(url)).items():
                jar.set(name, morsel.coded_value)
        return jar


class _Sending:
    """A client middleware: sends exactly the headers that were prepared, and says what went wrong, once."""

    def __init__(self, url: str, headers: Mapping[str, str], body: _Body, keep: tuple[str, ...]) -> None:
        self._url = url
        self._headers = headers
        self._body = body
        self._keep = keep

    async def __call__(self, request: aiohttp.ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        kept = {name: request.headers[name] for name in self._keep if name in request.headers}
        request.headers.clear()
        request.headers.update(kept)
        request.headers.update(self._headers)
        try:
            return await handler(request)
        except UnicodeError:
            raise Malformed(f"the URL {display_url(self._url)} names a host that cannot be looked up") from None
        except (OSError, aiohttp.ClientError) as error:
            if self._body.error is not None:
                raise _BodyFailed from None  # itself, it may be an OSError, which aiohttp makes one of its own
            # Not as aiohttp's own: it would send a PUT once more.
            failed = translated(error, self._url, connected=request.response is not None)
            try:
                raise failed from failed.__cause__
            finally:
                del failed  # it holds this frame, and the stream that is in those above it


class _BodyFailed(Exception):
    """The caller's body raised an error."""


class _Body:
    """A body in a form that aiohttp sends as it is, and that tells its own errors from those of the network."""

    def __init__(self, body: Any) -> None:
        self.error: BaseException | None = None
        if isinstance(body, str):
            body = body.encode()
        small = body is None or (isinstance(body, (bytes, bytearray)) and len(body) <= _PIECE)
        self.data: Any = body if small else self._pieces(body)

    async def _pieces(self, body: Any) -> AsyncIterator[bytes]:
        try:
            if isinstance(body, (bytes, bytearray)):
                for start in range(0, len(body), _PIECE):
                    yield bytes(body[start : start + _PIECE])
            elif hasattr(body, "__aiter__"):
                async for piece in body:
                    yield piece
            elif hasattr(body, "read"):
                # It may be a disk's, or a pipe's: not in the loop's own thread.
                while piece := await asyncio.to_thread(body.read, _PIECE):
                    yield piece.encode() if isinstance(piece, str) else piece
            else:
                for piece in body:
                    yield piece
        except Exception as error:
            self.error = error
            raise


def _text(name: str, value: str | bytes) -> str:
    """Return a header's value as aiohttp, which writes UTF-8, must have it for the same bytes to be sent.

    Raises:
        ValueError: it cannot send them.
        SSEError: it cannot, and they are the server's own.
    """
    raw = value.encode("latin-1") if isinstance(value, str) else value
    try:
        text = raw.decode()
        if not _CONTROL.search(text):
            return text
    except UnicodeDecodeError:
        pass
    words = f"header {name}: aiohttp can send UTF-8 without control characters only"
    raise SSEError(words) if name == "Last-Event-ID" else ValueError(words)


def _without_user(url: str) -> str:
    """Return `url` without user and password: they are in the headers already."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
