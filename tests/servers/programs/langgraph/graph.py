"""A LangGraph graph of three steps, each of which adds one to a number; it fails where the number is negative."""

from __future__ import annotations

import asyncio
from typing import TypedDict

from langgraph.graph import StateGraph


class State(TypedDict):
    """The number."""

    n: int


async def add(state: State) -> State:
    if state["n"] < 0:
        raise ValueError("the number is negative")
    await asyncio.sleep(0.2)
    return {"n": state["n"] + 1}


_builder = StateGraph(State)
for _name in ("first", "second", "third"):
    _builder.add_node(_name, add)
_builder.set_entry_point("first")
_builder.add_edge("first", "second")
_builder.add_edge("second", "third")
_builder.set_finish_point("third")
graph = _builder.compile()
