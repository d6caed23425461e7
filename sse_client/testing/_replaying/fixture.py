"""Starts servers for the recordings in a test's folder."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sse_client.testing._replaying.replay import ReplayServer, replay_server

if TYPE_CHECKING:
    import os
    from types import TracebackType

    from sse_client.testing._replaying.faults import Fault


class SSEReplay:
    """Starts servers that replay recordings, and closes them at the end of its block.

    Args:
        folder: the folder to which paths are relative.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        self._servers = ExitStack()

    def __call__(
        self,
        file: str | os.PathLike[str],
        *,
        speed: float = 1.0,
        drop_after: int | None = None,
        fault: Fault | None = None,
    ) -> ReplayServer:
        """Return a running server for a recording; the arguments are those of `replay_server`.

        Raises:
            RecordingError: the file is not a recording.
            ValueError: an argument is out of range.
            OSError: the file cannot be read.
        """
        server = replay_server(self._folder / file, speed=speed, drop_after=drop_after, fault=fault)
        return self._servers.enter_context(server)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._servers.close()
