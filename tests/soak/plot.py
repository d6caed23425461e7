"""What a soak has recorded to a picture: descriptors, threads and memory over time. `python -m soak.plot FOLDER`."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

PANELS = [("descriptors", "open descriptors"), ("threads", "threads"), ("memory", "resident memory, MiB")]


def plot(folder: Path) -> Path:
    """Draw all records in `folder`; return the picture's path.

    Raises:
        FileNotFoundError: there are none.
    """
    records = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    if not records:
        raise FileNotFoundError(f"no records of a soak in {folder}")
    matplotlib: Any = import_module("matplotlib")
    matplotlib.use("Agg")
    pyplot: Any = import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(len(PANELS), 1, sharex=True, figsize=(9, 9), layout="constrained")
    for axis, (name, label) in zip(axes, PANELS, strict=True):
        for title, samples in records.items():
            axis.plot([each["seconds"] for each in samples], [each[name] for each in samples], label=title, marker=".")
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
        axis.grid(alpha=0.3)
    axes[0].set_title("Client and test server in one process, from the first request on")
    axes[0].legend(loc="lower right", fontsize="small")
    axes[-1].set_xlabel("seconds")
    path = folder / "soak.png"
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return path


if __name__ == "__main__":
    print(plot(Path(sys.argv[1])))
