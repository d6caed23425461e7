"""Where redirects lead, and what goes along: nothing of the caller's leaves the origin."""

from __future__ import annotations

import threading
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.cookies import cookiejar_from_dict

import sse_client
from sse_client import Client, RedirectRefused
from sse_client.testing import STALL, Received, Server, chunk, head, reply, stream

from .kit import AT_ONCE, PROMPT, failure, outcome, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sse_client.testing import Step

DONE = stream([b"data: 1\n\n"])


def to(location: str, status: int = 302, cookies: list[str] | None = None) -> list[Step]:
    return reply(status, headers={"Location": location, "Set-Cookie": cookies or []})


def follow(client: Client, method: str, first: Server, second: Server, **options: Any) -> tuple[Received, Received]:
    """Redirect a request from one server to the other; return what each got."""
    first.script(to(f"{second.url}/there"))
    second.script(DONE)
    assert outcome(client.stream(method, f"{first.url}/here", reconnect=False, **options)) == (["1"], None)
    return first.requests[-1], second.requests[-1]


CALLERS = {
    "Authorization": "Bearer key",
    "Cookie": "a=b",
    "api-key": "key",
    "x-api-key": "key",
    "X-Anything": "1",
    "Proxy-Authorization": "Basic eDp5",
    "Content-Language": "en",
    "Origin": "http://here",
    "Referer": "http://here",
}
HARMLESS = {
    "Accept": "text/event-stream, */*",
    "Accept-Language": "de",
    "Accept-Encoding": "gzip",
    "Cache-Control": "no-store",
    "User-Agent": "me",
    "Last-Event-ID": "7",
}


@pytest.mark.parametrize("name", CALLERS)
def test_a_header_of_the_callers_does_not_leave_the_origin(name: str) -> None:
    with Server() as first, Server() as second, Client() as client:
        before, after = follow(client, "GET", first, second, headers={name: CALLERS[name]})
    assert before.headers[name] == CALLERS[name]
    assert name not in after.headers


@pytest.mark.parametrize("name", CALLERS)
def test_a_header_of_the_session_does_not_leave_the_origin(name: str) -> None:
    with Server() as first, Server() as second, requests.Session() as session, Client(session) as client:
        session.headers[name] = CALLERS[name]
        before, after = follow(client, "GET", first, second)
    assert before.headers[name] == CALLERS[name]
    assert name not in after.headers


@pytest.mark.parametrize("name", HARMLESS)
def test_a_header_that_says_nothing_about_the_caller_goes_along(name: str) -> None:
    with Server() as first, Server() as second, Client() as client:
        before, after = follow(client, "GET", first, second, headers={name: HARMLESS[name]})
    assert before.headers[name] == after.headers[name] == HARMLESS[name]


def test_the_sessions_own_user_agent_goes_along() -> None:
    with Server() as first, Server() as second, requests.Session() as session, Client(session) as client:
        session.headers["User-Agent"] = "me"
        _, after = follow(client, "GET", first, second)
    assert after.headers["user-agent"] == "me"
    assert after.headers["accept"] == "text/event-stream"


def test_the_last_event_id_goes_along() -> None:
    with Server() as first, Server() as second, Client() as client:
        _, after = follow(client, "GET", first, second, last_event_id="\u20ac")
    assert (b"Last-Event-ID", "\u20ac".encode()) in after.raw_headers


@pytest.mark.parametrize(
    "options",
    [{"auth": ("u", "p")}, {"cookies": {"a": "b"}}, {"cookies": cookiejar_from_dict({"a": "b"})}],
)
def test_auth_and_cookies_of_a_call_do_not_leave_the_origin(options: dict[str, Any]) -> None:
    with Server() as first, Server() as second, Client() as client:
        _, after = follow(client, "GET", first, second, **options)
    assert "authorization" not in after.headers
    assert "cookie" not in after.headers


def test_auth_and_cookies_of_the_session_do_not_leave_the_origin() -> None:
    with Server() as first, Server() as second, requests.Session() as session, Client(session) as client:
        session.auth = ("u", "p")
        session.cookies.set("sid", "mine")
        session.params = {"key": "mine"}
        before, after = follow(client, "GET", first, second)
    assert (before.headers["authorization"], before.headers["cookie"]) == ("Basic dTpw", "sid=mine")
    assert before.path == "/here?key=mine"
    assert "authorization" not in after.headers
    assert "cookie" not in after.headers
    assert after.path == "/there"


def test_what_was_left_behind_does_not_come_back_with_a_redirect_back() -> None:
    with Server() as first, Server() as second:
        first.script(to(f"{second.url}/b"), DONE)
        second.script(to(f"{first.url}/c"))
        options: dict[str, Any] = {"headers": {"X-Key": "k"}, "auth": ("u", "p"), "cookies": {"a": "b"}}
        assert outcome(sse_client.get(f"{first.url}/a", reconnect=False, **options)) == (["1"], None)
        last = first.requests[-1]
    assert last.path == "/c"
    for name in ("x-key", "authorization", "cookie"):
        assert name not in last.headers


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_within_an_origin_everything_goes_along(status: int, absolute: bool) -> None:
    with Server() as server, requests.Session() as session, Client(session) as client:
        session.headers["X-Session"] = "s"
        server.script(to(f"{server.url if absolute else ''}/b", status), DONE)
        options: dict[str, Any] = {"headers": dict(CALLERS), "cookies": {"c": "d"}}
        assert outcome(client.get(f"{server.url}/a", reconnect=False, **options)) == (["1"], None)
        first, second = server.requests
    assert first.headers["cookie"] == second.headers["cookie"]
    for name in [*CALLERS, "x-session"]:
        if status in {307, 308} or not name.startswith("Content-"):
            assert second.headers[name] == first.headers[name], name


@pytest.mark.parametrize("absolute", [False, True])
def test_user_and_password_in_the_url_stay_within_the_origin(absolute: bool) -> None:
    with Server() as server:
        server.script(to(f"{server.url if absolute else ''}/b"), DONE)
        url = server.url.replace("//", "//user:p%40ss@")
        assert outcome(sse_client.get(f"{url}/a", reconnect=False)) == (["1"], None)
        expected = "Basic " + b64encode(b"user:p@ss").decode()
        assert [request.headers.get("authorization") for request in server.requests] == [expected, expected]


def test_user_and_password_in_the_url_do_not_leave_the_origin() -> None:
    with Server() as first, Server() as second:
        first.script(to(second.url))
        second.script(DONE)
        assert outcome(sse_client.get(first.url.replace("//", "//user:pass@"), reconnect=False)) == (["1"], None)
        assert "authorization" in first.requests[0].headers
        assert "authorization" not in second.requests[0].headers


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize(
    "options", [{"data": b"x"}, {"json": {}}, {"data": {"a": "b"}}, {"files": {"f": b"x"}}, {"data": b""}]
)
def test_a_body_does_not_leave_the_origin(status: int, options: dict[str, Any]) -> None:
    with Server() as first, Server() as second:
        first.script(to(second.url, status))
        error = failure(sse_client.post(first.url, reconnect=AT_ONCE, **options))
        assert isinstance(error, RedirectRefused)
        assert len(first.requests) == 1
        assert second.connections == 0


def test_a_post_without_a_body_may_follow_across_origins() -> None:
    with Server() as first, Server() as second:
        first.script(to(second.url, 307))
        second.script(DONE)
        assert outcome(sse_client.post(first.url)) == (["1"], None)
        assert second.requests[0].method == "POST"


def test_a_cookie_that_a_redirect_sets_is_sent_to_where_it_leads() -> None:
    with Server() as server, Client() as client:
        server.script(to("/b", cookies=["sid=1; Path=/", "t=2; Path=/b"]), DONE, DONE)
        assert outcome(client.get(f"{server.url}/a", reconnect=False)) == (["1"], None)
        assert outcome(client.get(f"{server.url}/c", reconnect=False)) == (["1"], None)
        cookies = [request.headers.get("cookie") for request in server.requests]
    assert cookies[0] is None
    assert set((cookies[1] or "").split("; ")) == {"sid=1", "t=2"}
    assert cookies[2] == "sid=1"


def test_the_parameters_of_a_call_are_not_added_to_the_new_url() -> None:
    with Server() as server, requests.Session() as session, Client(session) as client:
        session.params = {"s": "1"}
        server.script(to("/b?x=y"), DONE)
        assert outcome(client.get(f"{server.url}/a", params={"k": "v"}, reconnect=False)) == (["1"], None)
        assert [request.path for request in server.requests] == ["/a?s=1&k=v", "/b?x=y"]


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/b", "/b"),
        ("b", "/dir/b"),
        ("../b?c=d", "/b?c=d"),
        ("?q", "/dir/a?q"),
        ("/a b", "/a%20b"),
        ("/caf\xc3\xa9", "/caf%C3%A9"),
        ("/%41%2f", "/A%2f"),
        ("/b#fragment", "/b"),
    ],
)
def test_a_location_is_resolved_as_a_browser_does(location: str, path: str) -> None:
    with Server() as server:
        server.script(to(location), DONE)
        events = sse_client.get(f"{server.url}/dir/a", reconnect=False)
        assert outcome(events) == (["1"], None)
        assert server.requests[1].path.lower() == path.lower()
        assert events.response is not None
        assert events.response.url.partition("#")[0].lower() == f"{server.url}{path}".lower()


@pytest.mark.parametrize(
    "location",
    [
        "http://[",
        "http://[::1",
        "http://a:99999/",
        "http://a:b/",
        "http://.a/",
        "http://*/",
        f"http://{'a' * 70}.example/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "mailto:a@example.com",
        "javascript:0",
    ],
)
def test_a_location_that_leads_nowhere_is_the_servers_mistake_and_final(location: str) -> None:
    with Server(to(location), reply(204)) as server:
        try:
            _, error = outcome(sse_client.get(server.url, reconnect=AT_ONCE))
        except ValueError as wrong:  # a ValueError is a mistake of the caller's
            pytest.fail(f"a {type(wrong).__name__}: {wrong}")
        assert isinstance(error, RedirectRefused)
        assert len(server.requests) == 1


def test_the_body_of_a_redirect_is_not_read() -> None:
    with Server() as server:
        slow: list[Step] = [head(302, {"Location": "/b"}), chunk(b"moved"), STALL]
        server.script(slow, [head(302, {"Location": "/c"}, framing="length", length=10**9), STALL], DONE)
        took = seconds(lambda: outcome(sse_client.get(server.url, reconnect=False, timeout=10)))
        assert [request.path for request in server.requests] == ["/", "/b", "/c"]
    assert took < PROMPT


def test_a_redirect_loop_across_origins_ends() -> None:
    with Server() as first, Server() as second:
        first.script(*[to(second.url)] * 20)
        second.script(*[to(first.url)] * 20)
        assert isinstance(failure(sse_client.get(first.url)), RedirectRefused)


def test_close_between_two_redirects_sends_nothing_more() -> None:
    go = threading.Event()
    with Server() as server:

        def redirecting(request: Received) -> Iterator[Step]:
            events.close()
            go.set()
            yield from to("/b")

        server.script(redirecting, DONE)
        events = sse_client.get(server.url)
        assert list(events) == []
        assert go.wait(10)
        assert [request.path for request in server.requests] == ["/"]


# netrc


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "netrc"
    path.write_text("machine 127.0.0.1 login user password netrcword\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))


FROM_NETRC = "Basic " + b64encode(b"user:netrcword").decode()


@pytest.mark.usefixtures("netrc")
def test_netrc_is_used_where_the_caller_has_no_credentials() -> None:
    with Server(reply(204)) as server:
        outcome(sse_client.get(server.url))
        assert server.requests[0].headers["authorization"] == FROM_NETRC


@pytest.mark.usefixtures("netrc")
@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_netrc_never_replaces_an_authorization_of_the_callers(name: str) -> None:
    with Server(reply(204), reply(204)) as server, requests.Session() as session, Client(session) as client:
        outcome(client.get(server.url, headers={name: "Bearer mine"}))
        session.headers[name] = "Bearer session"
        outcome(client.get(server.url))
        assert [request.headers["authorization"] for request in server.requests] == ["Bearer mine", "Bearer session"]


@pytest.mark.usefixtures("netrc")
def test_netrc_gives_way_to_auth_and_can_be_turned_off() -> None:
    with Server(*[reply(204)] * 3) as server, requests.Session() as session, Client(session) as client:
        outcome(client.get(server.url, auth=("u", "p")))
        outcome(client.get(server.url, headers={"Authorization": None}))
        session.trust_env = False
        outcome(client.get(server.url))
        assert [request.headers.get("authorization") for request in server.requests] == ["Basic dTpw", None, None]


@pytest.mark.usefixtures("netrc")
def test_a_redirect_to_another_origin_does_not_get_a_password_from_netrc() -> None:
    with Server() as first, Server() as second, Client() as client:
        before, after = follow(client, "GET", first, second)
    assert before.headers["authorization"] == FROM_NETRC
    assert "authorization" not in after.headers


@pytest.mark.usefixtures("netrc")
def test_netrc_does_not_come_in_where_a_redirect_left_the_callers_key_behind() -> None:
    with Server() as first, Server() as second, Client() as client:
        before, after = follow(client, "GET", first, second, headers={"Authorization": "Bearer mine"})
    assert before.headers["authorization"] == "Bearer mine"
    assert "authorization" not in after.headers


@pytest.mark.parametrize("location", ["http://{}/", "http://a%20b/", "http://h%7B/"])
def test_a_redirect_to_what_no_host_is_called_is_refused(location: str) -> None:
    with Server(to(location)) as server:
        assert isinstance(outcome(sse_client.get(server.url, reconnect=False))[1], RedirectRefused)
