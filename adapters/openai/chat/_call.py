"""Joins the fragments of one tool call: its name, and its arguments so far."""

from __future__ import annotations

import msgspec

from sse_client.adapters.openai._shared.growing_text import GrowingText
from sse_client.adapters.openai.chat._json_end import JSONEnd
from sse_client.adapters.openai.delta import ToolCallDelta
from sse_client.replies.json_values import is_mapping, json_value

__all__ = ["Call"]

# Placeholders that some servers send before the real arguments.
_PLACEHOLDERS = frozenset({"{}", "{ }", "[]", "null", '""'})

_LONGEST_PLACEHOLDER = 16  # characters, blanks around it included

_LONGEST_NAME = 1024  # characters; a name of this length gets no further pieces


# A struct, like `GrowingText`, because a server decides how many calls there are.
class Call(msgspec.Struct, gc=False, eq=False):
    """A call that is being put together, and its place among the calls of its choice."""

    index: int
    id: str = ""
    type: str = "function"
    name: str = ""
    arguments: GrowingText = msgspec.field(default_factory=GrowingText)
    size: int = 0  # characters of the arguments
    placeholder: str = ""  # arguments that are held back, because others may replace them
    _end: JSONEnd | None = None

    @property
    def complete(self) -> bool:
        """Whether the arguments are a complete object or array."""
        if self.placeholder:
            return True
        if self._end is None:
            self._end = JSONEnd()
            self._end.feed(self.arguments.value() or "")
        return self._end.complete

    def extend_name(self, name: str) -> None:
        """Add a name: a piece of it, or all of it so far."""
        if name.startswith(self.name):
            self.name = name
        elif len(self.name) < _LONGEST_NAME:
            self.name += name

    def extend(self, arguments: str, *, final: bool = False) -> str | None:
        """Add arguments, and return the piece that was appended, or None.

        Args:
            arguments: a piece of the arguments, all of them so far, or all of them again.
            final: whether no more will come.
        """
        begins = arguments.lstrip()[:1]
        if self.placeholder:
            held, self.placeholder = self.placeholder, ""
            if begins != "{" and arguments != held:
                arguments = held + arguments
        elif self.size and self.type != "custom" and (begins == "{" or (begins == '"' and len(arguments) > self.size)):
            if self.repeats(arguments):
                return None
            if begins == "{" and not self._goes_on_with_object():
                return self._take_all(arguments)
        if not final and self.type != "custom" and not self.size and arguments.strip() in _PLACEHOLDERS:
            self.placeholder = arguments
            return None
        self._append(arguments)
        return arguments

    def grow(self, arguments: str, *, final: bool) -> str | None:
        """Accept all arguments so far, and return the piece that was appended, or None.

        Some servers close brackets that are still open, and send `{"x":""}` before `{"x":"y"}`. So complete arguments
        are held back until the final ones arrive.
        """
        if not (self.size or final or self.type == "custom") and _is_complete(arguments):
            self.placeholder = arguments
            return None
        self.placeholder = ""
        rest = self.arguments.follow(arguments)
        self.size, self._end = len(self.arguments), None
        return rest

    def complete_with(self, arguments: str | None) -> str | None:
        """Accept the complete arguments, and return the part of them that has not come in pieces."""
        if self.placeholder and arguments:
            self.placeholder = ""
        rest = self.arguments.rest_of(arguments or None)
        return self.extend(rest, final=True) if rest else None

    def relation(self, arguments: str) -> str:
        """Return how arguments that a server sends as all so far are related to those that have arrived."""
        known = GrowingText([self.placeholder]) if self.placeholder else self.arguments
        return known.relation(arguments) if len(known) else "same"

    def repeats(self, arguments: str) -> bool:
        """Return whether `arguments` repeat the complete arguments, perhaps in another JSON form or as a JSON text."""
        if not self.complete or not self.size // 2 <= len(arguments) <= 2 * self.size:
            return False
        known = self.arguments.value() or ""
        if arguments == known:
            return True
        value = json_value(arguments)
        return value == known or (value is not None and value == json_value(known))

    def release(self) -> ToolCallDelta:
        """Return the arguments that were held back."""
        held, self.placeholder = self.placeholder, ""
        self._append(held)
        return ToolCallDelta(self.index, arguments=held)

    def is_whole_of(self, id: str | None, name: str | None, arguments: str | None) -> bool:  # noqa: A002 - the API's word
        """Return whether a complete call, sent at this call's position, may be this call in full."""
        if not (id and self.id):
            return True
        if name != self.name:
            return False
        if self.placeholder:
            return True
        return self.arguments.rest_of(arguments) is not None or self.repeats(arguments or "")

    def _goes_on_with_object(self) -> bool:
        """Return whether the next piece of the arguments may begin with the `{` of an object."""
        if self.complete or self._end is None:
            return not self._is_empty
        last = self.arguments.pieces[-1].rstrip() if self.arguments.pieces else ""
        return not self._end.in_string and last[-1:] in ("", ":", "[", ",")

    @property
    def _is_empty(self) -> bool:
        return self.size <= _LONGEST_PLACEHOLDER and (self.arguments.value() or "").strip() in _PLACEHOLDERS

    def _take_all(self, arguments: str) -> str | None:
        """Accept text that begins like new arguments, and so cannot be a piece: all arguments so far, or complete ones.

        Inside a string, it may nevertheless be a piece; but then its quotes are escaped, and it is not JSON.
        """
        if len(arguments) >= self.size and arguments.startswith(self.arguments.value() or ""):
            arguments = arguments[self.size :]
        elif self._is_empty or (is_mapping(value := json_value(arguments)) and value):
            self.arguments, self.size, self._end = GrowingText(), 0, None
        if not arguments:
            return None
        self._append(arguments)
        return arguments

    def _append(self, arguments: str) -> None:
        self.arguments.add(arguments)
        self.size += len(arguments)
        if self._end is not None:
            self._end.feed(arguments)


def _is_complete(arguments: str) -> bool:
    """Return whether `arguments` are a complete object or array."""
    end = JSONEnd()
    end.feed(arguments)
    return end.complete
