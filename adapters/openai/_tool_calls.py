"""Fragments of tool calls to whole ones, whichever way a server numbers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.openai._text import Text
from sse_client.adapters.openai.completion import ToolCall
from sse_client.adapters.openai.delta import ToolCallDelta

if TYPE_CHECKING:
    from sse_client.adapters.openai._payload import ToolCallFragment

__all__ = ["ToolCalls"]


class _Call:
    """A call that is being put together, and its place among the calls of its choice."""

    __slots__ = ("arguments", "id", "index", "name", "type")

    def __init__(self, index: int) -> None:
        self.index = index
        self.id = ""
        self.type = "function"
        self.name = ""
        self.arguments = Text()


class ToolCalls:
    """The tool calls of one choice.

    A call is known by the fragment's `index`; without one, by its `id`; without either, a name starts a call
    and a fragment without a name continues the last.
    """

    __slots__ = ("_at", "_calls", "_ids")

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}
        self._at: dict[int, _Call] = {}
        self._ids: dict[str, _Call] = {}

    def add(self, fragment: ToolCallFragment) -> ToolCallDelta:
        """Add `fragment` to its call, and return it with the index of that call."""
        function = fragment.function
        name, arguments = (None, None) if function is None else (function.name, function.arguments)
        call = self._call(fragment.index, fragment.id, name)
        if fragment.id:
            call.id = fragment.id
            self._ids[fragment.id] = call
        if fragment.type:
            call.type = fragment.type
        if name:
            call.name = name
        if arguments:
            call.arguments.add(arguments)
        return ToolCallDelta(call.index, fragment.id, fragment.type, name, arguments)

    def calls(self) -> list[ToolCall]:
        """Return the calls as they are now, by index."""
        return [
            ToolCall(call.id, call.type, call.name, call.arguments.value() or "")
            for _, call in sorted(self._calls.items())
        ]

    def _call(self, index: int | None, id: str | None, name: str | None) -> _Call:  # noqa: A002 - the API's word
        if index is not None:
            call = self._at.get(index)
            # Gemini behind a proxy gives all parallel calls index 0, each with its id and name; LM Studio
            # gives every fragment of one call a new id, and no name after the first.
            if call is not None and id and call.id and id != call.id:
                call = self._ids.get(id, None if name else call)
        elif id:
            call = self._ids.get(id)
        else:
            call = None if name or not self._calls else next(reversed(self._calls.values()))
        if call is None:
            call = self._new(index)
        if index is not None:
            self._at[index] = call
        return call

    def _new(self, index: int | None) -> _Call:
        if index is None or index in self._calls:
            index = max(self._calls, default=-1) + 1
        call = self._calls[index] = _Call(index)
        return call
