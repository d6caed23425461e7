"""After a fork, a child shares no connection with its parent, and closes none of its parent's."""

from __future__ import annotations

import copy
import os
import pickle
from functools import partial
from typing import TYPE_CHECKING

import pytest

import sse_client
from sse_client.adapters.openai import ChatClient
from sse_client.aio import AsyncClient

from .kit import run_program

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

POOLED = """
import os, ssl, sys, warnings
import httpx, httpx2, requests, trustme
import sse_client
from sse_client import Event
from sse_client.testing import Server, stream

warnings.simplefilter("ignore", DeprecationWarning)  # of a fork with threads, which is what is tested
tls, authority = None, trustme.CA()
options = {}
if sys.argv[1] == "https":
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(sys.argv[2] + "/ca.pem")
    options["verify"] = sys.argv[2] + "/ca.pem"

def answer(request):
    return stream([Event(data=request.body.decode())])

with Server(tls=tls, default=answer) as server:
    def ask(client, text):
        with client.post(server.url, data=text, **options) as events:
            return [event.data for event in events]

    kinds = {"own": requests.Session, "httpx2": httpx2.Client, "httpx": httpx.Client, "default": lambda: None}
    if sys.argv[3].startswith("httpx") and options:
        context = ssl.create_default_context(cafile=options.pop("verify"))
        kinds = {"httpx2": lambda: httpx2.Client(verify=context), "httpx": lambda: httpx.Client(verify=context)}
    client = sse_client.Client(kinds[sys.argv[3]]())
    for number in range(4):
        assert ask(client, f"parent {number}") == [f"parent {number}"]
    children = []
    for child in range(4):
        pid = os.fork()
        if not pid:
            status = 1
            try:
                for number in range(5):
                    text = f"child {child} {number}"
                    assert ask(client, text) == [text], text
                client.close()
                status = 0
            finally:
                os._exit(status)
        children.append(pid)
    for number in range(20):
        assert ask(client, f"again {number}") == [f"again {number}"]
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    assert ask(client, "last") == ["last"]
    by_parent = {r.connection for r in server.requests if r.body.startswith((b"parent", b"again", b"last"))}
    of_children = [{r.connection for r in server.requests if r.body.startswith(b"child %d" % n)} for n in range(4)]
    for one in of_children:
        assert one and not one & by_parent
    assert len(set.union(*of_children)) == sum(map(len, of_children))
    assert len(by_parent) == 1, by_parent
    client.close()
"""


@pytest.mark.parametrize("session", ["default", "own", "httpx2", "httpx"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_children_share_no_pooled_connection(scheme: str, session: str, tmp_path: object) -> None:
    run_program(POOLED, scheme, str(tmp_path), session)


OPEN = """
import gc, os, ssl, sys, threading, warnings
import httpx2, trustme
import sse_client
from sse_client.testing import LAST_CHUNK, Server, Wait, chunk, head

warnings.simplefilter("ignore", DeprecationWarning)
tls, authority = None, trustme.CA()
options = {}
if sys.argv[1] == "https":
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(sys.argv[2] + "/ca.pem")
    options["verify"] = sys.argv[2] + "/ca.pem"
going = threading.Event()
steps = [head(), chunk(b"data: 1\\n\\n"), Wait(going), chunk(b"data: 2\\n\\n"), LAST_CHUNK]
session = None
if sys.argv[4] == "httpx2":
    session = httpx2.Client(verify=ssl.create_default_context(cafile=options.pop("verify", None)))
with Server(steps, tls=tls) as server, sse_client.Client(session) as client:
    data = []
    with client.post(server.url, **options) as events:
        data.append(next(events).data)
        pid = os.fork()
        if pid:
            assert os.waitpid(pid, 0)[1] == 0
            going.set()
            data += [event.data for event in events]
        else:
            how, status = sys.argv[3], 1
            try:
                if how == "read":
                    try:
                        next(events)
                    except RuntimeError:
                        status = 0
                elif how == "stream":
                    events.close()
                    status = 0
                elif how == "client":
                    client.close()
                    status = 0
                else:
                    del events, client
                    gc.collect()
                    status = 0
            finally:
                os._exit(status)
    assert data == ["1", "2"], data
"""


@pytest.mark.parametrize("how", ["read", "stream", "client", "drop"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("session", ["default", "httpx2"])
def test_a_child_does_not_end_its_parents_stream(scheme: str, how: str, session: str, tmp_path: object) -> None:
    run_program(OPEN, scheme, str(tmp_path), how, session)


OVER_HTTP2 = """
import gc, os, sys, threading, warnings
import httpx2
import sse_client
from tests.transports.httpx.h2_server import H2Server

warnings.simplefilter("ignore", DeprecationWarning)
going = threading.Event()

def script(peer):
    stream = peer.request()
    peer.head(stream)
    peer.event(stream, "1")
    going.wait(20)
    peer.event(stream, "2", end=True)
    peer.finish()

with H2Server(script) as server, sse_client.Client(httpx2.Client(http1=False, http2=True)) as client:
    with client.post(server.url) as events:
        data = [next(events).data]
        pid = os.fork()
        if pid:
            assert os.waitpid(pid, 0)[1] == 0
            going.set()
            data += [event.data for event in events]
        else:
            status = 1
            try:
                events.close() if sys.argv[1] == "stream" else client.close()
                del events, client
                gc.collect()
                status = 0
            finally:
                os._exit(status)
    assert data == ["1", "2"], data
"""


@pytest.mark.parametrize("how", ["stream", "client"])
def test_a_child_resets_no_stream_of_its_parents_over_http_2(how: str) -> None:
    run_program(OVER_HTTP2, how)


OF_HTTPX_ASYNC = """
import asyncio, gc, os, sys, warnings
import httpx2
from sse_client import Event
from sse_client.aio import AsyncClient
from sse_client.testing import STALL, Server, chunk, head, stream

warnings.simplefilter("ignore")

def answer(request):
    if request.body == b"open":
        return [head(), chunk(b"data: 1\\n\\n"), STALL]
    return stream([Event(data=request.body.decode())])

async def ask(client, text):
    async with client.post(server.url, data=text) as events:
        return [event.data async for event in events]

async def parent():
    global open_stream
    assert await ask(client, "parent") == ["parent"]
    open_stream = client.post(server.url, data="open")
    assert (await anext(open_stream)).data == "1"
    pid = os.fork()
    if not pid:
        return None
    assert await asyncio.to_thread(os.waitpid, pid, 0) == (pid, 0)
    assert await ask(client, "again") == ["again"]
    assert open_stream.state == "open"
    await client.aclose()
    return pid

async def child():
    global open_stream
    try:
        await anext(open_stream)
    except RuntimeError as error:
        assert "parent process" in str(error)
    else:
        raise AssertionError
    await open_stream.aclose()
    open_stream = None
    gc.collect()
    assert await ask(client, "child") == ["child"]
    await client.aclose()

with Server(default=answer) as server:
    client = AsyncClient(httpx2.AsyncClient())
    try:
        pid = asyncio.run(parent())
    except BaseException:
        os._exit(1) if os.getpid() != MAIN else None
        raise
"""


def test_an_asynchronous_client_of_httpx2_starts_anew_in_a_child() -> None:
    program = OF_HTTPX_ASYNC.replace("MAIN", "main").replace("with Server", "main = os.getpid()\nwith Server", 1)
    # The child leaves the loop of its parent before it runs one of its own.
    program = program.replace("        return None\n", "        leave_loop()\n").replace(
        "async def child", LEAVE + "async def child", 1
    )
    run_program(program)


LEAVE = """
def leave_loop():
    status = 1
    try:
        asyncio._set_running_loop(None)
        asyncio.run(child())
        status = 0
    finally:
        os._exit(status)

"""


LEAVES = """
import os, sys, threading, warnings
import sse_client
from sse_client.testing import LAST_CHUNK, Server, Wait, chunk, head

warnings.simplefilter("ignore", DeprecationWarning)
going = threading.Event()
steps = [head(), chunk(b"data: 1\\n\\n"), Wait(going), chunk(b"data: 2\\n\\n"), LAST_CHUNK]
server = Server(steps).start()
data = []
with sse_client.Client() as client, client.post(server.url) as events:
    data.append(next(events).data)
    pid = os.fork()
    if pid:
        assert os.waitpid(pid, 0)[1] == 0
        going.set()
        data += [event.data for event in events]
if not pid:
    sys.exit(0)
assert data == ["1", "2"], data
server.close()
"""


def test_a_child_that_leaves_the_block_and_exits_ends_nothing() -> None:
    run_program(LEAVES)


ASYNCIO = """
import asyncio, os, warnings
from sse_client import Event
from sse_client.aio import AsyncClient
from sse_client.testing import Server, stream

warnings.simplefilter("ignore", DeprecationWarning)

async def ask(client, url):
    async with client.post(url) as events:
        return [event.data async for event in events]

def child(client, url):
    async def main():
        assert await ask(client, url) == ["x"]
        async with AsyncClient() as own:
            assert await ask(own, url) == ["x"]
    asyncio.run(main())

async def main():
    with Server(default=lambda _: stream([Event(data="x")])) as server:
        async with AsyncClient() as client:
            assert await ask(client, server.url) == ["x"]
            pid = os.fork()
            if not pid:
                status = 1
                try:
                    asyncio._set_running_loop(None)
                    child(client, server.url)
                    status = 0
                finally:
                    os._exit(status)
            assert (await asyncio.to_thread(os.waitpid, pid, 0))[1] == 0
            assert await ask(client, server.url) == ["x"]
            assert [request.connection for request in server.requests] == [0, 1, 2, 0]

asyncio.run(main())
"""


def test_an_asyncio_client_belongs_to_its_process() -> None:
    run_program(ASYNCIO)


OPEN_IN_ASYNCIO = """
import asyncio, gc, os, sys, threading, warnings
from sse_client.aio import AsyncClient
from sse_client.testing import LAST_CHUNK, Server, Wait, chunk, head

warnings.simplefilter("ignore", DeprecationWarning)
going = threading.Event()
steps = [head(), chunk(b"data: 1\\n\\n"), Wait(going), chunk(b"data: 2\\n\\n"), LAST_CHUNK]
how, inside = sys.argv[1], sys.argv[2] == "inside"

async def child():
    if how == "read":
        try:
            await anext(events)
        except RuntimeError as error:
            assert "parent process" in str(error), error
        else:
            raise AssertionError
    elif how == "stream":
        await events.aclose()
    else:
        await client.aclose()

def leave():
    global client, events
    status = 1
    try:
        asyncio._set_running_loop(None)
        if how == "drop":
            client = events = None
            gc.collect()
        else:
            asyncio.run(asyncio.wait_for(child(), 10))
        status = 0
    finally:
        os._exit(status)

async def main():
    global client, events
    client = AsyncClient()
    events = client.post(server.url)
    data = [(await anext(events)).data]
    reader = asyncio.create_task(anext(events)) if inside else None
    await asyncio.sleep(0.05)
    pid = os.fork()
    if not pid:
        leave()
    assert (await asyncio.to_thread(os.waitpid, pid, 0))[1] == 0
    going.set()
    async with asyncio.timeout(10):
        if reader:
            data.append((await reader).data)
        data += [event.data async for event in events]
    await client.aclose()
    assert data == ["1", "2"], data

with Server(steps) as server:
    asyncio.run(main())
"""


@pytest.mark.parametrize("how", ["read", "stream", "client", "drop"])
@pytest.mark.parametrize("reader", ["inside", "outside"])
def test_a_child_does_not_end_its_parents_asyncio_stream(how: str, reader: str) -> None:
    run_program(OPEN_IN_ASYNCIO, how, reader)


LOCKED = """
import os, threading, warnings
import sse_client
from sse_client.testing import STALL, Server, chunk, head

warnings.simplefilter("ignore", DeprecationWarning)
locked, forked = threading.Event(), threading.Event()

def close():
    with events._wakeup._lock:  # as `close` in another thread may at that moment
        locked.set()
        forked.wait(20)

with Server([head(), chunk(b"data: 1\\n\\n"), STALL]) as server, sse_client.Client() as client:
    events = client.get(server.url)
    next(events)
    thread = threading.Thread(target=close)
    thread.start()
    locked.wait(20)
    pid = os.fork()
    if not pid:
        client.close()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    forked.set()
    thread.join()
"""


def test_a_child_does_not_wait_for_a_lock_that_a_thread_of_its_parent_held() -> None:
    run_program(LOCKED)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (sse_client.Client, "Client"),
        (AsyncClient, "AsyncClient"),
        (partial(ChatClient, base_url="http://127.0.0.1:9/v1", api_key="key"), "Client"),
    ],
)
def test_a_client_that_is_pickled_says_where_to_make_one(make: Callable[[], object], name: str) -> None:
    client = make()
    for tried in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match=f"^{name}: it cannot be pickled or copied; make one in each process$"):
            tried(client)
