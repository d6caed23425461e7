"""Checks the files of certificates that options name, before anything is sent."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from sse_client.cli.exits import Failure
from sse_client.cli.files import read_bytes

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["client_certificate", "trusted"]


def trusted(path: Path, option: str = "--cacert") -> str:
    """Check a certificate file, and return its path, or that of a copy of it.

    Raises:
        Failure: it cannot be read, or contains no certificate.
    """
    import ssl  # not at the top: few commands need it before they connect

    file = _readable(option, path)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except OSError:  # an SSLError, too
        raise Failure(f"{option}: expected certificates in PEM in {path}, got something else") from None
    return file


def client_certificate(
    certificate: Path | None, private: Path | None, option: str = "--cert"
) -> tuple[str, str | None] | None:
    """Return the paths of the client certificate, and of its key if that is in another file; None if there is none.

    A path may be that of a copy.

    Raises:
        Failure: a file cannot be read, or certificate and key do not match.
    """
    if certificate is None:
        if private is not None:
            raise Failure(f"{option}-key: expected a certificate that it belongs to, with {option}")
        return None
    import ssl

    files = [_readable(option, certificate)] + ([_readable(f"{option}-key", private)] if private else [])
    try:
        # OpenSSL would ask for the password of an encrypted key at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(files[0], files[-1], password=lambda: "")
    except OSError:  # an SSLError, too
        names = " and ".join(str(path) for path in (certificate, private) if path)
        raise Failure(
            f"{option}: expected a certificate with its key, in PEM, not encrypted, in {names}; got something else"
        ) from None
    return files[0], files[1] if private else None


def _readable(name: str, path: Path) -> str:
    """Return the path of a file that an option names, or that of a copy, if the file can be read only once.

    Raises:
        Failure: the file cannot be read.
    """
    if str(path) == "-":
        raise Failure(f'{name}: expected a file, got "-"')  # the file is read more than once
    data = read_bytes(path, name)
    return str(path) if path.is_file() else _copy(name, path, data)


def _copy(name: str, path: Path, data: bytes) -> str:
    """Return the path of a copy in memory of a pipe, such as the `<(...)` of a shell.

    Raises:
        Failure: the system has no files in memory.
    """
    if sys.platform != "linux":
        raise Failure(f"{name}: expected a file that can be read more than once, got {path}")
    copy = os.memfd_create(name)  # not on a disk, because it may be a private key; open until the program ends
    with os.fdopen(copy, "wb", closefd=False) as file:
        file.write(data)
    return f"/proc/self/fd/{copy}"
