"""The options: what each may be, what is said of what it may not be, and how a call's meet a client's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import sse_client
from sse_client.checkpoint import FileCheckpoint
from sse_client.options import Options, StreamOptions, Timeout, merged
from sse_client.policy import Reconnect
from sse_client.request import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sse_client.observer import Closed, Lost, Opened

URL = "https://example.com/events"


def unchanged(request: Request, _: object) -> Request:
    return request


def test_every_option_of_the_signature_is_an_option_and_the_other_way_round() -> None:
    assert set(StreamOptions.__annotations__) == set(Options.__struct_fields__)


def test_the_defaults_are_the_documented_ones() -> None:
    options = merged(Options(), {})
    assert options == Options()
    assert options.timeout == Timeout(connect=10.0, read=300.0, event=None, total=None, first=None)
    assert (options.reconnect, options.last_event_id, options.until) == (None, "", None)
    assert (options.comments, options.max_event_size) == (False, 64 * 1024 * 1024)
    assert (options.prepare, options.checkpoint, options.observer) == (None, None, None)


@pytest.mark.parametrize("name", ["timout", "stream", "verify_ssl", "proxy", "retries", "redirects", "url"])
def test_an_unknown_option_is_refused_by_name_with_the_names_that_are_known(name: str) -> None:
    with pytest.raises(TypeError, match=f"unknown option '{name}'.* the options are .*last_event_id.*timeout"):
        merged(Options(), {name: 1})


@pytest.mark.parametrize(
    ("written", "meant"),
    [("timout", "timeout"), ("reconect", "reconnect"), ("header", "headers"), ("proxy", "proxies")],
)
def test_an_unknown_option_that_is_misspelled_names_what_was_meant(written: str, meant: str) -> None:
    with pytest.raises(TypeError, match=rf"unknown option '{written}', did you mean '{meant}'\? the options are"):
        merged(Options(), {written: 1})


@pytest.mark.parametrize("value", [3, b"http://proxy", ["http://proxy"]])
def test_a_proxy_is_a_url(value: object) -> None:
    with pytest.raises(TypeError, match="proxies: expected URLs, or None, as values, got"):
        merged(Options(), {"proxies": {"http": value}})


@pytest.mark.parametrize(
    ("option", "value", "error"),
    [
        ("reconnect", 5, TypeError),
        ("reconnect", 0, TypeError),
        ("reconnect", "always", TypeError),
        ("comments", 1, TypeError),
        ("include_last", 1, TypeError),
        ("include_last", None, TypeError),
        ("verify", 1, TypeError),
        ("verify", b"bundle.pem", TypeError),
        ("verify", ("bundle.pem",), TypeError),
        ("cert", 1, TypeError),
        ("cert", (), TypeError),
        ("cert", ("a", "b", "c"), TypeError),
        ("cert", ("a", None), TypeError),
        ("cert", b"a", TypeError),
        ("proxies", "http://proxy", TypeError),
        ("proxies", [("http", "http://proxy")], TypeError),
        ("allow_redirects", None, TypeError),
        ("allow_redirects", "never", ValueError),
        ("comments", None, TypeError),
        ("max_event_size", 1.5, TypeError),
        ("max_event_size", "1", TypeError),
        ("max_event_size", 0, ValueError),
        ("max_event_size", -1, ValueError),
        ("max_error_body", "1", TypeError),
        ("max_error_body", -1, ValueError),
        ("prepare", "GET", TypeError),
        ("prepare", {}, TypeError),
        ("observer", [], TypeError),
        ("until", b"[DONE]", TypeError),
        ("until", 1, TypeError),
        ("last_event_id", None, TypeError),
        ("last_event_id", 7, TypeError),
        ("last_event_id", b"7", TypeError),
        ("last_event_id", "7\r\nX: 1", ValueError),
        ("last_event_id", "7\n", ValueError),
        ("last_event_id", "\0", ValueError),
        ("last_event_id", "\ud800", ValueError),
        ("checkpoint", 5, TypeError),
        ("checkpoint", b"place", TypeError),
        ("checkpoint", ["place"], TypeError),
        ("timeout", "10", TypeError),
        ("timeout", {}, TypeError),
        ("timeout", (1, "2"), TypeError),
        ("timeout", (1,), ValueError),
        ("timeout", (1, 2, 3), ValueError),
        ("timeout", 0, ValueError),
        ("timeout", -1, ValueError),
        ("timeout", (10, 0), ValueError),
        ("timeout", float("nan"), ValueError),
        ("timeout", float("inf"), ValueError),
        ("timeout", 10**400, ValueError),
        ("headers", 5, TypeError),
        ("headers", [("A", "1")], TypeError),
        ("headers", "A: 1", TypeError),
        ("max_event_size", True, TypeError),
        ("max_error_body", False, TypeError),
    ],
    ids=lambda each: each.__name__ if isinstance(each, type) else ascii(each)[:20],
)
def test_what_an_option_cannot_be_is_refused_by_its_name(option: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=option):
        merged(Options(), {option: value})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("reconnect", None),
        ("reconnect", True),
        ("reconnect", False),
        ("reconnect", Reconnect(statuses=())),
        ("comments", True),
        ("max_event_size", None),
        ("max_event_size", 1),
        ("max_error_body", None),
        ("max_error_body", 0),
        ("prepare", unchanged),
        ("observer", print),
        ("until", "[DONE]"),
        ("until", ""),
        ("until", bool),
        ("last_event_id", "ü 7"),
        ("checkpoint", None),
        ("checkpoint", FileCheckpoint("place")),
        ("timeout", Timeout(total=1)),
        ("params", {"a": "b"}),
        ("auth", ("user", "password")),
        ("cookies", {"a": "b"}),
        ("data", b"body"),
        ("json", []),
        ("files", {"a": b"b"}),
    ],
)
def test_what_an_option_may_be_is_taken_as_it_is(option: str, value: Any) -> None:
    assert getattr(merged(Options(), {option: value}), option) is value


@pytest.mark.parametrize("value", [True, False, "same-origin", "no-downgrade"])
def test_allow_redirects_has_four_values(value: object) -> None:
    assert merged(Options(), {"allow_redirects": value}).allow_redirects == value


@pytest.mark.parametrize("value", ["", "same_origin", "True", "SAME-ORIGIN"])
def test_another_word_is_no_value_of_allow_redirects(value: object) -> None:
    with pytest.raises(ValueError, match="expected True, False, 'same-origin' or 'no-downgrade', got "):
        merged(Options(), {"allow_redirects": value})


@pytest.mark.parametrize("value", [None, 0, 1, ["same-origin"]])
def test_another_type_is_no_value_of_allow_redirects(value: object) -> None:
    with pytest.raises(TypeError, match="allow_redirects: expected a bool or a str, got "):
        merged(Options(), {"allow_redirects": value})


@pytest.mark.parametrize(
    ("value", "timeout"),
    [
        pytest.param(5, Timeout(connect=5, read=5), id="one number is both"),
        pytest.param(0.5, Timeout(connect=0.5, read=0.5), id="a fraction of a second"),
        pytest.param((1, 2), Timeout(connect=1, read=2), id="a pair is connect and read"),
        pytest.param((1, None), Timeout(connect=1, read=None), id="half a pair may be without a limit"),
        pytest.param(None, Timeout(connect=None, read=None), id="None is no limit at all"),
    ],
)
def test_a_timeout_is_read_as_requests_reads_it(value: Any, timeout: Timeout) -> None:
    assert merged(Options(), {"timeout": value}).timeout == timeout


@pytest.mark.parametrize(
    ("option", "value", "kept"),
    [
        ("verify", True, None),
        ("verify", None, None),
        ("verify", False, False),
        ("verify", Path("ca.pem"), "ca.pem"),
        ("cert", None, None),
        ("cert", Path("both.pem"), "both.pem"),
        ("cert", ["both.pem"], "both.pem"),
        ("cert", ("cert.pem", Path("key.pem")), ("cert.pem", "key.pem")),
        ("cert", [Path("cert.pem"), "key.pem"], ("cert.pem", "key.pem")),
    ],
)
def test_certificates_are_kept_as_text(option: str, value: Any, kept: object) -> None:
    assert getattr(merged(Options(verify=False, cert="other.pem"), {option: value}), option) == kept


@pytest.mark.parametrize("name", ["connect", "read", "event", "total", "first"])
@pytest.mark.parametrize(
    "seconds", [0, -1, -0.0, float("nan"), float("inf"), float("-inf"), 1e10, 10**400], ids=lambda each: str(each)[:9]
)
def test_a_timeout_that_is_no_time_is_refused_by_name(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=f"timeout: {name} must be more than 0"):
        Timeout(**{name: seconds})


@pytest.mark.parametrize("path", ["place", Path("place")], ids=["str", "Path"])
def test_a_path_as_a_checkpoint_is_a_file(path: str | Path) -> None:
    checkpoint = merged(Options(), {"checkpoint": path}).checkpoint
    assert isinstance(checkpoint, FileCheckpoint)
    assert checkpoint.path == Path.cwd() / "place"  # which `chdir` does not move


def test_any_object_with_the_two_methods_is_a_checkpoint() -> None:
    class Memory:
        def load(self) -> str:
            return ""

        def save(self, last_event_id: str) -> None: ...

    memory = Memory()
    assert merged(Options(), {"checkpoint": memory}).checkpoint is memory


def test_a_calls_options_replace_a_clients_one_by_one() -> None:
    def observer(news: Opened | Lost | Closed) -> None: ...

    client = merged(Options(), {"timeout": 1, "until": "end", "observer": observer})
    call = merged(client, {"until": None, "comments": True})
    assert (call.timeout, call.until, call.comments, call.observer) == (Timeout(1, 1), None, True, observer)
    assert client.until == "end"


@pytest.mark.parametrize("shared", [{}, {"until": None}, {"comments": True}], ids=repr)
@pytest.mark.parametrize("more", [{}, {"until": None}], ids=repr)
def test_include_last_of_a_stream_goes_with_until(shared: dict[str, Any], more: dict[str, Any]) -> None:
    client = merged(Options(), shared, shared=True)
    with pytest.raises(TypeError, match=r"include_last: expected until as well"):
        merged(client, {"include_last": True, **more})


@pytest.mark.parametrize(
    ("shared", "options", "expected"),
    [
        pytest.param({"include_last": True}, {"until": "x"}, True, id="until comes with the stream"),
        pytest.param({"until": "x"}, {"include_last": True}, True, id="until is the client's"),
        pytest.param({"include_last": True}, {}, True, id="a default that this stream has no use for"),
        pytest.param({"include_last": True, "until": "x"}, {"until": None}, True, id="a stream without an until"),
        pytest.param({}, {"include_last": True, "until": ""}, True, id="an empty string is an until"),
        pytest.param({}, {"include_last": False}, False, id="False needs none"),
    ],
)
def test_include_last_may_be_a_default(shared: dict[str, Any], options: dict[str, Any], expected: bool) -> None:
    assert merged(merged(Options(), shared, shared=True), options).include_last is expected


@pytest.mark.parametrize("name", ["Last-Event-ID", "last-event-id"])
@pytest.mark.parametrize("value", ["ü 7", "ü 7".encode()], ids=repr)
def test_a_last_event_id_among_the_headers_is_the_option(name: str, value: str | bytes) -> None:
    made = merged(Options(), {"headers": {"A": "1", name: value}, "last_event_id": ""})
    assert (made.last_event_id, made.headers) == ("ü 7", {"A": "1"})


@pytest.mark.parametrize(
    ("shared", "options", "place"),
    [
        ({"last_event_id": "1"}, {"headers": {"Last-Event-ID": "2"}}, "2"),
        ({"headers": {"Last-Event-ID": "1"}}, {"last_event_id": "2"}, "2"),
        ({"headers": {"Last-Event-ID": "1"}}, {"headers": {"last-event-id": "2"}}, "2"),
        ({"headers": {"Last-Event-ID": "1"}}, {"headers": {"A": "1"}}, "1"),
        ({"headers": {"Last-Event-ID": "1"}}, {"last_event_id": ""}, ""),
    ],
)
def test_a_streams_place_replaces_the_clients_however_it_is_given(
    shared: dict[str, Any], options: dict[str, Any], place: str
) -> None:
    assert merged(merged(Options(), shared, shared=True), options).last_event_id == place


def test_a_last_event_id_of_none_among_the_headers_sends_none() -> None:
    made = merged(Options(), {"headers": {"Last-Event-ID": None}, "last_event_id": "7"})
    assert (made.last_event_id, made.headers) == ("7", {"Last-Event-ID": None})


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Last-Event-ID": "a\nb"}, ValueError),
        ({"Last-Event-ID": b"\xff"}, ValueError),
        ({"Last-Event-ID": 7}, TypeError),
    ],
)
def test_what_is_no_last_event_id_is_refused_among_the_headers(headers: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"last_event_id|Last-Event-ID"):
        merged(Options(), {"headers": headers})


def test_two_last_event_ids_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="got the option last_event_id and the header Last-Event-ID"):
        merged(Options(), {"headers": {"last-event-id": "1"}, "last_event_id": "2"})


def _merge(ours: Any, theirs: Any) -> dict[str, Any]:
    return dict(merged(merged(Options(), {"headers": ours}), {"headers": theirs}).headers)


@pytest.mark.parametrize(
    ("ours", "theirs", "together"),
    [
        pytest.param({"A": "1"}, {"B": "2"}, {"A": "1", "B": "2"}, id="both are sent"),
        pytest.param({"X-Key": "1"}, {"x-key": "2"}, {"x-key": "2"}, id="names are compared without case"),
        pytest.param({"A": "1"}, {"a": None}, {"a": None}, id="None takes one away"),
        pytest.param({"A": "1"}, None, {"A": "1"}, id="no headers of the call's own"),
        pytest.param({"A": "1"}, {}, {"A": "1"}, id="an empty mapping of the call's own"),
        pytest.param(None, {"A": b"1"}, {"A": b"1"}, id="no headers of the client's"),
    ],
)
def test_headers_are_merged_one_by_one(ours: Any, theirs: Any, together: dict[str, Any]) -> None:
    assert _merge(ours, theirs) == together


def test_headers_are_a_copy_that_the_caller_cannot_change() -> None:
    mine = {"A": "1"}
    options = merged(Options(), {"headers": mine})
    mine["A"] = "2"
    assert options.headers == {"A": "1"}


def test_a_header_whose_name_is_no_text_is_kept_for_the_check_to_refuse() -> None:
    options = merged(Options(), {"headers": {5: "1"}})
    with pytest.raises(TypeError, match="name must be a str, not int"):
        options.request("GET", URL)


def test_the_request_holds_what_the_options_say() -> None:
    options = merged(
        Options(),
        {
            "params": {"a": "b"},
            "headers": {"A": "1"},
            "data": {"d": "e"},
            "files": {"f": b""},
            "auth": ("u", "p"),
            "cookies": {"c": "d"},
        },
    )
    assert options.request("post", URL) == Request(
        method="POST",
        url=URL,
        params={"a": "b"},
        headers={"A": "1"},
        data={"d": "e"},
        files={"f": b""},
        auth=("u", "p"),
        cookies={"c": "d"},
    )


@pytest.mark.parametrize(
    ("method", "url", "error"),
    [
        ("GET", "example.com", ValueError),
        ("GET", b"https://example.com", TypeError),
        ("GET", None, TypeError),
        (None, URL, TypeError),
        (b"GET", URL, TypeError),
        ("", URL, ValueError),
        ("G T", URL, ValueError),
    ],
)
def test_a_request_that_cannot_be_is_refused_at_once(method: Any, url: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Options().request(method, url)


def test_options_are_values() -> None:
    assert Options() == Options()
    assert Timeout(total=1) == Timeout(total=1)
    with pytest.raises(AttributeError):
        Options().comments = True  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  (the point)
    with pytest.raises(AttributeError):
        Timeout().total = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  (the point)


def test_include_last_of_an_open_response_goes_with_until() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"

    for function, response in ((sse_client.read, [b"data: 1\n\n"]), (sse_client.aread, pieces())):
        with pytest.raises(TypeError, match="include_last: expected until as well"):
            function(response, include_last=True)
    assert [event.data for event in sse_client.read([b"data: 1\n\n"], until="1", include_last=True)] == ["1"]
