"""Certificates, proxies and connections that are not there: refused in the same words by both clients."""

from __future__ import annotations

import socket
import ssl
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme
from asynchronous.kit import Asyncio, Blocking

from sse_client import Client, ConnectionFailed, Reconnect
from sse_client._http.environment import TrustedCertificates
from sse_client.testing import Server, stream
from sse_client.transports.certificates import file_stamps, tls_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from asynchronous.kit import Client as ReadingClient

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "ALL_PROXY", "HTTPS_PROXY")


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(params=[Blocking, Asyncio], ids=["blocking", "asyncio"])
def client(request: pytest.FixtureRequest) -> ReadingClient:
    made: ReadingClient = request.param()
    return made


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.settimeout(0.05)
        with pytest.raises(TimeoutError):
            listener.accept()  # nobody has come


FILES = {
    "empty.pem": b"",
    "text.pem": b"nothing of the kind\n",
    "half.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def refusal(client: ReadingClient, url: str, **options: Any) -> str:
    error = client.read("GET", url, timeout=5, **options).error
    assert type(error) is ValueError
    return str(error)


@pytest.mark.parametrize("name", FILES)
def test_a_bundle_without_certificates_is_named(client: ReadingClient, silent: str, folder: Path, name: str) -> None:
    path = str(folder / name)
    expected = f"verify: {path!r} holds no certificates in PEM that can be read"
    for _ in range(2):
        assert refusal(client, f"https://{silent}/", verify=path) == expected


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
@pytest.mark.parametrize("file", ["text.pem", "missing.pem"])
def test_a_bundle_of_the_environment_is_named(
    client: ReadingClient, silent: str, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str
) -> None:
    path = str(folder / file)
    monkeypatch.setenv(name, path)
    text = f"{name}: {path!r} holds no certificates in PEM that can be read"
    missing = f"{name}: the CA bundle {path!r} does not exist"
    assert refusal(client, f"https://{silent}/") == (text if file == "text.pem" else missing)


def test_a_bundle_that_does_not_exist_is_named(client: ReadingClient, silent: str) -> None:
    assert refusal(client, f"https://{silent}/", verify="/none") == "verify: the CA bundle '/none' does not exist"


def test_a_bundle_of_the_session_is_named(silent: str, folder: Path) -> None:
    with requests.Session() as session, Client(session) as client:
        session.verify = str(folder / "text.pem")
        with pytest.raises(ValueError, match=r"^the session's verify: '.*text\.pem' holds no certificates in PEM"):
            list(client.get(f"https://{silent}/"))


@pytest.mark.parametrize("cert", ["text.pem", ("text.pem", "half.pem")])
def test_a_certificate_of_the_client_that_is_none_is_named(
    client: ReadingClient, silent: str, folder: Path, cert: str | tuple[str, str]
) -> None:
    paths = [str(folder / name) for name in ((cert,) if isinstance(cert, str) else cert)]
    said = refusal(client, f"https://{silent}/", cert=paths[0] if isinstance(cert, str) else tuple(paths))
    names = " and ".join(map(repr, paths))
    assert said == f"cert: {names}: expected a certificate with its key, in PEM, and the key not encrypted"


def test_a_file_of_keys_that_cannot_be_written_is_no_fault_of_the_certificates(
    client: ReadingClient, silent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(trusted))
    keys = str(tmp_path / "none" / "keys")
    monkeypatch.setenv("SSLKEYLOGFILE", keys)
    assert refusal(client, f"https://{silent}/", verify=str(trusted)) == (
        f"SSLKEYLOGFILE: the keys of connections cannot be written to {keys!r}: No such file or directory"
    )


def test_certificates_are_read_again_when_they_change(client: ReadingClient, folder: Path) -> None:
    """A refused bundle that is mended is accepted: what fails then is the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
    path = folder / "text.pem"
    assert "holds no certificates" in refusal(client, url, verify=path)
    trustme.CA().cert_pem.write_to_path(path)
    error = client.read("GET", url, verify=path, reconnect=False).error
    assert isinstance(error, ConnectionFailed)


def test_plain_http_needs_no_certificates(client: ReadingClient, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    error = client.read("GET", url, verify=folder / "text.pem", cert="/none", reconnect=False).error
    assert isinstance(error, ConnectionFailed)


def test_a_directory_is_trusted_as_it_is(tmp_path: Path) -> None:
    trusted = TrustedCertificates(None, str(tmp_path), "verify")
    context = tls_context(trusted, (), verified=True)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(file_stamps(trusted, ())) == 1


def test_a_context_without_verification_verifies_nothing() -> None:
    context = tls_context(None, (), verified=False)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def test_certificates_are_not_looked_for_where_nobody_asks_for_them(client: ReadingClient, folder: Path) -> None:
    with Server(default=lambda _: stream([b"data: 1\n\n"])) as server:
        for option in ("cert", "verify"):
            options: dict[str, Any] = {option: str(folder / "nowhere.pem")}
            reading = client.read("POST", server.url, **options)
            assert reading.outcome == (["1"], None)


# What is missing for a connection.


@pytest.mark.parametrize("scheme", ["socks5", "SOCKS5H", "socks4"])
def test_a_package_that_is_missing_for_socks_is_named(
    client: ReadingClient, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    package, library = ("PySocks", "requests") if isinstance(client, Blocking) else ("aiohttp-socks", "aiohttp")
    monkeypatch.setitem(sys.modules, "socks", None)
    monkeypatch.setitem(sys.modules, "aiohttp_socks", None)
    said = refusal(client, "http://127.0.0.1:9/", proxies={"all": f"{scheme}://me:s3cret@127.0.0.1:9"})
    assert said == (
        f"the proxy {scheme.lower()}://127.0.0.1:9 speaks SOCKS, for which {library} needs another package: "
        f"pip install {package}"
    )


def test_a_socks_proxy_that_refuses_says_why(client: ReadingClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = f"socks5://127.0.0.1:{listener.getsockname()[1]}"
    error = client.read("GET", "http://127.0.0.1:9/", proxies={"all": proxy}, reconnect=False).error
    assert isinstance(error, ConnectionFailed)
    assert str(error).startswith(
        f"could not connect to the proxy {proxy}, on the way to http://127.0.0.1:9/: [Errno 111] Conn"
    ) or "[Errno 111] Couldn't connect to proxy" in str(error)


def test_a_connection_that_takes_too_long_names_the_option(client: ReadingClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # it shakes no hands
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        reading = client.read("POST", url, timeout=(0.3, 9), reconnect=Reconnect(max_attempts=1))
    assert type(reading.error) is ConnectionFailed
    assert str(reading.error) == f"could not connect to {url}: timed out after 0.3 s (timeout: connect)"
