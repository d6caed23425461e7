"""`sse-client diff`: shows how two recordings differ."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003  (the parser evaluates the annotations)
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from sse_client.cli.exits import Exit, Failure
from sse_client.cli.files import reason
from sse_client.cli.screen.progress import Progress
from sse_client.cli.screen.stdout import Stdout
from sse_client.cli.screen.terminal import Style, folded, printable, style_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.testing import Difference

__all__ = ["diff"]

_KIND = 8  # columns
_MARGIN = _KIND + 2


def diff(
    first: Path,
    second: Path,
    /,
    *,
    tolerance: Annotated[float | None, Parameter("--tolerance", metavar="SECONDS")] = None,
    most: Annotated[int, Parameter("--most", metavar="N")] = 20,
) -> int:
    """Compare two recordings: status and content type, the events in their order, and how each ended.

    The exit code is 1 if they differ.

    Args:
        first: a recording.
        second: another one.
        tolerance: also compare the times between events, which may differ by this much.
        most: how many differences to show.
    """
    if tolerance is not None and not tolerance >= 0:
        raise Failure(f"--tolerance: expected 0 seconds or more, got {tolerance:g}")
    if most < 0:
        raise Failure(f"--most: expected 0 differences or more, got {most}")
    out = Stdout()
    style = style_for(sys.stdout)
    count = 0
    with Progress(lambda: f"{count} differences up to now"):
        for difference in _differences(first, second, tolerance):
            count += 1
            if count <= most:
                text = folded(printable(str(difference)), sys.stdout, _MARGIN)
                _write(out, f"{_kind(difference, style)}  {text}")
    if count > most:
        _write(out, f"... and {count - most} more; --most {count} shows them all")
    _write(out, f"{count} difference{'s' * (count != 1)}" if count else "no difference")
    return Exit.FOUND if count else Exit.DONE


def _differences(first: Path, second: Path, tolerance: float | None) -> Iterator[Difference]:
    from sse_client import SSEError
    from sse_client.testing import RecordingError
    from sse_client.testing import diff as differences

    try:
        yield from differences(first, second, tolerance=tolerance)
    except RecordingError as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(f"cannot read {error.filename or first}: {reason(error)}") from error
    except (SSEError, ValueError) as error:
        raise Failure(f"cannot compare {first} and {second}: {error}") from error


def _kind(difference: Difference, style: Style) -> str:
    colours = {"missing": style.red, "extra": style.green}
    return colours.get(difference.kind, style.magenta)(f"{difference.kind:<{_KIND}}")


def _write(out: Stdout, line: str) -> None:
    out.write((line + "\n").encode(sys.stdout.encoding or "utf-8", "backslashreplace"))
