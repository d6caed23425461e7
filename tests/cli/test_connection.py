"""How the server is reached: TLS, client certificates, proxies, redirects."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from sse_client.testing import Server, stream

from .kit import run

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENT = [b"data: 1\n\n"]


class Authority:
    """A certificate authority, its certificates in files, and servers that it vouches for."""

    def __init__(self, folder: Path) -> None:
        authority: Any = trustme.CA()  # its context is typed for two libraries, one of which is not here
        self.certificates = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.certificates)
        client = authority.issue_cert("client@example.com")
        self.client = str(folder / "client.pem")
        client.private_key_and_cert_chain_pem.write_to_path(self.client)
        self.client_key = str(folder / "key.pem")
        client.private_key_pem.write_to_path(self.client_key)
        self.client_certificate = str(folder / "cert.pem")
        client.cert_chain_pems[0].write_to_path(self.client_certificate)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self.context)
        authority.configure_trust(self.context)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def secure(authority: Authority) -> Iterator[Server]:
    with Server(stream(EVENT), tls=authority.context) as server:
        yield server


def test_an_unknown_certificate_is_refused(secure: Server) -> None:
    ran = run("get", secure.url, "--no-reconnect")
    assert (ran.code, "CERTIFICATE_VERIFY_FAILED" in ran.err) == (3, True), ran
    assert secure.requests == []


def test_what_can_be_done_about_tls_is_said(secure: Server, tmp_path: Path) -> None:
    for arguments in (["get", secure.url, "--no-reconnect"], ["record", secure.url, "-o", str(tmp_path / "a.rec")]):
        assert "--cacert FILE trusts the certificates in a file, --insecure any" in run(*arguments).err
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer() -> None:
            with plain.accept()[0] as connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        ran = run("get", f"https://127.0.0.1:{plain.getsockname()[1]}/", "--no-reconnect")
        thread.join()
    assert (ran.code, "Does that port speak TLS? A URL of http:// goes without." in ran.err) == (3, True), ran


def test_a_certificate_is_trusted_if_it_is_named(secure: Server, authority: Authority) -> None:
    assert run("get", secure.url, "--no-reconnect", "--cacert", authority.certificates).out == "1\n"


@pytest.mark.parametrize("option", ["--insecure", "-k"])
def test_any_certificate_is_trusted_if_that_is_asked_for(
    secure: Server, option: str, monkeypatch: pytest.MonkeyPatch, authority: Authority
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.client)
    ran = run("get", secure.url, "--no-reconnect", option, "-q")
    assert (ran.out, ran.err) == ("1\n", "")


@pytest.mark.parametrize("two_files", [False, True])
def test_a_client_certificate_is_shown(secure: Server, authority: Authority, *, two_files: bool) -> None:
    authority.context.verify_mode = ssl.CERT_REQUIRED
    try:
        options = ["--cert", authority.client]
        if two_files:
            options = ["--cert", authority.client_certificate, "--cert-key", authority.client_key]
        ran = run("get", secure.url, "--no-reconnect", "--cacert", authority.certificates, *options)
    finally:
        authority.context.verify_mode = ssl.CERT_NONE
    assert ran.out == "1\n", ran


def test_certificates_may_come_through_pipes(secure: Server, authority: Authority, tmp_path: Path) -> None:
    def piped(path: str) -> str:
        """Return the path of a pipe with the content of a file, which can be read once, as a shell makes it."""
        reading, writing = os.pipe()
        os.write(writing, Path(path).read_bytes())
        os.close(writing)
        pipes.append(reading)
        return f"/dev/fd/{reading}"

    pipes: list[int] = []
    authority.context.verify_mode = ssl.CERT_REQUIRED
    options = ["--cacert", piped(authority.certificates), "--cert", piped(authority.client_certificate)]
    try:
        ran = run("get", secure.url, "--no-reconnect", *options, "--cert-key", piped(authority.client_key))
        (tmp_path / "none.pem").write_text("no certificate")
        none = piped(str(tmp_path / "none.pem"))
        refused = run("get", secure.url, "--cacert", none)
    finally:
        authority.context.verify_mode = ssl.CERT_NONE
        for pipe in pipes:
            os.close(pipe)
    assert ran.out == "1\n", ran
    assert refused.err == f"sse-client: --cacert: expected certificates in PEM in {none}, got something else\n"


def test_certificates_that_are_none_are_a_sentence(secure: Server, tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    for option in ("--cacert", "--cert"):
        ran = run("get", secure.url, "--no-reconnect", option, str(tmp_path / "none.pem"))
        assert ran.code in {2, 3}, ran
        assert ran.err.startswith("sse-client: ")


@pytest.mark.parametrize("command", [["get"], ["record", "-o", "a.rec"], ["check"]], ids=lambda command: command[0])
def test_certificates_are_looked_at_before_anything_is_sent(
    command: list[str], authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none.pem").write_text("no certificate")
    refused = run(*command, "https://127.0.0.1:1/", "--cacert", "none.pem")
    assert (refused.code, refused.err) == (
        2, "sse-client: --cacert: expected certificates in PEM in none.pem, got something else\n"
    )  # fmt: skip
    for certificate, others in (("none.pem", []), (authority.client_certificate, ["--cert-key", "none.pem"])):
        refused = run(*command, "https://127.0.0.1:1/", "--cert", certificate, *others)
        assert (refused.code, f"not encrypted, in {certificate}" in refused.err) == (2, True), refused
        assert "none.pem; got something else" in refused.err


def test_a_proxy_is_used_in_place_of_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Server(stream(EVENT)) as proxy:
        ran = run("get", "http://example.invalid/events", "--no-reconnect", "--proxy", f"127.0.0.1:{proxy.port}", "-v")
        assert ran.out == "1\n", ran
        assert proxy.requests[0].path == "http://example.invalid/events"


def test_a_proxy_that_is_none_is_a_sentence() -> None:
    ran = run("get", "http://example.invalid/", "--no-reconnect", "--proxy", "http://127.0.0.1:1")
    assert ran.code == 3
    assert ran.err.startswith("sse-client: ")


def test_an_end_is_the_end_if_that_is_asked_for() -> None:
    with Server(stream([b"retry: 1\nid: 1\ndata: 1\n\n"]), stream([b"data: 2\n\n"])) as server:
        assert run("get", server.url, "--until-end").out == "1\n"
        assert run("get", server.url, "--until-end", "--no-reconnect").code == 2
        assert run("post", server.url, "--until-end").out == "2\n"


@pytest.mark.parametrize(("form", "shown"), [([], "1\n[DONE]\n"), (["--raw"], "data: 1\n\ndata: [DONE]\n\n")])
def test_the_last_event_is_shown_if_that_is_asked_for(form: list[str], shown: str) -> None:
    with Server(stream([b"data: 1\n\n", b"data: [DONE]\n\n", b"data: 2\n\n"])) as server:
        assert run("get", server.url, "--until", "[DONE]", "--include-last", *form).out == shown
    assert run("get", "http://x/", "--include-last").code == 2
