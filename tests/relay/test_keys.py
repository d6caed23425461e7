"""The names of keys: all of a stream are in one slot of a Redis Cluster."""

from __future__ import annotations

import pytest

from sse_client.relay._redis.keys import Keys


@pytest.mark.parametrize(
    ("name", "state", "first"),
    [
        pytest.param("ticks", "{ticks}:relay", "ticks", id="a name is the hash tag"),
        pytest.param("a:{b}c", "a:{b}c:relay", "a:{b}c", id="a hash tag of its own stays"),
    ],
)
def test_all_keys_of_a_stream_are_in_one_slot(name: str, state: str, first: str) -> None:
    from redis.crc import key_slot

    keys = Keys(name, 3)
    every = [name, keys.state, keys.lease, keys.seen, keys.dead, keys.groups, *keys.streams, keys.owner("g", 2)]
    assert len({key_slot(each.encode()) for each in every}) == 1
    assert (keys.state, Keys(name).streams) == (state, [first])


@pytest.mark.parametrize("name", ["", "a}b", "{", "{}", "{a}{b}"])
def test_a_name_that_would_not_be_in_one_slot_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="hash tag alone"):
        Keys(name)
