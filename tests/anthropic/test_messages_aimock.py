"""Messages from a server that others wrote, through both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aimock.server import KEY
from aimock.server import aimock as aimock
from messages_kit import ask

from sse_client.adapters.anthropic import MessagesError

if TYPE_CHECKING:
    from aimock.server import Aimock
    from messages_kit import Answer

# The first one may have to install the server.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=["blocking", "asyncio"])
def asked(request: pytest.FixtureRequest, aimock: Aimock) -> Any:
    def asked(text: str, **options: Any) -> Answer:
        options = {"api_key": KEY, "headers": {"X-Test-Id": str(hash(request.node.nodeid))}, **options}
        return ask(request.param, aimock.url, call={"messages": [{"role": "user", "content": text}]}, **options)

    return asked


def test_a_text(asked: Any) -> None:
    answer = asked("text")
    assert answer.end == ('Grüße — "everything" that was\nsaid, in several pieces. 👋', "complete", None)
    assert len([each for each in answer.deltas if each.text]) > 3
    assert answer.message.stop_reason == "end_turn"


def test_an_answer_that_is_too_long(asked: Any) -> None:
    answer = asked("long")
    assert (answer.end[:2], answer.message.stop_reason) == (("one two", "complete"), "max_tokens")
    assert (answer.message.usage.input_tokens, answer.message.usage.output_tokens) == (3, 4)


def test_tools(asked: Any) -> None:
    answer = asked("weather")
    uses = [(use.id, use.name, use.input) for use in answer.message.tool_uses]
    assert uses == [("call_1", "weather", {"place": "Zürich", "days": [1, 2]}), ("call_2", "time", {})]
    assert (answer.message.stop_reason, answer.reply.outcome) == ("tool_use", "complete")


def test_a_wrong_key(asked: Any) -> None:
    answer = asked("text", api_key="sk-of-nobody")
    assert isinstance(answer.error, MessagesError)
    assert (answer.error.status, answer.reply.outcome) == (401, "error")
    assert "sk-of-nobody" not in str(answer.error)
