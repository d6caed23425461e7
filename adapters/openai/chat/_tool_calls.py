"""Joins fragments of tool calls into whole calls, however a server numbers, names and splits them.

`ToolCalls._find` decides which call a fragment belongs to, whether or not it has an index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sse_client.adapters.openai.chat._call import Call
from sse_client.adapters.openai.completion import ToolCall
from sse_client.adapters.openai.delta import ToolCallDelta

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sse_client.adapters.openai.chat._chunk import FunctionFragment, ToolCallFragment

__all__ = ["ToolCalls"]

_NOT_CUSTOM = frozenset({None, "", "function"})  # types that contradict a `custom` field


class ToolCalls:
    """The tool calls of one choice."""

    __slots__ = ("_at", "_calls", "_function", "_ids", "_in_order", "_last", "_next_index")

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}
        self._in_order: list[Call] = []  # in the order in which they began
        self._at: dict[int, Call] = {}  # the latest call at each of the server's indexes
        self._ids: dict[str, Call] = {}
        self._last: Call | None = None
        self._function: Call | None = None
        self._next_index = 0

    def add(self, fragment: ToolCallFragment, *, final: bool = False, alone: bool = False) -> ToolCallDelta:
        """Add `fragment` to its call, and return the new part of it.

        Args:
            fragment: the fragment as the server sent it.
            final: whether the choice has finished.
            alone: whether the chunk has no other fragment.
        """
        kind, name, arguments = _content(fragment)
        if alone and name and fragment.index is None and not (fragment.id or arguments) and self._name_may_grow:
            call = self._last
        else:
            call = self._find(fragment.index, fragment.id, name, arguments)
        if call is None:
            call = self._new(fragment.index)
        if fragment.index is not None:
            self._at[fragment.index] = call
        self._last = call
        if fragment.id:
            self._ids[fragment.id] = call
            call.id = call.id or fragment.id
        if kind:
            call.type = kind
        if name:
            call.extend_name(name)
            name = call.name
        if arguments:
            arguments = call.extend(arguments, final=final)
        return ToolCallDelta(call.index, call.id if fragment.id else fragment.id, kind, name, arguments)

    def add_function(self, function: FunctionFragment) -> ToolCallDelta:
        """Add a piece of the deprecated `function_call`, of which a choice has at most one, and return it."""
        call = self._function
        if call is None:
            call = self._function = self._new(None)
        name, arguments = function.name, function.arguments
        if name:
            call.extend_name(name)
            name = call.name
        if arguments:
            arguments = call.extend(arguments, final=True)
        return ToolCallDelta(call.index, None, None, name, arguments)

    def reconcile(
        self, fragments: list[ToolCallFragment], *, growing: bool = False, final: bool = True
    ) -> list[ToolCallDelta]:
        """Add the parts of a message's complete calls that have not arrived yet, and return them.

        Args:
            fragments: the complete calls as the server sent them.
            growing: whether they are the calls so far, which may have grown since the last message.
            final: whether the choice has finished.
        """
        missing: list[ToolCallDelta] = []
        for fragment, call in self._pairs(fragments, growing=growing):
            kind, name, arguments = _content(fragment)
            if call is None:
                missing.append(self._begin(fragment, grows=growing and not final))
                continue
            longer = growing and name and len(name) > len(call.name) and name.startswith(call.name)
            new_name = name if longer or not call.name else None
            new_id = fragment.id if not call.id else None
            call.name, call.id = new_name or call.name, call.id or fragment.id or ""
            rest = call.grow(arguments, final=final) if growing and arguments else call.complete_with(arguments)
            if rest or new_name or new_id:
                missing.append(ToolCallDelta(call.index, new_id, kind, new_name, rest))
        return missing

    def relations(self, fragments: list[ToolCallFragment]) -> set[str]:
        """Return how the arguments of calls in a message are related to those that have arrived."""
        pairs = [(call, _content(fragment)[2]) for fragment, call in self._pairs(fragments, growing=True)]
        return {call.relation(arguments) for call, arguments in pairs if call is not None and arguments}

    def release(self) -> list[ToolCallDelta]:
        """Return the arguments that were held back, after the choice has finished."""
        return [call.release() for call in self._calls.values() if call.placeholder]

    def calls(self) -> list[ToolCall]:
        """Return the calls so far, by index. A call without a name cannot be executed, and is left out."""
        return [
            ToolCall(call.id, call.type, call.name, (call.arguments.value() or "") + call.placeholder)
            for _, call in sorted(self._calls.items())
            if call.name
        ]

    def _pairs(
        self, fragments: list[ToolCallFragment], *, growing: bool
    ) -> Iterator[tuple[ToolCallFragment, Call | None]]:
        """Yield the complete calls of a message, each with the call that has arrived so far."""
        known = self._in_order[: len(fragments)]
        for position, fragment in enumerate(fragments):
            _, name, arguments = _content(fragment)
            call = self._ids.get(fragment.id) if fragment.id else None
            if call is None and growing and fragment.index is not None and self._at:
                call = self._at.get(fragment.index)
            elif call is None and position < len(known) and known[position].is_whole_of(fragment.id, name, arguments):
                call = known[position]
            yield fragment, call

    def _begin(self, fragment: ToolCallFragment, *, grows: bool) -> ToolCallDelta:
        """Add a complete call of which nothing has arrived; or, if calls grow, the call so far."""
        arguments = _content(fragment)[2]
        if not (grows and arguments):
            return self.add(fragment, final=True)
        if fragment.function is not None:
            fragment.function.arguments = None
        if fragment.custom is not None:
            fragment.custom.input = None
        begun = self.add(fragment)
        return replace(begun, arguments=self._calls[begun.index].grow(arguments, final=False))

    def _find(self, index: int | None, id: str | None, name: str | None, arguments: str | None) -> Call | None:  # noqa: A002 - the API's word
        """Return the call that a fragment belongs to; None if it begins a new one.

        A call is found by the fragment's `index`; without one, by its `id`. If there is neither, a name begins a call,
        and a fragment without a name continues the last one.
        """
        known = self._ids.get(id) if id else None
        last = self._last
        if index is None:
            if known is not None or not name or last is None:
                return known or last
            # A name begins a call, unless it repeats the last call's name while that call's arguments are incomplete.
            return last if not id and name == last.name and not last.complete else None
        call = self._at.get(index)
        if call is not None and not (id and call.id and id != call.id and known):
            return None if _begins_another(call, id, name, arguments) else call
        if known is not None:
            # Some servers repeat an ID at another index, for the same call or for another one.
            return known if not name or (name == known.name and not known.complete) else None
        # Others increase the index with each piece of one call.
        return last if arguments and not (id or name or last is None or last.complete) else None

    @property
    def _name_may_grow(self) -> bool:
        """Whether only a name has arrived of the last call."""
        last = self._last
        return last is not None and bool(last.name) and not last.size and not last.placeholder

    def _new(self, index: int | None) -> Call:
        if index is None or index in self._calls:
            index = self._next_index
        self._next_index = max(self._next_index, index + 1)
        call = self._calls[index] = Call(index)
        self._in_order.append(call)
        return call


def _begins_another(call: Call, id: str | None, name: str | None, arguments: str | None) -> bool:  # noqa: A002
    """Return whether a fragment at the index of `call` begins another call.

    Gemini behind a proxy gives all parallel calls the index 0, each with its id and name; Ollama does the same without
    ids. LM Studio gives every fragment of one call a new id, and no name after the first; llama.cpp repeats the name,
    and others split it.
    """
    if not name or not call.name or (id and id == call.id):
        return False
    if id and call.id:
        return name != call.name or call.complete or not call.size
    if name != call.name:
        return call.size > 0 if call.type == "custom" else call.complete
    if call.placeholder or not arguments or arguments.lstrip()[:1] != "{":
        return False
    return call.complete and not call.repeats(arguments)


def _content(fragment: ToolCallFragment) -> tuple[str | None, str | None, str | None]:
    """Return the type, the name and the arguments of a fragment."""
    function, custom, kind = fragment.function, fragment.custom, fragment.type
    if custom is not None and not (function is not None and (function.name or function.arguments)):
        return "custom" if kind in _NOT_CUSTOM else kind, custom.name, custom.input
    if function is not None:
        return kind, function.name, function.arguments
    return kind, None, None
