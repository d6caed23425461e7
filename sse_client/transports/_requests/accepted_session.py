"""Checks which sessions the blocking client accepts: those of requests, and clients of httpx2 and httpx."""

from __future__ import annotations

import requests

from sse_client.transports.bypassed import warn_of_bypassed

__all__ = ["check_session"]

# This package follows redirects by its own rules: `allow_redirects`, and limits on what goes to another origin.
_BYPASSED = (
    *("send", "request", "get", "options", "head", "post", "put", "patch", "delete"),
    *("resolve_redirects", "get_redirect_target", "rebuild_auth", "rebuild_method", "rebuild_proxies"),
    "should_strip_auth",
)


def check_session(session: object, accepted: str) -> None:
    """Refuse an object that is not a session of requests, and warn if the session overrides methods that are bypassed.

    Args:
        session: the object that the caller passes to a client.
        accepted: a description of what the client accepts, for the message.

    Raises:
        TypeError: `session` is not a session of requests.
    """
    if not isinstance(session, requests.Session):
        from sse_client.transports.refused_session import refused_session

        raise refused_session(session, accepted)
    # A `send` of the session's own is called: it is how tests replace it.
    instead = "put it into an adapter, a hook or an authentication object"
    warn_of_bypassed(session, requests.Session, _BYPASSED, instead, own=[name for name in _BYPASSED if name != "send"])
