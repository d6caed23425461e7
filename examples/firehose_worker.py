"""A worker that books each event of a stream exactly once, although it is killed in the middle of its work.

    python examples/firehose_worker.py                    # a bank of its own, and a worker that is killed three times
    python examples/firehose_worker.py URL DATABASE       # the worker alone

The amount that an event books and the worker's place in the stream are written in one transaction. A worker that is
killed leaves both or neither, and the next one resumes at the place.
"""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import sse_client
from sse_client.testing import Server

EVENTS = 600
KILLS = 3
PATIENCE = 30.0  # seconds until the worker must have got on


def work(url: str, path: str) -> None:
    """Book the events of `url` in the SQLite database at `path`, from its place on."""
    with closing(open_database(path)) as database:
        (place,) = database.execute("SELECT place FROM account").fetchone()
        with sse_client.get(url, last_event_id=place, until="end") as events:
            for event in events:
                with database:  # one transaction: the effect, and the place after it
                    amount = event.json()["amount"]
                    database.execute("UPDATE account SET balance = balance + ?, booked = booked + 1", (amount,))
                    database.execute("UPDATE account SET place = ?", (event.id,))


def open_database(path: str) -> sqlite3.Connection:
    """Open the database; a new one has an account without a balance."""
    database = sqlite3.connect(path, timeout=PATIENCE)
    database.execute("PRAGMA journal_mode=WAL")  # who looks at the balance does not wait for the worker
    with database:
        database.execute("CREATE TABLE IF NOT EXISTS account (balance INTEGER, booked INTEGER, place TEXT)")
        database.execute("INSERT INTO account SELECT 0, 0, '' WHERE NOT EXISTS (SELECT * FROM account)")
    return database


def demo() -> int:
    """Start the worker again after each kill, and look whether the balance is right."""
    amounts = range(1, EVENTS + 1)
    events = [sse_client.Event(f'{{"amount": {amount}}}', id=str(amount)) for amount in amounts]
    events.append(sse_client.Event("end", id="end"))
    with tempfile.TemporaryDirectory() as folder, Server(events=events, pace=0.002, retry=50) as server:
        path = str(Path(folder) / "account.db")
        command = [sys.executable, __file__, f"{server.url}/events", path]
        with closing(open_database(path)) as database:
            for kill in range(1, KILLS + 1):
                with subprocess.Popen(command) as worker:
                    booked = wait_for(database, EVENTS * kill // (KILLS + 1))
                    worker.send_signal(signal.SIGKILL)
                print(f"killed with {booked} of {EVENTS} events booked")
                if booked == EVENTS:
                    sys.exit("the worker was not killed in the middle of its work")
            subprocess.run(command, check=True, timeout=PATIENCE)
            balance, booked, _ = database.execute("SELECT * FROM account").fetchone()
    right = (balance, booked) == (sum(amounts), EVENTS)
    print(f"{booked} events booked, balance {balance}: {'none lost, none twice' if right else 'WRONG'}")
    return 0 if right else 1


def wait_for(database: sqlite3.Connection, count: int) -> int:
    """Wait until so many events are booked; return how many are."""
    until = time.monotonic() + PATIENCE
    while True:
        booked: int = database.execute("SELECT booked FROM account").fetchone()[0]
        if booked >= count:
            return booked
        if time.monotonic() > until:
            raise TimeoutError(f"the worker has booked {booked} events of {count}")
        time.sleep(0.005)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        work(*sys.argv[1:])
    elif len(sys.argv) == 1:
        sys.exit(demo())
    else:
        sys.exit("firehose_worker.py: expected URL and DATABASE, or nothing")
