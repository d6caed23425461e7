"""Many chunks that came in one read mean what they mean one by one."""

from __future__ import annotations

import json
from operator import length_hint
from typing import TYPE_CHECKING, Any

import pytest
from dialect_table import DIALECTS
from hypothesis import given
from hypothesis import strategies as st

from sse_client import Comment, Event, SSEError
from sse_client.adapters.openai import ChatError, _alike, _bursts
from sse_client.adapters.openai._alike import texts_like
from sse_client.adapters.openai._bursts import BURST
from sse_client.adapters.openai._parser import ChatParser
from sse_client.adapters.openai._reader import ChatReader
from sse_client.adapters.openai._text import FULL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dialects import Dialect

    from sse_client.adapters.openai import ChatDelta

WORDS = ["Hel", "lo", " wörld", "", " 😀", "\u2028", "a" * 300]


def chunk(delta: str, more: str = "", *, index: int = 0) -> str:
    return (
        f'{{"id":"c","created":7,"model":"m","choices":[{{"index":{index},"delta":{delta},"logprobs":null,'
        f'"finish_reason":null}}],"usage":null{more}}}'
    )


def content(text: str) -> str:
    """Return a chunk; `text` is what stands between the quotes."""
    return chunk(f'{{"content":"{text}"}}')


def outcome(reader: ChatReader, found: list[ChatDelta], error: SSEError | None) -> list[Any]:
    failure = None if error is None else (type(error), str(error), getattr(error, "raw", None))
    return [found, failure, reader.completion, reader.outcome]


def one_by_one(events: Sequence[Event | Comment]) -> list[Any]:
    reader, found, failure = ChatReader(), list[Any](), None
    try:
        for event in events:
            found += reader.feed(event)
    except SSEError as error:
        failure = error
    return outcome(reader, found, failure)


def at_once(events: Sequence[Any]) -> list[Any]:
    reader, found, failure = ChatReader(), list[Any](), None
    try:
        for delta in reader.feed_all(events[0], iter(events[1:])):
            found.append(delta)
    except SSEError as error:
        failure = error
    return outcome(reader, found, failure)


def alike(raws: list[str]) -> list[str]:
    """Return the texts of all but the first, as far as they were taken without decoding the chunks."""
    (sample,) = ChatReader().feed(Event(raws[0]))
    return texts_like(sample, raws[1:])


@pytest.fixture
def no_burst_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_bursts, "BURST", 1)


@pytest.mark.usefixtures("no_burst_too_small")
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.quirk)
def test_a_burst_of_every_dialect_means_what_its_events_mean(dialect: Dialect) -> None:
    events = ChatParser().feed(dialect.stream.encode())
    # Each event twice, and all of them twice: there is always something alike.
    twice = [event for event in events * 2 for _ in range(2)]
    for burst in (events, twice):
        for start in range(len(burst)):
            assert at_once(burst[start:]) == one_by_one(burst[start:])


SHAPES = [
    '{"content":"%s"}',
    '{"content": "%s" }',
    '{"role":"assistant","content":"%s"}',
    '{"content":"%s","reasoning":"why"}',
    '{"content":"","reasoning_content":"%s"}',
    '{"reasoning":"%s","note":"\\"content\\":\\"x\\""}',
    '{"note":"content","content":"x","content":"%s"}',
    '{"refusal":"%s"}',
    '{"content":"x","tool_calls":[{"index":0,"function":{"arguments":"%s"}}]}',
]
TEXTS = st.sampled_from(["", "a", "x", "\\n", "\\\\", '\\"', "\\ud83d", "\\ude00", '","', '"', "\\", "\0", "\n", "😀"])


@st.composite
def chunks(draw: st.DrawFn) -> str:
    shape, text = draw(st.sampled_from(SHAPES[:3] * 4 + SHAPES)), draw(TEXTS)
    more = draw(
        st.sampled_from(["", "", ',"obfuscation":"a1"', ',"obfuscation":""', ',"obfuscation":"\\""', ',"error":null'])
    )
    return chunk(shape % text, more, index=draw(st.sampled_from([0, 0, 0, 1])))


@pytest.mark.usefixtures("no_burst_too_small")
@given(st.lists(st.tuples(chunks(), st.integers(1, 4)), min_size=1, max_size=6))
def test_any_burst_means_what_its_events_mean(runs: list[tuple[str, int]]) -> None:
    events = [Event(raw) for raw, times in runs for _ in range(times)]
    assert at_once(events) == one_by_one(events)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param('{"content":"%s"}', id="content"),
        pytest.param('{"content" : "%s"}', id="content, with blanks"),
        pytest.param('{"role":"assistant","content":"%s"}', id="a role in each chunk"),
        pytest.param('{"content":"%s","reasoning":null}', id="reasoning that is null"),
        pytest.param('{"content":null,"reasoning_content":"%s"}', id="reasoning_content"),
        pytest.param('{"content":"","reasoning":"%s"}', id="reasoning beside an empty content"),
    ],
)
def test_chunks_that_differ_in_a_text_alone_are_decoded_once(shape: str) -> None:
    texts = ["a", *WORDS, "a\nb", '"', "\\", '","', "\t"]
    raws = [chunk(shape % json.dumps(text)[1:-1].replace("\\ud83d\\ude00", "😀")) for text in texts]
    assert alike(raws) == texts[1:]
    assert at_once([Event(raw) for raw in raws]) == one_by_one([Event(raw) for raw in raws])


def test_the_letters_with_which_openai_hides_the_length_of_a_text_are_no_difference() -> None:
    raws = [chunk(f'{{"content":"{n}"}}', f',"obfuscation":"{"x" * n}"') for n in range(1, 9)]
    assert alike(raws) == [str(n) for n in range(2, 9)]
    assert [delta.raw for delta in at_once([Event(raw) for raw in raws])[0]] == raws


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(chunk('{"content":"b"}', index=1), id="of another choice"),
        pytest.param(chunk('{"content":"b"}', ',"more":1'), id="with another field"),
        pytest.param(chunk('{"content":"b","role":"assistant"}'), id="with a role"),
        pytest.param(content("\\ud83d"), id="with half a character"),
        pytest.param(content('b","content":"c'), id="with a text that is no string"),
        pytest.param(content("b\\"), id="with a text that has no end"),
        pytest.param(content("b\0"), id="with a NUL"),
        pytest.param(content("")[:-1], id="too short"),
        pytest.param("[DONE]", id="the last event"),
    ],
)
def test_texts_are_taken_up_to_the_first_chunk_that_is(other: str) -> None:
    assert alike([content("a"), content("b"), content("c"), other, content("d")]) == ["b", "c"]


def test_a_chunk_that_looks_like_two_is_one() -> None:
    head, tail = content("?").split("?")
    two = content(f"b{tail}\0{head}c")
    assert alike([content("a"), two, content("d")]) == []


def test_a_chunk_in_which_head_and_end_overlap_is_another() -> None:
    head, tail = content("?").split("?")
    assert alike([content("a"), head + tail[1:], content("b")]) == []


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(chunk('{"content":""}'), id="an empty text"),
        pytest.param(chunk('{"content":"a","reasoning":"b"}'), id="two texts"),
        pytest.param(chunk('{"content":"a","refusal":""}'), id="a refusal"),
        pytest.param(content("a").replace('"logprobs":null', '"logprobs":{}'), id="log probabilities"),
        pytest.param(content("a").replace('"usage":null', '"usage":{"total_tokens":1}'), id="usage"),
        pytest.param('{"choices":[],"usage":{"total_tokens":1}}', id="no choice"),
        pytest.param(content("a").replace('"created":7', '"content":"a"'), id="a text of that name before it"),
        pytest.param('{"choices":[{"index":0,"text":"a"}]}', id="a text of another name"),
        pytest.param('{"choices":[{"index":"0","delta":{"content":"a"}}]}', id="an irregular chunk"),
        pytest.param('{"choices":[{"index":0,"delta":{"cont\\u0065nt":"a"}}]}', id="an escape in the name"),
    ],
)
def test_a_chunk_with_more_than_one_text_is_no_sample(raw: str) -> None:
    assert alike([raw, raw, raw]) == []


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Event(content("b"), "error"), id="an event of the type error"),
        pytest.param(Comment("hi"), id="a comment"),
    ],
)
def test_what_is_no_chunk_among_chunks_is_what_it_is_alone(other: Event | Comment) -> None:
    events = [*[Event(content("a"))] * BURST, other, *[Event(content("c"))] * BURST]
    assert at_once(events) == one_by_one(events)


def test_a_burst_is_fed_as_it_is_taken() -> None:
    reader = ChatReader()
    rest = iter([Event(content(word)) for word in "bcdefghijklmnopqrstuvwxyz"])
    found = reader.feed_all(Event(content("a")), rest)
    for taken in range(1, 26):
        assert next(found).content == chr(96 + taken)
        assert reader.completion.choices[0].message.content == "abcdefghijklmnopqrstuvwxyz"[:taken]
        assert length_hint(rest) == 26 - taken


def test_bursts_in_which_nothing_is_alike_are_looked_at_ever_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def look(sample: ChatDelta, raws: Sequence[str]) -> list[str]:
        looks.append(sample.raw)
        return texts_like(sample, raws)

    monkeypatch.setattr(_alike, "texts_like", look)
    reader, found = ChatReader(), list[int]()

    def feed(raws: list[str]) -> None:
        looks.clear()
        assert [delta.raw for delta in reader.feed_all(Event(raws[0]), iter([Event(raw) for raw in raws[1:]]))] == raws
        found.append(len(looks))

    for _ in range(200):
        feed([chunk('{"content":"a"}', f',"n":{number}') for number in range(BURST + 1)])
    assert [number for number, looked in enumerate(found) if looked] == [0, 2, 6, 14, 30, 62, 126, 190]
    found.clear()
    for _ in range(60):
        feed([content("a")] * (BURST + 1))
    assert found == [0] * 54 + [1] * 6


def test_a_burst_behind_the_end_is_not_interpreted() -> None:
    reader = ChatReader()
    with pytest.raises(ChatError):
        reader.feed(Event('{"error":{"message":"no"}}'))
    assert list(reader.feed_all(Event(content("a")), iter([Event(content("b"))] * BURST))) == []


def test_an_error_behind_a_burst_comes_behind_its_deltas() -> None:
    events = [*[Event(content("a"))] * (BURST + 1), Event('{"error":{"message":"no"}}')]
    deltas = ChatReader().feed_all(events[0], iter(events[1:]))
    assert [next(deltas).content for _ in events[1:]] == ["a"] * (BURST + 1)
    with pytest.raises(ChatError, match="no"):
        next(deltas)


def test_long_texts_add_up_over_bursts() -> None:
    events = [Event(content(str(number % 10))) for number in range(3 * FULL)]
    assert at_once(events) == one_by_one(events)
