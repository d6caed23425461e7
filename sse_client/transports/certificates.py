"""Loads trusted and client certificates before a connection is made; the same for every transport.

A missing or malformed file is a mistake in a call or in an environment variable. It is not a failed connection, and
another attempt would not help.
"""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sse_client._http.environment import TrustedCertificates

__all__ = ["file_stamps", "tls_context"]


def file_stamps(trusted: TrustedCertificates | None, chain: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """Return a value that changes whenever the files change.

    Args:
        trusted: the trusted authorities; None for the usual ones.
        chain: the paths of the client's certificate, and of its key, if that is in another file.

    Raises:
        ValueError: a file does not exist.
    """
    stamps: list[tuple[int, int]] = []
    if trusted is not None:
        # OpenSSL accepts several directories, and ignores those that do not exist.
        paths = [trusted.file] if trusted.file else []
        paths += trusted.directory.split(os.pathsep) if trusted.directory else []
        stamps += filter(None, map(_stamp, paths))
        if not stamps:
            raise ValueError(f"{trusted.source}: the CA bundle {' or '.join(map(repr, paths))} does not exist")
    for path in chain:
        stamp = _stamp(path)
        if stamp is None:
            raise ValueError(f"cert: the file {path!r} does not exist")
        stamps.append(stamp)
    return tuple(stamps)


def tls_context(trusted: TrustedCertificates | None, chain: tuple[str, ...], *, verified: bool) -> ssl.SSLContext:
    """Return a TLS context that trusts those certificates, and presents the client's.

    Raises:
        ValueError: a file is malformed.
    """
    try:
        file = trusted.file if trusted is not None and trusted.file and os.path.exists(trusted.file) else None
        context = ssl.create_default_context(cafile=file, capath=trusted.directory if trusted is not None else None)
    except OSError as error:
        if error.filename is not None:
            # Python opens that file for each such context; an error about a certificate file would have no file name.
            where = f"{os.fsdecode(error.filename)!r}: {error.strerror}"
            raise ValueError(f"SSLKEYLOGFILE: the keys of connections cannot be written to {where}") from None
        assert trusted is not None
        raise ValueError(f"{trusted.source}: {trusted.file!r} holds no certificates in PEM that can be read") from None
    context.set_alpn_protocols(["http/1.1"])
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if chain:
        try:
            # For an encrypted key, OpenSSL would ask for the password on the terminal.
            context.load_cert_chain(chain[0], chain[-1], password=lambda: "")
        except OSError:
            raise ValueError(
                f"cert: {' and '.join(map(repr, chain))}: expected a certificate with its key, in PEM, "
                "and the key not encrypted"
            ) from None
    return context


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
