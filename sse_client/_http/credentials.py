"""Finds a request's credentials as requests does: in a pair, in the URL, or in ~/.netrc."""

from __future__ import annotations

import os
from base64 import b64encode
from typing import Any
from urllib.parse import unquote, urlsplit

from sse_client._http.url import MalformedRequest

__all__ = ["basic", "netrc_credentials", "url_credentials"]


def basic(user: Any, password: Any) -> str:
    """Return the `Authorization` value for a user and a password (RFC 7617), each bytes or Latin-1 text.

    Raises:
        MalformedRequest: a text holds characters beyond Latin-1.
    """
    return "Basic " + b64encode(b":".join((_latin_1(user), _latin_1(password)))).decode("ascii")


def url_credentials(url: str) -> tuple[str, str] | None:
    """Return the user and the password in a URL; None if one of them is missing, or both are empty."""
    user, at, _ = urlsplit(url).netloc.rpartition("@")
    if not at:
        return None
    name, colon, password = user.partition(":")
    return (unquote(name), unquote(password)) if colon and (name or password) else None


def netrc_credentials(url: str) -> tuple[str, str] | None:
    """Return the user and the password for a URL's host in ~/.netrc, or in the file that `NETRC` names.

    A file that cannot be read counts as empty.
    """
    named = os.environ.get("NETRC")
    paths: tuple[str, ...]
    if named is None:
        # `os.path.expanduser` returns the same, and takes six times as long.
        home = (os.environ.get("HOME") if os.name == "posix" else None) or os.path.expanduser("~")
        paths = f"{home}{os.sep}.netrc", f"{home}{os.sep}_netrc"
    else:
        paths = (os.path.expanduser(named),)
    for path in paths:
        # Usually there is no such file; then `os.path.exists` catches an error, which takes twice as long.
        if os.access(path, os.F_OK):
            return _entry(path, urlsplit(url).hostname or "")
    return None


def _entry(path: str, host: str) -> tuple[str, str] | None:
    from netrc import NetrcParseError, netrc

    try:
        entry = netrc(path).authenticators(host)
    except (NetrcParseError, OSError, UnicodeDecodeError):
        return None
    if entry is None or not any(entry):
        return None
    login, account, password = entry
    return login or account or "", password or ""


def _latin_1(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return str(value).encode("latin-1")
    except UnicodeEncodeError:
        raise MalformedRequest("auth: a str must be of Latin-1 characters; pass others as bytes") from None
