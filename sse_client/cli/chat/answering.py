"""Shows a reply on the screen as it arrives, with its timing."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Protocol

from sse_client.cli.chat.waiting import Waiting
from sse_client.cli.exits import Failure
from sse_client.cli.files import writable
from sse_client.cli.screen.gaps import Gaps, summary
from sse_client.cli.screen.keys import silent_keys
from sse_client.cli.screen.news import say
from sse_client.cli.screen.stdout import Stdout
from sse_client.cli.screen.terminal import encodes, is_terminal, printable, style_for

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from sse_client.adapters.openai import ChatDelta, ChatStream, ToolCall
    from sse_client.cli.chat.options import AnswerOptions

__all__ = ["Answering", "PlainView", "View"]

_OF_MARKDOWN = "\u258c\u2022\u2500"  # the characters that draw quotes, lists and rules


_CUT_SHORT = {
    "length": "the answer is not whole: it reached the limit of tokens",
    "content_filter": "the answer is not whole: the server's filter stopped it",
}


class View(Protocol):
    """Shows one answer."""

    def reasoning(self, text: str) -> None:
        """Show a piece of the model's reasoning."""

    def content(self, text: str) -> None:
        """Show a piece of the answer."""

    def tool_calls(self, calls: Sequence[ToolCall]) -> None:
        """Show the tool calls that the model asks for; they are not executed."""

    def end(self) -> None:
        """Leave the cursor at the beginning of a line."""


class PlainView:
    """Plain text without reasoning, for pipes."""

    def __init__(self, out: Stdout, encoding: str, *, safe: bool) -> None:
        self._out = out
        self._encoding = encoding
        self._safe = safe
        self._at_line_start = True

    def reasoning(self, text: str) -> None:
        """Show nothing: the reader of a pipe wants the answer."""

    def content(self, text: str) -> None:
        """Write a piece of the answer."""
        shown = printable(text) if self._safe else text
        self._out.write(shown.encode(self._encoding, "backslashreplace"))
        self._at_line_start = shown.endswith("\n")

    def tool_calls(self, calls: Sequence[ToolCall]) -> None:
        """Write a line for each call."""
        self.end()
        for call in calls:
            self.content(f"{call.name}({call.arguments})\n")

    def end(self) -> None:
        """Write a line end, unless there is one."""
        if not self._at_line_start:
            self.content("\n")


class Answering:
    """Shows replies.

    Attributes:
        waiting: the observer of the client.

    Raises:
        Failure: the plot could not be written, or there is no output.
    """

    def __init__(self, options: AnswerOptions) -> None:
        self._options = options
        self._out = Stdout()
        self.waiting = Waiting(quiet=options.verbose)
        if options.plot:
            writable(options.plot, "--plot")
            if options.plot.suffix.lower() != ".png":
                raise Failure(f"--plot: expected a file that ends in .png, got {options.plot}")
            # Loaded now, so that a missing package is reported before a question is sent.
            from sse_client.cli.chat.plot import draw

            self._draw_gaps = draw

    def show(self, reply: ChatStream) -> bool:
        """Show `reply` until it ends; return False if Ctrl-C ended it.

        Raises:
            Failure: the request cannot be sent.
            SSEError: the reply failed; what had arrived has been shown.
        """
        gaps = Gaps(time.monotonic())
        view = self._view()
        try:
            with silent_keys(), self.waiting, _opened(reply):
                for delta in reply:
                    self.waiting.end()
                    _show_delta(view, delta, gaps)
        except KeyboardInterrupt:
            return False
        finally:
            self._finish(reply, view, gaps)
        return True

    def _finish(self, reply: ChatStream, view: View, gaps: Gaps) -> None:
        calls = [call for choice in reply.completion.choices[:1] for call in choice.message.tool_calls]
        if calls:
            view.tool_calls(calls)
        view.end()
        for choice in reply.completion.choices[:1]:
            if choice.finish_reason in _CUT_SHORT:
                say(_CUT_SHORT[choice.finish_reason])
        if self._options.timing:
            for line in summary(gaps, "token", time.monotonic()):
                say(line)
            usage = reply.completion.usage
            if usage is not None:
                say(f"usage: {usage.prompt_tokens} tokens asked, {usage.completion_tokens} answered")
        if self._options.plot:
            self._draw(gaps, self._options.plot)

    def _draw(self, gaps: Gaps, path: Path) -> None:
        if not gaps.kept:
            say("nothing to draw: fewer than two tokens came")
            return
        self._draw_gaps(gaps, "token", path)
        say(f"drawn: {path}")

    def _view(self) -> View:
        if not is_terminal(sys.stdout):
            return PlainView(self._out, "utf-8", safe=False)
        if self._options.plain or not style_for(sys.stdout).colours or not encodes(sys.stdout, _OF_MARKDOWN):
            return PlainView(self._out, sys.stdout.encoding or "ascii", safe=True)
        from sse_client.cli.chat.markdown_view import MarkdownView

        return MarkdownView()


@contextmanager
def _opened(reply: ChatStream) -> Generator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(reply)
        except ValueError as error:  # a malformed URL, for example
            raise Failure(str(error)) from error
        yield


def _show_delta(view: View, delta: ChatDelta, gaps: Gaps) -> None:
    if delta.content or delta.reasoning or delta.refusal or delta.tool_calls:
        gaps.add(time.monotonic())
    if delta.reasoning:
        view.reasoning(delta.reasoning)
    if delta.content or delta.refusal:
        view.content(delta.content or delta.refusal or "")
