"""What wakes a reader, for the tests of the blocking transport."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from sse_client.transports._requests.wakeup import Wakeup
from transports.requests.kit import SOON, Pair

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The client's socket, and the server's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(SOON)
        theirs.settimeout(SOON)
        yield ours, theirs


@pytest.fixture
def wakeup() -> Wakeup:
    """What wakes the reader of a stream."""
    return Wakeup()
