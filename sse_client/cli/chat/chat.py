"""`sse-client chat`: one question, or a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.cli.chat.options import AnswerOptions, ChatOptions
from sse_client.cli.exits import Exit, Failure
from sse_client.cli.options import ConnectionOptions
from sse_client.cli.screen.news import say_sentence

if TYPE_CHECKING:
    from sse_client.cli.chat.answering import Answering
    from sse_client.cli.chat.conversation import Conversation

__all__ = ["answer_once", "chat"]


def chat(
    *prompt: str,
    options: ChatOptions = ChatOptions(),  # noqa: B008
    answer: AnswerOptions = AnswerOptions(),  # noqa: B008
    connection: ConnectionOptions = ConnectionOptions(),  # noqa: B008
) -> int:
    """Ask a chat model, and show the answer as it arrives.

    Piped input is added to the question. On a terminal, leaving out the question begins a conversation. Ctrl-C stops
    an answer, and keeps the part that has arrived.

    Args:
        prompt: the question.
        options: the question's options, the model and the server.
        answer: what is shown.
        connection: how the server is reached.
    """
    from sse_client.cli.chat.answering import Answering
    from sse_client.cli.chat.conversation import Conversation
    from sse_client.cli.chat.question import question_text

    answering = Answering(answer)
    text = question_text(prompt, options.file)
    conversation = Conversation(options, connection, heads=answer.verbose, observer=answering.waiting)
    with conversation:
        if text is not None:
            return answer_once(conversation, answering, text)
        if options.image:
            raise Failure("--image: expected a question about it")
        from sse_client.cli.chat.interactive import converse

        return converse(conversation, answering)


def answer_once(conversation: Conversation, answering: Answering, text: str) -> int:
    """Ask one question, and show its answer; return the exit code.

    Raises:
        Failure: the server reported an error.
        SSEError: there is no answer, or it was cut off.
    """
    from sse_client.adapters.openai import ChatError

    try:
        if answering.show(conversation.ask(text)):
            return Exit.DONE
    except ChatError as error:
        raise conversation.failure(error) from error
    say_sentence("interrupted; the answer is not whole")
    return Exit.INTERRUPTED
