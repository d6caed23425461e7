"""Converts `verify` and `cert`, in the form of requests, into aiohttp's `ssl`."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from sse_client._http.environment import TrustedCertificates, trusted_certificates
from sse_client.transports.certificates import file_stamps, tls_context

if TYPE_CHECKING:
    import ssl

__all__ = ["tls_settings"]

_MOST_CONTEXTS = 16
_contexts: dict[object, ssl.SSLContext] = {}


async def tls_settings(
    verify: bool | str | None, cert: str | tuple[str, str] | None, *, environment: bool
) -> ssl.SSLContext | bool:
    """Return a value for aiohttp's `ssl`: True for the session's own, False for no verification, or a context.

    Creating a context takes tens of milliseconds, so it is done outside of the event loop's thread, and the context is
    kept until its files change. Connections in the pool are also found by their context.

    Args:
        verify: None or True for the usual authorities, False for no verification, or the path of a file or a directory
            of certificates that are trusted instead.
        cert: the path of the client's certificate with its key, or a pair of paths; None for none.
        environment: whether the environment's bundle is used if `verify` names none.

    Raises:
        ValueError: a file does not exist, or is malformed.
    """
    trusted = _trusted(verify)
    if trusted is None and environment and verify is not False:
        trusted = trusted_certificates()
    if trusted is None and cert is None:
        return verify is not False
    chain = _chain(cert)
    key = (verify is not False, trusted, chain, file_stamps(trusted, chain))
    found = _contexts.get(key)
    if found is None:
        made = await asyncio.to_thread(tls_context, trusted, chain, verified=verify is not False)
        found = _contexts.setdefault(key, made)
        if len(_contexts) > _MOST_CONTEXTS:
            del _contexts[next(iter(_contexts))]
    return found


def _trusted(verify: bool | str | None) -> TrustedCertificates | None:
    if not isinstance(verify, str):
        return None
    is_directory = os.path.isdir(verify)
    return TrustedCertificates(None if is_directory else verify, verify if is_directory else None, "verify")


def _chain(cert: str | tuple[str, str] | None) -> tuple[str, ...]:
    """Return the paths of the client's certificate, and of its key, if that is in another file."""
    if cert is None:
        return ()
    return (cert,) if isinstance(cert, str) else cert
