"""The jar of a session decides which cookies it takes, and which have expired."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy

import pytest
import requests

import sse_client
from sse_client import Reconnect
from sse_client.testing import CLOSE, Server, Step, chunk, head

RULES = Reconnect(initial_delay=0, max_delay=0)


def setting(cookie: str) -> list[Step]:
    return [head(headers={"Set-Cookie": cookie}), chunk(b"data: x\n\n"), CLOSE]


def sent(server: Server, session: requests.Session) -> list[str | None]:
    """Return the cookies of each request of a stream with two reconnects."""
    with sse_client.Client(session) as client, client.get(server.url, reconnect=RULES) as events:
        for _ in range(3):
            next(events)
    return [request.headers.get("Cookie") for request in server.requests]


@pytest.mark.parametrize("expiry", ["Max-Age=0", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_cookie_that_the_server_deletes_is_not_sent_again(expiry: str) -> None:
    with Server(setting("a=1"), setting(f"a=; {expiry}"), setting("b=2")) as server:
        assert sent(server, requests.Session()) == [None, "a=1", None]


def test_a_policy_that_takes_no_cookies_is_obeyed() -> None:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    with Server(*[setting("a=1")] * 3) as server:
        assert sent(server, session) == [None, None, None]
