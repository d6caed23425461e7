"""Fragments of tool calls to whole ones, whichever way a server numbers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sse_client.adapters.openai._text import Text
from sse_client.adapters.openai.completion import ToolCall
from sse_client.adapters.openai.delta import ToolCallDelta

if TYPE_CHECKING:
    from sse_client.adapters.openai._payload import FunctionFragment, ToolCallFragment

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

    def extend(self, name: str | None, arguments: str | None) -> None:
        """Append to the arguments. A name that is not empty replaces."""
        if name:
            self.name = name
        if arguments:
            self.arguments.add(arguments)


class ToolCalls:
    """The tool calls of one choice.

    A call is known by the fragment's `index`; without one, by its `id`; without either, a name starts a call
    and a fragment without a name continues the last.
    """

    __slots__ = ("_at", "_calls", "_function", "_ids")

    def __init__(self) -> None:
        self._calls: dict[int, _Call] = {}
        self._at: dict[int, _Call] = {}
        self._ids: dict[str, _Call] = {}
        self._function: _Call | None = None

    def add(self, fragment: ToolCallFragment) -> ToolCallDelta:
        """Add `fragment` to its call, and return it with the index of that call."""
        name = arguments = None
        if fragment.function is not None:
            name, arguments = fragment.function.name, fragment.function.arguments
        elif fragment.custom is not None:
            name, arguments = fragment.custom.name, fragment.custom.input
        call = self._call(fragment.index, fragment.id, name)
        if fragment.id:
            call.id = fragment.id
            self._ids[fragment.id] = call
        if fragment.type:
            call.type = fragment.type
        call.extend(name, arguments)
        return ToolCallDelta(call.index, fragment.id, fragment.type, name, arguments)

    def add_function(self, function: FunctionFragment) -> ToolCallDelta:
        """Add a piece of the deprecated `function_call`, of which a choice has one, and return it."""
        if self._function is None:
            self._function = self._new(None)
        self._function.extend(function.name, function.arguments)
        return ToolCallDelta(self._function.index, None, None, function.name, function.arguments)

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
