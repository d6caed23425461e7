"""`parse` of a chat reply, through both clients; what it does with a text, `shared/test_structured_output` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_type

import msgspec
import pydantic
import pytest
from both_clients import chat as chat
from test_client_kit import DONE, answer, ask, chatting, event, piece
from test_client_kit import surroundings as surroundings

from sse_client import StreamTruncated
from sse_client.adapters.openai import ChatError
from sse_client.testing import CLOSE, STALL, Server, chunk, head, reply, stream

if TYPE_CHECKING:
    from both_clients import Chat


class Person(msgspec.Struct):
    name: str


class Model(pydantic.BaseModel):
    name: str


ADA = ['{"name"', ': "Ada"}']


@pytest.mark.parametrize("enter", [True, False], ids=["entered", "not entered"])
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(Person, Person("Ada"), id="a struct"),
        pytest.param(Model, Model(name="Ada"), id="a pydantic model"),
        pytest.param(pydantic.TypeAdapter(Model), Model(name="Ada"), id="a type adapter"),
        pytest.param(dict[str, str], {"name": "Ada"}, id="a dict"),
    ],
)
def test_a_reply_is_read_to_its_end_and_decoded(chat: Chat, kind: Any, value: Any, enter: bool) -> None:
    with Server(answer(*ADA), answer("```json\n", *ADA, "\n```")) as server:
        for _ in range(2):
            came = chat.ask(server.url, parse=(kind,), enter=enter)
            assert came.error is None
            assert came.value == value
            assert type(came.value) is type(value)
            assert (came.reply.outcome, came.deltas) == ("complete", [])
        assert len(server.requests) == 2


def test_any_choice_can_be_decoded(chat: Chat) -> None:
    script = stream([piece("1", "stop"), piece("[2]", "stop", index=1), DONE])
    with Server(script, script, script) as server:
        asked = {"n": 2}
        assert chat.ask(server.url, call=asked, parse=(int,)).value == 1
        assert chat.ask(server.url, call=asked, parse=(list[int], 1)).value == [2]
        error = chat.ask(server.url, call=asked, parse=(int, 2)).error
    assert isinstance(error, ChatError)
    assert error.message == "choice 2 is not there; the choices are: 0, 1"


def test_a_reply_that_is_cut_off_is_not_decoded(chat: Chat) -> None:
    with Server([head(), chunk(piece("12")), CLOSE]) as server:
        came = chat.ask(server.url, parse=(int,))
    assert (type(came.error), came.value, came.reply.outcome) == (StreamTruncated, None, "truncated")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        pytest.param(answer("never"), "choice 0 is no JSON: 'never'", id="no JSON"),
        pytest.param(answer("{}"), "choice 0 is not of the type Person", id="another type"),
        pytest.param(stream([piece(ADA[0], "length"), DONE]), "choice 0 was cut by the limit", id="cut by its length"),
        pytest.param(stream([event({"error": "no"})]), "no", id="an error inside the stream"),
        pytest.param(reply(400, b"no"), "no", id="a bad status"),
    ],
)
def test_what_is_no_answer_of_that_type_is_an_error(chat: Chat, script: Any, message: str) -> None:
    with Server(script) as server:
        came = chat.ask(server.url, parse=(Person,))
    assert isinstance(came.error, ChatError)
    assert came.error.message.startswith(message)


def test_what_was_read_before_counts_too_and_it_can_be_decoded_again() -> None:
    with Server(answer(*ADA)) as server, chatting(server) as client, ask(client) as replying:
        assert next(replying).content == ADA[0]
        assert_type(replying.parse(Person), Person)
        assert_type(replying.parse(pydantic.TypeAdapter(Model)), Model)
        assert replying.parse(Person) == Person("Ada")


def test_a_reply_that_was_left_is_not_decoded() -> None:
    with Server([head(), chunk(piece("12")), STALL]) as server, chatting(server) as client:
        with ask(client) as replying:
            next(replying)
        with pytest.raises(ChatError, match="choice 0 is not finished"):
            replying.parse(int)
