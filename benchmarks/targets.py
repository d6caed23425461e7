"""What the figures ought to be. A figure's name is that of its part and its row; a part that is not run has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from benchmarks.streams import PARSER_WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TARGETS", "Target"]


@dataclass(frozen=True)
class Target:
    """A bound of one figure.

    Attributes:
        figure: its name.
        relation: on which side of the bound it ought to be.
        bound: the bound.
        text: the target in words.
    """

    figure: str
    relation: Literal[">=", "<="]
    bound: float
    text: str

    def met(self, figures: Mapping[str, float]) -> bool:
        """Tell whether the figure is there, and where it ought to be."""
        figure = figures.get(self.figure)
        if figure is None:
            return False
        return figure >= self.bound if self.relation == ">=" else figure <= self.bound


TARGETS = (
    *(
        Target(f"parser: {workload.name}", ">=", 1.2, f"{workload.name}: 1.2 times the fastest peer")
        for workload in PARSER_WORKLOADS
    ),
    Target("parser: average", ">=", 2.2, "average (geometric) over all of these: 2.2 times the fastest peer"),
    *(
        Target(f"parser: least: {workload.name}", "<=", 1.3, f"{workload.name}: 1.3 times the cost of split and decode")
        for workload in PARSER_WORKLOADS
        if workload.one_line
    ),
    Target("http: chunked: launchdarkly-eventsource", ">=", 1.3, "chunked: 1.3 times launchdarkly-eventsource"),
    Target("http: chunked: requests + sseclient-py", ">=", 2.5, "chunked: 2.5 times requests + sseclient-py"),
    Target("http: chunked: httpx2", ">=", 7.0, "chunked: 7 times httpx2"),
    Target("chat: openai", ">=", 25.0, "25 times the OpenAI SDK"),
    Target("memory: growth, parser", "<=", 16.0, "a million events, parser: constant (KiB over a tenth of them)"),
    Target("memory: growth, client", "<=", 1024.0, "a million events, client: constant (KiB over a tenth of them)"),
    Target("memory: line", "<=", 10.0, "an 8 MB line in 256-byte pieces: 8 times one of 1 MB (10 with noise)"),
    Target("import: sse_client", "<=", 1.5, "import sse_client: 1.5 times import requests"),
)
