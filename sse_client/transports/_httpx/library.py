"""Tells from a client's type which of the two libraries it belongs to, without importing either."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from sse_client.transports.bypassed import warn_of_bypassed

if TYPE_CHECKING:
    from sse_client.options import Options

__all__ = ["Library", "accepted_library", "check_fixed_options", "check_open", "library_of", "with_base_url"]

_NAMES = ("httpx2", "httpx")
_BYPASSED = ("request", "stream", "build_request", "get", "options", "head", "post", "put", "patch", "delete")
_FIXED = {"verify": "verify", "cert": "verify", "proxies": "proxy"}


class Library(NamedTuple):
    """The library of a client.

    Attributes:
        name: `httpx2` or `httpx`.
        module: the library itself.
        kind: the library's class of the client, `Client` or `AsyncClient`.
    """

    name: str
    module: Any
    kind: str


def library_of(client: object) -> Library | None:
    """Return the library whose client this is, or an instance of a subclass; None for other objects."""
    for each in type(client).__mro__:
        name = each.__module__.partition(".")[0]
        if name in _NAMES and each.__name__ in {"Client", "AsyncClient"}:
            return Library(name, sys.modules[name], each.__name__)
    return None


def accepted_library(client: object, kind: str, accepted: str) -> Library | None:
    """Return the library of an open client of a kind; None if it is a client of neither library.

    Args:
        client: the object that the caller passed.
        kind: the required class.
        accepted: a description of what is accepted.

    Raises:
        TypeError: the client is of the other kind.
        RuntimeError: the client is closed.
    """
    library = library_of(client)
    if library is None:
        return None
    if library.kind != kind:
        raise TypeError(f"session: expected {accepted}, got {library.name}.{library.kind}: pass it to {library.kind}")
    check_open(client, library)
    warn_of_bypassed(client, getattr(library.module, kind), _BYPASSED, "put it into send, a hook or a transport")
    return library


def check_open(client: Any, library: Library) -> None:
    """Refuse a closed client.

    Raises:
        RuntimeError: the client is closed.
    """
    if client.is_closed:
        raise RuntimeError(f"the {library.name}.{library.kind} is closed")


def check_fixed_options(options: Options, library: Library) -> None:
    """Refuse options that the library fixes for all requests of a client.

    Raises:
        TypeError: such an option is set; the message says where it belongs.
    """
    for option, argument in _FIXED.items():
        if getattr(options, option) is not None:
            where = f"{library.name}.{library.kind}({argument}=...)"
            raise TypeError(f"{option}: {library.name} fixes it for each client; pass {where} as the session")


def with_base_url(client: Any, url: str) -> str:
    """Return a URL joined to the `base_url` of a client as the library does it; absolute URLs are unchanged."""
    base = str(client.base_url)
    try:
        if not base or url.startswith("//") or urlsplit(url).scheme:
            return url
    except (AttributeError, ValueError):  # the option is refused later
        return url
    return f"{base.rstrip('/')}/{url.lstrip('/')}"
