"""One way to ask for a response for both clients, and a server that makes one; not a test itself."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from test_client_kit import KEY

from sse_client import Client, SSEError
from sse_client.adapters.openai import ChatClient
from sse_client.adapters.openai.aio import AsyncChatClient
from sse_client.adapters.openai.responses import ResponseEvent, ResponseTextDeltaEvent
from sse_client.aio import AsyncClient
from sse_client.testing import CLOSE, LAST_CHUNK, Received, Step, chunk, head

from .kit import Payload, encoded, lifecycle, said

if TYPE_CHECKING:
    from collections.abc import Callable

    from sse_client.adapters.openai.responses import AsyncResponseStream, Response, ResponseStream

ASK: dict[str, Any] = {"model": "m", "input": "?"}


@dataclass
class Came:
    """What came of a reply, which is closed.

    Attributes:
        events: those that were iterated over.
        pieces: those of `text()`.
        value: what `parse` returned.
    """

    reply: ResponseStream | AsyncResponseStream
    events: list[ResponseEvent] = field(default_factory=list[ResponseEvent])
    pieces: list[str] = field(default_factory=list[str])
    value: Any = None
    error: SSEError | None = None

    @property
    def text(self) -> str:
        return "".join(event.delta for event in self.events if isinstance(event, ResponseTextDeltaEvent))

    @property
    def response(self) -> Response:
        return self.reply.response

    @property
    def end(self) -> tuple[str, str | None, type[SSEError] | None]:
        """The text, the outcome, and the kind of the error that was raised, if one was."""
        return self.text, self.reply.outcome, type(self.error) if self.error else None

    @property
    def numbers(self) -> list[int | None]:
        return [event.sequence_number for event in self.events]


class Asker(ABC):
    """One of the two clients."""

    def ask(self, url: str, **options: Any) -> Came:
        """Ask once; see `ask_all`."""
        (came,) = self.ask_all(url, **options)
        return came

    @abstractmethod
    def ask_all(
        self,
        url: str,
        *,
        times: int = 1,
        enter: bool = True,
        read: str | None = None,
        parse: Any = None,
        take: int | None = None,
        under: dict[str, Any] | None = None,
        call: dict[str, Any] | None = None,
        **options: Any,
    ) -> list[Came]:
        """Ask so many times with one client, one time after the other.

        Args:
            url: the base URL.
            times: how many.
            enter: enter each reply before it is read.
            read: "text": with `text()`, in place of iterating over the events.
            parse: a type: with `parse`.
            take: leave after so many events.
            under: options of a client that is shared, if it is.
            call: options of the call, beside the usual question's.
            **options: the chat client's.
        """


class Blocking(Asker):
    """The blocking client."""

    def ask_all(
        self,
        url: str,
        *,
        times: int = 1,
        enter: bool = True,
        read: str | None = None,
        parse: Any = None,
        take: int | None = None,
        under: dict[str, Any] | None = None,
        call: dict[str, Any] | None = None,
        **options: Any,
    ) -> list[Came]:
        all_that_came: list[Came] = []
        shared = None if under is None else Client(**under)
        with ChatClient(api_key=KEY, base_url=url, client=shared, **options) as chat:
            for _ in range(times):
                reply = chat.responses.stream(**{**ASK, **(call or {})})
                all_that_came.append(came := Came(reply))
                try:
                    if enter:
                        reply.__enter__()
                    if parse is not None:
                        came.value = reply.parse(parse)
                    elif read == "text":
                        for piece in reply.text():
                            came.pieces.append(piece)
                    else:
                        for event in reply:
                            came.events.append(event)
                            if len(came.events) == take:
                                break
                except SSEError as error:
                    came.error = error
                finally:
                    reply.close()
        if shared is not None:
            shared.close()
        return all_that_came


class Asyncio(Asker):
    """The asyncio client."""

    def ask_all(
        self,
        url: str,
        *,
        times: int = 1,
        enter: bool = True,
        read: str | None = None,
        parse: Any = None,
        take: int | None = None,
        under: dict[str, Any] | None = None,
        call: dict[str, Any] | None = None,
        **options: Any,
    ) -> list[Came]:
        all_that_came: list[Came] = []

        async def main() -> None:
            shared = None if under is None else AsyncClient(**under)
            async with AsyncChatClient(api_key=KEY, base_url=url, client=shared, **options) as chat:
                for _ in range(times):
                    reply = chat.responses.stream(**{**ASK, **(call or {})})
                    all_that_came.append(came := Came(reply))
                    try:
                        if enter:
                            await reply.__aenter__()
                        if parse is not None:
                            came.value = await reply.parse(parse)
                        elif read == "text":
                            async for piece in reply.text():
                                came.pieces.append(piece)
                        else:
                            async for event in reply:
                                came.events.append(event)
                                if len(came.events) == take:
                                    break
                    except SSEError as error:
                        came.error = error
                    finally:
                        await reply.aclose()
            if shared is not None:
                await shared.aclose()

        asyncio.run(main())
        return all_that_came


@pytest.fixture(params=[Blocking, Asyncio], ids=["blocking", "asyncio"])
def asker(request: pytest.FixtureRequest) -> Asker:
    """One client after the other."""
    made: Asker = request.param()
    return made


def message(text: str) -> Payload:
    """Return an item that says `text`, and is whole."""
    content: list[Payload] = [{"type": "output_text", "text": text, "annotations": []}]
    return {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": content}


def answering(*pieces: str, background: bool | None = True) -> list[Payload]:
    """Return the payloads of a response that says `pieces`."""
    more = {} if background is None else {"background": background}
    item = message("".join(pieces))
    payloads = [
        lifecycle("queued", **more),
        lifecycle("in_progress", **more),
        *said(item, 0, *pieces),
        lifecycle("completed", output=[item], **more),
    ]
    if background is None:
        for payload in payloads:
            payload.get("response", {}).pop("background", None)
    return payloads


def blocks(payloads: list[Payload]) -> list[bytes]:
    """Return the events of `payloads`, encoded one by one, and numbered from 0."""
    whole = encoded(payloads)
    return [block + b"\n\n" for block in whole.split(b"\n\n") if block]


class Making:
    """A server's response: its events, and answers that bring some of them."""

    def __init__(self, payloads: list[Payload] | None = None) -> None:
        self.blocks = blocks(answering("Hel", "lo") if payloads is None else payloads)
        self.whole = b"".join(self.blocks)

    def first(self, count: int, *ending: Step) -> list[Step]:
        """Return the answer to a POST: so many events, then an end; by default, the connection's."""
        return [head(), chunk(b"".join(self.blocks[:count])), *(ending or (CLOSE,))]

    def bytes(self, size: int, *ending: Step) -> list[Step]:
        """Return the answer to a POST that is cut after so many bytes of its body."""
        return [head(), chunk(self.whole[:size]), *(ending or (CLOSE,))]

    def rest(self, count: int | None = None, *ending: Step, back: int = 0) -> Callable[[Received], list[Step]]:
        """Return what answers a GET as it asks: with the events after the one that it names.

        Args:
            count: how many of those, before the end; all by default.
            *ending: by default, the body's where all came, else the connection's.
            back: begin so many events earlier.
        """

        def answer(request: Received) -> list[Step]:
            assert request.method == "GET", f"expected a GET that resumes, got {request.method}"
            (after,) = query(request)["starting_after"]
            first = int(after) + 1
            end = len(self.blocks) if count is None else first + count
            over = end >= len(self.blocks)
            body = b"".join(self.blocks[max(0, first - back) : end])
            return [head(), *([chunk(body)] if body else []), *(ending or ((LAST_CHUNK,) if over else (CLOSE,)))]

        return answer

    def all(self) -> list[Step]:
        """Return the whole answer to a POST."""
        return self.first(len(self.blocks), LAST_CHUNK)


def query(request: Received) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.path).query, keep_blank_values=True)


def as_json(payload: object) -> bytes:
    return json.dumps(payload).encode()
