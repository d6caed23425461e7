"""What `get` shows on a terminal: a line an event, in colours that can be turned off, and no control characters."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import pytest

from sse_client import Comment, Event
from sse_client.cli.screen.terminal import Style, encodes, is_terminal, printable, short, style_for
from sse_client.cli.streams.event_line import EventLine
from sse_client.cli.streams.pretty_json import pretty
from sse_client.testing import CLOSE, Server, stream

from .kit import Stream, command, plain, run

NOON = datetime(2026, 1, 2, 12, 0, 0, 250_000).astimezone().timestamp()


def shown(event: Event | Comment, *, colours: bool = False) -> str:
    return EventLine(Style(colours=colours), clock=lambda: NOON)(event)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        pytest.param(Event("hello"), "12:00:00.250 message  hello\n", id="a text"),
        pytest.param(
            Event("hello", "greeting", "7", 500), "12:00:00.250 greeting #7 retry=500  hello\n", id="all fields"
        ),
        pytest.param(Event(""), "12:00:00.250 message\n", id="no data"),
        pytest.param(Event("a\nb"), "12:00:00.250 message\n    a\n    b\n", id="two lines"),
        pytest.param(Event('{"a":1}'), '12:00:00.250 message  {"a": 1}\n', id="JSON that fits"),
        pytest.param(Event("[not json"), "12:00:00.250 message  [not json\n", id="what only begins like JSON"),
        pytest.param(Event("[" * 60 + "]" * 60), f"12:00:00.250 message  {'[' * 60}{']' * 60}\n", id="nested deeply"),
        pytest.param(Event("[" * 90_000), f"12:00:00.250 message  {'[' * 90_000}\n", id="nested too deeply to be read"),
        pytest.param(Event("[1" + " " * 100_000 + "]"), f"12:00:00.250 message  [1{' ' * 100_000}]\n", id="very long"),
        pytest.param(Comment("ping"), "12:00:00.250 : ping\n", id="a comment"),
        pytest.param(
            Event("\x1b[31mred\x07\r \u202eabc\x85\ttab", "e\x1b"),
            "12:00:00.250 e\\x1b  \\x1b[31mred\\x07\\r \\u202eabc\\x85\ttab\n",
            id="control characters",
        ),
    ],
)
def test_an_event_is_a_line(event: Event | Comment, line: str) -> None:
    assert shown(event) == line


def test_json_that_does_not_fit_is_broken_where_it_must_be() -> None:
    data = '{"symbol": "%s", "nested": {"a": [1, 2], "b": null}, "rest": []}' % ("x" * 60)
    assert shown(Event(data)) == (
        "12:00:00.250 message\n"
        "    {\n"
        f'      "symbol": "{"x" * 60}",\n'
        '      "nested": {"a": [1, 2], "b": null},\n'
        '      "rest": []\n'
        "    }\n"
    )


def test_json_on_a_line_of_its_own_may_use_all_of_it() -> None:
    data = f'["{"x" * 70}"]'
    assert shown(Event(data)) == f"12:00:00.250 message\n    {data}\n"


def test_an_array_is_broken_too() -> None:
    assert pretty('["aaaa", "bbbb"]', 10) == ["[", '  "aaaa",', '  "bbbb"', "]"]
    assert pretty("[" * 50 + "1" + "]" * 50, 10) is None


def test_colours_do_not_change_the_text() -> None:
    event = Event('{"a": [1.5e3, true, null, "b"]}', "t", "7", 9)
    assert plain(shown(event, colours=True)) == shown(event)
    assert '\x1b[36m"a"\x1b[0m' in shown(event, colours=True)
    assert '\x1b[32m"b"\x1b[0m' in shown(event, colours=True)


def test_timing_shows_the_gaps() -> None:
    times = iter([100.0, 100.25])
    line = EventLine(Style(colours=False), timing=True, clock=lambda: next(times))
    assert [line(Event("a")), line(Event("b"))] == ["+   0.000 message  a\n", "+   0.250 message  b\n"]


@pytest.mark.parametrize(
    ("variables", "colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(variables: dict[str, str], *, colours: bool) -> None:
    assert style_for(Stream(terminal=True), variables).colours is colours
    assert not style_for(Stream(), variables).colours


def test_every_colour_is_one_that_its_user_has_chosen() -> None:
    style = Style(colours=True)
    paints = [style.dim, style.bold, style.red, style.green, style.magenta, style.cyan]
    assert [paint("x") for paint in paints] == [f"\x1b[{n}mx\x1b[0m" for n in (2, 1, 31, 32, 35, 36)]
    assert style.red("") == ""


def test_a_closed_stream_is_no_terminal() -> None:
    closed = open(sys.executable, "rb")  # noqa: SIM115  (closed on purpose)
    closed.close()
    assert not is_terminal(closed)  # type: ignore[arg-type]  # any file has isatty
    assert not is_terminal(None)


def test_what_a_terminal_has_no_characters_for_is_known() -> None:
    assert encodes(Stream("utf-8"), "é")
    assert not encodes(Stream("ascii"), "é")


def test_printable_keeps_text() -> None:
    assert printable("déjà vu\t😀\n") == "déjà vu\t😀\n"


def test_get_on_a_terminal_is_for_people() -> None:
    with Server(stream([b'event: t\nid: 7\ndata: {"a":1}\n\n'])) as server:
        ran = run("get", server.url, "--no-reconnect", terminal=True)
    assert plain(ran.out)[13:] == 't #7  {"a": 1}\n'
    assert "\x1b[2m* opened" in ran.err


def test_a_terminal_without_utf_8_shows_escapes() -> None:
    with Server(stream(["data: déjà \U0001f600\n\n".encode()])) as server:
        ran = run("get", server.url, "--no-reconnect", terminal=True, encoding="ascii")
    assert "d\\xe9j\\xe0 \\U0001f600\n" in ran.out


def test_a_pipe_is_utf_8_whatever_the_locale() -> None:
    with Server(stream(["data: déjà\n\n".encode()])) as server:
        ran = command("get", server.url, "--no-reconnect", LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.out == "déjà\n"


NASTY = "\x1b[2J\x9b2J\u202e"


def commands_in(text: str) -> str:
    """Return what in `text` would command a terminal, beside the colours of our own."""
    return "".join(char for char in plain(text) if char != "\n" and not char.isprintable())


@pytest.mark.parametrize("option", [["--json"], ["--json", "--timing"], ["--field", "a"], ["--field", "b"], []])
def test_no_output_lets_a_server_command_the_terminal(option: list[str]) -> None:
    data = json.dumps({"a": NASTY, "b": [NASTY]}, ensure_ascii=False)
    with Server(stream([f"id: {NASTY}\nevent: {NASTY}\ndata: {data}\n\n".encode()])) as server:
        ran = run("get", server.url, "--no-reconnect", *option, terminal=True)
    assert ran.code == 0
    assert commands_in(ran.out + ran.err) == ""
    assert "\x1b[2J" not in ran.out
    if option[:1] == ["--json"]:
        shown_event = json.loads(ran.out)
        assert (shown_event["id"], shown_event["event"], shown_event["data"]) == (NASTY, NASTY, data)


@pytest.mark.parametrize("option", ["--json", "--field=a"])
def test_a_pipe_gets_a_text_as_it_came(option: str) -> None:
    data = json.dumps({"a": "\x9b"}, ensure_ascii=False)
    with Server(stream([f"data: {data}\n\n".encode()])) as server:
        assert "\x9b" in run("get", server.url, "--no-reconnect", option).out


def test_what_a_server_puts_into_a_sentence_is_cut_and_on_one_line() -> None:
    assert short("a\nb\x1b") == "a\\nb\\x1b"
    assert short("x" * 200) == "x" * 200
    assert short("\x1b" * (1 << 20)) == "\\x1b" * 50 + "..."


def test_the_heads_of_verbose_are_a_line_each() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-A: b\r\n * c\r\n\r\ndata: x\n\n"
    with Server([answer, CLOSE]) as server:
        ran = run("get", server.url, "--no-reconnect", "-v", "-q")
    assert all(line[:1] in {"<", ">"} for line in ran.err.splitlines())


def test_an_id_that_is_resumed_after_is_cut() -> None:
    with Server(stream([b"id: " + b"7" * 5000 + b"\ndata: x\n\n"]), stream([b"data: y\n\n"])) as server:
        ran = run("get", server.url, "-n", "2")
    assert "resumed after id 777" in ran.err
    assert max(map(len, ran.err.splitlines())) < 400
