"""A stream's place in Redis, without a relay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import sse_client
from relay.kit import free_port
from sse_client.relay import RedisCheckpoint, RedisUnavailable, WrongType
from sse_client.testing import Server

if TYPE_CHECKING:
    from relay.kit import RedisServer


def test_a_place_in_redis_outlives_the_program(server: RedisServer, client: Any) -> None:
    for expected in (["1", "2"], ["2", "3"]):
        checkpoint = RedisCheckpoint(server.url, "place")
        found: list[str] = []
        with Server(events=3) as source, sse_client.get(f"{source.url}/events", checkpoint=checkpoint) as events:
            for event in events:
                found.append(event.id)
                if len(found) == 2:
                    break
        checkpoint.close()
        assert found == expected
    assert client.get("place") == "1" or client.get("place") == "2"


def test_a_checkpoint_uses_the_client_of_the_caller(client: Any) -> None:
    checkpoint = RedisCheckpoint(client, "place")
    assert checkpoint.load() == ""
    checkpoint.save("ключ")
    assert checkpoint.load() == "ключ"
    checkpoint.close()
    assert client.ping()


@pytest.mark.parametrize("value", [b"a\nb", b"\xff"])
def test_a_place_that_is_none_is_a_value_error(client: Any, value: bytes) -> None:
    client.set("place", value)
    with pytest.raises(ValueError, match="one last event ID"):
        RedisCheckpoint(client, "place").load()


def test_a_place_or_a_key_without_a_form_in_utf_8_is_a_value_error(client: Any) -> None:
    with pytest.raises(ValueError, match="key holds half of a surrogate pair"):
        RedisCheckpoint(client, "\ud800")
    with pytest.raises(ValueError, match="last_event_id holds half of a surrogate pair"):
        RedisCheckpoint(client, "place").save("\ud800")


def test_what_is_longer_than_any_id_is_neither_saved_nor_loaded_whole(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sse_client.relay.checkpoint._LONGEST_ID", 1000)
    checkpoint = RedisCheckpoint(client, "place")
    checkpoint.save("é" * 500)
    assert checkpoint.load() == "é" * 500
    with pytest.raises(ValueError, match="at most 1,000 bytes, got 1,001"):
        checkpoint.save("x" * 1001)
    client.setrange("place", 1_000_000, "x")
    before = client.info("stats")["total_net_output_bytes"]
    with pytest.raises(ValueError, match="one last event ID"):
        checkpoint.load()
    assert client.info("stats")["total_net_output_bytes"] - before < 50_000


def test_a_checkpoint_says_why_it_cannot_be_used(client: Any) -> None:
    client.lpush("place", "x")
    with pytest.raises(WrongType, match="expected the key 'place' to be a string"):
        RedisCheckpoint(client, "place").load()
    with pytest.raises(RedisUnavailable):
        RedisCheckpoint(f"redis://127.0.0.1:{free_port()}", "place").load()
