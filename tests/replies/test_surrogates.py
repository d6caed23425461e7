"""Characters beyond U+FFFF whose halves come in different pieces."""

from __future__ import annotations

import pytest

from sse_client.replies.surrogates import Halves, repaired

FIRST, SECOND = "\ud83d", "\ude00"


def joined(*pieces: str) -> list[str]:
    halves = Halves()
    return [halves.join("text", piece) for piece in pieces]


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        (["a", "b"], ["a", "b"]),
        (["a" + FIRST, SECOND + "b"], ["a", "\U0001f600b"]),
        ([FIRST, SECOND + FIRST, SECOND], ["", "\U0001f600", "\U0001f600"]),
        (["a" + FIRST, "", SECOND], ["a", "", "\U0001f600"]),
        (["a" + FIRST, "b"], ["a", "b"]),
        ([SECOND + "a", "b" + FIRST + "c"], ["\ufffda", "b\ufffdc"]),
        (["\U0001f600"], ["\U0001f600"]),
    ],
)
def test_halves_are_joined(pieces: list[str], found: list[str]) -> None:
    assert joined(*pieces) == found


def test_the_texts_of_a_reply_are_kept_apart() -> None:
    halves = Halves()
    assert [halves.join(0, "a" + FIRST), halves.join(1, "b" + FIRST)] == ["a", "b"]
    assert [halves.join(1, SECOND), halves.join(0, SECOND)] == ["\U0001f600", "\U0001f600"]


def test_no_text_stays_none() -> None:
    piece: str | None = None
    assert Halves().join("text", piece) is None


def test_a_lone_half_is_replaced_and_other_text_is_itself() -> None:
    assert repaired("a" + SECOND + FIRST + "b" + FIRST + SECOND) == "a\ufffd\ufffdb\U0001f600"
    text = "Grüße 👋"
    assert repaired(text) is text
