"""Credentials of a pair, of a URL, and of ~/.netrc, the same as requests reads them."""

# pyright: reportUnknownLambdaType=false, reportUnknownArgumentType=false
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from requests.auth import HTTPBasicAuth
from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict
from requests.utils import get_auth_from_url, get_netrc_auth

from sse_client._http.credentials import basic, netrc_credentials, url_credentials
from sse_client._http.url import MalformedRequest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("user", "password"), [("a", "b:c"), ("", ""), ("\xe9", b"\xff"), (b"a", "b")])
def test_basic_is_that_of_requests(user: Any, password: Any) -> None:
    prepared = PreparedRequest()
    prepared.headers = CaseInsensitiveDict()
    assert basic(user, password) == HTTPBasicAuth(user, password)(prepared).headers["Authorization"]


def test_basic_takes_numbers() -> None:
    assert basic(1, 2) == basic("1", "2")


@pytest.mark.parametrize("pair", [("\u20ac", "word"), ("user", "s3cret\u20ac")])
def test_basic_of_other_characters_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(MalformedRequest, match="auth: a str must be of Latin-1 characters") as caught:
        basic(*pair)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://h/", "http://a:b@h/", "http://a@h/", "http://:b@h/", "http://:@h/", "http://@h/", "http://a%20:%40:@h/@"],
)
def test_credentials_of_a_url_are_those_of_requests(url: str) -> None:
    expected = get_auth_from_url(url)
    assert url_credentials(url) == (expected if any(expected) else None)


NETRC = """
machine 127.0.0.1 login me password word
machine account.example account mine password word
machine empty.example login "" password ""
"""


@pytest.mark.parametrize("rest", ["", "default login you password key\n"])
@pytest.mark.parametrize("host", ["127.0.0.1:80", "account.example", "empty.example", "other.example", "[::1]"])
def test_passwords_of_netrc_are_those_of_requests(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, rest: str
) -> None:
    (tmp_path / "netrc").write_text(NETRC + rest)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    url = f"http://{host}/a"
    assert netrc_credentials(url) == get_netrc_auth(url)


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_netrc_of_the_home_directory_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert netrc_credentials("http://127.0.0.1/") is None
    (tmp_path / name).write_text(NETRC)
    (tmp_path / name).chmod(0o600)
    assert netrc_credentials("http://127.0.0.1/") == ("me", "word")


@pytest.mark.parametrize("home", ["", None])
def test_without_home_the_directory_is_that_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, home: str | None
) -> None:
    (tmp_path / ".netrc").write_text(NETRC)
    monkeypatch.delenv("NETRC", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    monkeypatch.setattr("os.path.expanduser", lambda path: str(tmp_path) if path == "~" else path)
    assert netrc_credentials("http://127.0.0.1/") == ("me", "word")


@pytest.mark.parametrize("content", [b"machine", b"machine 127.0.0.1 login \xff password b"])
def test_netrc_that_cannot_be_read_has_no_passwords(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "netrc").write_bytes(content)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert netrc_credentials("http://127.0.0.1/") in {None, ("\udcff", "b")}
    monkeypatch.setenv("NETRC", str(tmp_path))
    assert netrc_credentials("http://127.0.0.1/") is None
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    assert netrc_credentials("http://127.0.0.1/") is None
