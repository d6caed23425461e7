"""The pages that a reader sees, README and docs: their code, their links, and the server that the code talks to."""

from __future__ import annotations

import asyncio
import json
import re
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

from sse_client.testing import CLOSE, RESET, Received, Server, ToolAnswer, chunk, head, reply, stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping
    from types import CodeType

    from sse_client.testing import Script, Step

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(
    r"^(?:<!-- (?:server: ([\w ]+)|file: ([\w.]+)|(cell)) -->\n)?```python\n(.*?)^```", re.MULTILINE | re.DOTALL
)
_ORIGIN = re.compile(r"https?://[\w.-]+(?::\d+)?(?=[/\"])")


@dataclass(frozen=True)
class Block:
    """A block of Python code.

    Attributes:
        page: relative to the repository.
        number: among those of its page, from 1.
        server: the name of what the server says to it; "" for its usual answers.
        file: the name of the file that it is; "" for a program of its own.
        cell: whether it is a cell of a notebook, in which `await` needs no function around it.
    """

    page: str
    number: int
    server: str
    file: str
    cell: bool
    code: str

    @property
    def typed(self) -> str:
        """The code as a type checker takes it."""
        return "async def cell() -> None:\n" + indent(self.code, "    ") if self.cell else self.code

    def run(self, environment: MutableMapping[str, str], services: Mapping[str, str] | None = None) -> None:
        """Run it as its reader would, with one server on the loopback in place of each that it names.

        Args:
            environment: gets the key and the URL of a chat server.
            services: URLs in place of those of databases.
        """
        with Server(*SCRIPTS[self.server], answer=answer, events=3, retry=10) as server:
            environment.update(OPENAI_API_KEY="key", OPENAI_BASE_URL=f"{server.url}/v1")
            code = _ORIGIN.sub(server.url, self.code)
            for shown, running in (services or {}).items():
                code = code.replace(shown, running)
            # As a program of its own: without what this module imports from __future__.
            flags = PyCF_ALLOW_TOP_LEVEL_AWAIT if self.cell else 0
            program = compile(code, f"{self.page}, block {self.number}", "exec", flags, dont_inherit=True)
            if self.cell:
                asyncio.run(_cell(program))
            else:
                exec(program, {"__name__": "__main__"})


async def _cell(program: CodeType) -> None:
    """Run a cell as a notebook does: inside of a loop that runs already."""
    waiting: Any = eval(program, {"__name__": "__main__"})
    if waiting is not None:
        await waiting


def blocks() -> list[Block]:
    """Return all code of all pages."""
    return [
        Block(str(page.relative_to(ROOT)), number, server, file, bool(cell), code)
        for page in PAGES
        for number, (server, file, cell, code) in enumerate(_BLOCK.findall(text_of(page)), 1)
    ]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Return what a link may name behind its #: a name for each heading outside code."""
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading)).strip().lower().replace(" ", "-")
        repeats = sum(re.fullmatch(rf"{re.escape(name)}(-\d+)?", known) is not None for known in found)
        found.add(f"{name}-{repeats}" if repeats else name)
    return found


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and images that are not elsewhere on the web."""
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link]


def leads_somewhere(page: Path, link: str) -> bool:
    """Tell whether a link has a file at its end, and a heading if it names one."""
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    return target.exists() and (not anchor or (target.suffix == ".md" and anchor in anchors(target)))


# What the server says.


def answer(body: dict[str, Any]) -> str | ToolAnswer:
    """Answer as the pages expect: with a call of a tool that is offered, with JSON where it is asked for."""
    if body.get("tools") and body["messages"][-1]["role"] != "tool":
        return ToolAnswer("weather", {"city": "Oslo"})
    return '{"name": "Ada Lovelace", "born": 1815}' if "response_format" in body else "Hello there"


def chat(*deltas: dict[str, Any], finish: str | None = "stop", done: bool = True, **choice: Any) -> list[Step]:
    """Return a chat stream of `deltas`; `choice` goes into each of their choices."""
    parts = [*({"delta": delta, **choice} for delta in deltas)]
    if finish:
        parts.append({"delta": {}, "finish_reason": finish})
    events = [_data({"id": "c1", "model": "m", "choices": [{"index": 0, **part}]}) for part in parts]
    return stream([*events, *([b"data: [DONE]\n\n"] if done else [])])


def _data(payload: object) -> bytes:
    return f"data: {json.dumps(payload)}\n\n".encode()


def _typed(payload: dict[str, Any]) -> bytes:
    return f"event: {payload['type']}\ndata: {json.dumps(payload)}\n\n".encode()


def response(*items: dict[str, Any], background: bool = False) -> list[bytes]:
    """Return the events of a response whose output is `items`, messages and calls of functions."""
    about = {"id": "resp_1", "object": "response", "model": "m", "background": background}
    payloads: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**about, "status": "in_progress", "output": []}}
    ]
    for index, item in enumerate(items):
        at = {"item_id": item["id"], "output_index": index}
        if item["type"] == "function_call":
            payloads += [
                {"type": "response.output_item.added", "item": {**item, "arguments": ""}, "output_index": index},
                {"type": "response.function_call_arguments.delta", "delta": item["arguments"], **at},
            ]
        else:
            payloads += [
                {"type": "response.output_text.delta", "delta": word, "content_index": 0, **at}
                for word in re.findall(r"\s*\S+", item["content"][0]["text"])
            ]
        payloads.append({"type": "response.output_item.done", "item": item, "output_index": index})
    usage = {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12}
    over = {**about, "status": "completed", "output": list(items), "usage": usage}
    payloads.append({"type": "response.completed", "response": over})
    return [_typed({**payload, "sequence_number": number}) for number, payload in enumerate(payloads)]


def message(text: str) -> dict[str, Any]:
    """Return an item of a response's output."""
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": text}]}


CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "weather",
    "arguments": '{"city": "Oslo"}',
}
LETTER = response(message("Hello there"), background=True)


def resumed(request: Received) -> Iterable[Step]:
    """Go on with `LETTER` behind the event that the request names."""
    after = re.search(r"starting_after=(\d+)", request.path)
    return stream(LETTER[int(after[1]) + 1 :]) if after and request.method == "GET" else reply(400)


AGAIN = {"error": {"message": "Slow down.", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}
BROKEN = {"error": {"message": "out of memory", "type": "server_error", "code": 500}}
TOKENS: dict[str, Any] = {
    "content": [{"token": "Hello", "logprob": -0.25, "bytes": None, "top_logprobs": []}],
    "refusal": None,
}
SOUND = {"id": "audio_1", "data": "UklGRg==", "transcript": "Hello"}

CLAUDE: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"id": "msg_1", "model": "m", "usage": {"input_tokens": 9}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Rain?"}},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Let me look."}},
    {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "t", "name": "weather"}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]

SCRIPTS: dict[str, list[Script]] = {
    "": [],
    "reasoning": [chat({"reasoning_content": "They greet me."}, {"content": "Hello"}, {"content": " there"})],
    "refusal": [chat({"refusal": "I cannot"}, {"refusal": " help with that."})],
    "logprobs": [chat({"content": "Hello"}, logprobs=TOKENS)],
    "audio": [chat({"audio": SOUND}, {"audio": {"expires_at": 1_900_000_000}})],
    "value": [chat({"content": '{"name": "Ada Lovelace", '}, {"content": '"born": 1815}'})],
    "cut": [chat({"content": "Hello"}, {"content": " th"}, finish=None, done=False)],
    "silent": [[head(), chunk(_data({"choices": [{"index": 0, "delta": {"content": "Hello"}}]})), CLOSE]],
    "error": [stream([_data({"choices": [{"index": 0, "delta": {"content": "Hello"}}]}), _data(BROKEN)])],
    "busy": [reply(429, json.dumps(AGAIN).encode(), {"Content-Type": "application/json", "Retry-After": "900"})],
    "busy once": [reply(429, json.dumps(AGAIN).encode(), {"retry-after-ms": "5"})],
    "anthropic": [stream([_data(payload) for payload in CLAUDE])],
    "anywhere": [chat({"content": "Hello"}, {"content": " there"})],
    "legacy": [
        stream([_data({"choices": [{"index": 0, "text": "Hello", "finish_reason": "stop"}]}), b"data: [DONE]\n\n"])
    ],
    "response": [stream(response(message("Hello there")))],
    "response in json": [stream(response(message('{"name": "Ada Lovelace", "born": 1815}')))],
    "response with a tool": [stream(response(CALL)), stream(response(message("It is 21 degrees in Oslo.")))],
    "background": [[head(), *map(chunk, LETTER[:2]), RESET], resumed],
    "mcp": [
        [head(), chunk(b"id: 1\nretry: 5\ndata:\n\n"), CLOSE],
        stream([b'id: 2\ndata: {"jsonrpc": "2.0", "id": 2, "result": {}}\n\n']),
    ],
    "mcp in json": [
        reply(200, b'{"jsonrpc": "2.0", "id": 1, "result": {}}', {"Content-Type": "application/json"}),
    ],
    "run": [
        [
            head(headers={"Location": "/threads/1/runs/2/stream"}),
            chunk(b'id: 1\nevent: values\ndata: {"n": 1}\n\n'),
            CLOSE,
        ],
        stream([b'id: 2\nevent: values\ndata: {"n": 2}\n\n']),
    ],
}
"""What the server says first, by the name that a page gives in a comment before a block."""
