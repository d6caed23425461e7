"""Prepares requests for the adapters of a `requests.Session`, with the session's own settings where they apply."""

from __future__ import annotations

from functools import partial
from http.cookiejar import CookieJar
from typing import TYPE_CHECKING, Any

import requests
from requests.cookies import RequestsCookieJar, cookiejar_from_dict, get_cookie_header, merge_cookies
from requests.structures import CaseInsensitiveDict

from sse_client._http.outgoing import OutgoingRequest, SessionDefaults, outgoing
from sse_client._http.type_guards import is_mapping
from sse_client._http.url import MalformedRequest
from sse_client.request import display_url, with_headers

if TYPE_CHECKING:
    from sse_client._http.redirects import RedirectChain
    from sse_client.request import Request

__all__ = ["flaw_of", "prepared"]


def prepared(
    session: requests.Session, request: Request, chain: RedirectChain, resume: bytes
) -> requests.PreparedRequest:
    """Return `request` as the session sends it, prepared by the session's own `prepare_request` if it overrides that.

    Args:
        session: the session whose headers, cookies, parameters, credentials and hooks are added.
        request: the request, its body ready to be read.
        chain: the redirects so far; nothing personal goes to other origins.
        resume: the value of `Last-Event-ID`, if the request has none of its own; empty: there is none.

    Raises:
        MalformedRequest: the request cannot be sent.
        TypeError: a part of the request is of a type that cannot be sent.
    """
    own = getattr(session.prepare_request, "__func__", None) is requests.Session.prepare_request
    if not own and not chain.crossed_origin:
        return _prepared_by(session, request, chain, resume)
    defaults = SessionDefaults(
        headers=session.headers,
        params=None if chain.followed else session.params,  # a redirect's location is complete
        # `any` stops at the first cookie; `len` would count all of them.
        cookies=partial(_cookie_header, session) if request.cookies or any(session.cookies) else None,
        auth=session.auth,
        netrc=session.trust_env,
        any_scheme=True,
    )
    sent = outgoing(request, defaults.across_origins() if chain.crossed_origin else defaults, resume)
    result: requests.PreparedRequest | None = sent.prepared
    if result is None:
        result = requests.PreparedRequest()
        result._cookies = RequestsCookieJar()  # noqa: SLF001  (a hook may copy the request)
    result.method, result.url, result.body = sent.method, sent.url, sent.body
    result.headers = CaseInsensitiveDict(sent.headers.values())
    for event, hooks in session.hooks.items():
        if hooks:
            result.register_hook(event, hooks)
    return result


def flaw_of(ready: requests.PreparedRequest, error: BaseException) -> str | None:
    """Return what is malformed in a request that could not be written, without quoting it; None if nothing is.

    http.client checks headers before it sends anything, and its errors quote their values, or the whole body.

    Args:
        ready: the request.
        error: the exception raised by sending it.
    """
    if not isinstance(error, ValueError):
        return None
    for name, value in ready.headers.items():
        octets = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
        if any(end in octets for end in (b"\r", b"\n", b"\0")):
            return f"header {name}: the value holds a CR, LF or NUL"
    if isinstance(error, UnicodeEncodeError):
        return "the request holds a character that cannot be sent: half of a surrogate pair, say"
    return None


def _cookie_header(session: requests.Session, sent: OutgoingRequest, own: Any) -> str:
    """Return the `Cookie` header that requests builds from the cookies of a session and a request."""
    jar: Any = RequestsCookieJar()
    merge_cookies(jar, session.cookies)
    if isinstance(own, CookieJar):
        merge_cookies(jar, own)
    elif is_mapping(own):
        merge_cookies(jar, cookiejar_from_dict({name: _cookie_value(value) for name, value in own.items()}))
    elif own:
        raise TypeError(f"cookies: expected a mapping or a cookie jar, got {type(own).__name__}")
    asking = requests.PreparedRequest()
    asking.url, asking.headers = sent.url, CaseInsensitiveDict(sent.headers.values())
    return get_cookie_header(jar, asking) or ""


def _cookie_value(value: Any) -> Any:
    """Return the text of a cookie's value, which may be a number, or a morsel of `http.cookies`; None stays None."""
    return value if value is None or isinstance(value, str) else str(getattr(value, "coded_value", value))


def _prepared_by(
    session: requests.Session, request: Request, chain: RedirectChain, resume: bytes
) -> requests.PreparedRequest:
    """Return the result of the session's own `prepare_request`."""
    complete = with_headers(request, session.headers, "")
    headers: dict[str, Any] = dict(complete.headers)
    auth = request.auth
    given = {name.lower() for name in headers}
    if auth is None and ("authorization" in given or "authorization" in session.headers):
        # Otherwise a password in ~/.netrc would replace the caller's own key.
        auth = _no_auth
    arguments = {name: getattr(request, name) for name in ("method", "url", "params", "data", "json", "files")}
    try:
        result = session.prepare_request(
            requests.Request(**arguments, headers=headers, auth=auth, cookies=request.cookies)
        )
        if chain.followed:
            result.prepare_url(request.url, None)  # without the session's parameters: the location is complete
    except requests.RequestException as error:
        # The original messages show the URL with its query.
        raise MalformedRequest(
            f"the request to {display_url(request.url)} is malformed: {type(error).__name__}"
        ) from None
    except UnicodeEncodeError:  # this error holds the text
        raise MalformedRequest("the request holds half of a surrogate pair, which has no UTF-8 form") from None
    if resume and "last-event-id" not in given:
        # Set only now, because requests refuses an ID that begins with a form feed, which the standard allows.
        result.headers["Last-Event-ID"] = resume
    return result


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
