"""Authentication objects of requests, called on a request and on the response to it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from requests.auth import AuthBase, HTTPBasicAuth, HTTPDigestAuth

from sse_client._http.requests_auth import answer_to_challenge, apply_auth, is_digest, waits_for_response

if TYPE_CHECKING:
    import requests

CHALLENGE = {"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'}


def applied(auth: Any, body: Any = None) -> requests.PreparedRequest:
    return apply_auth(auth, "GET", "http://h/a?b=c", {"X-A": "1"}, body)


class Logging(AuthBase):
    """Looks at the response, and sends nothing."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, bytes]] = []

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.register_hook("response", self.look)  # type: ignore[no-untyped-call,unused-ignore]
        return r

    def look(self, response: requests.Response, **_: object) -> None:
        self.seen.append((response.status_code, response.headers["x-a"], response.content))


def test_basic_authentication_waits_for_nothing() -> None:
    prepared = applied(HTTPBasicAuth("user", "word"))
    assert prepared.headers["Authorization"] == "Basic dXNlcjp3b3Jk"
    assert prepared.headers["x-a"] == "1"
    assert not waits_for_response(prepared)
    assert not is_digest(HTTPBasicAuth("user", "word"))


def test_digest_answers_a_challenge_once() -> None:
    auth = HTTPDigestAuth("user", "word")
    prepared = applied(auth)
    assert is_digest(auth)
    assert waits_for_response(prepared)
    answer = answer_to_challenge(prepared, 401, CHALLENGE)
    assert isinstance(answer, str)
    assert answer.startswith('Digest username="user", realm="r", nonce="n", uri="/a?b=c", response="')
    assert "nc=00000001" in answer
    assert answer_to_challenge(prepared, 401, CHALLENGE) is None


def test_digest_is_sent_at_once_after_the_first_challenge() -> None:
    auth = HTTPDigestAuth("user", "word")
    answer_to_challenge(applied(auth), 401, CHALLENGE)
    header = applied(auth).headers["Authorization"]
    assert "nc=00000002" in str(header)


@pytest.mark.parametrize(
    ("status", "headers"), [(200, CHALLENGE), (401, {}), (401, {"WWW-Authenticate": "Basic realm=x"}), (302, {})]
)
def test_other_responses_are_no_challenge(status: int, headers: dict[str, str]) -> None:
    assert answer_to_challenge(applied(HTTPDigestAuth("user", "word")), status, headers) is None


@pytest.mark.parametrize("challenge", ['realm="r", nonce="n", algorithm=UNKNOWN', 'realm="r"', 'nonce="n"', "", '=,"'])
def test_challenge_that_cannot_be_answered_has_no_credentials(challenge: str) -> None:
    prepared = applied(HTTPDigestAuth("user", "word"))
    assert answer_to_challenge(prepared, 401, {"WWW-Authenticate": f"Digest {challenge}"}) is None


def test_object_that_looks_at_the_response_sees_its_head() -> None:
    auth = Logging()
    prepared = applied(auth, io.BytesIO(b"x"))
    assert waits_for_response(prepared)
    assert answer_to_challenge(prepared, 401, {"X-A": "2"}) is None
    assert auth.seen == [(401, "2", b"")]
