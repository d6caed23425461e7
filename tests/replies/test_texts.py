"""Texts that arrive in pieces."""

from __future__ import annotations

import pytest

from sse_client.replies.texts import Texts

FIRST, SECOND = "\ud83d", "\ude00"


def test_texts_grow_under_their_names() -> None:
    texts = Texts()
    assert [texts.add("text", "He"), texts.add("thinking", "hm"), texts.add("text", "y")] == ["He", "hm", "y"]
    assert texts.joined() == {"text": "Hey", "thinking": "hm"}
    assert ("text" in texts, "signature" in texts) == (True, False)


def test_an_empty_piece_is_a_text() -> None:
    texts = Texts()
    texts.add("text", "")
    assert ("text" in texts, texts.joined()) == (True, {"text": ""})


def test_a_character_cut_in_two_is_joined_within_its_text() -> None:
    texts = Texts()
    pieces = [("a", "x" + FIRST), ("b", "y" + FIRST), ("a", SECOND), ("b", SECOND)]
    assert [texts.add(*piece) for piece in pieces] == ["x", "y", "\U0001f600", "\U0001f600"]
    assert texts.joined() == {"a": "x\U0001f600", "b": "y\U0001f600"}


def test_the_beginning_of_a_text_may_come_late() -> None:
    texts = Texts()
    texts.add("text", "llo")
    assert texts.begin("text", "He" + FIRST) == "He"
    assert texts.add("text", SECOND) == "\ufffd"
    assert texts.joined() == {"text": "Hello\ufffd"}


def test_the_beginning_of_a_new_text_is_a_piece() -> None:
    texts = Texts()
    assert [texts.begin("text", "a" + FIRST), texts.add("text", SECOND)] == ["a", "\U0001f600"]


@pytest.mark.parametrize(
    ("whole", "rest"),
    [("Hi there", " there"), ("Hi", ""), ("H", ""), ("Hello", ""), ("", "")],
    ids=["longer", "the same", "shorter", "another", "empty"],
)
def test_a_whole_text_adds_its_rest(whole: str, rest: str) -> None:
    texts = Texts()
    texts.add("text", "H")
    texts.add("text", "i")
    assert (texts.complete("text", whole), texts.joined()) == (rest, {"text": "Hi" + rest})


def test_a_whole_text_is_the_rest_of_one_that_has_not_begun() -> None:
    texts = Texts()
    assert (texts.complete("text", "Hi"), texts.complete("other", "")) == ("Hi", "")
    assert texts.joined() == {"text": "Hi"}
