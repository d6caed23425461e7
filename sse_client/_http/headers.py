"""The header fields of a response: lookup ignores case, and repeated fields can be read one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload

from sse_client._http.type_guards import is_mapping

__all__ = ["Headers"]

_Default = TypeVar("_Default")

_Field = tuple[str | bytes, str | bytes]


class Headers(Mapping[str, str]):
    """Header fields by name, ignoring case. Fields of one name are joined with `, `, as in requests.

    Nothing is decoded or copied before the first lookup. The `repr` shows only names, because values may be secret.

    Args:
        fields: names and values in the order of the response, as bytes or as Latin-1 text; it is iterated over once,
            at the first lookup.
    """

    __slots__ = ("_by_name", "_fields")

    def __init__(self, fields: Iterable[_Field] = ()) -> None:
        self._fields: Iterable[_Field] | None = fields
        self._by_name: dict[str, tuple[str, list[str]]] = {}

    def all(self, name: str) -> list[str]:
        """Return the values of all fields of that name as a list; an empty list if there is none."""
        found = self._read().get(name.lower())
        return list(found[1]) if found is not None else []

    def __getitem__(self, name: str) -> str:
        values = self._read()[name.lower()][1]
        return values[0] if len(values) == 1 else ", ".join(values)

    @overload
    def get(self, key: str, default: None = None, /) -> str | None: ...
    @overload
    def get(self, key: str, default: str | _Default, /) -> str | _Default: ...
    def get(self, key: str, default: Any = None, /) -> Any:
        """Return the value of a field, or `default`."""
        # The inherited method catches a KeyError, which is slow, and most headers that are looked up are missing.
        found = (self._by_name if self._fields is None else self._read()).get(key.lower())
        if found is None:
            return default
        values = found[1]
        return values[0] if len(values) == 1 else ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._read().values())

    def __len__(self) -> int:
        return len(self._read())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._read()

    def __eq__(self, other: object) -> bool:
        if not is_mapping(other):
            return NotImplemented
        return {name.lower(): value for name, value in self.items()} == {
            name.lower() if isinstance(name, str) else name: value for name, value in other.items()
        }

    __hash__ = None  # type: ignore[assignment]  # as other mappings that compare by value

    def __repr__(self) -> str:
        return f"<Headers: {', '.join(self)}>"

    def __reduce__(self) -> tuple[type[Headers], tuple[list[tuple[str, str]]]]:
        return Headers, ([(name, value) for name, values in self._read().values() for value in values],)

    def _read(self) -> dict[str, tuple[str, list[str]]]:
        """Return the fields by lower-case name: the name as first received, and the values."""
        if self._fields is not None:
            fields, self._fields = self._fields, None
            by_name = self._by_name
            for name, value in fields:
                text = name if isinstance(name, str) else name.decode("latin-1")
                content = value if isinstance(value, str) else value.decode("latin-1")
                by_name.setdefault(text.lower(), (text, []))[1].append(content)
        return self._by_name
