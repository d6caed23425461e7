"""The faults, and what is expected of a stream that meets them: `test_matrix` tries each, `docs/faults.md` shows it.

Unless a fault says otherwise, it lasts: every request meets it. A fault inside a stream comes after the first event,
and the next request gets what is left: two events and the last one.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

import trustme

from sse_client import Timeout
from sse_client.testing import CLOSE, RESET, STALL, Pause, Received, Server, Step, chunk, head, reply, stream

from .outcomes import LAST, Outcome, Place, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from contextlib import AbstractContextManager

    import pytest

SHORT = 0.25
"""Seconds of a timeout that a fault has to run into where no server has to answer within it."""

ROOM = 1.0
"""Seconds of a timeout that only the fault may run into: a busy machine answers within it."""

DRIP = 0.02
"""Seconds between two bytes of what drips."""

MIB = 1 << 20


@dataclass(frozen=True)
class Fault:
    """A fault, and what is expected.

    Attributes:
        group: where in the exchange it happens.
        name: what it is.
        place: makes it; a context manager.
        get, post, repeated: what comes of a GET, a POST, and a POST with `reconnect=True`, in both clients.
    """

    group: str
    name: str
    place: Callable[[pytest.MonkeyPatch], AbstractContextManager[Place]]
    get: Outcome
    post: Outcome
    repeated: Outcome

    def expected(self, use: str) -> Outcome:
        """Return what is expected of one use."""
        return {"GET": self.get, "POST": self.post}.get(use, self.repeated)


# --- What may come of it ---

BACKOFF = (Wait(1, 1), Wait(1, 2), Wait(1, 3), Wait(1, 5))
"""The waits between five attempts in a row that bring nothing."""


def given_up(raised: str = "ConnectionFailed", waits: tuple[Wait, ...] = BACKOFF, *, received: bool = True) -> Outcome:
    return Outcome((), raised, 5 if received else 0, waits)


def at_once(raised: str | None, *delivered: str, requests: int = 1) -> Outcome:
    return Outcome(delivered, raised, requests)


RESUMED = Outcome(("1", "2", "3"), None, 2, (Wait(1, 1),), "1")
WHOLE = Outcome(("1", "2", "3"))


def never_sent(group: str, name: str, place: Any) -> Fault:
    """Return a fault after which it is certain that nothing was sent: every method is tried again."""
    lasting = given_up(received=False)
    return Fault(group, name, place, lasting, lasting, lasting)


def no_answer(group: str, name: str, place: Any, raised: str = "ConnectionFailed") -> Fault:
    """Return a fault after which the request may have been processed: a POST is not sent again."""
    return Fault(group, name, place, given_up(raised), at_once(raised), given_up(raised))


def inside(group: str, name: str, place: Any, raised: str = "ConnectionFailed") -> Fault:
    """Return a fault after the first event of a stream."""
    return Fault(group, name, place, RESUMED, at_once(raised, "1"), RESUMED)


def final(group: str, name: str, place: Any, outcome: Outcome) -> Fault:
    """Return what comes of every use alike."""
    return Fault(group, name, place, outcome, outcome, outcome)


# --- What makes them ---


def event(data: str) -> bytes:
    return f"id: {data}\ndata: {data}\n\n".encode()


ONE: list[Step] = [head(), chunk(event("1"))]
REST = stream([event("2"), event("3"), event(LAST)])
ALL = stream([event("1"), event("2"), event("3"), event(LAST)])


def answers(steps: Callable[[int], Iterable[Step]], **options: Any) -> Callable[[Any], AbstractContextManager[Place]]:
    """Return a place whose server gives these steps; `steps` gets the number of the request, from 1."""

    @contextlib.contextmanager
    def place(_: object) -> Generator[Place]:
        numbers = count(1)
        with Server(default=lambda _: steps(next(numbers))) as server:
            yield Place(server.url, options, lambda: server.requests)

    return place


def always(*steps: Step, **options: Any) -> Callable[[Any], AbstractContextManager[Place]]:
    return answers(lambda _: steps, **options)


def once(*steps: Step, **options: Any) -> Callable[[Any], AbstractContextManager[Place]]:
    """Return a place whose first answer is this, and whose next one is what is left of the stream."""
    return answers(lambda number: steps if number == 1 else REST, **options)


def dripping(data: bytes, *, since: int = 0) -> list[Step]:
    """Return steps that send `data` byte by byte from a place on."""
    steps: list[Step] = [data[:since]] if since else []
    for at in range(since, len(data)):
        steps += [Pause(DRIP), data[at : at + 1]]
    return steps


def raw(head_lines: str, body: bytes = b"data: 1\n\n") -> list[Step]:
    return [f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{head_lines}\r\n".encode("latin-1") + body, CLOSE]


@contextlib.contextmanager
def refusing(_: object) -> Generator[Place]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    yield Place(f"http://127.0.0.1:{port}/")


@contextlib.contextmanager
def look_up_fails(monkeypatch: pytest.MonkeyPatch) -> Generator[Place]:
    look_up = socket.getaddrinfo

    def fail(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in {"unknown.test", b"unknown.test"}:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", fail)
        yield Place("http://unknown.test/")


@contextlib.contextmanager
def dead_addresses(monkeypatch: pytest.MonkeyPatch) -> Generator[Place]:
    """Give a name four addresses that accept nothing: their backlogs are full."""
    look_up = socket.getaddrinfo
    hosts = [f"127.0.{number}.1" for number in range(20, 24)]
    with contextlib.ExitStack() as stack:
        port = 0
        for host in hosts:
            listener = stack.enter_context(socket.socket())
            listener.bind((host, port))
            listener.listen(0)
            port = listener.getsockname()[1]
            for _ in range(3):  # the kernel takes a few more than it was told to
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex((host, port))

        def addresses(host: Any, *args: Any, **kwargs: Any) -> Any:
            if host not in {"dead.test", b"dead.test"}:
                return look_up(host, *args, **kwargs)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in hosts]

        patched = stack.enter_context(monkeypatch.context())
        patched.setattr(socket, "getaddrinfo", addresses)
        yield Place(f"http://dead.test:{port}/", {"timeout": Timeout(connect=SHORT)})


@cache
def authority() -> trustme.CA:
    return trustme.CA()


@contextlib.contextmanager
def untrusted(_: object) -> Generator[Place]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate: Any = authority().issue_cert("127.0.0.1")
    certificate.configure_cert(context)
    with Server(tls=context) as server:
        yield Place(server.url, {}, lambda: server.requests)


@contextlib.contextmanager
def no_tls(_: object) -> Generator[Place]:
    """Answer a TLS handshake in clear text."""
    with socket.create_server(("127.0.0.1", 0)) as listener, contextlib.ExitStack() as stack:
        import threading

        def talk() -> None:
            with contextlib.suppress(OSError):
                while True:
                    sock, _address = listener.accept()
                    stack.enter_context(sock)
                    sock.recv(65536)
                    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                    sock.shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        yield Place(f"https://127.0.0.1:{listener.getsockname()[1]}/")
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def proxied(steps: Iterable[Step], scheme: str = "https", **options: Any) -> Callable[[Any], Any]:
    """Return a place behind a proxy that answers with these steps."""

    @contextlib.contextmanager
    def place(_: object) -> Generator[Place]:
        with Server(default=lambda _: steps) as server:

            def received() -> list[Received]:
                return [each for each in server.requests if each.method != "CONNECT"]

            proxies = {"http": server.url, "https": server.url}
            yield Place(f"{scheme}://origin.test/", {"proxies": proxies, **options}, received)

    return place


@contextlib.contextmanager
def restarting(_: object) -> Generator[Place]:
    """Cut the stream after its first event, listen no more for one attempt, then go on where the client was."""
    servers = [Server([*ONE, CLOSE])]

    def waiting(number: int) -> None:
        if number == 1:
            servers[0].close()
        else:
            servers.append(Server(REST, port=servers[0].port).start())

    try:
        servers[0].start()
        yield Place(servers[0].url, {}, lambda: [each for server in servers for each in server.requests], waiting)
    finally:
        for server in servers:
            server.close()


@contextlib.contextmanager
def unreachable_elsewhere(_: object) -> Generator[Place]:
    """Redirect to a place that cannot be connected to."""
    with refusing(None) as nowhere, Server(default=lambda _: reply(303, headers={"Location": nowhere.url})) as server:
        yield Place(server.url, {}, lambda: server.requests)


def asked(status: int, value: str) -> Callable[[Any], Any]:
    return always(*reply(status, b"later", {"Retry-After": value}))


@cache
def blank_lines() -> bytes:
    """Return three quarters of a megabyte of gzip that stand for 768 MiB of blank lines."""
    return gzip.compress(b"\n" * (16 * MIB), mtime=0) * 48


@contextlib.contextmanager
def bombing(_: object) -> Generator[Place]:
    steps: list[Step] = [head(headers={"Content-Encoding": "gzip"}), chunk(blank_lines()), STALL]
    with Server(default=lambda _: steps) as server:
        yield Place(server.url, {"timeout": IN_ALL}, lambda: server.requests)


@contextlib.contextmanager
def flooding(_: object) -> Generator[Place]:
    """Send interim responses without end."""
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100

    def steps() -> Iterable[Step]:
        while True:
            yield early

    with Server(default=lambda _: steps()) as server:
        yield Place(server.url, {}, lambda: server.requests)


BROKEN_GZIP = gzip.compress(event("1") + event("2"), mtime=0)[:-12] + b"\xff" * 12
ENDLESS_EVENT = gzip.compress(b"data: " + b"x" * (4 * MIB), mtime=0)
CUT_GZIP = stream([event("1"), event("2")], coding="gzip")
HTML = b"<!doctype html><title>Maintenance</title>"
MANY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 5
NO_HEAD = Timeout(read=2 * SHORT)
SILENT = Timeout(read=ROOM)
IN_ALL = Timeout(total=ROOM)
ASKED_2 = (Wait(2, 2.2), Wait(2, 3.2), Wait(2, 4.2), Wait(2, 6.2))
ASKED_MOST = tuple(Wait(3600, 3960 + more) for more in (0, 1, 2, 4))
AT_LEAST = (Wait(0.1, 0.1), Wait(0.1, 1.1), Wait(0.1, 2.1), Wait(0.1, 4.1))
FAULTS_BEFORE = "before the request is sent"
FAULTS_AT_HEAD = "before or in the response's head"
FAULTS_REFUSED = "a response that is not a stream"
FAULTS_INSIDE = "inside the stream"


def malformed(name: str, lines: str) -> Fault:
    return no_answer(FAULTS_AT_HEAD, f"malformed head: {name}", always(*raw(lines)))


BEFORE = [
    never_sent(FAULTS_BEFORE, "connection refused", refusing),
    never_sent(FAULTS_BEFORE, "the name is unknown", look_up_fails),
    never_sent(FAULTS_BEFORE, "four addresses, all dead", dead_addresses),
    final(FAULTS_BEFORE, "TLS: a certificate that is not trusted", untrusted, at_once("ConnectionFailed", requests=0)),
    never_sent(FAULTS_BEFORE, "TLS: the server speaks clear text", no_tls),
    never_sent(FAULTS_BEFORE, "the proxy refuses CONNECT (403)", proxied(reply(403, b"no"))),
    never_sent(
        FAULTS_BEFORE,
        "the proxy drips its answer to CONNECT",
        proxied(dripping(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500), timeout=Timeout(connect=SHORT)),
    ),
]

AT_HEAD = [
    no_answer(FAULTS_AT_HEAD, "reset before the head", always(RESET)),
    no_answer(FAULTS_AT_HEAD, "closed before the head", always(CLOSE)),
    no_answer(FAULTS_AT_HEAD, "closed inside the head", always(head()[:40], CLOSE)),
    no_answer(FAULTS_AT_HEAD, "silence before the head", always(STALL, timeout=NO_HEAD), "IdleTimeout"),
    final(
        FAULTS_AT_HEAD,
        "the head drips, past `Timeout(total=)`",
        always(*dripping(head()), timeout=IN_ALL),
        at_once("DeadlineExceeded"),
    ),
    final(FAULTS_AT_HEAD, "five interim responses (103)", always(MANY_HINTS, *ALL), WHOLE),
    no_answer(FAULTS_AT_HEAD, "interim responses without end", flooding),
    no_answer(FAULTS_AT_HEAD, "garbage instead of HTTP", always(b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE)),
    malformed("a blank before the colon", "X-A : 1\r\n"),
    malformed("a line without a colon", "X-A\r\n"),
    malformed("a bare CR", "X-A: 1\rX-B: 2\r\n"),
    malformed("two lengths", "Content-Length: 9\r\nContent-Length: 10\r\n"),
    malformed("a length beside chunks", "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n"),
    malformed("`Transfer-Encoding: gzip, chunked`", "Transfer-Encoding: gzip, chunked\r\n"),
]

REFUSED = [
    final(FAULTS_REFUSED, "204", always(*reply(204)), at_once(None)),
    final(
        FAULTS_REFUSED,
        "redirects without end (307)",
        always(*reply(307, headers={"Location": "/again"})),
        at_once("RedirectRefused", requests=31),
    ),
    no_answer(FAULTS_REFUSED, "a redirect (303) to an address where nothing listens", unreachable_elsewhere),
    final(FAULTS_REFUSED, "404", always(*reply(404, b"no")), at_once("StatusError")),
    no_answer(FAULTS_REFUSED, "500", always(*reply(500, b"oops")), "StatusError"),
    no_answer(FAULTS_REFUSED, "503", always(*reply(503, b"busy")), "StatusError"),
    final(FAULTS_REFUSED, "503, `Retry-After: 2`", asked(503, "2"), given_up("StatusError", ASKED_2)),
    final(FAULTS_REFUSED, "429, `Retry-After: 2`", asked(429, "2"), given_up("StatusError", ASKED_2)),
    final(
        FAULTS_REFUSED,
        "429, a date in the past",
        asked(429, "Sun, 06 Nov 1994 08:49:37 GMT"),
        given_up("StatusError", AT_LEAST),
    ),
    final(
        FAULTS_REFUSED,
        "429, a date in the year 9999",
        asked(429, "Fri, 31 Dec 9999 23:59:59 GMT"),
        given_up("StatusError", ASKED_MOST),
    ),
    final(
        FAULTS_REFUSED,
        "429, a number of 400 digits",
        asked(429, "9" * 400),
        given_up("StatusError", ASKED_MOST),
    ),
    no_answer(FAULTS_REFUSED, "429, `Retry-After: soon`", asked(429, "soon"), "StatusError"),
    final(
        FAULTS_REFUSED,
        "200, `application/json`",
        always(*reply(200, b"{}", {"Content-Type": "application/json"})),
        at_once("ContentTypeError"),
    ),
    final(
        FAULTS_REFUSED,
        "200, a page of HTML",
        always(*reply(200, HTML, {"Content-Type": "text/html"})),
        at_once("ContentTypeError"),
    ),
    final(
        FAULTS_REFUSED,
        "400, whose body drips, past `Timeout(total=)`",
        always(head(400, framing="length", length=1000), *dripping(b"x" * 500), timeout=IN_ALL),
        at_once("DeadlineExceeded"),
    ),
]

INSIDE = [
    inside(FAULTS_INSIDE, "reset between two events", once(*ONE, RESET)),
    inside(FAULTS_INSIDE, "reset inside an event", once(*ONE, chunk(b"id: 2\ndata:"), RESET)),
    inside(FAULTS_INSIDE, "cut between two chunks", once(*ONE, CLOSE)),
    inside(FAULTS_INSIDE, "cut inside a chunk", once(*ONE, chunk(event("2"))[:9], CLOSE)),
    inside(FAULTS_INSIDE, "a malformed chunk size", once(*ONE, b"data: 2\n\n", CLOSE)),
    inside(
        FAULTS_INSIDE,
        "a Content-Length that is too long",
        once(head(framing="length", length=100), event("1"), CLOSE),
    ),
    inside(
        FAULTS_INSIDE,
        "a Content-Length that is too short: the stream ends before `until`",
        once(head(framing="length", length=20), event("1") + event("2"), CLOSE),
        "StreamTruncated",
    ),
    inside(FAULTS_INSIDE, "a clean end before `until`", once(*stream([event("1")])), "StreamTruncated"),
    inside(FAULTS_INSIDE, "silence", once(*ONE, STALL, timeout=SILENT), "IdleTimeout"),
    inside(
        FAULTS_INSIDE,
        "an event drips, past `Timeout(event=)`",
        once(*ONE, *dripping(chunk(b"data: " + b"x" * 500), since=5), timeout=Timeout(event=ROOM)),
        "IdleTimeout",
    ),
    inside(
        FAULTS_INSIDE,
        "comments alone, past `Timeout(event=)`",
        once(*ONE, *[step for _ in range(500) for step in (Pause(DRIP), chunk(b":\n"))], timeout=Timeout(event=ROOM)),
        "IdleTimeout",
    ),
    final(
        FAULTS_INSIDE,
        "the line with a chunk's size drips, past `Timeout(total=)`",
        once(*ONE, *dripping(b"0" * 500), timeout=IN_ALL),
        at_once("DeadlineExceeded", "1"),
    ),
    inside(
        FAULTS_INSIDE,
        "broken gzip",
        once(head(headers={"Content-Encoding": "gzip"}), chunk(BROKEN_GZIP), CLOSE),
    ),
    inside(FAULTS_INSIDE, "gzip that is cut off", once(*CUT_GZIP[:2], CUT_GZIP[-1])),
    final(FAULTS_INSIDE, "a bomb of blank lines, past `Timeout(total=)`", bombing, at_once("DeadlineExceeded")),
    final(
        FAULTS_INSIDE,
        "a bomb that is one event, past `max_event_size`",
        always(
            head(headers={"Content-Encoding": "gzip"}), chunk(ENDLESS_EVENT), STALL, max_event_size=MIB, timeout=SILENT
        ),
        at_once("EventTooLarge"),
    ),
    Fault(
        FAULTS_INSIDE,
        "the server is restarted, and is away for one attempt",
        restarting,
        restarted := Outcome(("1", "2", "3"), None, 2, (Wait(1, 1), Wait(1, 1)), "1"),
        at_once("ConnectionFailed", "1"),
        restarted,
    ),
]

FAULTS = [*BEFORE, *AT_HEAD, *REFUSED, *INSIDE]
