"""Reports the progress of a batch as rows are answered."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.adapters.openai.batch._row import Answer

__all__ = ["BatchProgress", "Reporter", "Total"]

_SECONDS = 0.2  # seconds between two reports; a report for each row would cost more than some rows


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """What has been done since the last report.

    Attributes:
        done: finished rows, including failed and resumed ones.
        failed: rows whose `error` is not empty.
        resumed: rows whose answer an earlier run had stored.
        prompt_tokens: the server's count of prompt tokens, for the rows asked in this run.
        completion_tokens: the server's count of completion tokens, for the rows asked in this run.
    """

    done: int = 0
    failed: int = 0
    resumed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: BatchProgress) -> BatchProgress:
        return BatchProgress(
            self.done + other.done,
            self.failed + other.failed,
            self.resumed + other.resumed,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


class Reporter:
    """Counts finished rows, and reports the counts a few times per second.

    Args:
        report: the caller's function; None for no reports.
    """

    def __init__(self, report: Callable[[BatchProgress], object] | None) -> None:
        self._report = report
        self._since = BatchProgress()
        self._then = monotonic()

    def add(self, answer: Answer, *, resumed: bool) -> None:
        """Count one row.

        Args:
            answer: the answer to the row.
            resumed: whether it was read from the results of an earlier run; its tokens then do not count.
        """
        if self._report is None:
            return
        tokens = (0, 0) if resumed else (answer.prompt_tokens, answer.completion_tokens)
        self._since += BatchProgress(1, int(bool(answer.error)), int(resumed), *tokens)
        if monotonic() - self._then >= _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Report the counts since the last report."""
        if self._report is not None and self._since.done:
            since, self._since = self._since, BatchProgress()
            self._then = monotonic()
            self._report(since)


class Total:
    """Adds reports up."""

    def __init__(self) -> None:
        self._sum = BatchProgress()

    def add(self, progress: BatchProgress) -> None:
        """Count a report."""
        self._sum += progress

    def total(self) -> BatchProgress:
        """Return the sum of all reports."""
        return self._sum
