"""Redirects can be forbidden, or limited, in the same words in both clients."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from sse_client import RedirectRefused
from sse_client.testing import Server, reply, stream

from .kit import to

if TYPE_CHECKING:
    from pathlib import Path

    from asynchronous.kit import Client


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("allow", "elsewhere", "followed"),
    [(True, True, True), (False, False, False), ("same-origin", False, True), ("same-origin", True, False)],
)
def test_only_redirects_that_are_allowed_are_followed(
    client: Client, status: int, allow: Any, elsewhere: bool, followed: bool
) -> None:
    done = stream([b"data: 1\n\n"])
    with Server(default=lambda _: done) as other, Server(default=lambda _: done) as server:
        server.script(to(f"{other.url}/x" if elsewhere else "/x", status))
        reading = client.read("GET", server.url, take=1, allow_redirects=allow)
        asked = len(other.requests) if elsewhere else len(server.requests) - 1
    assert asked == followed
    assert reading.data == (["1"] if followed else [])
    assert isinstance(reading.error, RedirectRefused) is not followed


def test_a_chain_within_the_origin_may_not_leave_it_later(client: Client) -> None:
    with Server(default=lambda _: stream([b"data: 1\n\n"])) as other, Server() as server:
        server.script(to("/a"), to("/b", 307), to(other.url))
        reading = client.read("GET", server.url, allow_redirects="same-origin")
        assert isinstance(reading.error, RedirectRefused)
        assert (len(server.requests), len(other.requests)) == (3, 0)


@pytest.mark.parametrize(
    ("allow", "to_tls", "followed"),
    [("no-downgrade", False, False), ("no-downgrade", True, True), (True, False, True)],
)
def test_a_downgrade_is_refused_where_that_is_asked_for(
    client: Client, allow: Any, to_tls: bool, followed: bool, tmp_path: Path
) -> None:
    authority: Any = trustme.CA()
    bundle = tmp_path / "bundle.pem"
    authority.cert_pem.write_to_path(bundle)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate: Any = authority.issue_cert("127.0.0.1")
    certificate.configure_cert(tls)
    with (
        Server(default=lambda _: stream([b"data: 1\n\n"]), tls=tls if to_tls else None) as other,
        Server(tls=tls) as server,
    ):
        server.script(to(other.url))
        reading = client.read("GET", server.url, take=1, allow_redirects=allow, verify=str(bundle))
        assert len(other.requests) == followed
    assert reading.data == (["1"] if followed else [])
    assert isinstance(reading.error, RedirectRefused) is not followed


@pytest.mark.parametrize(("second", "followed"), [("/a", True), ("/b", False), ("http://127.0.0.2:9/", False)])
def test_no_client_chooses_between_two_locations(client: Client, second: str, followed: bool) -> None:
    with Server(default=lambda _: stream([b"data: 1\n\n"])) as server:
        server.script(reply(302, headers={"Location": ["/a", second]}))
        reading = client.read("GET", server.url, take=1)
        assert [request.path for request in server.requests] == ["/", "/a"][: 1 + followed]
    assert reading.data == (["1"] if followed else [])
    assert isinstance(reading.error, RedirectRefused) is not followed


@pytest.mark.parametrize("value", ["origin", "", 1])
def test_other_words_are_refused_at_once(client: Client, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="allow_redirects"):
        client.read("GET", "http://127.0.0.1:9/", allow_redirects=value)
