"""Brokers: nginx with nchan, a hub of the Mercure protocol, and sse-channel for Node.js.

They replay what a subscriber has missed.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sse_client import Comment, IdleTimeout, StatusError, Timeout

from . import install
from .clients import AT_ONCE
from .frameworks import node_program
from .process import running

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from sse_client import Event

    from .clients import ReadingClient
    from .process import Program

MERCURE = "/.well-known/mercure"
TOPIC = "https://example.com/news"
TEXTS = ["one", "two\nlines of caf\u00e9", "three"]


def _nginx(port: int, folder: Path) -> list[str]:
    nginx = install.debian("nginx", "nginx")
    module = install.debian_file("libnginx-mod-nchan", "/usr/lib/nginx/modules/ngx_nchan_module.so")
    temporary = "\n".join(
        f"  {name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"""
load_module {module};
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
{temporary}
  access_log off;
  server {{
    listen 127.0.0.1:{port};
    location ~ ^/subscribe/(\\w+)$ {{
      nchan_subscriber eventsource;
      nchan_channel_id $1;
      nchan_subscriber_first_message oldest;
    }}
    location ~ ^/publish/(\\w+)$ {{
      nchan_publisher;
      nchan_channel_id $1;
    }}
  }}
}}
"""
    )
    return [nginx, "-e", "stderr", "-c", str(folder / "nginx.conf")]


class Broker:
    """A broker, and a channel of it."""

    def __init__(self, program: Program, subscribe: str, publish: str) -> None:
        self.program = program
        self.url = program.url + subscribe
        self._publish = program.url + publish

    def publish(self, *texts: str) -> None:
        for text in texts:
            requests.post(self._publish, timeout=10, **self._message(text)).raise_for_status()

    def _message(self, text: str) -> dict[str, Any]:
        return {"data": text.encode()}

    def delete(self) -> None:
        requests.delete(self._publish, timeout=10).raise_for_status()


class MercureHub(Broker):
    """A topic of a hub that speaks the Mercure protocol."""

    def __init__(self, program: Program) -> None:
        super().__init__(program, f"{MERCURE}?topic={TOPIC}", MERCURE)
        found = re.search(r"Publisher JWT: (\S+)", program.last_words)
        assert found is not None, program.last_words
        self._token = found[1]

    def _message(self, text: str) -> dict[str, Any]:
        return {"data": {"topic": TOPIC, "data": text}, "headers": {"Authorization": f"Bearer {self._token}"}}


@contextmanager
def nchan() -> Generator[Broker]:
    with running("nchan", _nginx) as program:
        yield Broker(program, "/subscribe/news", "/publish/news")


@contextmanager
def mercure() -> Generator[MercureHub]:
    interpreter = install.python("mercure")
    # A secret of its own would be another one after a restart.
    secret = ["--publisher-secret", "known to this test and to its hub alone"]

    def arguments(port: int, _: Path) -> list[str]:
        return [interpreter, "-m", "flask_mercure_sse.server", "--host", "127.0.0.1", "--port", str(port), *secret]

    with running("mercure", arguments, environment={"PYTHONUNBUFFERED": "1"}) as program:
        yield MercureHub(program)


@contextmanager
def sse_channel() -> Generator[Broker]:
    with node_program("sse-channel", "channel_app.mjs", "sse") as program:
        yield Broker(program, "/", "/")


@pytest.fixture(params=[nchan, mercure, sse_channel], ids=lambda broker: broker.__name__)
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    """A broker without messages."""
    with request.param() as made:
        yield made


def test_messages_arrive_as_they_are_published(broker: Broker, client: ReadingClient) -> None:
    rest = iter([*TEXTS[1:], "end"])
    broker.publish(TEXTS[0])

    def publish_next(_: Event) -> None:
        broker.publish(next(rest))

    outcome = client.read("GET", broker.url, until="end", each=publish_next, last_event_id="0")
    assert outcome.error is None
    assert outcome.data == TEXTS
    assert len(set(outcome.ids)) == len(TEXTS)


def test_a_subscriber_gets_what_it_has_missed(broker: Broker, client: ReadingClient) -> None:
    broker.publish(*TEXTS)
    ids = client.read("GET", broker.url, last_event_id="0", take=3).ids
    broker.publish("end")
    outcome = client.read("GET", broker.url, last_event_id=ids[0], until="end")
    assert outcome.data == TEXTS[1:]
    assert outcome.ids == ids[1:]


def test_a_subscription_survives_a_restart_of_the_broker(broker: Broker, client: ReadingClient) -> None:
    broker.publish("before")
    second = int(time.time())

    def restart(event: Event) -> None:
        if event.data == "before":
            broker.program.restart()
            # nchan counts the messages of a second, from 0 again after a restart.
            while int(time.time()) == second:
                time.sleep(0.05)
            broker.publish("after", "end")

    outcome = client.read("GET", broker.url, last_event_id="0", until="end", each=restart, reconnect=AT_ONCE)
    assert outcome.error is None
    assert outcome.connections == 2
    assert outcome.data == ["before", "after"]


def test_nchan_ends_a_channel_with_a_comment(client: ReadingClient) -> None:
    with nchan() as broker:
        broker.publish("only")

        def delete(_: Event) -> None:
            broker.delete()

        outcome = client.read("GET", broker.url, each=delete, comments=True, reconnect=False)
    assert outcome.error is None
    assert outcome.data == ["only"]
    assert outcome.comments == [Comment("hi"), Comment("410: 410 Gone")]


def test_mercure_replays_after_an_id_that_a_parameter_names(client: ReadingClient) -> None:
    with mercure() as broker:
        broker.publish(*TEXTS, "end")
        ids = client.read("GET", broker.url, last_event_id="0", take=3).ids
        assert [each[:9] for each in ids] == ["urn:uuid:"] * 3
        outcome = client.read("GET", broker.url, params={"lastEventID": ids[1]}, until="end")
    assert outcome.data == TEXTS[2:]


def test_mercure_refuses_a_forged_token(client: ReadingClient) -> None:
    with mercure() as broker:
        outcome = client.read("GET", broker.url, headers={"Authorization": "Bearer forged"}, reconnect=False)
    assert isinstance(outcome.error, StatusError)
    assert outcome.error.status == 403


def test_only_a_clock_notices_that_mercure_has_dropped_a_subscriber(client: ReadingClient) -> None:
    with mercure() as broker:
        broker.publish(*map(str, range(7)))
        patient = Timeout(connect=10, read=15, event=2)
        outcome = client.read("GET", broker.url, last_event_id="0", timeout=patient, reconnect=False)
    assert isinstance(outcome.error, IdleTimeout)
    assert outcome.data == ["0", "1", "2", "3", "4"]
