"""Determines a request's certificates and proxies from the options, the `requests.Session`, and the environment.

The session's own method searches the environment for proxies, which takes 70 µs: a tenth of a short chat.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import requests

from sse_client._http.environment import TrustedCertificates, may_have_proxies, trusted_certificates
from sse_client.request import display_url

if TYPE_CHECKING:
    from sse_client.options import Options

__all__ = ["check_certificates", "check_proxy_scheme", "settings"]

# The certificates read so far. Reading takes milliseconds; it is repeated when the files change.
_read: dict[object, None] = {}
_MOST_READ = 16

_PROXY_SCHEMES = frozenset({"http", "https", "socks4", "socks4a", "socks5", "socks5h"})


def settings(session: requests.Session, url: str, options: Options) -> dict[str, Any]:
    """Return the settings for requesting `url`: the options', the session's, and the environment's if it is trusted."""
    verify = _verify(session, options)[0]
    given: Any = dict(options.proxies or {})
    merge = session.merge_environment_settings
    own = getattr(merge, "__func__", None) is requests.Session.merge_environment_settings
    if may_have_proxies() or not own:
        return dict(merge(url, given, True, verify, options.cert))
    verify = session.verify if verify is None else verify
    cert = session.cert if options.cert is None else options.cert
    return {"proxies": {**session.proxies, **given}, "stream": True, "verify": verify, "cert": cert}


def check_certificates(session: requests.Session, options: Options, how: dict[str, Any]) -> None:
    """Refuse certificates that are missing or cannot be read, before urllib3 reads them for a connection.

    urllib3 would report them as a failed connection, and ask for the password of a key on the terminal.

    Args:
        session: the session.
        options: the stream's options.
        how: the result of `settings`.

    Raises:
        ValueError: a file does not exist, or is malformed.
    """
    verify, cert = how["verify"], how["cert"]
    if not isinstance(verify, str) and not cert:
        return
    # Imported when needed: most sessions trust the usual certificates, and present none.
    from sse_client.transports.certificates import file_stamps, tls_context

    trusted = None
    if isinstance(verify, str):
        is_directory = os.path.isdir(verify)
        source = _verify(session, options)[1]
        trusted = TrustedCertificates(None if is_directory else verify, verify if is_directory else None, source)
    chain = (cert,) if isinstance(cert, str) else tuple(cert or ())
    key = (trusted, chain, file_stamps(trusted, chain))
    if key in _read:
        return
    tls_context(trusted, chain, verified=verify is not False)
    _read[key] = None
    if len(_read) > _MOST_READ:
        del _read[next(iter(_read))]


def _verify(session: requests.Session, options: Options) -> tuple[Any, str]:
    """Return the trusted certificates, None if they are not set, and their source: option, session or variable."""
    if options.verify is not None:
        return options.verify, "verify"
    # A session's own setting has priority over the environment.
    if session.verify not in {True, None}:
        return session.verify, "the session's verify"
    trusted = trusted_certificates() if session.trust_env else None
    if trusted is None:
        return (None if session.verify is True else session.verify), "verify"
    # requests accepts a file or a directory; OpenSSL would accept both.
    paths = [trusted.file] if trusted.file is not None else []
    paths += trusted.directory.split(os.pathsep) if trusted.directory is not None else []
    return next(filter(os.path.exists, paths), paths[0]), trusted.source


def check_proxy_scheme(proxy: str) -> None:
    """Refuse a proxy that urllib3 does not support, because its own error shows the URL with user and password.

    Raises:
        ValueError: the proxy speaks neither HTTP nor SOCKS, or it speaks SOCKS and PySocks is not installed.
    """
    scheme, separator, _ = proxy.partition("://")
    if separator and scheme.lower() not in _PROXY_SCHEMES:
        raise ValueError(f"expected a proxy of http, https or SOCKS, got {display_url(proxy)}")
    if scheme.lower().startswith("socks") and find_spec("socks") is None:
        where = display_url(proxy)
        raise ValueError(
            f"the proxy {where} speaks SOCKS, for which requests needs another package: pip install PySocks"
        )
