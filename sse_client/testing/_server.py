"""Gives scripts to requests, in order of arrival."""

from __future__ import annotations

import socket
import threading
from collections import deque
from time import monotonic, sleep
from typing import TYPE_CHECKING, Self

from sse_client.testing._chat.answers import DEFAULT_ANSWER, Answer
from sse_client.testing._chat.route import chat
from sse_client.testing._connection import Connection
from sse_client.testing._routes import routed
from sse_client.testing._subscription import NumberedSubscription

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from sse_client.events import Event
    from sse_client.testing._received import Received
    from sse_client.testing._steps import Script, Step

_PATIENCE = 5.0
"""Seconds that `close()` waits for a script that runs code of its own."""

_PAUSE = 0.05
"""Seconds until the server tries again to accept a connection."""


class Server:
    """An HTTP/1.1 server on 127.0.0.1: it listens from the start, and answers once it is started or entered.

    Each request gets the next script. After the last step of a script, the server reads the next request on the same
    connection, unless the step was CLOSE or RESET. When no script is left, it answers `POST /v1/chat/completions` as
    OpenAI does, `GET /events` with a numbered subscription that resumes after Last-Event-ID (and with 204 once the last
    event has been delivered), and anything else with 404.

    Args:
        scripts: the responses to the first requests.
        tls: an `ssl.SSLContext` with which to serve https.
        port: the port to listen on; 0 for a free one.
        default: the script for every request without one, instead of the answers above.
        answer: the chat's answer: a text, a `ToolAnswer`, a `ChatAnswer`, a `ChatFailure`, or a function that returns
            one of these for the request's JSON. Only requests with `tools` get a `ToolAnswer`; others get a default
            text.
        pace: seconds between two tokens of the chat, and between two events of the subscription.
        api_key: a chat request with another key gets a 401. None: any key is accepted.
        events: the subscription's events, or how many to generate; None for endless ones. An event without an id gets
            its position, counted from 1.
        retry: reconnection time in milliseconds, sent first on every connection of the subscription.
        drop_after: each connection of the subscription is cut after this many events, inside the next one.

    Attributes:
        port: the port on which it listens.
        url: the server's URL, without a slash at the end.
    """

    def __init__(
        self,
        *scripts: Script,
        tls: ssl.SSLContext | None = None,
        port: int = 0,
        default: Callable[[Received], Iterable[Step]] | None = None,
        answer: Answer = DEFAULT_ANSWER,
        pace: float = 0.0,
        api_key: str | None = None,
        events: int | Sequence[Event] | None = None,
        retry: int | None = None,
        drop_after: int | None = None,
    ) -> None:
        self._scripts: deque[Script] = deque()
        self.script(*scripts)
        self._default = default or routed(
            chat(answer, pace=pace, api_key=api_key),
            NumberedSubscription(events, pace=pace, retry=retry, drop_after=drop_after),
        )
        self._tls = tls
        self._requests: list[Received] = []
        self._errors: list[BaseException] = []
        self._accepted = 0
        self._served: dict[int, tuple[Connection, threading.Thread]] = {}  # open connections by number
        self._closing = False
        self._changed = threading.Condition()
        self._acceptor: threading.Thread | None = None
        self._listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Received]:
        """The requests so far, in order of arrival."""
        with self._changed:
            return list(self._requests)

    @property
    def connections(self) -> int:
        """The number of accepted connections."""
        with self._changed:
            return self._accepted

    def script(self, *scripts: Script) -> None:
        """Append scripts, for the next requests.

        Raises:
            TypeError: a script is bytes or a str instead of a list of steps.
        """
        for script in scripts:
            if isinstance(script, bytes | str):
                raise TypeError(f"a script must be an iterable of steps, or callable, not {script!r}")
        self._scripts.extend(scripts)

    def wait_for(self, n: int, timeout: float = 5) -> list[Received]:
        """Block until `n` requests have arrived since the start; return all requests so far.

        Raises:
            TimeoutError: fewer arrived within `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= n, timeout):
                came = ", ".join(f"{request.method} {request.path}" for request in self._requests) or "none"
                raise TimeoutError(f"expected {n} requests within {timeout} s; came: {came}")
            return list(self._requests)

    def start(self) -> Self:
        """Begin to answer requests. Entering the server's `with` block does the same."""
        self._acceptor = threading.Thread(target=self._accept, name="testing server", daemon=True)
        self._acceptor.start()
        return self

    def close(self) -> None:
        """End all connections and threads, even in the middle of a script.

        Raises:
            BaseExceptionGroup: the exceptions of scripts and routes, and of requests that were not HTTP.
        """
        if self._closing:
            return
        self._closing = True
        if self._acceptor is not None:
            socket.create_connection(("127.0.0.1", self.port)).close()  # wakes the acceptor
            self._acceptor.join()
        self._listener.close()
        served = list(self._served.values())
        for connection, _ in served:
            connection.stop()
        deadline = monotonic() + _PATIENCE
        for _, thread in served:
            thread.join(max(0.0, deadline - monotonic()))
            if thread.is_alive():
                self._errors.append(TimeoutError(f"{thread.name}: its script still runs {_PATIENCE} s after close()"))
        if self._errors:
            raise BaseExceptionGroup("errors in the scripts of a testing server", self._errors)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:  # no file descriptor is free, for example, until connections end
                if self._closing:
                    return
                sleep(_PAUSE)
                continue
            if self._closing:
                sock.close()
                return
            with self._changed:
                number = self._accepted
                self._accepted += 1
                connection = Connection(sock, number, self._tls)
                thread = threading.Thread(
                    target=self._serve,
                    args=(connection, number),
                    name=f"testing server, connection {number}",
                    daemon=True,
                )
                self._served[number] = connection, thread
            try:
                thread.start()
            except RuntimeError:  # the system starts no more threads
                connection.close()
                del self._served[number]

    def _serve(self, connection: Connection, number: int) -> None:
        try:
            connection.serve(self._answer)
        except BaseException as error:  # noqa: BLE001 - raised by close(), in the thread of the test
            self._errors.append(error)
        finally:
            # Closed only after the error is stored, so that a test that sees the connection end finds the errors in
            # order.
            connection.close()
            del self._served[number]

    def _answer(self, request: Received) -> Iterable[Step]:
        with self._changed:
            script = self._scripts.popleft() if self._scripts else self._default
            self._requests.append(request)
            self._changed.notify_all()
        return script(request) if callable(script) else script
