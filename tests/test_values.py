"""Values behave as frozen dataclasses do; the first half of the tests runs on a dataclass, too."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import sys
from typing import Any

import pytest

from sse_client import Attempt, Reconnect, Request, Timeout
from sse_client._values import Value, replaced
from sse_client.observer import Response


# Without slots, because CPython refuses the other attributes of a frozen class with slots by a TypeError about super().
@dataclasses.dataclass(frozen=True)
class Made:
    """The dataclass that `Written` has to behave as."""

    size: int
    name: str = "n"


class Written(Value):
    """A value with the fields of `Made`."""

    __slots__ = ("name", "size")

    size: int
    name: str

    def __init__(self, size: int, name: str = "n") -> None:
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "name", name)


@dataclasses.dataclass(frozen=True)
class MadeTagged(Made):
    """A dataclass that adds a field."""

    tag: str = ""


@dataclasses.dataclass(frozen=True)
class WrittenTagged(Written):
    """A value to which a dataclass adds a field."""

    tag: str = ""


class WrittenUnder(WrittenTagged):
    """A class without fields of its own, below the dataclass."""


KINDS: list[Any] = [Made, Written]
TAGGED: list[Any] = [MadeTagged, WrittenTagged, WrittenUnder]
each_kind = pytest.mark.parametrize("kind", KINDS)
each_tagged = pytest.mark.parametrize("kind", TAGGED)


def copies(value: Any) -> list[Any]:
    found = [pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value), dataclasses.replace(value)]
    if sys.version_info >= (3, 13):
        found.append(copy.replace(value))
    return found


@each_kind
def test_values_are_equal_if_class_and_fields_are(kind: Any) -> None:
    class Under(kind):  # type: ignore[misc]  # the base is a parameter
        pass

    assert kind(1) == kind(1, "n") == kind(size=1, name="n")
    assert kind(1) != kind(2)
    assert kind(1) != Under(1)
    assert kind(1) != (1, "n")
    assert kind(1).__eq__((1, "n")) is NotImplemented


@each_kind
def test_the_hash_is_that_of_the_fields(kind: Any) -> None:
    assert hash(kind(1)) == hash((1, "n"))
    with pytest.raises(TypeError, match="unhashable type: 'list'"):
        hash(kind([]))


@each_kind
def test_a_value_has_no_order(kind: Any) -> None:
    with pytest.raises(TypeError, match="not supported between"):
        assert kind(1) < kind(2)


@each_kind
def test_the_repr_names_class_and_fields(kind: Any) -> None:
    assert repr(kind(1)) == f"{kind.__name__}(size=1, name='n')"


@each_kind
@pytest.mark.parametrize("name", ["size", "unknown"])
def test_neither_fields_nor_other_attributes_change(kind: Any, name: str) -> None:
    value = kind(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"^cannot assign to field '{name}'$"):
        setattr(value, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"^cannot delete field '{name}'$"):
        delattr(value, name)
    assert value == kind(1)


@each_kind
def test_a_subclass_has_attributes_but_its_fields_do_not_change(kind: Any) -> None:
    class Under(kind):  # type: ignore[misc]  # the base is a parameter
        pass

    value = Under(1)
    value.mine = 2
    assert value.mine == 2
    del value.mine
    assert not hasattr(value, "mine")
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.size = 2
    assert dataclasses.replace(value, size=2) == Under(2)


@each_kind
def test_patterns_match_the_fields_in_order(kind: Any) -> None:
    assert kind.__match_args__ == ("size", "name")


@each_kind
def test_no_unknown_field_is_replaced(kind: Any) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'tag'"):
        dataclasses.replace(kind(1), tag="t")
    if sys.version_info >= (3, 13):
        with pytest.raises(TypeError, match="unexpected keyword argument 'tag'"):
            copy.replace(kind(1), tag="t")


@each_kind
def test_the_functions_of_dataclasses_find_the_fields(kind: Any) -> None:
    assert dataclasses.is_dataclass(kind(1))
    value = kind(1)
    assert [(each.name, each.default) for each in dataclasses.fields(kind)] == [
        ("size", dataclasses.MISSING),
        ("name", "n"),
    ]
    assert dataclasses.asdict(value) == {"size": 1, "name": "n"}
    assert dataclasses.astuple(value) == (1, "n")


@each_kind
def test_only_a_frozen_dataclass_inherits_from_a_value(kind: Any) -> None:
    with pytest.raises(TypeError, match="cannot inherit non-frozen dataclass from a frozen one"):
        dataclasses.dataclass(type("Thawed", (kind,), {}))


@each_tagged
def test_a_copy_has_the_fields_that_a_dataclass_adds(kind: Any) -> None:
    value = kind(1, "m", tag="t")
    for again in copies(value):
        assert again == value
        assert (again.size, again.name, again.tag) == (1, "m", "t")
    assert dataclasses.replace(value, size=2) == kind(2, "m", tag="t")
    assert hash(value) == hash((1, "m", "t"))
    assert repr(value) == f"{kind.__name__}(size=1, name='m', tag='t')"
    assert value != kind(1, "m", tag="u")


@pytest.mark.parametrize("kind", TAGGED[1:])
def test_what_replaces_without_dataclasses_keeps_the_added_fields(kind: Any) -> None:
    assert replaced(kind(1, tag="t"), size=2) == kind(2, tag="t")


VALUES: list[Any] = [
    Request(method="GET", url="http://h/", headers={"X": "1"}),
    Attempt(number=1, last_event_id="a"),
    Timeout(read=5.0),
    Reconnect(max_attempts=2),
    Response(200, {"A": "b"}, "http://h/", None),
]
each_value = pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)


@each_value
def test_a_value_has_the_fields_of_a_dataclass(value: Any) -> None:
    kind: Any = value.__class__
    slots: tuple[str, ...] = kind.__slots__
    assert dataclasses.is_dataclass(kind)
    names = [each.name for each in dataclasses.fields(kind)]
    assert names == list(kind.__annotations__)
    assert sorted(names) == sorted(slots)
    assert not hasattr(value, "__dict__")
    assert dataclasses.asdict(value) == {name: getattr(value, name) for name in names}


@each_value
def test_a_copy_equals_its_value(value: Any) -> None:
    for again in (*copies(value), replaced(value)):
        assert again is not value
        assert again == value


@each_value
def test_a_value_equals_none_of_another_class(value: Any) -> None:
    assert [value == other for other in VALUES].count(True) == 1
    assert value != object()


def test_equal_values_have_equal_hashes() -> None:
    assert len({Timeout(), Timeout(), Timeout(read=1)}) == 2


@each_value
def test_a_value_does_not_change(value: Any) -> None:
    for changed in (dataclasses.fields(value)[0].name, "unknown"):
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot assign to field '{changed}'"):
            setattr(value, changed, 1)
        with pytest.raises(dataclasses.FrozenInstanceError, match=f"cannot delete field '{changed}'"):
            delattr(value, changed)


def test_a_subclass_may_have_attributes_of_its_own() -> None:
    class Named(Timeout):
        pass

    kind: Any = Named
    value = kind(1)
    value.name = "n"
    del value.name
    assert not vars(value)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.read = 2


def test_a_dataclass_of_a_value_checks_as_the_value_does() -> None:
    class Tagged(Request):
        tag: str = dataclasses.field(default="", kw_only=True)

    class Slow(Timeout):
        pass

    made = dataclasses.dataclass(frozen=True)
    kinds: list[Any] = [made(Tagged), made(Slow)]
    tagged_kind, slow_kind = kinds
    tagged = tagged_kind(method="get", url="http://h/", data=bytearray(b"a"), tag="t")
    assert (tagged.method, tagged.data, tagged.headers, tagged.tag) == ("GET", b"a", {}, "t")
    assert dataclasses.replace(tagged, tag="u").tag == "u"
    with pytest.raises(ValueError, match="more than 0 seconds"):
        slow_kind(read=-1)


def test_fields_match_by_position_where_they_are_passed_so() -> None:
    match VALUES[2]:
        case Timeout(connect, read):
            assert (connect, read) == (10.0, 5.0)
        case _:
            pytest.fail("no match")
    kinds: list[Any] = [Timeout, Request]
    assert [kind.__match_args__ for kind in kinds] == [("connect", "read", "event", "total", "first"), ()]


def test_a_value_shows_its_fields() -> None:
    assert repr(Attempt(number=1, last_event_id="a")) == "Attempt(number=1, last_event_id='a', error=None)"
    # Those of a request and a response may be secret.
    assert [repr(VALUES[0]), repr(VALUES[4])] == ["<Request GET http://h/>", "<Response 200 from http://h/>"]


def test_each_request_without_headers_has_a_dict_of_its_own() -> None:
    one, other = (Request(method="GET", url="http://h/") for _ in range(2))
    assert one.headers == {}
    assert one.headers is not other.headers


def test_the_base_is_no_dataclass() -> None:
    assert not dataclasses.is_dataclass(Value)
