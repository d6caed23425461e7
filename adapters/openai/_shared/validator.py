"""The type of an object that makes values of the caller's own type, such as those of pydantic."""

from __future__ import annotations

from typing import Protocol, TypeVar

__all__ = ["Validates"]

T_co = TypeVar("T_co", covariant=True)


class Validates(Protocol[T_co]):
    """The part of `pydantic.TypeAdapter` that is used here."""

    def validate_json(self, data: str, /) -> T_co: ...
