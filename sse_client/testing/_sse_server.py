"""A server that a test describes as events, pauses and faults, with assertions about its requests."""

from __future__ import annotations

import contextlib
import json as json_module
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sse_client.events import Comment, Event
from sse_client.testing._messages import Coding, Framing, reply, stream
from sse_client.testing._recording.credentials import MASK, is_secret
from sse_client.testing._server import Server
from sse_client.testing._steps import End, Pause, Step, Wait

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from sse_client.testing._received import Received

Item: TypeAlias = str | Mapping[str, Any] | Event | Comment | Step
"""A text or a JSON object (the data of an event), an event, a comment, bytes as they are, a pause, or a fault."""

_ANY: Final[Any] = object()


class SSEServer(Server):
    """A server for one test, which gives the answers that the test has prepared, in order.

    When no answer is left, requests for a path that had one get a 204, which ends a subscription; other paths get a
    404.

    Args:
        tls: an `ssl.SSLContext` with which to serve https.
        port: the port to listen on; 0 for a free one.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._answers: dict[str | None, deque[list[Step]]] = {}
        super().__init__(tls=tls, port=port, default=self._next)

    def answer(
        self,
        *items: Item,
        path: str | None = None,
        status: int = 200,
        headers: Mapping[str, str | list[str]] | None = None,
        framing: Framing = "chunked",
        coding: Coding | None = None,
    ) -> None:
        """Prepare a further answer: an event stream of these items.

        It ends cleanly, unless the last item is RESET, CLOSE (which cuts a chunked body) or STALL.

        Args:
            *items: the items to send; see `Item`.
            path: answer only requests for this path, whatever their query. None: for any path without answers of its
                own.
            status: HTTP status code.
            headers: further headers, which replace those created here.
            framing: how the body ends: with its last chunk, after its length, or with the connection.
            coding: the content coding, flushed after each event.

        Raises:
            ValueError: an event cannot be encoded, for example because of a CR in its data; or `path` is not a path.
            TypeError: an item or the status is of another type.
        """
        _check_path(path)
        steps = stream(map(_step, items), status=status, headers=headers, framing=framing, coding=coding)
        self._answers.setdefault(path, deque()).append(steps)

    def refuse(
        self,
        status: int,
        body: str | bytes | Mapping[str, Any] = b"",
        *,
        path: str | None = None,
        headers: Mapping[str, str | list[str]] | None = None,
    ) -> None:
        """Prepare a further answer: a response that is not an event stream.

        Args:
            status: HTTP status code.
            body: a text, bytes, or a JSON object.
            path: as for `answer`.
            headers: further headers, such as `Retry-After`, which replace those created here.

        Raises:
            ValueError: `path` is not a path.
            TypeError: the status is not an int.
        """
        _check_path(path)
        if isinstance(body, Mapping):
            headers = {"Content-Type": "application/json", **(headers or {})}
            body = json_module.dumps(body)
        content = body.encode() if isinstance(body, str) else body
        self._answers.setdefault(path, deque()).append(reply(status, content, headers))

    @property
    def answers_left(self) -> int:
        """The number of prepared answers that have not been requested yet."""
        return sum(map(len, self._answers.values()))

    @property
    def last_event_ids(self) -> list[str | None]:
        """The Last-Event-ID of each request, in order of arrival; None for one without."""
        return [request.last_event_id for request in self.requests]

    def assert_requested(
        self,
        method: str,
        path: str | None = None,
        *,
        headers: Mapping[str, str | None] | None = None,
        query: Mapping[str, str] | None = None,
        json: Any = _ANY,
        times: int | None = None,
    ) -> list[Received]:
        """Assert that a matching request has arrived, and return all matching ones.

        Args:
            method: HTTP method.
            path: the path without the query. None: any.
            headers: headers that the request must have, among others; a value of None: must not have.
            query: all query parameters of the request.
            json: the JSON body of the request.
            times: the exact number of such requests, 0 or more; None for at least one.

        Raises:
            AssertionError: no request matches, or another number of them; the text shows the requests that arrived.
        """
        __tracebackhide__ = True
        wanted: dict[str, Any] = {"method": method.upper()}
        wanted |= {} if path is None else {"path": path}
        wanted |= {} if query is None else {"query": dict(query)}
        wanted |= {} if json is _ANY else {"json": json}
        wanted |= {} if headers is None else {"headers": dict(headers)}
        came = self.requests
        found = [request for request in came if _described(request, wanted) == wanted]
        if len(found) == times or (times is None and found):
            return found
        count = "at least once" if times is None else f"{times} times"
        shown = [f"\n  {_shown(_described(request, wanted))}" for request in came] or ["\n  nothing"]
        raise AssertionError(f"expected {count}\n  {_shown(wanted)}\nThere came{''.join(shown)}")

    def _next(self, request: Received) -> Iterable[Step]:
        path = request.path.partition("?")[0]
        if path not in self._answers and None not in self._answers:
            return reply(404, f"the test has no answer for {request.method} {path}".encode())
        for answers in (self._answers.get(path), self._answers.get(None)):
            with contextlib.suppress(IndexError):  # another request may take the last one
                if answers is not None:
                    return answers.popleft()
        # "Clients will reconnect if the connection is closed; a client can be told to stop reconnecting using the
        # HTTP 204 No Content response code."
        return reply(204)


def _check_path(path: str | None) -> None:
    """Refuse a path that no request can have.

    Raises:
        ValueError: it does not begin with a slash, or has a query.
    """
    if path is not None and (not path.startswith("/") or "?" in path):
        raise ValueError(f"path: expected a path such as '/events', without a query, got {path!r}")


def _step(item: Item) -> Event | Comment | Step:
    if isinstance(item, str):
        return Event(data=item)
    if isinstance(item, Mapping):
        return Event(data=json_module.dumps(item))
    if isinstance(item, (Event, Comment, bytes, Pause, Wait, End)):
        return item
    raise TypeError(
        "expected a text, a mapping, an Event, a Comment, bytes, Pause, Wait, RESET, CLOSE or STALL; "
        f"got {type(item).__name__}"
    )


def _described(request: Received, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a request that the assertion is about."""
    described: dict[str, Any] = {"method": request.method, "path": request.path.partition("?")[0]}
    described["query"] = request.query
    described["headers"] = {name: request.headers.get(name) for name in wanted.get("headers", ())}
    if "json" in wanted:
        try:
            described["json"] = request.json()
        except ValueError:
            described["json"] = request.body
    return {name: described[name] for name in wanted}


def _shown(described: Mapping[str, Any]) -> str:
    """Return the request as a line, without the values of credentials."""
    parts = [f"{described['method']} {described.get('path', '')}".rstrip()]
    for name in ("query", "headers"):
        if name in described:
            masked = {key: MASK if value and is_secret(key) else value for key, value in described[name].items()}
            parts.append(f"{name} {masked}")
    if "json" in described:
        parts.append(f"body {described['json']!r}")
    return ", ".join(parts)
