"""Which statuses open a stream, and which one ends it."""

from __future__ import annotations

import pytest

from sse_client._http.statuses import ends_stream, opens_stream

STATUSES = range(100, 600)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_the_standards_methods_open_with_200_alone(method: str) -> None:
    assert [status for status in STATUSES if opens_stream(method, status)] == [200]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "QUERY", "X-OWN"])
def test_other_methods_open_with_any_success_with_content(method: str) -> None:
    opening = [status for status in STATUSES if opens_stream(method, status)]
    assert opening == [status for status in range(200, 300) if status not in {204, 205}]


def test_204_alone_ends_a_stream() -> None:
    assert [status for status in STATUSES if ends_stream(status)] == [204]
