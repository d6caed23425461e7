"""The body of a request: the caller's own types are encoded, and what has no JSON form is refused with a hint."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import openai
import openai.types.chat as theirs
import pydantic
import pytest

from sse_client.adapters.openai import Choice, Completion, Message, ToolCall
from sse_client.adapters.openai._shared.json_body import encodable, listed

NONE: list[str] = []
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


class Role(Enum):
    USER = "user"


class Kind(StrEnum):
    TEXT = "text"


class Level(IntEnum):
    HIGH = 3


@dataclass
class Data:
    role: Role
    content: str | None
    name: str | None = None
    tags: list[str] = field(default_factory=list[str])


@pydantic.dataclasses.dataclass
class ModelData:
    role: str
    content: str | None = None


class Part(pydantic.BaseModel):
    kind: Kind = Kind.TEXT
    text: str
    detail: str | None = None


class Model(pydantic.BaseModel):
    role: str = "user"
    content: str | list[Part] | None = None
    name: str | None = None
    at: datetime | None = None
    call_id: str | None = pydantic.Field(default=None, serialization_alias="callId")


class Numbers(pydantic.RootModel[list[int]]):
    pass


class Record(msgspec.Struct, omit_defaults=True):
    role: str
    content: str | None
    name: str | None = None
    model: Any = None


class Piece(msgspec.Struct, tag="part", rename={"detail": "level"}):
    text: str | None
    detail: str | None = None


class Whole(msgspec.Struct):
    part: Piece
    parts: list[Piece | None] = []
    named: dict[str, Piece] = {}
    data: Data | None = None
    model: Any = None
    numbers: frozenset[int] | None = None
    pair: tuple[Piece, int] | None = None


class Row(msgspec.Struct, array_like=True):
    a: int | None = None
    b: int | None = None


class Tuple(NamedTuple):
    role: str
    content: str


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(
            {"a": [1, 0.5, True, None, "x", {"b": 2}]}, {"a": [1, 0.5, True, None, "x", {"b": 2}]}, id="plain values"
        ),
        pytest.param(None, None, id="a null that was given stays"),
        pytest.param((1, (2,)), [1, [2]], id="tuples"),
        pytest.param({50256: -100, Kind.TEXT: 1}, {"50256": -100, "text": 1}, id="keys that are numbers, or enums"),
        pytest.param(OrderedDict[str, int](a=1), {"a": 1}, id="an ordered dict"),
        pytest.param(MappingProxyType({"a": Level.HIGH}), {"a": 3}, id="any mapping"),
        pytest.param([Role.USER, Kind.TEXT, Level.HIGH], ["user", "text", 3], id="enums"),
        pytest.param(NEW_YEAR, "2026-01-01T00:00:00+00:00", id="a point in time"),
        pytest.param(date(2026, 1, 2), "2026-01-02", id="a date"),
        pytest.param(UUID(int=1), "00000000-0000-0000-0000-000000000001", id="a UUID"),
        pytest.param(Data(Role.USER, "Hi"), {"role": "user", "content": "Hi", "tags": []}, id="a dataclass"),
        pytest.param(
            Data(Role.USER, None, "n"), {"role": "user", "content": None, "name": "n", "tags": []}, id="nulls"
        ),
        pytest.param(ModelData("user"), {"role": "user"}, id="a dataclass of pydantic's"),
        pytest.param(Model(content="Hi"), {"role": "user", "content": "Hi"}, id="a model, with its defaults"),
        pytest.param(Model(content=None), {"role": "user", "content": None}, id="a model with a null that was set"),
        pytest.param(
            Model(
                content=[Part(text="a"), Part(text="b", detail="high")],
                call_id="1",
                at=NEW_YEAR,
            ),
            {
                "role": "user",
                "content": [{"kind": "text", "text": "a"}, {"kind": "text", "text": "b", "detail": "high"}],
                "at": "2026-01-01T00:00:00Z",
                "callId": "1",
            },
            id="models inside a model, and an alias",
        ),
        pytest.param(Numbers([1, 2]), [1, 2], id="a root model"),
        pytest.param(
            {"a": [Data(Role.USER, "x")]}, {"a": [{"role": "user", "content": "x", "tags": NONE}]}, id="inside"
        ),
        pytest.param(Record("user", None), {"role": "user", "content": None}, id="a struct, by its own rules"),
        pytest.param(
            Record("user", "", model=Part(text="a")),
            {"role": "user", "content": "", "model": {"kind": "text", "text": "a"}},
            id="a model inside a struct",
        ),
        pytest.param(
            Whole(Piece(None)),
            {"part": {"type": "part", "text": None}, "parts": [], "named": {}},
            id="a struct, whose nulls nobody has set",
        ),
        pytest.param(
            Whole(
                Piece("a", "high"),
                [Piece("b"), None],
                {"c": Piece("d")},
                Data(Role.USER, None),
                Part(text="e"),
                frozenset({1}),
                (Piece("f"), 2),
            ),
            {
                "part": {"type": "part", "text": "a", "level": "high"},
                "parts": [{"type": "part", "text": "b"}, None],
                "named": {"c": {"type": "part", "text": "d"}},
                "data": {"role": "user", "content": None, "tags": []},
                "model": {"kind": "text", "text": "e"},
                "numbers": [1],
                "pair": [{"type": "part", "text": "f"}, 2],
            },
            id="what is inside a struct",
        ),
        pytest.param(Row(None, 1), [None, 1], id="a struct that is an array keeps its places"),
        pytest.param(Tuple("user", "Hi"), {"role": "user", "content": "Hi"}, id="a named tuple"),
        pytest.param(
            Message("assistant", "Hi", reasoning="hm"), {"role": "assistant", "content": "Hi"}, id="an answer"
        ),
        pytest.param(
            ToolCall("c", "function", "f", "{}"),
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            id="a call",
        ),
        pytest.param(
            theirs.ChatCompletionMessage(role="assistant", content=None),
            {"role": "assistant", "content": None},
            id="a message of the SDK's",
        ),
    ],
)
def test_a_value_is_encoded(value: object, expected: object) -> None:
    made = encodable({"field": value})
    assert made == {"field": expected}
    assert json.loads(json.dumps(made)) == made


class Attributes:
    """As attrs makes a class, whose attributes are known by this name."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    class _Attribute(NamedTuple):
        name: str
        default: object

    __attrs_attrs__ = (_Attribute("role", ...), _Attribute("name", None))


def test_an_attrs_class_is_encoded() -> None:
    assert encodable({"a": Attributes(role=Role.USER, name=None)}) == {"a": {"role": "user"}}
    assert encodable({"a": Attributes(role="x", name="n")}) == {"a": {"role": "x", "name": "n"}}


def test_a_body_is_not_changed_in_place() -> None:
    body = {"messages": [{"content": (1, 2)}]}
    assert encodable(body) == {"messages": [{"content": [1, 2]}]}
    assert body == {"messages": [{"content": (1, 2)}]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(
            {"response_format": Model},
            r"response_format: expected JSON, got the class Model: pass {'type': 'json_schema', 'json_schema': "
            r"{'name': 'Model', 'schema': ...}}, and read the answer with reply\.parse\(Model\)$",
            id="a model's class",
        ),
        pytest.param({"response_format": Data}, "got the class Data: pass {'type': 'json_schema'", id="a dataclass"),
        pytest.param(
            {"text_format": Record}, "text_format: expected JSON, got the class Record", id="a struct's class"
        ),
        pytest.param(
            {"tools": [Model]},
            r"tools\[0\]: expected JSON, got the class Model: pass {'type': 'function', 'function': {'name': 'Model', ",
            id="a class as a tool",
        ),
        pytest.param(
            {"tools": [{"a": 1}, encodable]},
            r"tools\[1\]: expected JSON, got the function encodable: pass",
            id="a function",
        ),
        pytest.param({"a": {"b": [b"x"]}}, r"^a\.b\[0\]: expected JSON, got bytes: decode them, or send", id="bytes"),
        pytest.param({"a": bytearray(b"x")}, "got bytearray: decode them", id="a bytearray"),
        pytest.param({"stop": {"a"}}, "^stop: expected JSON, got set: pass a list$", id="a set"),
        pytest.param({"stop": iter("a")}, "got str_ascii_iterator: pass a list$", id="an iterator"),
        pytest.param({"a": Decimal("0.5")}, "got Decimal: pass a dict, a list, a text or a number$", id="a Decimal"),
        pytest.param({"a": Record("r", None, model=Decimal(1))}, "^a.model: .* got Decimal", id="inside a struct"),
        pytest.param({"a": object()}, "got object: pass a dict", id="an object"),
        pytest.param({"a": 1j}, "got complex", id="a complex number"),
        pytest.param({"a": openai.NOT_GIVEN}, "^a: expected JSON, got NotGiven", id="the SDK's word for nothing"),
        pytest.param({"a": {(1, 2): 3}}, "^a: expected a str as a key, got tuple$", id="a key that is a tuple"),
    ],
)
def test_what_has_no_json_form_is_refused_with_a_hint(body: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        encodable(body)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_is_not_finite_is_a_value_error(value: float) -> None:
    with pytest.raises(ValueError, match=rf"a\.b: expected a finite number, got {value}"):
        encodable({"a": {"b": value}})


def test_a_value_that_contains_itself_is_a_value_error() -> None:
    body: dict[str, Any] = {}
    body["a"] = body
    with pytest.raises(ValueError, match="nested too deep, or contains itself"):
        encodable(body)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ("Hi", "str"),
        (b"Hi", "bytes"),
        ({"role": "user", "content": "Hi"}, "dict"),
        (Model(content="Hi"), "Model"),
        (Message("user", "Hi"), "Message"),
        (Data(Role.USER, "Hi"), "Data"),
        (None, "NoneType"),
        (1, "int"),
    ],
)
def test_one_message_is_no_list_of_messages(values: object, kind: str) -> None:
    with pytest.raises(TypeError, match=f"messages: expected a list of messages, got one {kind}"):
        listed("messages", values, "messages")


@pytest.mark.parametrize("element", ["Hi", b"Hi", None, 1, [{}]])
def test_a_text_is_no_message(element: object) -> None:
    with pytest.raises(
        TypeError, match=rf"messages\[1\]: expected one of the messages, a dict, got {type(element).__name__}"
    ):
        listed("messages", [{}, element], "messages")


@pytest.mark.parametrize(
    ("answer", "its"), [(Completion(choices=[Choice()]), r"choices\[0\].message"), (Choice(), "message")]
)
def test_an_answer_is_no_message_but_has_one(answer: object, its: str) -> None:
    kind = type(answer).__name__
    with pytest.raises(
        TypeError, match=rf"messages\[0\]: expected a message, got the {kind} around it: pass its {its}"
    ):
        encodable({"messages": [answer]})


def test_messages_may_be_any_iterable() -> None:
    assert listed("messages", ({"n": n} for n in range(2)), "messages") == [{"n": 0}, {"n": 1}]


def test_a_message_of_leaves_is_copied() -> None:
    message: dict[str, Any] = {"role": "user", "content": "a", "name": None, "n": 1, "b": True}
    sent = encodable({"messages": [message]})
    message["content"] = "changed"
    assert sent == {"messages": [{"role": "user", "content": "a", "name": None, "n": 1, "b": True}]}


def test_keys_and_nested_values_of_a_listed_dict_are_converted() -> None:
    assert encodable({"a": [{1: "x"}, {"y": (1, 2)}, {"z": 1.5}]}) == {"a": [{"1": "x"}, {"y": [1, 2]}, {"z": 1.5}]}
    with pytest.raises(TypeError, match=r"a\[1\]\.x"):
        encodable({"a": [{}, {"x": object()}]})
