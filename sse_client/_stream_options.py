"""The keyword arguments of a stream, which are public as `options.StreamOptions`.

Unlike in other modules, most annotations here are not strings: `TypedDict` would have to compile each of the 22.
"""

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from sse_client._http.redirects import AllowRedirects
from sse_client.events import Event
from sse_client.request import Attempt, Request

if TYPE_CHECKING:
    from sse_client._timeout import Timeout
    from sse_client.checkpoint import Checkpoint
    from sse_client.observer import Observer
    from sse_client.policy import Reconnect

__all__ = ["StreamOptions"]


class StreamOptions(TypedDict, total=False):
    """The keyword arguments of `stream`, `get`, `post` and `subscribe`, of a `Client` and of the module alike.

    Attributes:
        params: parameters to add to the URL's query: a mapping, a list of pairs, or a string.
        headers: header fields; None as a value removes a default. `Last-Event-ID` has the effect of `last_event_id`.
        data: the body: bytes, a string, form fields, a file, an iterable of bytes, or a callable that returns one of
            these for each attempt.
        json: a value to send as a JSON body.
        files: files to send as multipart form data.
        auth: a pair of user and password, or a `requests` authentication object.
        cookies: a mapping or a cookie jar.
        verify: False: accept any certificate; a path: the CA bundle or folder to verify with; None or True: the
            session and the environment decide.
        cert: the client's certificate: a path, or a pair of paths to certificate and key.
        proxies: a mapping from scheme to proxy URL, as in requests.
        allow_redirects: True: follow redirects; False: refuse all (`RedirectRefused`); "same-origin": refuse those to
            another scheme, host or port; "no-downgrade": refuse those from https to http.
        timeout: seconds to connect, and seconds of silence: one number for both, a pair, or a `Timeout`; by default
            (10, 300).
        reconnect: True: resend whatever the method; False: never resend; a `Reconnect`; None: depending on the method.
        last_event_id: where to resume; it takes precedence over the checkpoint.
        until: the last event: a string that equals its data, or a predicate.
        include_last: whether the event that `until` names is also yielded; in a call, allowed only with `until`.
        prepare: called with the `Request` and the `Attempt` before each attempt; returns the request to send.
        checkpoint: a path, or an object with `load` and `save`.
        comments: whether comments are also yielded, as `Comment`.
        max_event_size: the most bytes of one event; None: no limit, neither for events nor for a compressed body that
            inflates too far.
        max_error_body: the bytes of a response that is not an event stream that are kept in its error, of those that
            arrive within 5 s; None: all of them, within `timeout`, for callers that expect either kind of response.
        observer: called with `Opened`, `Lost` and `Closed`.
    """

    params: Any
    headers: Mapping[str, str | bytes | None] | None
    data: Any
    json: Any
    files: Any
    auth: Any
    cookies: Any
    verify: bool | str | os.PathLike[str] | None
    cert: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None
    proxies: Mapping[str, str | None] | None
    allow_redirects: AllowRedirects
    timeout: "float | tuple[float | None, float | None] | Timeout | None"
    reconnect: "bool | Reconnect | None"
    last_event_id: str
    until: str | Callable[[Event], bool] | None
    include_last: bool
    prepare: Callable[[Request, Attempt], Request | Awaitable[Request]] | None
    checkpoint: "Checkpoint | str | os.PathLike[str] | None"
    comments: bool
    max_event_size: int | None
    max_error_body: int | None
    observer: "Observer | None"
