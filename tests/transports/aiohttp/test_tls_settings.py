"""`verify`, `cert` and the environment's bundles, in the asyncio client."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import trustme
from asynchronous.kit import run
from cryptography.hazmat.primitives import serialization

from sse_client import ConnectionFailed, Reconnect
from sse_client.aio import AsyncClient
from sse_client.testing import Server, stream
from sse_client.transports._aiohttp import tls_settings as module
from sse_client.transports._aiohttp.tls_settings import tls_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
OPENSSL = shutil.which("openssl")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="a directory of certificates is made by openssl")
DONE = stream([b"data: 1\n\n"])


@pytest.fixture(autouse=True)
def _empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    module._contexts.clear()
    yield
    module._contexts.clear()


class Files:
    """An authority, and the files that a client may name."""

    def __init__(self, folder: Path) -> None:
        authority: Any = trustme.CA()
        self.bundle = folder / "bundle.pem"
        authority.cert_pem.write_to_path(self.bundle)
        self.other = folder / "other.pem"
        other: Any = trustme.CA()
        other.cert_pem.write_to_path(self.other)
        self.directory = folder / "hashed"
        self.directory.mkdir()
        (self.directory / "ca.pem").write_bytes(self.bundle.read_bytes())
        if OPENSSL is not None:
            subprocess.run([OPENSSL, "rehash", str(self.directory)], check=True, timeout=30)
        self.text = folder / "text.pem"
        self.text.write_text("no certificate")
        client: Any = authority.issue_cert("me@example.com")
        self.cert, self.key, self.both = folder / "cert.pem", folder / "key.pem", folder / "both.pem"
        client.cert_chain_pems[0].write_to_path(self.cert)
        client.private_key_pem.write_to_path(self.key)
        client.private_key_and_cert_chain_pem.write_to_path(self.both)
        self.server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        served: Any = authority.issue_cert("127.0.0.1")
        served.configure_cert(self.server)
        authority.configure_trust(self.server)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("certificates"))


def connected(files: Files, make: Callable[[], aiohttp.ClientSession | None] = lambda: None, **options: Any) -> int:
    """Return the status of an answer over TLS."""
    statuses: list[int] = []

    async def main() -> None:
        with Server(DONE, tls=files.server) as server:
            async with AsyncClient(make(), reconnect=False) as client:
                events = client.get(server.url, **options)
                assert [event.data async for event in events] == ["1"]
                assert events.response is not None
                statuses.append(events.response.status)

    run(main)
    return statuses[0]


REFUSED = "certificate verify failed"


@pytest.mark.parametrize("verify", [None, True])
def test_unknown_authority_is_not_trusted(files: Files, verify: Any) -> None:
    with pytest.raises(ConnectionFailed, match=REFUSED) as caught:
        connected(files, verify=verify)
    assert (caught.value.sent, caught.value.final) == (False, True)


def test_verify_is_a_bundle(files: Files) -> None:
    assert connected(files, verify=str(files.bundle)) == 200
    assert connected(files, verify=files.bundle) == 200


@needs_openssl
def test_verify_is_a_directory(files: Files) -> None:
    assert connected(files, verify=files.directory) == 200


def test_verify_of_another_authority_refuses(files: Files) -> None:
    with pytest.raises(ConnectionFailed, match=REFUSED):
        connected(files, verify=files.other)


def test_without_verification_anything_is_trusted(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files.other))
    assert connected(files, verify=False) == 200


@pytest.mark.parametrize("name", [*NAMES[:3], pytest.param(NAMES[3], marks=needs_openssl)])
def test_bundle_of_the_environment_is_trusted(files: Files, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, str(files.directory if name.endswith("DIR") else files.bundle))
    assert connected(files) == 200
    assert connected(files, verify=True) == 200


def test_verify_beats_the_environment(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files.other))
    assert connected(files, verify=files.bundle) == 200


@needs_openssl
def test_file_and_directory_of_openssl_count_together(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(files.other))
    monkeypatch.setenv("SSL_CERT_DIR", f"/none:{files.directory}")
    assert connected(files) == 200
    monkeypatch.setenv("SSL_CERT_FILE", "/none")
    assert connected(files) == 200


def test_session_of_the_callers_decides_for_itself(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files.bundle))
    with pytest.raises(ConnectionFailed, match=REFUSED):
        connected(files, aiohttp.ClientSession)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(files.other))
    context = ssl.create_default_context(cafile=str(files.bundle))
    assert connected(files, lambda: aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))) == 200
    assert connected(files, aiohttp.ClientSession, verify=files.bundle) == 200


@pytest.mark.parametrize("name", NAMES)
def test_bundle_that_does_not_exist_names_its_variable(
    files: Files, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "/none/a.pem")
    with pytest.raises(ValueError, match=f"{name}: the CA bundle '/none/a.pem' does not exist"):
        connected(files)


def test_verify_that_does_not_exist_names_the_option(files: Files) -> None:
    with pytest.raises(ValueError, match=r"verify: the CA bundle '/none/a.pem' does not exist"):
        connected(files, verify="/none/a.pem")


def test_bundle_without_certificates_names_its_variable(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(files.text))
    with pytest.raises(ValueError, match=r"SSL_CERT_FILE: .*text.pem' holds no certificates in PEM"):
        connected(files)
    with pytest.raises(ValueError, match=r"verify: .*text.pem' holds no certificates in PEM"):
        connected(files, verify=files.text)


def test_bundle_matters_to_https_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with AsyncClient(reconnect=False) as client:
            assert [event.data async for event in client.get(server.url)] == ["1"]

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/none/a.pem")
    with Server(DONE) as server:
        run(main)


@pytest.mark.parametrize("shape", ["both", "pair"])
def test_certificate_of_the_client_is_shown(files: Files, shape: str) -> None:
    files.server.verify_mode = ssl.CERT_REQUIRED
    try:
        with pytest.raises(ConnectionFailed):
            connected(files, verify=files.bundle)
        cert: Any = {"both": files.both, "pair": (files.cert, str(files.key))}[shape]
        assert connected(files, verify=files.bundle, cert=cert) == 200
        assert connected(files, verify=False, cert=cert) == 200
    finally:
        files.server.verify_mode = ssl.CERT_NONE


def test_cert_that_does_not_exist_is_named(files: Files) -> None:
    with pytest.raises(ValueError, match=r"cert: the file '/none.pem' does not exist"):
        connected(files, cert=(files.cert, "/none.pem"))


def test_cert_without_its_key_is_refused(files: Files) -> None:
    for cert in (files.cert, files.text, (files.cert, files.text)):
        with pytest.raises(ValueError, match=r"cert: .*expected a certificate with its key, in PEM"):
            connected(files, cert=cert)


def test_key_that_is_encrypted_is_refused_without_asking(files: Files, tmp_path: Path) -> None:
    locked = tmp_path / "locked.pem"
    key = serialization.load_pem_private_key(files.key.read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"word")
    pem, traditional = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    locked.write_bytes(key.private_bytes(pem, traditional, encryption))
    with pytest.raises(ValueError, match=r"cert: .*the key not encrypted"):
        connected(files, cert=(files.cert, locked))


# Contexts are kept


def test_context_is_kept_until_its_files_change(files: Files, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(files.bundle.read_bytes())

    async def contexts() -> list[Any]:
        found = [await tls_settings(str(bundle), None, environment=False) for _ in range(2)]
        bundle.write_bytes(files.bundle.read_bytes() + files.other.read_bytes())
        found.append(await tls_settings(str(bundle), None, environment=False))
        return found

    first, second, third = asyncio.run(contexts())
    assert first is second
    assert first is not third


def test_contexts_made_at_once_are_one(files: Files) -> None:
    async def contexts() -> list[Any]:
        return await asyncio.gather(*(tls_settings(str(files.bundle), None, environment=False) for _ in range(4)))

    assert len(set(asyncio.run(contexts()))) == 1


def test_few_contexts_are_kept(files: Files, tmp_path: Path) -> None:
    async def fill() -> None:
        for number in range(20):
            bundle = tmp_path / f"{number}.pem"
            bundle.write_bytes(files.bundle.read_bytes())
            await tls_settings(str(bundle), None, environment=False)

    run(fill)
    assert len(module._contexts) == 16


def test_no_context_is_made_where_none_is_asked_for() -> None:
    async def main() -> None:
        assert await tls_settings(None, None, environment=True) is True
        assert await tls_settings(True, None, environment=True) is True
        assert await tls_settings(False, None, environment=True) is False

    run(main)
    assert module._contexts == {}


# A certificate that does not verify is final


def test_certificate_that_does_not_verify_is_not_tried_again(files: Files) -> None:
    async def main() -> None:
        rules = Reconnect(initial_delay=0.1, max_attempts=5)
        async with AsyncClient(reconnect=rules) as client:
            events = client.get(server.url)
            with pytest.raises(ConnectionFailed, match=REFUSED) as caught:
                await anext(events)
            assert isinstance(caught.value.__cause__, ssl.SSLCertVerificationError)
            assert events.stats.useless_attempts == 1

    with Server(DONE, tls=files.server) as server:
        run(main)


def test_fingerprint_that_differs_is_not_tried_again(files: Files) -> None:
    async def main() -> None:
        connector = aiohttp.TCPConnector(ssl=aiohttp.Fingerprint(b"x" * 32))
        async with AsyncClient(aiohttp.ClientSession(connector=connector), reconnect=True) as client:
            with pytest.raises(ConnectionFailed, match="whose fingerprint") as caught:
                await anext(client.get(server.url))
            assert (caught.value.sent, caught.value.final) == (False, True)

    with Server(DONE, tls=files.server) as server:
        run(main)
