"""A model for one test: the answers that it will give, and the requests that it received."""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import TYPE_CHECKING, Any

from sse_client.testing._chat.answers import (
    DEFAULT_ANSWER,
    Answer,
    ChatAnswer,
    ChatFailure,
    FinishReason,
    ToolAnswer,
    checked,
    chosen,
)
from sse_client.testing._chat.endpoint import CHAT, LEGACY, RESPONSES, Endpoint, offered, unknown
from sse_client.testing._server import Server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping, Sequence

    from sse_client.testing._received import Received
    from sse_client.testing._steps import End, Step


class ChatServer(Server):
    """A server that speaks OpenAI's API, and gives the answers that the test has prepared, in order.

    It answers `/chat/completions`, `/responses` and the legacy `/completions`, streamed or whole as the request asks.
    When no answer is left, it gives a default text.

    Args:
        api_key: a request with another key gets a 401. None: any key is accepted.
        tls: an `ssl.SSLContext` with which to serve https.
        port: the port to listen on; 0 for a free one.

    Attributes:
        api_key: the key for clients.
        base_url: the URL for clients, which ends in `/v1`.
        pace: seconds between two tokens; it may be set at any time.
    """

    def __init__(self, *, api_key: str | None = None, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self._answers: deque[Answer] = deque()
        numbers = count(1)
        self._endpoints = {
            name: Endpoint(shape, self._next, numbers=numbers, pace=lambda: self.pace, api_key=api_key)
            for name, shape in {
                "/chat/completions": CHAT,
                "/completions": LEGACY,
                "/responses": RESPONSES,
            }.items()
        }
        super().__init__(tls=tls, port=port, default=self._route)
        self.api_key = api_key or "test-key"
        self.base_url = f"{self.url}/v1"
        self.pace = 0.0

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point a client to this server, for `monkeypatch.setenv` or a child process."""
        return {"OPENAI_API_KEY": self.api_key, "OPENAI_BASE_URL": self.base_url}

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The JSON of the requests so far, in order of arrival."""
        return [request.json() for request in self.requests]

    @property
    def answers_left(self) -> int:
        """The number of prepared answers that have not been requested yet."""
        return len(self._answers)

    def answer(
        self,
        text: Answer = "",
        *,
        reasoning: str = "",
        refusal: str = "",
        tools: Sequence[ToolAnswer] = (),
        finish_reason: FinishReason | None = None,
        error: str | None = None,
        end: End | None = None,
    ) -> None:
        """Prepare a further answer.

        Args:
            text: the answer's text; or a complete answer, or a function that returns one for the request's JSON, either
                without other arguments.
            reasoning: the reasoning before the text: `reasoning_content` in a chat, a summary in a response.
            refusal: the text of a refusal.
            tools: the tools that the model calls, in parallel.
            finish_reason: None stands for `stop`, or `tool_calls` if there are tool calls.
            error: the message of an error inside the stream, instead of the answer's end.
            end: RESET, CLOSE or STALL instead of the end; after the error, if there is one.

        Raises:
            TypeError: `text` is of another type, or there are further arguments with a complete answer or a function.
        """
        more = reasoning or refusal or tools or finish_reason or error is not None or end
        if isinstance(text, str):
            self._answers.append(
                ChatAnswer(
                    text=text,
                    reasoning=reasoning,
                    refusal=refusal,
                    tools=tuple(tools),
                    finish_reason=finish_reason,
                    error=error,
                    end=end,
                )
            )
        elif more:
            raise TypeError("expected a whole answer alone, or a text with more beside it")
        else:
            self._answers.append(checked(text))

    def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> None:
        """Prepare a call of one tool as the next answer. A request that does not offer it gets a 400.

        Args:
            name: the tool.
            arguments: the arguments of the call; None: none.
        """
        self.answer(tools=[ToolAnswer(name, arguments or {})])

    def fail(
        self,
        status: int,
        message: str = "The test wants this request to fail.",
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare an error instead of an answer.

        Args:
            status: HTTP status code.
            message: the error's message.
            kind: the error's `type`.
            code: the error's `code`.
            param: the name of the wrong parameter.
            headers: further headers, such as `Retry-After`.
        """
        self._answers.append(
            ChatFailure(status=status, message=message, kind=kind, code=code, param=param, headers=headers or {})
        )

    def _next(self, body: dict[str, Any]) -> ChatAnswer | ChatFailure:
        try:
            next_answer = self._answers.popleft()
        except IndexError:
            next_answer = DEFAULT_ANSWER
        answer = chosen(next_answer, body)
        names = offered(body)
        if isinstance(answer, ChatAnswer):
            for tool in answer.tools:
                if tool.name not in names:
                    message = f"The test calls the tool {tool.name!r}; the request offers {', '.join(names) or 'none'}."
                    return ChatFailure(status=400, message=message, param="tools")
        return answer

    def _route(self, request: Received) -> Iterable[Step]:
        path = request.path.partition("?")[0]
        for name, endpoint in self._endpoints.items():
            if request.method == "POST" and path.endswith(name):
                return endpoint(request)
        return unknown(request)
