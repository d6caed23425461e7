"""Builds the error for an object that is passed as a session but is not accepted."""

from __future__ import annotations

__all__ = ["refused_session"]

# Classes that the other client accepts, by package and name, so that none has to be imported.
_BELONG = {
    ("requests", "Session"): "Client",
    ("aiohttp", "ClientSession"): "AsyncClient",
    ("sse_client", "BlockingSession"): "Client",
    ("sse_client", "AsyncSession"): "AsyncClient",
}


def refused_session(session: object, accepted: str) -> TypeError:
    """Return the error, which names the object that was passed, and says what to do with it if that is known.

    Args:
        session: the object that was passed.
        accepted: a description of what is accepted.
    """
    if isinstance(session, type):
        return TypeError(
            f"session: expected {accepted}, got the class {session.__module__}.{session.__qualname__}: pass an instance"
        )
    kind = type(session)
    advice = ""
    for each in kind.__mro__:
        package = each.__module__.partition(".")[0]
        if (package, each.__name__) in _BELONG:
            advice = f": pass it to {_BELONG[package, each.__name__]}"
        elif package == "niquests":
            advice = ": it connects by parts of its own, not by requests'; sse_client.read reads its open responses"
    return TypeError(f"session: expected {accepted}, got {kind.__module__}.{kind.__qualname__}{advice}")
