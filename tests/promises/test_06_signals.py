"""`close()` may be called by a signal handler, whatever the stream was doing when the signal came."""

from __future__ import annotations

import pytest

from .kit import run_program

STORM = """
import importlib, random, signal, sys, threading, time
import sse_client
from sse_client import Reconnect, SSEError
from sse_client.testing import CLOSE, STALL, Pause, Server, chunk, head, reply

what, seconds, library = sys.argv[1], float(sys.argv[2]), importlib.import_module(sys.argv[3])
Session = library.Session if sys.argv[3] == "requests" else library.Client
random.seed(what)
current = None
handled = 0

def handler(number, frame):
    global handled
    handled += 1
    target = current
    if target is not None:
        target.close()

signal.signal(signal.SIGALRM, handler)
signal.signal(signal.SIGUSR1, handler)

def answer(request):
    kind = random.randrange(7)
    if kind == 0:
        return reply(503)
    if kind == 1:
        return [CLOSE]
    if kind == 2:
        return [head(), *[chunk(b"data: x\\n\\n")] * 50, STALL]
    if kind == 3:
        return [Pause(0.002), head(), chunk(b"id: 1\\ndata: x\\n\\n"), CLOSE]
    if kind == 4:
        return reply(302, headers={"Location": "/other"})
    if kind == 5:
        return [head(headers={"Content-Encoding": "gzip"}), STALL]
    return [STALL]

rules = Reconnect(initial_delay=0.02, max_delay=0.01, max_attempts=None)
streams = 0
with Server(default=answer) as server:
    end = time.monotonic() + seconds
    client = sse_client.Client(Session())
    while time.monotonic() < end or streams < 100:
        if what == "client":
            client = sse_client.Client(Session())
        stream = client.get(server.url, reconnect=rules)
        current = client if what == "client" else stream
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.03), random.uniform(0.0005, 0.005))
        try:
            for event in stream:
                pass
        except SSEError:
            pass
        except RuntimeError as error:
            assert "closed" in str(error), error
        assert stream.state == "closed", stream
        streams += 1
        if what == "client":
            client.close()
    signal.setitimer(signal.ITIMER_REAL, 0)
    current = None
    client.close()
assert handled >= streams // 2
print(streams)
"""


@pytest.mark.parametrize("library", ["requests", "httpx2"])
@pytest.mark.parametrize("what", ["stream", "client"])
def test_a_storm_of_signals_that_close_hangs_nothing(what: str, library: str) -> None:
    assert int(run_program(STORM, what, "3", library, limit=50)) >= 100


SUBSCRIPTION = """
import random, signal
import sse_client
from sse_client import Reconnect
from sse_client.testing import CLOSE, Server, chunk, head

subscription = None

def handler(number, frame):
    if subscription is not None:
        subscription.close()

signal.signal(signal.SIGALRM, handler)
with Server(default=lambda _: [head(), chunk(b"data: x\\n\\n") * 20, CLOSE]) as server:
    for _ in range(150):
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.01), 0.0005)
        subscription = None
        made = sse_client.subscribe("GET", server.url, lambda event: None, reconnect=Reconnect(initial_delay=0.01))
        subscription = made
        while not made.join(0.001):
            made.close()
    signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_storm_of_signals_that_close_subscriptions_hangs_nothing() -> None:
    run_program(SUBSCRIPTION, limit=40)


SLEEPING = """
import signal, sys, time
import sse_client
from sse_client import Reconnect, Lost
from sse_client.testing import CLOSE, Server, STALL

stream = None
signal.signal(signal.SIGALRM, lambda *_: stream.close())
with Server(default=lambda _: [CLOSE]) as server:
    for number in range(30):
        def observer(news):
            if isinstance(news, Lost):
                signal.setitimer(signal.ITIMER_REAL, 0.00001 * (number + 1))
        stream = sse_client.get(server.url, reconnect=Reconnect(initial_delay=60), observer=observer)
        begin = time.monotonic()
        assert list(stream) == []
        assert time.monotonic() - begin < 10, "a sleep was not woken"
"""


def test_a_signal_about_the_time_of_a_sleep_ends_it() -> None:
    run_program(SLEEPING)
