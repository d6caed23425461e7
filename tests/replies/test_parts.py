"""The parts of a reply, by the indexes of a server."""

from __future__ import annotations

import pytest

from sse_client.replies.parts import Parts


def name(place: int) -> str:
    return f"part {place}"


def test_a_part_has_the_place_of_its_index() -> None:
    parts = Parts[str]()
    assert [parts.add(index, name) for index in (2, 0)] == ["part 2", "part 0"]
    assert (list(parts), len(parts)) == (["part 0", "part 2"], 2)
    assert (parts.placed(2), parts.placed(1)) == ("part 2", None)


def test_an_empty_collection_is_false() -> None:
    assert not Parts[str]()
    assert (list(Parts[str]()), Parts[str]().find(None), Parts[str]().select(0)) == ([], None, None)


@pytest.mark.parametrize("index", [0, None])
def test_parts_with_the_same_index_or_none_have_places_of_their_own(index: int | None) -> None:
    parts = Parts[str]()
    assert [parts.add(index, name) for _ in range(3)] == ["part 0", "part 1", "part 2"]
    assert parts.find(index) == "part 2"
    assert list(parts) == ["part 0", "part 1", "part 2"]


def test_the_latest_part_of_an_index_is_found_wherever_it_is_placed() -> None:
    parts = Parts[str]()
    for index in (0, 0, 1):
        parts.add(index, name)
    assert [parts.find(index) for index in (0, 1, 2)] == ["part 1", "part 2", None]


def test_without_an_index_the_last_part_is_found() -> None:
    parts = Parts[str]()
    parts.add(0, name)
    parts.add(1, name)
    assert parts.find(None) == "part 1"
    parts.find(0)
    assert parts.find(None) == "part 1"
    parts.select(0)
    assert (parts.find(None), parts.select(None)) == ("part 0", "part 0")
    parts.select(7)
    assert parts.find(None) == "part 0"


def test_parts_that_cannot_be_compared_are_ordered_by_place() -> None:
    parts = Parts[object]()
    made = [parts.add(index, lambda _: object()) for index in (1, 0)]
    assert list(parts) == made[::-1]
