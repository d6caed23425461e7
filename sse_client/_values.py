"""Immutable values that behave as frozen dataclasses with slots, without importing `dataclasses` to define them.

That module imports `inspect`, and compiles the methods of each class. For the classes that every stream needs, that
took a tenth of what a fresh process spends on this package. So `Value` has the methods, and each subclass has its
`__init__` written out. `dataclasses` is imported when a function of that module is given a value.
"""

# ruff: noqa: SLF001  (the private names are those of this module's class)

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

__all__ = ["Value", "replaced"]

_Value = TypeVar("_Value", bound="Value")


class _Generated:
    """An attribute that `dataclasses.dataclass` would have set; made when it is first read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type[Value]) -> Any:
        if owner is Value:
            raise AttributeError(f"type object 'Value' has no attribute {self._name!r}")
        kind = _defining(owner)
        found = getattr(_as_dataclass(kind), self._name)
        setattr(kind, self._name, found)
        return found


class _InheritedNames:
    """The names of the fields of a class whose base has fields; `dataclasses.dataclass` may have added more."""

    def __get__(self, instance: object, owner: type[Value]) -> tuple[str, ...]:
        for base in owner.__mro__:
            if base.__base__ is Value:
                break
            if "__dataclass_fields__" in vars(base):
                from dataclasses import fields

                return tuple(each.name for each in fields(base))
        return _defining(owner)._names


@dataclass_transform(frozen_default=True)
class Value:
    """The base of immutable values.

    A direct subclass defines the fields: its annotations name them, in order, its `__slots__` hold them, and its
    `__init__` has a parameter for each, and sets them with `object.__setattr__`. Further subclasses may have attributes
    of their own, or be decorated with `dataclasses.dataclass(frozen=True)`, which adds their fields.
    """

    __slots__ = ()

    _names: ClassVar[tuple[str, ...]] = ()

    if not TYPE_CHECKING:  # type checkers know them from `dataclass_transform`
        __dataclass_fields__ = _Generated()
        __dataclass_params__ = _Generated()
        __match_args__ = _Generated()

    def __init_subclass__(cls) -> None:
        if cls.__base__ is Value:
            cls._names = tuple(cls.__annotations__)
        else:
            names: Any = _InheritedNames()
            cls._names = names

    def __post_init__(self) -> None:
        """Check and convert the fields, in a subclass whose `__init__` is made by `dataclasses.dataclass`."""
        kind = _defining(type(self))
        kind.__init__(self, **{name: getattr(self, name) for name in kind._names})

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__qualname__}({shown})"

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self.__getstate__() == other.__getstate__()

    def __hash__(self) -> int:
        return hash(tuple(self.__getstate__()))

    def __setattr__(self, name: str, value: object) -> None:
        self._refuse("assign to", name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._refuse("delete", name)
        super().__delattr__(name)

    def __getstate__(self) -> list[Any]:
        return [getattr(self, name) for name in self._names]

    def __setstate__(self, state: list[Any]) -> None:
        for name, value in zip(self._names, state, strict=True):
            object.__setattr__(self, name, value)

    def __replace__(self, /, **changes: Any) -> Any:
        return replaced(self, **changes)

    def _refuse(self, what: str, name: str) -> None:
        """Refuse to change a field; a subclass may have other attributes.

        Raises:
            FrozenInstanceError: always for a field, and for the attributes that the class does not have.
        """
        if name in self._names or type(self).__base__ is Value:
            from dataclasses import FrozenInstanceError

            raise FrozenInstanceError(f"cannot {what} field {name!r}")


def replaced(value: _Value, **changes: Any) -> _Value:
    """Return a copy of `value` with `changes` to its fields: `dataclasses.replace` without importing that module.

    Raises:
        TypeError: `changes` names an unknown field, or has a value of the wrong type.
        ValueError: a value in `changes` is out of range.
    """
    fields = dict(zip(value._names, value.__getstate__(), strict=True))
    return type(value)(**{**fields, **changes})


def _defining(kind: type[Value]) -> type[Value]:
    """Return the class that defines the fields of `kind`: itself or one of its bases."""
    return next(base for base in kind.__mro__ if base.__base__ is Value)


def _as_dataclass(kind: type[Value]) -> type:
    """Return a dataclass with the fields of `kind`, read from the parameters of its `__init__`."""
    from dataclasses import field, make_dataclass
    from inspect import Parameter, signature

    fields: list[tuple[str, Any, Any]] = []
    for each in signature(kind).parameters.values():
        made: dict[str, Any] = {"kw_only": each.kind is Parameter.KEYWORD_ONLY}
        if each.default is not Parameter.empty:
            mutable = type(each.default).__hash__ is None  # an empty dict, which a dataclass has to make anew
            made |= {"default_factory": type(each.default)} if mutable else {"default": each.default}
        fields.append((each.name, each.annotation, field(**made)))
    return make_dataclass(kind.__name__, fields, frozen=True)
