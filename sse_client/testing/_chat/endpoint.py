"""Answers requests to OpenAI's endpoints: checks the key, the body and the offered tools, and picks the next answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from sse_client.testing._chat.answers import ChatAnswer, ChatFailure
from sse_client.testing._chat.completions import chat_completion
from sse_client.testing._chat.legacy import text_completion
from sse_client.testing._chat.responses import response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from itertools import count

    from sse_client.testing._received import Received
    from sse_client.testing._steps import Step

    Choose = Callable[[dict[str, Any]], ChatAnswer | ChatFailure]


class _Shape(NamedTuple):
    """The formats of an endpoint's requests and answers.

    Attributes:
        required: the parameter that a request must have.
        kinds: the types that it may have.
        answer: returns the steps of a response.
    """

    required: str
    kinds: tuple[type, ...]
    answer: Callable[[Mapping[str, Any], ChatAnswer, int, float], Iterator[Step]]


CHAT: Final = _Shape("messages", (list,), chat_completion)
LEGACY: Final = _Shape("prompt", (str, list), text_completion)
RESPONSES: Final = _Shape("input", (str, list), response)


class Endpoint:
    """The script of one endpoint.

    Args:
        shape: the formats of its requests and answers.
        choose: returns the answer to a request's body.
        numbers: yields the number of each answer.
        pace: seconds between two tokens.
        api_key: a request with another key gets a 401. None: any key is accepted.
    """

    def __init__(
        self, shape: _Shape, choose: Choose, *, numbers: count[int], pace: Callable[[], float], api_key: str | None
    ) -> None:
        self._shape = shape
        self._choose = choose
        self._numbers = numbers
        self._pace = pace
        self._api_key = api_key

    def __call__(self, request: Received) -> Iterable[Step]:
        if self._api_key is not None and request.headers.get("authorization") != f"Bearer {self._api_key}":
            return ChatFailure(status=401, message="Incorrect API key provided.", code="invalid_api_key").steps()
        try:
            body = request.json()
        except (ValueError, RecursionError):
            return ChatFailure(status=400, message="We could not parse the JSON body of your request.").steps()
        if not isinstance(body, dict):
            return ChatFailure(status=400, message="The body of your request must be a JSON object.").steps()
        body = cast("dict[str, Any]", body)
        required, kinds, answer = self._shape
        if not isinstance(body.get(required), kinds):
            return ChatFailure(status=400, message=f"Missing required parameter: '{required}'.", param=required).steps()
        if not _are_tools(body.get("tools") or []):
            message = "Invalid type for 'tools': expected an array of objects."
            return ChatFailure(status=400, message=message, param="tools").steps()
        chosen = self._choose(body)
        if isinstance(chosen, ChatFailure):
            return chosen.steps()
        if chosen.breaks_off and not body.get("stream"):
            return _broken_whole(chosen)
        return answer(body, chosen, next(self._numbers), self._pace())


def offered(body: Mapping[str, Any]) -> list[str]:
    """Return the names of the tools that a request offers, in either API's format."""
    tools: list[Any] = body.get("tools") or []
    return [str(tool.get("function", tool).get("name")) for tool in tools]


def _are_tools(tools: Any) -> bool:
    """Return whether `tools` is an array of objects, whose functions, if they have any, are objects too."""
    return isinstance(tools, list) and all(map(_is_tool, cast("list[object]", tools)))


def _is_tool(tool: object) -> bool:
    return isinstance(tool, dict) and isinstance(cast("dict[str, Any]", tool).get("function", {}), dict)


def unknown(request: Received) -> Iterable[Step]:
    """Answer a request of another endpoint."""
    message = f"Unknown request URL: {request.method} {request.path}."
    return ChatFailure(status=404, message=message, code="unknown_url").steps()


def _broken_whole(answer: ChatAnswer) -> Iterable[Step]:
    """Return the response to a request that does not ask for a stream, for an answer that breaks off."""
    if answer.error is not None:
        return ChatFailure(status=500, message=answer.error, kind="server_error").steps()
    return [end for end in (answer.end,) if end is not None]
