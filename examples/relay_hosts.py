"""A feed read by one of three hosts, which die: 2,000 numbered events, each in the Redis Stream once.

python examples/relay_hosts.py

Starts a Redis server of its own (Debian: apt install redis-server) and three processes for hosts. The one that leads is
killed, twice; another takes over. Needs sse-client[redis].
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import Any

from sse_client.relay import Relay
from sse_client.testing import Server

EVENTS = 2000
LEASE = 1.0


def host(redis: str, source: str, name: str) -> None:
    """Run a relay, as each host of a service would."""
    with Relay(redis, "feed", lease=LEASE, host=name, connect_patience=None) as relay:
        relay.run("GET", source)


def redis_server(folder: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--save", ""]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL), port


def watch(client: Any, processes: dict[str, Any], start: Any) -> None:
    """Show how it goes, and kill whoever leads at a third and at two thirds."""
    deaths, shown, killed = [EVENTS // 3, 2 * EVENTS // 3], "", ""
    while (count := int(client.hget("{feed}:relay", "count") or 0)) < EVENTS:
        leader = client.hget("{feed}:relay", "host") if client.exists("{feed}:relay:lease") else None
        if leader and leader not in {shown, killed}:
            print(f"{count:5} events   {leader} leads")
            shown = leader
        if leader and deaths and count >= deaths[0]:
            deaths.pop(0)
            os.kill(processes[leader].pid, signal.SIGKILL)
            print(f"{count:5} events   {leader} is killed")
            processes[leader].join()
            processes[leader], shown, killed = start(leader), "", leader
        elif leader != killed:
            killed = ""
        time.sleep(0.02)


def main() -> int:
    """Relay, kill, and count what is in the stream."""
    if shutil.which("redis-server") is None:
        print("relay_hosts: redis-server is needed (Debian: apt install redis-server)", file=sys.stderr)
        return 1
    try:
        import redis
    except ImportError as missing:
        print(f"relay_hosts: {missing}; install it with: pip install 'sse-client[redis]'", file=sys.stderr)
        return 1

    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder, Server(events=EVENTS, pace=0.002) as source:
        server, port = redis_server(folder)

        def start(name: str) -> Any:
            arguments = (f"redis://127.0.0.1:{port}", f"{source.url}/events", name)
            process = spawn.Process(target=host, args=arguments, daemon=True)
            process.start()
            return process

        processes = {f"host {letter}": start(f"host {letter}") for letter in "ABC"}
        try:
            client: Any = redis.Redis(port=port, decode_responses=True)
            while not reachable(port):
                time.sleep(0.02)
            watch(client, processes, start)
            ids = [int(fields["id"]) for _, fields in client.xrange("feed")]
            exact = ids == list(range(1, EVENTS + 1))
            print(f"{len(ids)} events in the stream: {'none lost, none twice, in order' if exact else 'WRONG'}")
            client.close()
        finally:
            for process in processes.values():
                process.kill()
                process.join()
            server.terminate()
            server.wait()
    return 0 if exact else 1


def reachable(port: int) -> bool:
    """Tell whether the server listens yet."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
