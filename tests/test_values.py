"""Values count as dataclasses, whatever they are asked for."""

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
    for again in (
        pickle.loads(pickle.dumps(value)),
        copy.copy(value),
        copy.deepcopy(value),
        dataclasses.replace(value),
        replaced(value),
    ):
        assert again is not value
        assert again == value
    if sys.version_info >= (3, 13):
        assert copy.replace(value) == value


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
