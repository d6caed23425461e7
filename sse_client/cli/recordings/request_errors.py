"""Reports errors of requests that happen outside of a stream."""

from __future__ import annotations

import requests
import urllib3

from sse_client.cli.exits import Exit, Failure, certificate_hint
from sse_client.cli.http.masking import credentials
from sse_client.cli.screen.terminal import short

__all__ = ["failure_of_request", "malformed"]


def failure_of_request(error: requests.RequestException, url: str) -> Failure:
    """Return the failure to report if a request to `url` brought no response."""
    where = credentials.url(url)
    if isinstance(error, ValueError):
        return malformed(url)
    if isinstance(error, requests.ConnectTimeout):
        return Failure(f"could not connect to {where} in time", Exit.NO_CONNECTION)
    if isinstance(error, requests.Timeout):
        return Failure(f"expected an answer from {where}, got none in time", Exit.TIMED_OUT)
    if isinstance(error, requests.TooManyRedirects):
        return Failure(f"expected at most 30 redirects from {where}, got another one", Exit.REFUSED)
    # If the response was not HTTP, the error quotes its first line.
    why = short(" ".join(str(_innermost(error))[:1000].split()))
    if isinstance(next(iter(error.args), None), urllib3.exceptions.ProtocolError):
        return Failure(f"the connection to {where} broke: {why}", Exit.CUT_OFF)
    return Failure(f"could not connect to {where}: {why}", Exit.NO_CONNECTION, certificate_hint(why))


def malformed(url: str) -> Failure:
    """Return the failure to report if a URL cannot be requested."""
    return Failure(f"expected a URL such as https://example.com/events, got {credentials.url(url) or 'none'}")


def _innermost(error: BaseException) -> BaseException:
    """Return the innermost cause, because the outer ones show the URL with its query."""
    while True:
        candidates = (getattr(error, "reason", None), error.__cause__, *error.args)
        inner = next((each for each in candidates if isinstance(each, BaseException)), None)
        if inner is None:
            return error
        error = inner
