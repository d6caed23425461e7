"""A Gradio app whose functions are called by its API: one counts, one fails in the middle."""

from __future__ import annotations

import sys
from collections.abc import Iterator  # noqa: TC003 - Gradio evaluates the annotations

import gradio


def count(up_to: float) -> Iterator[str]:
    """Yield the numbers up to `up_to`."""
    for n in range(1, int(up_to) + 1):
        yield f"caf\u00e9 {n}\nof {int(up_to)}"


def fails(up_to: float) -> Iterator[str]:
    """Fail after the first number."""
    yield "1"
    raise gradio.Error(f"not up to {up_to}")


with gradio.Blocks(analytics_enabled=False) as app:
    gradio.api(count, api_name="count")
    gradio.api(fails, api_name="fails")

if __name__ == "__main__":
    app.queue().launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True, enable_monitoring=False)
