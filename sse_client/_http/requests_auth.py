"""Runs authentication objects made for requests; requests is imported only for them.

Such an object is a callable that changes a `PreparedRequest`. Digest authentication (RFC 7616) needs a second request,
which answers the challenge in the response to the first one.
"""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

__all__ = ["answer_to_challenge", "apply_auth", "is_digest", "waits_for_response"]


def apply_auth(
    auth: Callable[[Any], Any], method: str, url: str, headers: Mapping[str, str | bytes], body: Any
) -> requests.PreparedRequest:
    """Return the request with the changes that `auth` makes to it.

    Args:
        auth: an authentication object.
        method: the HTTP method.
        url: the URL in full.
        headers: the header fields.
        body: bytes, a file, or an iterable.

    Raises:
        TypeError: `auth` does not return a request.
    """
    from requests import PreparedRequest
    from requests.cookies import RequestsCookieJar
    from requests.structures import CaseInsensitiveDict

    prepared = PreparedRequest()
    prepared.method, prepared.url, prepared.body = method, url, body
    prepared.headers = CaseInsensitiveDict(headers)
    prepared._cookies = RequestsCookieJar()  # noqa: SLF001  (an authentication object may copy the request)
    made = auth(prepared)
    if not isinstance(made, PreparedRequest):
        raise TypeError(f"auth: expected {type(auth).__name__} to return the request, got {type(made).__name__}")
    return made


def is_digest(auth: object) -> bool:
    """Return whether `auth` is requests' digest authentication."""
    from requests.auth import HTTPDigestAuth

    return isinstance(auth, HTTPDigestAuth)


def waits_for_response(prepared: requests.PreparedRequest) -> bool:
    """Return whether the authentication object has registered to be called with the response."""
    return bool(prepared.hooks.get("response"))


def answer_to_challenge(
    prepared: requests.PreparedRequest, status: int, headers: Mapping[str, str]
) -> str | bytes | None:
    """Return the `Authorization` of the second request that the authentication object would send; None for none.

    Args:
        prepared: the request on which the object was called.
        status: the status of the response.
        headers: the response's header fields.
    """
    from requests import Response
    from requests.hooks import dispatch_hook
    from requests.structures import CaseInsensitiveDict

    response, connection = Response(), _Connection()
    response.status_code = status
    response.headers = CaseInsensitiveDict(headers)
    response.request, response.url = prepared, prepared.url or ""
    response.raw = io.BytesIO()  # the body of the challenge, which nobody reads
    response.connection = connection  # type: ignore[assignment]
    with contextlib.suppress(KeyError):  # a challenge without a realm or a nonce
        dispatch_hook("response", prepared.hooks, response)
    return connection.sent.headers.get("Authorization") if connection.sent is not None else None


class _Connection:
    """Stands for the connection on which an authentication object sends its second request."""

    def __init__(self) -> None:
        self.sent: requests.PreparedRequest | None = None

    def send(self, prepared: requests.PreparedRequest, **_: object) -> requests.Response:
        from requests import Response

        self.sent = prepared
        return Response()
