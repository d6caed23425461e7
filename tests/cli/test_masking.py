"""Credentials out of everything that is shown."""

from __future__ import annotations

import pytest

from sse_client.cli.http.masking import Mask, masked_header, masked_url

LONG = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abc", "Bearer ****"),
        ("Proxy-Authorization", "Basic abc", "Basic ****"),
        ("Authorization", "abc", "****"),
        ("X-Anything", "Bearer abc", "Bearer ****"),
        ("Cookie", "a=b", "****"),
        ("Set-Cookie", "a=b; Path=/", "****"),
        ("api-key", "abc", "****"),
        ("X-Api-Key", "abc", "****"),
        ("Ocp-Apim-Subscription-Key", "abc", "****"),
        ("X-Auth-Token", "abc", "****"),
        ("X-Key", "abc", "****"),
        ("X-Note", "the key is sk-aaaabbbbccccdddd.", "the key is ****"),
        ("Location", "https://me:pw@x/?token=abc#frag", "https://****@x/?token=****#****"),
        ("WWW-Authenticate", 'realm="x"', 'realm="x"'),
        ("Content-Type", "text/event-stream", "text/event-stream"),
        ("X-Keyboard", "qwerty", "qwerty"),
        ("Idempotency-Key", "3f1c", "3f1c"),
    ],
)
def test_a_header_is_shown_without_credentials(name: str, value: str, shown: str) -> None:
    assert masked_header(name, value) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x/a?b=c", "https://x/a?b=c"),
        ("https://me:pw@x:8/a", "https://****@x:8/a"),
        ("https://x/?key=abc&q=1&flag", "https://x/?key=****&q=1&flag"),
        ("https://x/?access_token=abc", "https://x/?access_token=****"),
        (f"https://x/?q={LONG}", "https://x/?q=****"),
        (f"https://x/?{LONG}", "https://x/?****"),
        ("https://x/?token=", "https://x/?token="),
        ("https://x/sk-aaaabbbbccccdddd/events", "https://x/****/events"),
        ("/events?sig=abc", "/events?sig=****"),
        ("//x/a", "//x/a"),
        ("http://[broken", "a malformed URL"),
        ("me:pw@x:8/a?key=abc", "****@x:8/a?key=****"),
        ("localhost:8000/a", "localhost:8000/a"),
        ("next?token=abc", "next?token=****"),
        ("http:/me:pw@x/a", "http:/****@x/a"),
        ("http:///me:pw@x/a", "http:/****@x/a"),
    ],
)
def test_a_url_is_shown_without_credentials(url: str, shown: str) -> None:
    assert masked_url(url) == shown


def test_a_secret_is_hidden_wherever_it_comes_up_again() -> None:
    mask = Mask()
    mask.learn(None, "", "abc", "hunter22")
    mask.learn_headers([("X-Token", "tok-tok-tok"), ("X-Other", "plain"), ("Cookie", "sid=s3ssion; b=bbbbb")])
    mask.learn_url("http://me:p%20w%20d@x/?api_key=k%2Fk%2Fk&q=visible")
    mask.learn_url("http://[broken")
    mask.learn_url("http://x/")
    text = "abc hunter22 tok-tok-tok plain s3ssion bbbbb p w d k/k/k visible"
    assert mask.hide(text) == "abc **** **** plain **** **** **** **** visible"
    assert mask.header("X-Echo", b"hunter22") == "****"
    assert mask.url("http://x/hunter22") == "http://x/****"
