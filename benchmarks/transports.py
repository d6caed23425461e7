"""What each transport costs: an event, live and in bursts, and a stream, over HTTP/1.1 and HTTP/2.

    python -m benchmarks.transports

takes half an hour, and writes benchmarks/transports.json, which docs/transport-table.md shows, after each pass.

Costs are CPU time of one process; this package and a library's own reading of events take turns in it, and their ratio
is the median of the rounds. Streams are 1,000 over TLS, each with an event and then silence, in a process of their own:
over HTTP/1.1 on as many connections, over HTTP/2 on ten, since httpx2 has at most 100 streams on one.

All transports take turns, pass after pass: what else the machine does raises the costs of each, at other times. Of a
cost, the least of the passes counts; of a ratio and of memory, the median.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import AsyncExitStack, ExitStack
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import more_files

if TYPE_CHECKING:
    from collections.abc import Callable

FIGURES = Path(__file__).parent / "transports.json"
TRANSPORTS = ("requests", "aiohttp", "httpx2", "httpx2-asyncio", "httpx2-trio", "httpx", "httpx-asyncio", "httpx-trio")
_EVENTS = {"live": 1500, "bursts": 20_000}
_ROUNDS = 7
_PASSES = 2
_COSTS = {*_EVENTS, "open"}
_STREAMS, _CONNECTIONS = 1000, 10


def main(arguments: list[str]) -> None:
    """Measure all, or, in a process of its own, one."""
    if arguments:
        kind, name, protocol, *rest = arguments
        print(json.dumps({"cost": _cost, "streams": _streams}[kind](name, protocol, *rest)))
        return
    with tempfile.TemporaryDirectory() as folder:
        authority = str(Path(folder) / "authority.pem")
        server = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.transport_server", folder], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            ports = server.stdout.readline().split()
            passes: list[dict[str, dict[str, float]]] = []
            loads: list[float] = []
            for _ in range(_PASSES):
                passes.append(_all(ports, authority))
                loads.append(round(os.getloadavg()[1], 1))
                FIGURES.write_text(json.dumps(_figures(passes, loads), indent=1) + "\n", encoding="utf-8")
        finally:
            server.terminate()
            server.wait(10)


def _all(ports: list[str], authority: str) -> dict[str, dict[str, float]]:
    """Return the figures of each transport and protocol, measured once."""
    figures: dict[str, dict[str, float]] = {}
    for name in TRANSPORTS:
        for protocol in ("h1", "h2") if name.startswith("httpx") else ("h1",):
            found = _in_process("cost", name, protocol, *ports)
            found |= _in_process("streams", name, protocol, ports[2], authority)
            figures[f"{name} {protocol}"] = found
            print(name, protocol, found, flush=True)
    return figures


def _figures(passes: list[dict[str, dict[str, float]]], loads: list[float]) -> dict[str, Any]:
    """Return what is published of some passes, and of the machine's load average at the end of each."""
    figures: dict[str, Any] = {
        "python": sys.version.split()[0],
        "versions": {name: version(name) for name in ("requests", "aiohttp", "httpx2", "httpx", "h2")},
        "load": loads,
    }
    for name, first in passes[0].items():
        values = {kind: [each[name][kind] for each in passes] for kind in first}
        figures[name] = {
            kind: min(found) if kind in _COSTS else round(statistics.median(found), 2) for kind, found in values.items()
        }
    return figures


def _in_process(*arguments: str) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.transports", *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return answer


def _session(name: str, *, protocol: str = "h1", verify: ssl.SSLContext | None = None) -> Any:
    """Return what a client is made on."""
    library, _, loop = name.partition("-")
    module = import_module(library)
    if library == "requests":
        return module.Session()
    if library == "aiohttp":
        return module.ClientSession(connector=module.TCPConnector(limit=0, ssl=verify or True))
    options: dict[str, Any] = {"limits": module.Limits(max_connections=None), "timeout": None}
    if protocol == "h2":
        options["http2"] = True
        options["http1"] = verify is not None  # over clear text there is nothing that could choose
    if verify is not None:
        options["verify"] = verify
    return (module.AsyncClient if loop else module.Client)(**options)


def _run(name: str, main: Callable[[], Any]) -> Any:
    if name.endswith("-trio"):
        return import_module("trio").run(main)
    return asyncio.run(main())


# Costs


def _cost(name: str, protocol: str, *ports: str) -> dict[str, float]:
    url = f"http://127.0.0.1:{ports[0 if protocol == 'h1' else 1]}"
    figures: dict[str, float] = {}
    for kind, count in _EVENTS.items():
        ours, theirs = [], []
        for _ in range(_ROUNDS):
            ours.append(_ours(name, protocol, f"{url}/{kind}/{count}", count))
            if name.startswith("httpx2"):
                theirs.append(_library(name, protocol, f"{url}/{kind}/{count}", count))
        figures[kind] = round(statistics.median(ours[1:]) * 1e6, 2)
        if theirs:
            ratios = [own / this for this, own in zip(ours[1:], theirs[1:], strict=True)]
            figures[f"{kind}, times its own"] = round(statistics.median(ratios), 2)
    return figures


def _ours(name: str, protocol: str, url: str, count: int) -> float:
    import sse_client
    from sse_client.aio import AsyncClient

    async def read() -> float:
        async with AsyncClient(_session(name, protocol=protocol)) as client:
            begin, number = time.process_time(), 0
            async for _ in client.post(url):
                number += 1
            assert number == count
            return (time.process_time() - begin) / count

    if "-" in name or name == "aiohttp":
        return float(_run(name, read))
    with sse_client.Client(_session(name, protocol=protocol)) as client:
        begin = time.process_time()
        assert sum(1 for _ in client.post(url)) == count
        return (time.process_time() - begin) / count


def _library(name: str, protocol: str, url: str, count: int) -> float:
    async def read() -> float:
        async with _session(name, protocol=protocol) as client:
            begin, number = time.process_time(), 0
            async with client.sse(url, method="POST") as source:
                async for _ in source:
                    number += 1
            assert number == count
            return (time.process_time() - begin) / count

    if "-" in name:
        return float(_run(name, read))
    with _session(name, protocol=protocol) as client:
        begin = time.process_time()
        with client.sse(url, method="POST") as source:
            assert sum(1 for _ in source) == count
        return (time.process_time() - begin) / count


# Streams


def _streams(name: str, protocol: str, port: str, authority: str) -> dict[str, float]:
    more_files()
    context = ssl.create_default_context(cafile=authority)
    url = f"https://127.0.0.1:{port}/held/1"
    clients = 1 if protocol == "h1" else _CONNECTIONS
    if "-" in name or name == "aiohttp":
        figures: dict[str, float] = _run(name, lambda: _hold_awaited(name, protocol, url, context, clients))
        return figures
    return _hold(name, protocol, url, context, clients, authority)


def _hold(
    name: str, protocol: str, url: str, context: ssl.SSLContext, clients: int, authority: str
) -> dict[str, float]:
    import sse_client

    with ExitStack() as stack:
        made = []
        for _ in range(clients + 1):
            session = _session(name, protocol=protocol, verify=context)
            if name == "requests":
                session.verify = authority
            made.append(stack.enter_context(sse_client.Client(session)))
        next(stack.enter_context(made.pop().get(url)))  # what is loaded and made once
        begin, memory = time.process_time(), _memory()
        for number in range(_STREAMS):
            next(stack.enter_context(made[number % clients].get(url)))
        return _result(begin, memory)


async def _hold_awaited(name: str, protocol: str, url: str, context: ssl.SSLContext, clients: int) -> dict[str, float]:
    from sse_client.aio import AsyncClient

    async with AsyncExitStack() as stack:
        made = [
            await stack.enter_async_context(AsyncClient(_session(name, protocol=protocol, verify=context)))
            for _ in range(clients + 1)
        ]
        await anext(await stack.enter_async_context(made.pop().get(url)))  # what is loaded and made once
        begin, memory = time.process_time(), _memory()
        for number in range(_STREAMS):
            await anext(await stack.enter_async_context(made[number % clients].get(url)))
        return _result(begin, memory)


def _memory() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _result(begin: float, memory: int) -> dict[str, float]:
    return {
        "open": round((time.process_time() - begin) / _STREAMS * 1e3, 3),
        "memory": round((_memory() - memory) / _STREAMS / 1024, 1),
    }


if __name__ == "__main__":
    main(sys.argv[1:])
