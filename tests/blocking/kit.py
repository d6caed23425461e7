"""What the tests of the blocking client share."""

from __future__ import annotations

import threading
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from sse_client import Reconnect, SSEError
from sse_client.testing import Server, Step, chunk, head

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    import trustme

    from sse_client import Closed, EventStream, Lost, Opened

AT_ONCE = Reconnect(initial_delay=0, max_delay=0, max_attempts=3)
"""Reconnects without a delay, and soon gives up."""

PROMPT = 3.0
"""Seconds that a busy machine may take for what should take none; every timeout in its way is longer."""

ONE: list[Step] = [head(), chunk(b"data: 1\n\n")]
"""The begin of a chunked stream: its head and one event."""

HANGS = 20
"""Seconds after which a thread of a test is given up."""


def outcome(stream: EventStream) -> tuple[list[str], SSEError | None]:
    """Read to the end; return the data of the events, and the error that ended it."""
    data: list[str] = []
    with_error: SSEError | None = None
    try:
        for event in stream:
            data.append(event.data)
    except SSEError as error:
        with_error = error
    finally:
        stream.close()
    return data, with_error


def failure(stream: EventStream) -> SSEError:
    """Read to the end, which must be an error; return it."""
    _, error = outcome(stream)
    assert error is not None
    return error


class Log:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.news: list[Opened | Lost | Closed] = []

    def __call__(self, news: Opened | Lost | Closed) -> None:
        self.news.append(news)

    @property
    def names(self) -> list[str]:
        return [type(news).__name__ for news in self.news]

    def of(self, kind: type[Any]) -> list[Any]:
        return [news for news in self.news if isinstance(news, kind)]


class Task:
    """A function in a thread of its own; `result` waits for it, and raises what it raised."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._value: Any = None
        self._error: BaseException | None = None
        self.ended_at = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    def result(self) -> Any:
        self._thread.join(HANGS)
        assert not self._thread.is_alive(), "the thread hangs"
        if self._error is not None:
            raise self._error
        return self._value

    def _run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:  # noqa: BLE001 - raised by `result`
            self._error = error
        finally:
            self.ended_at = monotonic()


def certify(context: ssl.SSLContext, authority: trustme.CA) -> None:
    """Have a server's context show a certificate for 127.0.0.1."""
    certificate: Any = authority.issue_cert("127.0.0.1")
    certificate.configure_cert(context)


def seconds(function: Callable[[], object]) -> float:
    """Return how long `function` took."""
    begin = monotonic()
    function()
    return monotonic() - begin


def connection_ends(server: Server, within: float) -> bool:
    """Wait for the end of a server's first connection, for so many seconds; return whether it has come."""
    end = monotonic() + within
    while 0 in server._served and monotonic() < end:
        sleep(0.002)
    return 0 not in server._served
