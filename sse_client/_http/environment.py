"""Proxies and trusted certificates from environment variables, the same for every transport."""

from __future__ import annotations

import ipaddress
import os
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TrustedCertificates", "may_have_proxies", "proxy_for", "trusted_certificates"]

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class TrustedCertificates(msgspec.Struct, frozen=True):
    """The location of trusted CA certificates.

    Attributes:
        file: a file of certificates in PEM; None for none.
        directory: a directory of certificates, as OpenSSL reads it; None for none.
        source: the environment variable or option that names them; both, if there are two.
    """

    file: str | None
    directory: str | None
    source: str


def trusted_certificates() -> TrustedCertificates | None:
    """Return the CA certificates that the environment names instead of the usual ones; None if it names none.

    `REQUESTS_CA_BUNDLE` comes first, then `CURL_CA_BUNDLE`, a file or a directory; then, both together, OpenSSL's own
    `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    """
    for name in _BUNDLES:
        path = os.environ.get(name)
        if path:
            isdir = os.path.isdir(path)
            return TrustedCertificates(None if isdir else path, path if isdir else None, name)
    file, directory = os.environ.get("SSL_CERT_FILE") or None, os.environ.get("SSL_CERT_DIR") or None
    if file is None and directory is None:
        return None
    names = [name for name, value in (("SSL_CERT_FILE", file), ("SSL_CERT_DIR", directory)) if value is not None]
    return TrustedCertificates(file, directory, " or ".join(names))


def may_have_proxies() -> bool:
    """Return whether the environment may name any proxy; some platforms have further settings, which count too."""
    if getproxies is not getproxies_environment:
        return True
    # `os.environ` decodes each name, which takes 9 µs a request. Comparing the undecoded names with those of the last
    # request takes 0.2 µs; as a tuple, because the hash of each name is known.
    return _name_proxies(tuple(getattr(os.environ, "_data", os.environb)))


@lru_cache(maxsize=1)
def _name_proxies(names: tuple[bytes, ...]) -> bool:
    joined = b"\0".join(names).lower()
    return joined.count(b"_proxy") > joined.count(b"no_proxy")


def proxy_for(url: str, proxies: Mapping[str, str | None] | None, *, environment: bool) -> str | None:
    """Return the proxy for a URL, with a scheme; None for none.

    Args:
        url: the request's URL.
        proxies: proxies by scheme or `all`, either with or without a host, as in requests: `http`,
            `https://example.com`, `all`. None or an empty string as a proxy means none. `no_proxy` lists hosts for
            which the environment's proxies are not used.
        environment: whether `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` count too, after `proxies`.
    """
    merged: dict[str, str | None] = dict(proxies or {})
    no_proxy = merged.pop("no_proxy", None)
    parts = urlsplit(url)
    host = parts.hostname or ""
    if environment and may_have_proxies() and not _bypassed(host, parts.port, no_proxy):
        merged = {**getproxies(), **merged}
    merged = {name: proxy for name, proxy in merged.items() if proxy is not None}
    for name in (f"{parts.scheme}://{host}", parts.scheme, f"all://{host}", "all"):
        if name in merged:
            proxy = merged[name]
            return f"http://{proxy}" if proxy and "://" not in proxy else proxy or None
    return None


def _bypassed(host: str, port: int | None, no_proxy: str | None) -> bool:
    """Return whether `NO_PROXY`, or `no_proxy` instead of it, names a host: directly, by a domain, or by a network."""
    if no_proxy is None:
        no_proxy = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    listed = [each.lstrip(".") for each in no_proxy.replace(" ", "").lower().split(",") if each]
    names = (host, f"{host}:{port}" if port else host)
    if listed == ["*"] or any(name == each or name.endswith(f".{each}") for each in listed for name in names):
        return True
    if any("/" in each and _in_network(host, each) for each in listed):
        return True
    # On Windows and macOS, the system settings can exempt hosts, too.
    return getproxies is not getproxies_environment and bool(proxy_bypass(host))


def _in_network(host: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
