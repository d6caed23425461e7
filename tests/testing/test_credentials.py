"""Credentials in headers and URLs: masked under every usual name, and nothing else."""

from __future__ import annotations

import pytest

from sse_client.testing._recording.credentials import Credentials

MASKED = """
    Authorization Proxy-Authorization Cookie Set-Cookie Set-Cookie2 X-Api-Key api-key apikey X-Auth-Token
    Ocp-Apim-Subscription-Key x-goog-api-key X-Amz-Security-Token X-Functions-Key Private-Token X-Vault-Token
    X-Shopify-Access-Token X-CSRFToken X-XSRF-TOKEN Stripe-Signature CF-Access-Client-Secret Mcp-Session-Id X-Password
    Authentication-Info WWW-Authenticate X-JWT-Assertion Openai-Api-Key
"""
KEPT = """
    Content-Type Last-Event-ID X-Request-Id X-RateLimit-Remaining-Tokens OpenAI-Organization ETag Retry-After Author
    Cache-Control Keep-Alive User-Agent
"""


@pytest.mark.parametrize("name", MASKED.split())
def test_value_of_a_credential_header_is_masked(name: str) -> None:
    assert Credentials().headers([(name, "s3cret"), (name.lower(), "s3cret")]) == [(name, "***"), (name.lower(), "***")]


@pytest.mark.parametrize("name", KEPT.split())
def test_value_of_another_header_is_kept(name: str) -> None:
    assert Credentials().headers([(name, "text/plain; q=1")]) == [(name, "text/plain; q=1")]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:pw@host:8/p?a=b&c#token", "https://host:8/p?a=b&c"),
        ("https://me:p@ss@host/p", "https://host/p"),
        ("https://host?api_key=s3cret&model=m", "https://host?api_key=***&model=m"),
        ("https://host/?a=1;token=s3;cret;b=2", "https://host/?a=1;token=***;***;b=2"),
        ("https://host/?token=a;b&c;d", "https://host/?token=***;***&c;d"),
        ("https://host/?token&b", "https://host/?token&b"),
        ("https://host/?key=s3=cret&sig=&code=1", "https://host/?key=***&sig=***&code=***"),
        ("https://host/?api%5Fkey=s3&X-Amz-Signature=1&max_tokens=5", "https://host/?api%5Fkey=***&X-Amz-Signature=***&max_tokens=5"),
        ("https://host/?accessToken=s3 cret'\"&q=?x", "https://host/?accessToken=***&q=?x"),
        ("https://host/key=s3", "https://host/key=s3"),
        ("", ""),
    ],
)  # fmt: skip
def test_url_keeps_what_is_no_secret(url: str, expected: str) -> None:
    assert Credentials().url(url) == expected


def test_urls_in_headers_are_masked_as_well() -> None:
    headers = [
        ("Location", "https://me:pw@host/?token=s3cret&a=1#access_token=s3cret"),
        ("Link", '<https://host/?sig=s3>; rel="next", </b?page=2&key=s3>; rel="last"'),
        ("Referer", "/?a=1?password=s3'cret"),
    ]
    assert [value for _, value in Credentials().headers(headers)] == [
        "https://host/?token=***&a=1#access_token=***",
        '<https://host/?sig=***>; rel="next", </b?page=2&key=***>; rel="last"',
        "/?a=1?password=***",
    ]


def test_further_names_may_be_given() -> None:
    credentials = Credentials(["X-Tenant", "who"])
    assert credentials.headers([("x-tenant", "a"), ("x-other", "b")]) == [("x-tenant", "***"), ("x-other", "b")]
    assert credentials.url("http://host/?WHO=a&x=b") == "http://host/?WHO=***&x=b"
