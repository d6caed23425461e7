"""`ChatBatch`: a callable that adds answers to a batch of rows, and that Ray Data and Dask can pickle."""

from __future__ import annotations

import inspect
from collections import Counter
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from sse_client.adapters.openai._shared.fields import check_fields
from sse_client.adapters.openai.batch._asking import Asking, Plan
from sse_client.adapters.openai.batch._frames import opened, row_of
from sse_client.adapters.openai.batch._row import COLUMNS, asked_in, value_of
from sse_client.adapters.openai.batch._runner import close, runner
from sse_client.adapters.openai.batch.limit import check_limit
from sse_client.replies.client_arguments import check_retries, check_timeout, checked_key

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
    """Sends the rows of a batch to a model as chats, many at once, and adds the answers as columns.

    A row has `messages` (a list, or a list as JSON text) or a `prompt`, and may have a `model`. The result is a batch
    of the same kind, with the same rows and the additional columns `answer`, `tool_calls`, `finish_reason`,
    `prompt_tokens`, `completion_tokens`, `total_tokens`, `error`, `seconds` and `idempotency_key`. If a row cannot be
    answered, its `error` says why; the other rows continue.

    The object can be pickled. All calls in one process share a pool of connections in a separate thread, which ends
    with `close`, or with the process.

    Args:
        model: the model for rows that name none; by default, each row must name its own.
        concurrency: the most chats at once in one process, 1 or more; 64 by default.
        api_key: the API key; by default `OPENAI_API_KEY` in the environment of the process that sends the requests.
            This argument and the next three are as for `AsyncChatClient`.
        base_url: the API's URL.
        headers: sent with each request.
        timeout: seconds to connect, and seconds of silence; None, the default, for 10 and 600.
        max_retries: how often a row's request is retried, 0 or more; 2 by default. Before the first delta, it is
            retried as by `AsyncChatClient`, and up to as many times again if an answer breaks off in the middle. A
            server that supports idempotency keys answers no row twice.
        limit: the limit on requests and tokens per minute: a `RateLimit` for each process, a `RayLimit` or `DaskLimit`
            for a whole cluster; None, the default, for no limit.
        results: a folder in which answers are stored as they arrive; a later run, or a repeated task, reuses them.
            Several hosts need a shared folder. None, the default, stores nothing.
        run: the name of the run, which is part of each row's idempotency key. With another name, all rows are sent
            again.
        id_column: the column that identifies a row in its run; a row without a value in it is not sent. Without this
            argument, equal rows of a batch are numbered.
        progress: called a few times per second with a `BatchProgress`, in the process that sends the requests. If it
            raises an exception, the batch ends.
        **body: fields of each request: `temperature`, `max_tokens`, `tools`, ...; and `extra_body`, `extra_headers`,
            `extra_query` as for `AsyncChatClient.stream`.

    Raises:
        TypeError: an argument has the wrong type; or a field is, or misspells, an option of this package or an
            argument.
        ValueError: a number is out of range, or the key looks like a URL.
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
        if not isinstance(concurrency, int):
            raise TypeError(f"concurrency: expected an int, got {type(concurrency).__name__}")
        if concurrency < 1:
            raise ValueError(f"concurrency must be 1 or more, not {concurrency}")
        check_limit(limit)
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
    """Return a hash that is the same for equal requests of a batch."""
    try:
        return hash(repr(asked_in(row)))
    except RecursionError:
        return 0  # also if it is nested too deeply for JSON
