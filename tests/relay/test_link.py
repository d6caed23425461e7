"""What redis-py raises becomes one of three errors."""

from __future__ import annotations

import pytest

from sse_client.relay import RelayError
from sse_client.relay._redis.failures import Full, Unreachable
from sse_client.relay._redis.link import refused, text


def test_errors_of_redis_are_passing_or_final() -> None:
    from redis import exceptions

    for error in (exceptions.TimeoutError("x"), exceptions.ResponseError("MASTERDOWN Link"), ConnectionError("x")):
        with pytest.raises(Unreachable):
            refused(error)
    with pytest.raises(
        Unreachable, match=r"one node of a cluster, and the key is at 127.0.0.1:7001; .* redis\+cluster://"
    ):
        refused(exceptions.MovedError("9530 127.0.0.1:7001"))
    with pytest.raises(Full, match=r"^Redis is full: OOM command not allowed$"):
        refused(exceptions.ResponseError("OOM command not allowed script: 12, on @user_script:1."))
    for final in (exceptions.AuthenticationError("x"), exceptions.ResponseError("ERR unknown")):
        with pytest.raises(RelayError):
            refused(final)
    assert text("a") == text(b"a") == "a"
