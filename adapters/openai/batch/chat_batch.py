"""`ChatBatch`: a callable that adds answers to a batch of rows, and that Ray Data and Dask can pickle."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from sse_client.adapters._client_arguments import check_retries, check_timeout, checked_key
from sse_client.adapters.openai._shared.fields import check_fields
from sse_client.adapters.openai.batch._asking import Asking, Plan
from sse_client.adapters.openai.batch._frames import opened, row_of
from sse_client.adapters.openai.batch._row import COLUMNS, asked_in, value_of
from sse_client.adapters.openai.batch._runner import close, runner

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping
    from types import TracebackType

    from sse_client.adapters.openai.batch.limit import Limit
    from sse_client.adapters.openai.batch.progress import BatchProgress

__all__ = ["ChatBatch"]

_ARGUMENTS = (
    *("extra_headers", "extra_query", "extra_body"),
    *("model", "concurrency", "api_key", "base_url", "headers", "timeout", "max_retries", "limit", "results", "run"),
    *("id_column", "progress"),
)


class ChatBatch:
    """Answers batches of rows, many chats at once.

    A row has `messages` (a list, or one as a JSON text) or a `prompt`, and may have a `model`. The answer has the same
    rows, of the same kind of batch, with the columns `answer`, `tool_calls`, `finish_reason`, `prompt_tokens`,
    `completion_tokens`, `total_tokens`, `error`, `seconds` and `idempotency_key`. A row that cannot be answered has
    its `error`; the others go on.

    It can be pickled. All calls in one process share one pool of connections, kept in a thread of its own until
    `close`, or the end of the process.

    Args:
        model: for rows without one; by default each row must have its own.
        concurrency: the most chats at once in one process, 1 or more; 64 by default.
        api_key: as for `AsyncChatClient`; so are the next three. By default `OPENAI_API_KEY` of the environment where
            the rows are asked.
        base_url: where the API is.
        headers: sent with each request.
        timeout: seconds to connect, and of silence; None, the default, for 10 and 600.
        max_retries: how often a row is asked again, 0 or more and 2 by default: before its first delta as
            `AsyncChatClient` does it, and as often where an answer breaks off in the middle. A server that knows
            idempotency keys answers none twice.
        limit: how many requests and tokens a minute: a `RateLimit` for one process, a `RayLimit` or `DaskLimit`
            for all of them; None, the default, for no limit.
        results: a folder in which answers are stored as they arrive; a later run, or a repeated task, reuses them.
            Several hosts need a shared folder. None, the default, stores nothing.
        run: the name of the run, a part of each row's idempotency key; with another name, everything is asked again.
        id_column: a column that names a row in its run; a row without a value there is not asked. Without this
            argument, equal rows are numbered in their batch.
        progress: called a few times a second with a `BatchProgress`, in the process that asks the rows. An exception
            in it ends the batch.
        **body: fields of each request: `temperature`, `max_tokens`, `tools`, ...; and `extra_body`, `extra_headers`,
            `extra_query` as for `AsyncChatClient.stream`.

    Raises:
        TypeError: an argument is of a wrong type; or a field's name is that of an option of this package, or resembles
            one of the arguments.
        ValueError: a number is out of range; or the key looks like a URL.
    """

    def __init__(
        self,
        *,
        model: str | None = None,
        concurrency: int = 64,
        api_key: str | None = None,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        max_retries: int = 2,
        limit: Limit | None = None,
        results: str | os.PathLike[str] | None = None,
        run: str = "",
        id_column: str | None = None,
        progress: Callable[[BatchProgress], object] | None = None,
        **body: Any,
    ) -> None:
        if inspect.iscoroutinefunction(progress):
            raise TypeError("expected a progress function that does its work, and this one is async")
        if concurrency < 1:
            raise ValueError(f"concurrency must be 1 or more, not {concurrency}")
        check_retries(max_retries)
        check_timeout(timeout)
        checked_key(api_key)
        check_fields(body, _ARGUMENTS)
        client = {"api_key": api_key, "base_url": base_url, "headers": headers, "timeout": timeout}
        # The token counts are in the last chunk, if the request asks for them.
        body = {"stream_options": {"include_usage": True}, **body, **({} if model is None else {"model": model})}
        self._plan = Plan(client, body, concurrency, max_retries, limit, results, run, progress)
        self._id_column = id_column
        self._token = uuid4().hex

    def __call__(self, batch: Any) -> Any:
        """Return `batch` with the answers to its rows.

        Args:
            batch: a list of dicts or of prompts, a `pyarrow.Table`, a `pandas.DataFrame`, or a dict of columns.

        Returns:
            A batch of the same kind (a list for a tuple), with its rows in the same order.

        Raises:
            TypeError: `batch` is of another type.
            OSError: an answer could not be stored in the folder `results`.
        """
        rows, closed = opened(batch)
        return closed(runner(self._token, self._plan).answers(self._named(rows)))

    async def run(self, batch: Any) -> Any:
        """Return `batch` with the answers to its rows; ask them in the running event loop.

        Args:
            batch: as for a call.

        Returns:
            A batch of the same kind, with its rows in the same order.

        Raises:
            TypeError: `batch` is of another type.
            OSError: an answer could not be stored in the folder `results`.
        """
        rows, closed = opened(batch)
        async with Asking(self._plan) as asking:
            return closed(await asking.answer_all(self._named(rows)))

    async def stream(self, rows: Iterable[Mapping[str, Any] | str]) -> AsyncIterator[dict[str, Any]]:
        """Yield each row with its answer as soon as that has arrived, in the running event loop.

        Args:
            rows: any iterable of dicts or prompts; at most twice `concurrency` of its rows are held at a time, however
                slow the consumer is.

        Raises:
            OSError: an answer could not be stored in the folder `results`.
            TypeError: a row is neither a dict nor a prompt.
            Exception: any exception that `rows` raises.
        """
        async with Asking(self._plan) as asking:
            async for (row, _), answer in asking.answers((pair, pair) for pair in self._named(map(row_of, rows))):
                yield {**row, **{name: getattr(answer, name) for name in COLUMNS}}

    def meta(self, batch: Any) -> Any:
        """Return an empty batch with the columns of an answer, for `meta=` of Dask's `map_partitions`.

        Without `meta`, Dask calls a function with made-up rows to find out its columns, and these rows would be asked.

        Args:
            batch: an empty batch, such as `frame._meta`.
        """
        return opened(batch)[1]([])

    def close(self) -> None:
        """Close the connections of this process."""
        close(self._token)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _named(self, rows: Iterable[Mapping[str, Any]]) -> Iterable[tuple[Mapping[str, Any], str | None]]:
        """Yield the rows, each with its name in the run."""
        if self._id_column is not None:
            for row in rows:
                name = value_of(row, self._id_column)
                yield row, None if name is None else str(name)
            return
        seen: Counter[int] = Counter()
        for row in rows:
            content = _hash(row)
            yield row, str(seen[content])
            seen[content] += 1


def _hash(row: Mapping[str, Any]) -> int:
    """Return a hash by which equal questions of a batch are found."""
    try:
        return hash(repr(asked_in(row)))
    except RecursionError:
        return 0  # also if it is nested too deeply for JSON
