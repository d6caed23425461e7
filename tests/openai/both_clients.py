"""One way to ask for both chat clients; not a test itself."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from test_client_kit import KEY

from sse_client import Client, SSEError
from sse_client.adapters.openai import ChatClient, ChatDelta
from sse_client.adapters.openai.aio import AsyncChatClient
from sse_client.aio import AsyncClient
from sse_client.policy import Policy

if TYPE_CHECKING:
    from sse_client.adapters.openai import AsyncChatStream, ChatStream, Completion

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "?"}]}


@dataclass
class Answer:
    """What came of a reply, which is closed."""

    reply: ChatStream | AsyncChatStream
    deltas: list[ChatDelta] = field(default_factory=list[ChatDelta])
    error: SSEError | None = None
    value: Any = None

    @property
    def text(self) -> str:
        return "".join(delta.content or "" for delta in self.deltas if delta.index == 0)

    @property
    def completion(self) -> Completion:
        return self.reply.completion

    @property
    def end(self) -> tuple[str, str | None, type[SSEError] | None]:
        """The text, the outcome, and the kind of the error that was raised, if one was."""
        return self.text, self.reply.outcome, type(self.error) if self.error else None


class Chat(ABC):
    """One of the two clients."""

    def ask(self, url: str, key: str | None = KEY, **options: Any) -> Answer:
        """Ask once; see `ask_all`."""
        (came,) = self.ask_all(url, key, **options)
        return came

    @abstractmethod
    def ask_all(
        self,
        url: str,
        key: str | None = KEY,
        *,
        times: int = 1,
        enter: bool = True,
        parse: tuple[Any, ...] = (),
        under: dict[str, Any] | None = None,
        call: dict[str, Any] | None = None,
        legacy: dict[str, Any] | None = None,
        **options: Any,
    ) -> list[Answer]:
        """Ask so many times with one client, one time after the other.

        Args:
            url: the base URL.
            key: the client's.
            times: how many.
            enter: enter each reply before it is iterated over.
            parse: what `parse` is called with, in place of iterating.
            under: options of a client that is shared, if it is.
            call: options of the call, beside the usual question's.
            legacy: those of a call of the legacy API, in its place.
            **options: the chat client's.
        """


class Blocking(Chat):
    """The blocking client."""

    def ask_all(
        self,
        url: str,
        key: str | None = KEY,
        *,
        times: int = 1,
        enter: bool = True,
        parse: tuple[Any, ...] = (),
        under: dict[str, Any] | None = None,
        call: dict[str, Any] | None = None,
        legacy: dict[str, Any] | None = None,
        **options: Any,
    ) -> list[Answer]:
        answers: list[Answer] = []
        shared = None if under is None else Client(**under)
        with ChatClient(api_key=key, base_url=url, client=shared, **options) as chat:
            for _ in range(times):
                reply = chat.completions.stream(**legacy) if legacy else chat.stream(**{**ASK, **(call or {})})
                answers.append(answer := Answer(reply))
                try:
                    if enter:
                        reply.__enter__()
                    if parse:
                        answer.value = reply.parse(*parse)
                    for delta in reply:
                        answer.deltas.append(delta)
                except SSEError as error:
                    answer.error = error
                finally:
                    reply.close()
        if shared is not None:
            shared.close()
        return answers


class Asyncio(Chat):
    """The asyncio client."""

    def ask_all(
        self,
        url: str,
        key: str | None = KEY,
        *,
        times: int = 1,
        enter: bool = True,
        parse: tuple[Any, ...] = (),
        under: dict[str, Any] | None = None,
        call: dict[str, Any] | None = None,
        legacy: dict[str, Any] | None = None,
        **options: Any,
    ) -> list[Answer]:
        answers: list[Answer] = []

        async def main() -> None:
            shared = None if under is None else AsyncClient(**under)
            async with AsyncChatClient(api_key=key, base_url=url, client=shared, **options) as chat:
                for _ in range(times):
                    reply = chat.completions.stream(**legacy) if legacy else chat.stream(**{**ASK, **(call or {})})
                    answers.append(answer := Answer(reply))
                    try:
                        if enter:
                            await reply.__aenter__()
                        if parse:
                            answer.value = await reply.parse(*parse)
                        async for delta in reply:
                            answer.deltas.append(delta)
                    except SSEError as error:
                        answer.error = error
                    finally:
                        await reply.aclose()
            if shared is not None:
                await shared.aclose()

        asyncio.run(main())
        return answers


@pytest.fixture(params=[Blocking, Asyncio], ids=["blocking", "asyncio"])
def chat(request: pytest.FixtureRequest) -> Chat:
    """One client after the other."""
    made: Chat = request.param()
    return made


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays before retries, none of which is slept."""
    asked: list[float] = []
    original = Policy.delay

    def delay(self: Policy, error: SSEError, **loss: Any) -> float | None:
        seconds = original(self, error, **loss)
        if seconds is None:
            return None
        asked.append(seconds)
        return 0.0

    monkeypatch.setattr(Policy, "delay", delay)
    return asked
