"""The contract with Flask; run as a program, it is served by the standard library's wsgiref."""

from __future__ import annotations

import sys
import time
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIServer, make_server

import contract
from flask import Flask, Response, request

if TYPE_CHECKING:
    from collections.abc import Iterator

app = Flask(__name__)


def answer(content: Iterator[bytes]) -> Response:
    return Response(content, mimetype="text/event-stream")


@app.get("/numbers")
def numbers() -> Response:
    items = contract.numbers(request.headers.get("Last-Event-ID"))
    return answer(contract.block(data, event_id) for event_id, data in items)


@app.route("/fails", methods=["GET", "POST"])
def fails() -> Response:
    last_event_id = request.headers.get("Last-Event-ID")

    def content() -> Iterator[bytes]:
        for event_id, data in contract.before_failure(last_event_id):
            yield contract.block(data, event_id)
        if not last_event_id:
            time.sleep(0.05)
            raise contract.Failure

    return answer(content())


@app.post("/words")
def words() -> Response:
    return answer(map(contract.block, contract.words(request.get_json()["words"])))


@app.get("/live")
def live() -> Response:
    def content() -> Iterator[bytes]:
        for _ in range(contract.STAMPS):
            yield contract.block(contract.stamp())
            time.sleep(contract.PACE)
        time.sleep(contract.SILENCE)

    return answer(content())


class Threads(ThreadingMixIn, WSGIServer):
    """wsgiref's server with a thread for each connection."""

    daemon_threads = True


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), app, server_class=Threads).serve_forever()
