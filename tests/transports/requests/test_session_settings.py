"""How a request is sent is what requests would find in its session and the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from sse_client._http.environment import may_have_proxies
from sse_client.options import DEFAULTS, Options, merged
from sse_client.transports._requests.session_settings import check_certificates, settings

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://example.com/path?a=1"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def session_of(attributes: dict[str, Any]) -> requests.Session:
    session = requests.Session()
    for name, value in attributes.items():
        setattr(session, name, value)
    return session


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({}, id="a new session"),
        pytest.param({"verify": False}, id="a session that verifies nothing"),
        pytest.param({"verify": "/mine"}, id="a session with a bundle of its own"),
        pytest.param({"verify": None}, id="a session that leaves verifying open"),
        pytest.param({"cert": ("a", "b")}, id="a session with a certificate"),
        pytest.param({"proxies": {"http": "http://proxy"}}, id="a session with a proxy"),
        pytest.param({"trust_env": False}, id="a session that trusts nothing around"),
    ],
)
@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({}, id="nothing in the environment"),
        pytest.param({"REQUESTS_CA_BUNDLE": "/theirs"}, id="a bundle for requests"),
        pytest.param({"CURL_CA_BUNDLE": "/theirs"}, id="a bundle for curl"),
        pytest.param({"http_proxy": "http://other"}, id="a proxy"),
        pytest.param({"NO_PROXY": "example.com"}, id="hosts that need no proxy"),
        pytest.param({"NO_PROXY": "example.com", "ALL_PROXY": "http://other"}, id="a proxy, and a host without"),
    ],
)
def test_settings_are_those_that_requests_finds(
    attributes: dict[str, Any], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of(attributes)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)  # requests does not know them
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    theirs = session.merge_environment_settings(URL, {}, True, None if session.verify is True else session.verify, None)
    ours = settings(session, URL, DEFAULTS)
    ours["proxies"].pop("no", None)
    theirs["proxies"].pop("no", None)
    assert ours == theirs
    assert ours["proxies"] is not session.proxies


OPTIONS: dict[str, dict[str, Any]] = {
    "nothing is verified": {"verify": False},
    "a bundle": {"verify": "/given"},
    "a certificate": {"cert": ("c", "k")},
    "a proxy": {"proxies": {"http": "http://given"}},
}


@pytest.mark.parametrize("environment", [{}, {"http_proxy": "http://other", "REQUESTS_CA_BUNDLE": "/theirs"}])
@pytest.mark.parametrize("attributes", [{}, {"verify": "/mine", "cert": "m", "proxies": {"http": "http://mine"}}])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_options_win_over_session_and_environment(
    options: dict[str, Any], attributes: dict[str, Any], environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = settings(session_of(attributes), URL, merged(DEFAULTS, options))
    for name, value in options.items():
        assert found[name] == value


@pytest.mark.parametrize(
    ("variables", "verify"),
    [
        pytest.param({"SSL_CERT_FILE": "FOLDER/a.pem"}, "FOLDER/a.pem", id="a file"),
        pytest.param({"SSL_CERT_DIR": "FOLDER"}, "FOLDER", id="a directory"),
        pytest.param({"SSL_CERT_DIR": "/none:FOLDER"}, "FOLDER", id="the directory that exists"),
        pytest.param({"SSL_CERT_FILE": "/none", "SSL_CERT_DIR": "FOLDER"}, "FOLDER", id="the one that exists"),
        pytest.param({"SSL_CERT_FILE": "/none"}, "/none", id="a file that does not exist"),
        pytest.param({"SSL_CERT_FILE": "/none", "REQUESTS_CA_BUNDLE": "FOLDER/a.pem"}, "FOLDER/a.pem", id="both"),
    ],
)
def test_variables_of_openssl_are_trusted(
    variables: dict[str, str], verify: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "a.pem").touch()
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("FOLDER", str(tmp_path)))
    assert settings(session_of({}), URL, DEFAULTS)["verify"] == verify.replace("FOLDER", str(tmp_path))
    assert settings(session_of({"trust_env": False}), URL, DEFAULTS)["verify"] is True
    assert settings(session_of({"verify": False}), URL, DEFAULTS)["verify"] is False


@pytest.mark.parametrize(
    ("options", "attributes", "variables", "source"),
    [
        pytest.param({"verify": "/none"}, {}, {}, "verify", id="the option"),
        pytest.param({}, {"verify": "/none"}, {}, "the session's verify", id="the session"),
        pytest.param({}, {}, {"REQUESTS_CA_BUNDLE": "/none"}, "REQUESTS_CA_BUNDLE", id="a bundle for requests"),
        pytest.param({}, {}, {"SSL_CERT_FILE": "/none"}, "SSL_CERT_FILE", id="a bundle for OpenSSL"),
    ],
)
def test_bundle_that_does_not_exist_names_who_says_so(
    options: dict[str, Any],
    attributes: dict[str, Any],
    variables: dict[str, str],
    source: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    session, how = session_of(attributes), merged(DEFAULTS, options)
    found = settings(session, URL, how)
    with pytest.raises(ValueError, match=f"^{source}: the CA bundle '/none' does not exist$"):
        check_certificates(session, how, found)


def test_the_callers_proxies_are_not_changed() -> None:
    proxies = {"http": "http://given"}
    found = settings(session_of({"proxies": {"https": "http://mine"}}), URL, Options(proxies=proxies))
    assert found["proxies"] == {"http": "http://given", "https": "http://mine"}
    assert proxies == {"http": "http://given"}


def test_a_session_that_merges_settings_otherwise_does() -> None:
    class Pinned(requests.Session):
        def merge_environment_settings(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
            return {**super().merge_environment_settings(*args, **kwargs), "cert": "mine"}

    assert settings(Pinned(), URL, DEFAULTS)["cert"] == "mine"


@pytest.mark.parametrize(
    ("names", "may"),
    [
        pytest.param([], False, id="nothing"),
        pytest.param(["no_proxy", "NO_PROXY"], False, id="hosts that need none"),
        pytest.param(["HTTP_PROXY"], True, id="one for http"),
        pytest.param(["no_proxy", "all_proxy"], True, id="one for all, and hosts that need none"),
    ],
)
def test_the_environment_may_name_a_proxy_if_it_holds(
    names: list[str], may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names:
        monkeypatch.setenv(name, "x")
    assert may_have_proxies() is may
