"""Converts a batch of any kind to rows, and rows with answers back to a batch of that kind."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from sse_client.adapters.openai.batch._row import COLUMNS, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["opened", "row_of"]


def opened(batch: Any) -> tuple[list[Mapping[str, Any]], Callable[[Sequence[Answer]], Any]]:
    """Return the rows of a batch, and a function that builds a batch of the same kind from their answers.

    Args:
        batch: a list of dicts or of prompts, a `pyarrow.Table` or `RecordBatch`, a `pandas.DataFrame`, or a dict of
            columns, as Ray Data passes them.

    Raises:
        TypeError: the batch is of another type.
        ValueError: two columns share a name that is read or written here, or the columns differ in length.
    """
    kind = (type(batch).__module__.partition(".")[0], type(batch).__name__)
    if kind in {("pyarrow", "Table"), ("pyarrow", "RecordBatch")}:
        _check_names(batch.schema.names)
        return batch.to_pylist(), lambda answers: _arrow(batch, answers)
    if kind == ("pandas", "DataFrame"):
        _check_names(batch.columns)
        return batch.to_dict("records"), lambda answers: _pandas(batch, answers)
    if isinstance(batch, dict):
        columns = cast("dict[str, Any]", batch)
        names = list(columns)
        if len(lengths := {len(column) for column in columns.values()}) > 1:
            raise ValueError(f"expected columns of one length, got {sorted(lengths)}")
        values = zip(*columns.values(), strict=True)
        rows: list[Mapping[str, Any]] = [dict(zip(names, each, strict=True)) for each in values]
        return rows, lambda answers: _columns(columns, answers)
    if isinstance(batch, (list, tuple)):
        items = [row_of(item) for item in cast("list[Any]", batch)]
        return items, lambda answers: [
            {**item, **_named(answer)} for item, answer in zip(items, answers, strict=True)
        ]  # fmt: skip
    kinds = "a list, a pyarrow table, a pandas frame or a dict of columns"
    raise TypeError(f"expected {kinds}, got {type(batch).__name__}")


def row_of(item: Any) -> Mapping[str, Any]:
    """Return an element of a list as a row; it may be just a prompt.

    Raises:
        TypeError: the element is neither a dict nor a str.
    """
    if isinstance(item, str):
        return {"prompt": item}
    if isinstance(item, dict):
        return cast("dict[str, Any]", item)
    raise TypeError(f"expected rows that are dicts or prompts, got {type(item).__name__}")


def _check_names(names: Iterable[Any]) -> None:
    """Refuse two columns that would become one value of a row."""
    counts = Counter(names)
    if twice := [name for name in ("messages", "prompt", "model", *COLUMNS) if counts[name] > 1]:
        raise ValueError(f"expected one column of each name, got {counts[twice[0]]} that are called {twice[0]!r}")


def _named(answer: Answer) -> dict[str, Any]:
    return {name: getattr(answer, name) for name in COLUMNS}


def _by_column(answers: Sequence[Answer]) -> dict[str, list[Any]]:
    return {name: [getattr(answer, name) for answer in answers] for name in COLUMNS}


def _arrow(batch: Any, answers: Sequence[Answer]) -> Any:
    pyarrow: Any = import_module("pyarrow")
    kinds = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64()}
    for name, values in _by_column(answers).items():
        column = pyarrow.array(values, kinds[type(getattr(Answer(), name))])
        place = batch.schema.get_field_index(name)
        batch = batch.append_column(name, column) if place < 0 else batch.set_column(place, name, column)
    return batch


def _pandas(batch: Any, answers: Sequence[Answer]) -> Any:
    pandas: Any = import_module("pandas")
    # Text columns have the frame's own text type, because Dask cannot write columns of objects to a file.
    texts = next((kind for kind in batch.dtypes if isinstance(kind, pandas.StringDtype)), "str")
    kinds = {str: texts, int: "int64", float: "float64"}
    columns = {
        name: pandas.Series(values, index=batch.index, dtype=kinds[type(getattr(Answer(), name))])
        for name, values in _by_column(answers).items()
    }
    return batch.assign(**columns)


def _columns(batch: dict[str, Any], answers: Sequence[Answer]) -> dict[str, Any]:
    added: dict[str, Any] = {**_by_column(answers)}
    if any(type(column).__module__.partition(".")[0] == "numpy" for column in batch.values()):
        numpy: Any = import_module("numpy")
        kinds = {str: object, int: numpy.int64, float: numpy.float64}
        added = {
            name: numpy.array(values, dtype=kinds[type(getattr(Answer(), name))]) for name, values in added.items()
        }
    return {**batch, **added}
