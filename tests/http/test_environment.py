"""Proxies and certificates that the environment names, read as requests reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from requests.utils import get_environ_proxies, select_proxy

from sse_client._http import environment
from sse_client._http.environment import TrustedCertificates, may_have_proxies, proxy_for, trusted_certificates

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


# Proxies

URLS = [
    "http://example.com/",
    "https://www.example.com:8443/",
    "http://notexample.com/",
    "http://127.0.0.1:80/",
    "http://10.1.2.3/",
    "http://[::1]:8080/",
    "http://localhost/",
]


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"http_proxy": "http://a:1"},
        {"HTTP_PROXY": "http://a:1", "https_proxy": "b:2"},
        {"ALL_PROXY": "socks5://a:1", "https_proxy": "http://b:2"},
        {"all_proxy": "http://a:1"},
        {"Http_Proxy": "http://a:1"},
        {"http_proxy": ""},
    ],
)
@pytest.mark.parametrize(
    "no_proxy",
    [
        None,
        "*",
        "example.com",
        ".example.com, localhost",
        "EXAMPLE.COM",
        "www.example.com:8443",
        "example.com:80",
        "127.0.0.1",
        "10.0.0.0/8",
        "10.0.0.0/99,,",
        "1.2.3",
        "com",
    ],
)
@pytest.mark.parametrize("url", URLS)
def test_proxy_of_the_environment_is_that_of_requests(
    monkeypatch: pytest.MonkeyPatch, url: str, variables: dict[str, str], no_proxy: str | None
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if no_proxy is not None:
        monkeypatch.setenv("NO_PROXY", no_proxy)
    expected = select_proxy(url, get_environ_proxies(url))
    if expected and "://" not in expected:
        expected = f"http://{expected}"
    assert proxy_for(url, None, environment=True) == expected
    assert proxy_for(url, None, environment=False) is None
    assert may_have_proxies() or expected is None


@pytest.mark.parametrize(
    ("proxies", "proxy"),
    [
        ({"http": "http://b:2"}, "http://b:2"),
        ({"http": "b:2"}, "http://b:2"),
        ({"http://example.com": "http://b:2", "http": "http://c:3"}, "http://b:2"),
        ({"all://example.com": "http://b:2"}, "http://a:1"),
        ({"all": "http://b:2"}, "http://a:1"),
        ({"https": "http://b:2"}, "http://a:1"),
        ({"http": None}, None),
        ({"http": ""}, None),
        ({"no_proxy": "example.com"}, None),
        ({"no_proxy": "example.org"}, "http://a:1"),
        ({"no_proxy": "example.com", "http": "http://b:2"}, "http://b:2"),
    ],
)
def test_proxies_of_the_caller_come_before_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, proxies: dict[str, str | None], proxy: str | None
) -> None:
    monkeypatch.setenv("http_proxy", "http://a:1")
    assert proxy_for("http://example.com/", proxies, environment=True) == proxy


@pytest.mark.parametrize(
    ("proxies", "proxy"),
    [
        ({"all": "http://b:2"}, "http://b:2"),
        ({"all://example.com": "http://b:2"}, "http://b:2"),
        ({"https": "x"}, None),
    ],
)
def test_proxies_of_the_caller_alone(proxies: dict[str, str | None], proxy: str | None) -> None:
    assert proxy_for("http://example.com/", proxies, environment=False) == proxy


def test_system_settings_count_where_the_platform_has_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "getproxies", lambda: {"http": "http://system:1"})
    monkeypatch.setattr(environment, "proxy_bypass", "local.example".__eq__)
    assert may_have_proxies()
    assert proxy_for("http://example.com/", None, environment=True) == "http://system:1"
    assert proxy_for("http://local.example/", None, environment=True) is None


# Certificates


def test_nothing_is_trusted_in_place_of_the_usual() -> None:
    assert trusted_certificates() is None


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_bundle_is_a_file_or_a_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.setenv(name, "/none")
    assert trusted_certificates() == TrustedCertificates("/none", None, name)
    monkeypatch.setenv(name, str(tmp_path))
    assert trusted_certificates() == TrustedCertificates(None, str(tmp_path), name)


def test_variables_of_openssl_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/file")
    assert trusted_certificates() == TrustedCertificates("/file", None, "SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", "/a:/b")
    assert trusted_certificates() == TrustedCertificates("/file", "/a:/b", "SSL_CERT_FILE or SSL_CERT_DIR")
    monkeypatch.setenv("SSL_CERT_FILE", "")
    assert trusted_certificates() == TrustedCertificates(None, "/a:/b", "SSL_CERT_DIR")


def test_variables_have_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in reversed(NAMES):
        monkeypatch.setenv(name, f"/{name}")
        found = trusted_certificates()
        assert found is not None
        assert name in found.source
