"""JSON that a model wrote, as objects: the arguments of a call, and an answer of a type of the caller's."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypedDict, assert_type

import msgspec
import pydantic
import pytest

from sse_client.adapters.openai import Audio, ChatError, Choice, Completion, Message, ToolCall

# The arguments of a call.


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param('{"city": "Oslo", "days": [1, 2]}', {"city": "Oslo", "days": [1, 2]}, id="an object"),
        pytest.param("", {}, id="no text"),
        pytest.param(" \n", {}, id="blanks"),
        pytest.param("[1]", [1], id="an array"),
        pytest.param("null", None, id="null"),
    ],
)
def test_arguments_are_objects(text: str, value: object) -> None:
    assert ToolCall("a", name="f", arguments=text).parsed() == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param(
            "weather", '{"city": "Os',
            """expected the arguments of weather in JSON, got '{"city": "Os' """
            "(Unterminated string starting at: character 9 of 12)",
            id="cut off",
        ),
        pytest.param(
            "", "{city: 1}",
            "expected the arguments of the call in JSON, got '{city: 1}' "
            "(Expecting property name enclosed in double quotes: character 1 of 9)",
            id="of a call without a name",
        ),
        pytest.param(
            "f", '{"text": "' + "a" * 500 + '", "b": 01, "c": "' + "c" * 500 + '"}',
            "expected the arguments of f in JSON, got '..." + "a" * 31 + '", "b": 01, "c": "' + "c" * 31 + "...' "
            "(Expecting ',' delimiter: character 519 of 1030)",
            id="in the middle of a long text",
        ),
        pytest.param(
            "f", "[" * 100_000,
            f"expected the arguments of f in JSON, got '{'[' * 150}",
            id="nested too deep",
        ),
    ],
)  # fmt: skip
def test_broken_arguments_are_an_error_that_shows_the_place(name: str, text: str, message: str) -> None:
    with pytest.raises(ChatError) as caught:
        ToolCall("a", name=name, arguments=text).parsed()
    assert caught.value.message.startswith(message)
    assert caught.value.raw == text
    assert caught.value.__cause__ is not None


# Answers.


class Person(msgspec.Struct):
    name: str
    age: int = 0


@dataclass
class Place:
    name: str


class Film(TypedDict):
    title: str


class Model(pydantic.BaseModel):
    name: str
    born: date | None = None


@pydantic.dataclasses.dataclass
class Checked:
    name: str

    @pydantic.field_validator("name")
    @classmethod
    def upper(cls, name: str) -> str:
        return name.upper()


class Mixed(msgspec.Struct):
    people: list[Model]


def of(content: str | None, finish_reason: str | None = "stop", **message: Any) -> Completion:
    return Completion(choices=[Choice(0, Message("assistant", content, **message), finish_reason)])


ADA = '{"name": "Ada"}'


@pytest.mark.parametrize(
    ("type", "text", "value"),
    [
        pytest.param(Person, '{"name": "Ada", "age": 36}', Person("Ada", 36), id="a Struct"),
        pytest.param(Place, '{"name": "Oslo"}', Place("Oslo"), id="a dataclass"),
        pytest.param(Film, '{"title": "M"}', {"title": "M"}, id="a TypedDict"),
        pytest.param(list[Person], f"[{ADA}]", [Person("Ada")], id="a list"),
        pytest.param(dict[str, int], '{"a": 1}', {"a": 1}, id="a dict"),
        pytest.param(int | None, "null", None, id="a union"),
        pytest.param(Literal["yes", "no"], '"yes"', "yes", id="a literal"),
        pytest.param(int, " 12\n", 12, id="a number"),
        pytest.param(Any, ADA, {"name": "Ada"}, id="anything"),
        pytest.param(Model, '{"name": "Ada", "born": "1815-12-10"}', Model(name="Ada", born=date(1815, 12, 10)),
                     id="a pydantic model"),
        pytest.param(pydantic.TypeAdapter(list[Model]), f"[{ADA}]", [Model(name="Ada")], id="a TypeAdapter"),
        pytest.param(Checked, ADA, Checked("Ada"), id="a pydantic dataclass"),
        pytest.param(list[Model], f"[{ADA}]", [Model(name="Ada")], id="a list of pydantic models"),
        pytest.param(Mixed, f'{{"people": [{ADA}]}}', Mixed([Model(name="Ada")]), id="pydantic models in a Struct"),
    ],
)  # fmt: skip
def test_an_answer_is_a_value_of_the_type(type: Any, text: str, value: object) -> None:  # noqa: A002
    parsed = of(text).parse(type)
    assert parsed == value
    assert parsed.__class__ is value.__class__


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"```json\n{ADA}\n```", id="with its language"),
        pytest.param(f"\n```\n{ADA}\n```\n", id="without one"),
        pytest.param(f"```JSON {ADA}```", id="on one line"),
        pytest.param(f"```json\r\n{ADA}\r\n```", id="with CRLF"),
        pytest.param(f"```json\n{ADA}", id="that is not closed"),
        pytest.param('```json\n{"name": "Ada"\n}\n```', id="around several lines"),
    ],
)
def test_a_fence_is_taken_off(text: str) -> None:
    assert of(text).parse(Person) == Person("Ada")


def test_a_fence_inside_the_text_stays() -> None:
    assert of('{"name": "```json"}').parse(Person) == Person("```json")


def test_types_are_those_of_the_argument() -> None:
    completion = of(ADA)
    assert_type(completion.parse(Person), Person)
    assert_type(completion.parse(Model), Model)
    assert_type(completion.parse(Place, 0), Place)
    assert_type(completion.parse(pydantic.TypeAdapter(Model)), Model)
    assert_type(completion.parse(dict[str, str]), dict[str, str])


def test_the_choice_may_be_named() -> None:
    choices = [Choice(2, Message(content="2"), "stop"), Choice(5, Message(content="5"), "stop")]
    assert Completion(choices=choices).parse(int, 5) == 5
    assert Completion(choices=choices).parse(int, index=2) == 2


CALL = ToolCall("a", name="f", arguments="{}")


@pytest.mark.parametrize(
    ("completion", "message", "raw"),
    [
        pytest.param(Completion(), "choice 0 is not there; the choices are: none", "", id="no choice"),
        pytest.param(
            Completion(choices=[Choice(1), Choice(3)]), "choice 0 is not there; the choices are: 1, 3", "",
            id="other choices",
        ),
        pytest.param(of(None, refusal="I'd rather not"), "choice 0 is a refusal: I'd rather not", "I'd rather not",
                     id="a refusal"),
        pytest.param(of(ADA, refusal="no"), "choice 0 is a refusal: no", ADA, id="a refusal beside a text"),
        pytest.param(of(None), "choice 0 has no text", "", id="no text"),
        pytest.param(of(" ", "stop"), "choice 0 has no text", " ", id="blanks"),
        pytest.param(of(None, "tool_calls", tool_calls=[CALL]), "choice 0 has no text, but 1 tool calls", "",
                     id="tool calls instead"),
        pytest.param(of('{"name": "A', "length"),
                     "choice 0 was cut by the limit on its length (finish reason 'length')", '{"name": "A',
                     id="cut at its length"),
        pytest.param(of(ADA, "length"), "choice 0 was cut by the limit on its length (finish reason 'length')", ADA,
                     id="cut at its length, whatever it looks like"),
        pytest.param(of('{"name": "A', "content_filter"),
                     "choice 0 was cut by the content filter (finish reason 'content_filter')", '{"name": "A',
                     id="cut by the filter"),
        pytest.param(of('{"name": "A', None), "choice 0 is not finished", '{"name": "A', id="not finished"),
        pytest.param(of("12", None), "choice 0 is not finished", "12", id="a number that may not be finished"),
        pytest.param(of("```json\n[1", None), "choice 0 is not finished", "```json\n[1", id="a fence not finished"),
        pytest.param(
            of("Sure! Here it is"), "choice 0 is no JSON: 'Sure! Here it is' (Expecting value: character 0 of 16)",
            "Sure! Here it is", id="no JSON",
        ),
        pytest.param(
            of(ADA + " Enjoy!"), f"choice 0 is no JSON: '{ADA} Enjoy!' (Extra data: character 16 of 22)",
            ADA + " Enjoy!", id="JSON and more",
        ),
        pytest.param(
            of('{"age": 1}'),
            "choice 0 is not of the type Person: Object missing required field `name`", '{"age": 1}', id="no name",
        ),
        pytest.param(
            of('{"name": 1}'), "choice 0 is not of the type Person: Expected `str`, got `int` - at `$.name`",
            '{"name": 1}', id="a name that is no text",
        ),
    ],
)  # fmt: skip
def test_what_is_no_such_answer_is_an_error_that_says_why(completion: Completion, message: str, raw: str) -> None:
    with pytest.raises(ChatError) as caught:
        completion.parse(Person)
    assert caught.value.message == message
    assert caught.value.raw == raw
    assert caught.value.partial is completion


@pytest.mark.parametrize(
    "type",
    [
        pytest.param(Model, id="a model"),
        pytest.param(pydantic.TypeAdapter(Model), id="a TypeAdapter"),
        pytest.param(Checked, id="a dataclass"),
        pytest.param(list[Model], id="a model inside another type"),
    ],
)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param('[{"name": 1}]', "is not of the type ", id="of another type"),
        pytest.param('{"name": "A]', "is no JSON: ", id="no JSON"),
    ],
)
def test_pydantic_types_fail_in_the_same_way(type: Any, text: str, why: str) -> None:  # noqa: A002
    with pytest.raises(ChatError) as caught:
        of(text).parse(type)
    assert caught.value.message.startswith(f"choice 0 {why}")
    assert caught.value.raw == text
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("text", ['{"name": "Ada"}', "[1, 2]", '"Ada"'])
def test_an_answer_without_a_finish_reason_counts_where_its_end_is_seen(text: str) -> None:
    assert of(text, None).parse(Any) == json.loads(text)


class Odd:
    """A type that nobody knows how to decode."""


@pytest.mark.parametrize("type", [pytest.param(Odd, id="a class"), pytest.param(list[Odd], id="a class inside a list")])
def test_a_type_that_cannot_be_decoded_is_a_mistake(type: Any) -> None:  # noqa: A002
    with pytest.raises(TypeError, match="expected a type that msgspec or pydantic decodes, got Odd"):
        of("[1]").parse(type)


def test_pydantic_is_not_imported_for_those_who_do_not_bring_it() -> None:
    script = (
        "import sys; from sse_client.adapters.openai import *\n"
        "done = Completion(choices=[Choice(0, Message(content='[1]'), 'stop')])\n"
        "assert done.parse(list[int]) == [1]\n"
        "assert 'pydantic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], timeout=30, check=True)


# What the model said, sent back.


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        pytest.param(Message("assistant", "Hi"), {"role": "assistant", "content": "Hi"}, id="a text"),
        pytest.param(Message(None, "Hi", "Hm."), {"role": "assistant", "content": "Hi"}, id="thoughts stay behind"),
        pytest.param(
            Message("assistant", None, refusal="No."),
            {"role": "assistant", "content": None, "refusal": "No."},
            id="a refusal",
        ),
        pytest.param(
            Message(
                "assistant", None, tool_calls=[ToolCall("a", "function", "f", "{}"), ToolCall("b", "custom", "g", "x")]
            ),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "b", "type": "custom", "custom": {"name": "g", "input": "x"}},
                ],
            },
            id="calls",
        ),
        pytest.param(
            Message("assistant", None, tool_calls=[ToolCall("", "function", "f", "{}")]),
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
            id="a call of the deprecated kind",
        ),
        pytest.param(
            Message("assistant", None, audio=Audio("audio_1", "UklG")),
            {"role": "assistant", "content": None, "audio": {"id": "audio_1"}},
            id="a spoken answer by its id",
        ),
    ],
)
def test_a_message_goes_back_as_the_api_wants_it(message: Message, sent: dict[str, Any]) -> None:
    assert message.json() == sent
