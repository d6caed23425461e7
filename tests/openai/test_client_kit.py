"""What the tests of the chat client share; not a test itself."""

from __future__ import annotations

import json
import threading
import traceback
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from sse_client import SSEError
from sse_client.adapters.openai import ChatClient
from sse_client.testing import Server, Step, stream
from sse_client.transports._requests.transport import RequestsTransport  # its sleep is left out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sse_client import Closed, Lost, Opened
    from sse_client.adapters.openai import ChatStream

T = TypeVar("T")

KEY = "sk-a-key-of-mine"
HANGS = 10
"""Seconds after which a thread of a test is given up."""

DONE = b"data: [DONE]\n\n"


def event(payload: object) -> bytes:
    return b"data: %b\n\n" % json.dumps(payload).encode()


def piece(content: str | None = None, finish_reason: str | None = None, index: int = 0, **more: object) -> bytes:
    """Return a chunk with one choice."""
    choice = {"index": index, "delta": {"content": content}, "finish_reason": finish_reason}
    return event({"id": "c", "created": 1, "model": "m", "choices": [choice], **more})


def answer(*contents: str) -> list[Step]:
    """Return a whole stream that says `contents`, a chunk each."""
    return stream([*map(piece, contents), piece(None, "stop"), DONE])


def chatting(server: Server, **options: Any) -> ChatClient:
    return ChatClient(api_key=KEY, base_url=server.url, **options)


def ask(chat: ChatClient, **options: Any) -> ChatStream:
    return chat.stream(model="m", messages=[{"role": "user", "content": "?"}], **options)


def read(reply: ChatStream) -> tuple[str, SSEError | None]:
    """Read to the end; return the text of choice 0, and the error that ended it."""
    text = ""
    try:
        with reply:
            for more in reply.text():
                text += more
    except SSEError as error:
        return text, error
    return text, None


def failure(reply: ChatStream) -> SSEError:
    """Read to the end, which must be an error; return it."""
    _, error = read(reply)
    assert error is not None
    return error


def printed(error: BaseException) -> str:
    """Return all that a traceback shows of an error."""
    return "".join(traceback.format_exception(error))


def background(function: Callable[[], T]) -> Future[T]:
    """Run `function` in a thread of its own."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised by `result`
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class Log:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.news: list[Opened | Lost | Closed] = []

    def __call__(self, news: Opened | Lost | Closed) -> None:
        self.news.append(news)

    @property
    def names(self) -> list[str]:
        return [type(news).__name__ for news in self.news]


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing comes from the environment, and no thread is left."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no netrc"))
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(2)
        assert not thread.is_alive(), f"{thread.name} is left"


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays before retries, none of which is slept."""
    slept: list[float] = []

    async def sleep(self: RequestsTransport, seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(RequestsTransport, "sleep", sleep)
    return slept
