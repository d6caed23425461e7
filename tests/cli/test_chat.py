"""`sse-client chat`: questions from everywhere, answers as they come, and what goes wrong."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sse_client
from sse_client.testing import CLOSE, LAST_CHUNK, RESET, STALL, Pause, Server, ToolAnswer, chunk, head, reply, stream

from .kit import Ran, plain, run

if TYPE_CHECKING:
    from sse_client.testing import Step

KEY = "sk-aaaabbbbccccdddd"
PNG = b"\x89PNG\r\n\x1a\nnothing more"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def chat(server: Server, *arguments: str, **options: Any) -> Ran:
    return run("chat", *arguments, "--base-url", f"{server.url}/v1", **options)


def question(server: Server) -> Any:
    return server.requests[-1].json()["messages"][-1]["content"]


def delta(**fields: Any) -> bytes:
    return f"data: {json.dumps({'choices': [{'index': 0, 'delta': fields}]})}\n\n".encode()


DONE = b"data: [DONE]\n\n"


def answer(*deltas: bytes) -> list[Step]:
    return stream([*deltas, DONE])


def test_the_answer_is_what_is_written(server: Server) -> None:
    assert chat(server, "Hi", "there") == Ran(0, "Hello there\n", "")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    body = server.requests[0].json()
    assert (body["model"], body["messages"]) == ("gpt-4o-mini", [{"role": "user", "content": "Hi there"}])


def test_an_answer_that_ends_a_line_gets_no_other_one(server: Server) -> None:
    server.script(answer(delta(content="Hello\n")))
    assert chat(server, "Hi").out == "Hello\n"


def test_the_options_are_sent(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "system").write_text("Be brief.")
    monkeypatch.setenv("SSE_CLIENT_MODEL", "from-environment")
    chat(server, "Hi", "--system", f"@{tmp_path / 'system'}", "--temperature", "0.5", "--max-tokens", "9")
    body = server.requests[0].json()
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("from-environment", 0.5, 9)
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    chat(server, "Hi", "-m", "other", "--system", "Be long.")
    body = server.requests[1].json()
    assert (body["model"], body["messages"][0]["content"]) == ("other", "Be long.")


def test_files_and_standard_input_are_added_to_the_question(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text of a\n")
    chat(server, "Compare", "-f", str(tmp_path / "a.txt"), stdin="piped in\n")
    assert question(server) == "Compare\n\na.txt:\n```\ntext of a\n```\n\npiped in"
    chat(server, "-f", "-", stdin="only this")
    assert question(server) == "only this"
    chat(server, stdin="  from a pipe  ")
    assert question(server) == "from a pipe"


def test_a_picture_goes_along(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    chat(server, "What is this?", "--image", str(tmp_path / "a.png"), "--image", "https://example.com/b.jpg")
    text, first, second = question(server)
    assert text == {"type": "text", "text": "What is this?"}
    assert first["image_url"]["url"].startswith("data:image/png;base64,iVBORw0KGgpub3Ro")
    assert second["image_url"]["url"] == "https://example.com/b.jpg"


def test_a_key_comes_from_a_file_or_another_variable(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("OTHER_KEY", KEY)
    (tmp_path / "key").write_text(KEY)
    assert chat(server, "Hi", "--key-env", "OTHER_KEY").code == 0
    assert chat(server, "Hi", "--key-file", str(tmp_path / "key")).code == 0


def test_what_the_model_would_call_is_shown(tmp_path: Path) -> None:
    (tmp_path / "tools.json").write_text('[{"type": "function", "function": {"name": "weather"}}]')
    with Server(answer=ToolAnswer("weather", {"city": "Oslo"})) as server:
        ran = chat(server, "Hi", "--tools", str(tmp_path / "tools.json"))
        on_screen = chat(server, "Hi", "--tools", str(tmp_path / "tools.json"), terminal=True)
    assert (ran.code, ran.out) == (0, 'weather({"city": "Oslo"})\n')
    assert 'calls weather({"city": "Oslo"})\n' in plain(on_screen.out)


def test_a_refusal_is_an_answer_and_thoughts_are_not(server: Server) -> None:
    server.script(answer(delta(reasoning_content="Hm."), delta(refusal="I cannot."), delta(role="assistant")))
    assert chat(server, "Hi").out == "I cannot.\n"


def test_a_terminal_without_the_characters_of_markdown_has_the_text_as_it_is(server: Server) -> None:
    server.script(answer(delta(content="> It reconnects"), delta(content=" by itself.")))
    ran = chat(server, "Hi", terminal=True, encoding="ascii")
    assert ran.out == "> It reconnects by itself.\n"


def test_timing_is_said_and_drawn(server: Server, tmp_path: Path) -> None:
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 9, "total_tokens": 14}}\n\n'
    server.script(answer(*[delta(content=f"{n} ") for n in range(30)], usage))
    ran = chat(server, "Hi", "--timing", "--plot", str(tmp_path / "gaps.png"))
    assert "first token after" in ran.err
    assert "30 tokens in" in ran.err
    assert "usage: 5 tokens asked, 9 answered" in ran.err
    assert f"drawn: {tmp_path / 'gaps.png'}" in ran.err
    assert (tmp_path / "gaps.png").read_bytes().startswith(b"\x89PNG")


def test_one_token_has_no_gaps_to_draw(server: Server, tmp_path: Path) -> None:
    server.script(answer(delta(content="one")))
    ran = chat(server, "Hi", "--plot", str(tmp_path / "gaps.png"))
    assert (ran.code, ran.err) == (0, "nothing to draw: fewer than two tokens came\n")


def test_verbose_shows_heads_without_the_key(server: Server) -> None:
    ran = chat(server, "Hi", "-v")
    assert "> POST /v1/chat/completions HTTP/1.1" in ran.err
    assert "> Authorization: Bearer ****" in ran.err
    assert KEY not in ran.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["Hi", "--image", "/no/such"], "--image: cannot read /no/such", id="no picture"),
        pytest.param(
            ["Hi", "--image", os.devnull], "expected a PNG, JPEG, GIF or WebP picture", id="no kind of picture"
        ),
        pytest.param(["Hi", "-f", "/no/such"], "-f: cannot read /no/such", id="no file"),
        pytest.param(["Hi", "--system", "@/no/such"], "--system: cannot read /no/such", id="no system file"),
        pytest.param(["Hi", "--tools", os.devnull], "--tools: expected a JSON array", id="no tools"),
        pytest.param(["Hi", "--plot", "/no/such/gaps.png"], "--plot: expected a folder", id="no folder for the plot"),
        pytest.param(["Hi", "--plot", "/"], "--plot: expected a file, but / is a folder", id="a folder for the plot"),
        pytest.param(["Hi", "--plot", "gaps.jpgg"], "--plot: expected a file that ends in .png", id="no name of a PNG"),
        pytest.param([], "expected a question", id="no question"),
    ],
)
def test_a_mistake_is_a_sentence(server: Server, options: list[str], words: str) -> None:
    ran = chat(server, *options)
    assert ran.code in {2, 9}
    assert words in ran.err
    assert server.requests == []


def test_a_plot_that_cannot_be_written_is_a_sentence(server: Server, tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    server.script(answer(delta(content="a"), delta(content="b")))
    full = tmp_path / "full.png"
    full.symlink_to("/dev/full")
    ran = chat(server, "Hi", "--plot", str(full))
    assert ran.code == 9
    assert f"--plot: cannot write {full}" in ran.err


def test_a_missing_key_says_where_one_can_be_put(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    ran = run("chat", "Hi")
    assert ran.code == 2
    assert "expected a key for OpenAI: set OPENAI_API_KEY, or use --key-env or --key-file" in ran.err
    ran = chat(server, "Hi")
    assert ran.code == 8
    assert "No key was sent" in ran.err


def test_a_refused_key_is_not_shown(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "wrong-wrong-wrong")
    error = json.dumps({"error": {"message": "Incorrect key: wrong-wrong-wrong", "code": "invalid_api_key"}})
    server.script(reply(401, error.encode(), {"Content-Type": "application/json"}))
    ran = chat(server, "Hi")
    assert ran.code == 8
    assert "Incorrect key: ****" in ran.err


def test_a_base_url_that_is_none_is_a_sentence() -> None:
    ran = run("chat", "Hi", "--base-url", "nonsense")
    assert ran.code == 2
    assert "absolute URL" in ran.err


@pytest.mark.parametrize(
    ("script", "code", "out"),
    [
        pytest.param([head(), chunk(delta(content="Hel")), CLOSE], 6, "Hel\n", id="cut off"),
        pytest.param(reply(200, b"<html><title>Login</title></html>", {"Content-Type": "text/html"}), 8, "", id="HTML"),
        pytest.param(stream([delta(content="Hel"), b'data: {"error": {"message": "out of memory"}}\n\n']), 8, "Hel\n",
                     id="an error in the stream"),
    ],
)  # fmt: skip
def test_what_has_come_is_kept_when_it_fails(server: Server, script: list[Step], code: int, out: str) -> None:
    server.script(script)
    ran = chat(server, "Hi")
    assert (ran.code, ran.out) == (code, out)
    assert ran.err.startswith("sse-client: ")


@pytest.mark.parametrize(
    ("end", "code", "words"),
    [
        pytest.param(STALL, 7, "The reason: ", id="silence"),
        pytest.param(RESET, 6, "The reason: the connection to", id="reset"),
        pytest.param(LAST_CHUNK, 6, "without [DONE]", id="an end in the middle"),
    ],
)
def test_why_an_answer_was_cut_off_is_said(server: Server, end: Step, code: int, words: str) -> None:
    server.script([head(), chunk(delta(content="Hel")), end])
    ran = chat(server, "Hi", "--timeout", "0.2")
    assert (ran.code, ran.out) == (code, "Hel\n")
    assert words in ran.err


def test_a_terminal_shows_markdown(server: Server) -> None:
    text = "# Title\n\nSome **bold** text.\n\n```python\nprint(1)\n\nprint(2)\n```\n\n- a\n- b\n\nThe end."
    server.script(answer(*[delta(content=text[at : at + 3]) for at in range(0, len(text), 3)]))
    ran = chat(server, "Hi", terminal=True)
    shown = plain(ran.out)
    assert "**" not in shown
    assert "```" not in shown
    assert "print(1)" in shown
    assert shown.rstrip().endswith("The end.")
    assert "\x1b[1mbold\x1b[0m" in ran.out


EVERYTHING = """# One
## Two
### Three
> quoted, with `code` and [a link](http://x/)

1. a ~~b~~ <kbd>c</kbd>

| a | b |
| - | - |
| 1 | 2 |

---

```python
from a import b

class C(Exception):
    x: int = 1.5

    @d
    def f(self) -> bool:  # why
        return print("text") is not None and True
```

```diff
-a
+b
@@ c
```

```html
<a href="x">&amp;</a>
```

```sh
$ echo $HOME
```

The end.
"""


def test_markdown_and_code_can_be_read_on_light_and_on_dark(server: Server) -> None:
    server.script(answer(delta(content=EVERYTHING)))
    ran = chat(server, "Hi", terminal=True)
    codes = {code for found in re.findall(r"\x1b\[([\d;]*)m", ran.out) for code in found.split(";")}
    assert {"32", "35", "36"} <= codes, "code and Markdown are coloured"
    assert codes <= {"0", "1", "2", "3", "4", "9", "31", "32", "35", "36"}, "blue, yellow, white, or a background"


@pytest.mark.parametrize(
    "text", ["<http://x/%1b%5b2J%c2%9b2J>", "<http://x/%e2%80%ae%0dy>", "&#x202e;a &#27;[2J", "[a](http://x/%1b%5b2J)"]
)
def test_what_markdown_decodes_does_not_command_the_terminal(server: Server, text: str) -> None:
    server.script(answer(delta(content=text + "\n\nThe end.")))
    ran = chat(server, "Hi", terminal=True)
    assert "\x1b[2J" not in ran.out
    assert all(char == "\n" or char.isprintable() for char in plain(ran.out))


def test_thoughts_are_dimmed_and_end_before_the_answer(server: Server) -> None:
    server.script(answer(delta(reasoning_content="Hm, \x1b]0;x\x07"), delta(content="Yes.")))
    ran = chat(server, "Hi", terminal=True)
    assert "\x1b[2mHm, \\x1b]0;x\\x07\x1b[0m" in ran.out
    assert plain(ran.out).index("Hm") < plain(ran.out).index("Yes.")


def test_thoughts_without_an_answer_end_their_line(server: Server) -> None:
    server.script(answer(delta(reasoning_content="Hm.")))
    assert plain(chat(server, "Hi", terminal=True).out).endswith("Hm.\n\n")


@pytest.mark.parametrize("option", [["--plain"], []])
def test_plain_text_on_a_terminal_has_no_control_characters(
    server: Server, option: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not option:
        monkeypatch.setenv("NO_COLOR", "1")
    server.script(answer(delta(content="**a**\x1b[31m")))
    assert chat(server, "Hi", *option, terminal=True).out == "**a**\\x1b[31m\n"


def test_a_long_block_is_drawn_by_its_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "10")
    lines = "".join(f"line_{n}\n" for n in range(100))
    server.script([*answer(delta(content="```\n" + lines), delta(content="```"))])
    shown = plain(chat(server, "Hi", terminal=True).out)
    assert all(f"line_{n}" in shown for n in range(100))


def test_an_answer_that_takes_long_is_waited_for_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.cli.screen.progress._TICK", 0.02)
    with Server([Pause(0.2), *reply(429)], answer(delta(content="Here it is"))) as slow:
        ran = run("chat", "hi", "--base-url", slow.url, terminal=True)
    assert "\r0 s, waiting for the answer\x1b[K" in ran.err
    assert "\r0 s, asking again: status 429\x1b[K" in ran.err
    assert ran.err.endswith("\r\x1b[K")
    assert "Here it is" in plain(ran.out)


def test_a_long_wait_between_attempts_is_a_line_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.cli.chat.waiting._LONG", 0.1)
    with Server(reply(429), answer(delta(content="Here it is"))) as slow:
        ran = run("chat", "hi", "--base-url", slow.url)
    assert (ran.code, ran.out) == (0, "Here it is\n")
    assert re.fullmatch(r"\* lost: .* got 429 \(Too Many Requests\); asking again in 0\.\d s\n", ran.err), ran.err


def test_a_quick_answer_has_nothing_but_itself() -> None:
    with Server(answer(delta(content="Here it is"))) as quick:
        assert run("chat", "hi", "--base-url", quick.url, terminal=True).err == ""


def test_the_client_is_named(server: Server) -> None:
    chat(server, "Hi")
    assert server.requests[0].headers["user-agent"] == f"sse-client/{sse_client.__version__}"


@pytest.mark.parametrize(
    ("reason", "words"),
    [("length", "it reached the limit of tokens"), ("content_filter", "the server's filter stopped it")],
)
@pytest.mark.parametrize("terminal", [True, False])
def test_an_answer_that_is_not_whole_is_named(reason: str, words: str, *, terminal: bool) -> None:
    end = json.dumps({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    with Server(answer(delta(content="Hel"), f"data: {end}\n\n".encode())) as server:
        ran = chat(server, "Hi", terminal=terminal)
    assert (ran.code, plain(ran.out).split()[-1]) == (0, "Hel")
    assert plain(ran.err) == f"the answer is not whole: {words}\n"


@pytest.mark.parametrize(
    ("content", "got"),
    [
        pytest.param("{", "got no JSON: Expecting property name enclosed in double quotes (line 1, column 2)",
                     id="no JSON"),
        pytest.param("{}", "got something else", id="an object"),
        pytest.param('[{"type": "function"}, 2]', "got something else as tool 2", id="a number among the tools"),
    ],
)  # fmt: skip
def test_tools_that_are_none_are_described(server: Server, tmp_path: Path, content: str, got: str) -> None:
    file = tmp_path / "tools.json"
    file.write_text(content)
    ran = chat(server, "Hi", "--tools", str(file))
    assert ran == Ran(2, "", f"sse-client: --tools: expected a JSON array of tools in {file}, {got}\n")
    assert not server.requests
