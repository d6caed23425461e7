"""VCR.py: cassettes recorded and played by both clients."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from sse_client.testing import ChatServer, Server, record, reply, stream

from .kit import AT_ONCE, BODY, EVENTS, asynchronous, asynchronous_chat, blocking, blocking_chat

if TYPE_CHECKING:
    from pathlib import Path

vcr: Any = import_module("vcr")  # it has no types
both_clients = pytest.mark.parametrize("read", [blocking, asynchronous])


@pytest.fixture
def cassette(tmp_path: Path) -> str:
    return str(tmp_path / "cassette.yaml")


@both_clients
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("coding", [None, "gzip", "br"])
def test_stream_is_recorded_and_played(read: Any, framing: Any, coding: Any, cassette: str) -> None:
    with Server(stream([BODY], framing=framing, coding=coding)) as server:
        with vcr.use_cassette(cassette):
            assert read("POST", server.url, json={"a": 1}) == EVENTS
        with vcr.use_cassette(cassette, record_mode="none") as played:
            assert read("POST", server.url, json={"a": 1}) == EVENTS
            assert played.play_count == 1
        assert len(server.requests) == 1


@pytest.mark.parametrize("player", [blocking, asynchronous])
@pytest.mark.parametrize("recorder", [blocking, asynchronous])
def test_one_client_plays_what_the_other_recorded(recorder: Any, player: Any, cassette: str) -> None:
    with Server(stream([BODY])) as server:
        with vcr.use_cassette(cassette):
            recorder("POST", server.url)
        with vcr.use_cassette(cassette, record_mode="none"):
            assert player("POST", server.url) == EVENTS


@both_clients
def test_reconnects_are_played_too(read: Any, cassette: str) -> None:
    with Server(reply(503), stream([BODY]), reply(204)) as server:
        for mode in ("once", "none"):
            with vcr.use_cassette(cassette, record_mode=mode, match_on=["method", "uri"]) as tape:
                assert read("GET", server.url, reconnect=AT_ONCE) == EVENTS
                assert tape.play_count == (3 if mode == "none" else 0)
        assert len(server.requests) == 3


@both_clients
def test_request_that_is_not_on_the_cassette_is_refused(read: Any, cassette: str) -> None:
    with Server(stream([BODY])) as server:
        with vcr.use_cassette(cassette):
            read("POST", server.url)
        with (
            vcr.use_cassette(cassette, record_mode="none"),
            pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException),
        ):
            read("POST", f"{server.url}/other", reconnect=False)


@pytest.mark.parametrize("ask", [blocking_chat, asynchronous_chat])
def test_chat_is_recorded_and_played(ask: Any, cassette: str) -> None:
    with ChatServer() as server:
        server.answer("Hello there")
        for mode in ("once", "none"):
            with vcr.use_cassette(cassette, record_mode=mode, filter_headers=["authorization"]):
                assert ask(server.base_url) == "Hello there"
        assert len(server.requests) == 1


@pytest.mark.parametrize("coding", [None, "gzip"])
def test_cassette_can_be_turned_into_a_recording(coding: Any, cassette: str, tmp_path: Path) -> None:
    with Server(stream([BODY], coding=coding)) as server:
        with vcr.use_cassette(cassette):
            blocking("GET", server.url, reconnect=False)
        with vcr.use_cassette(cassette, match_on=["method", "uri"]):
            recording = record(server.url, tmp_path / "answer.sse")
        assert [event.data for _, event in recording.events()] == ["a €", "b"]
        assert len(server.requests) == 1
