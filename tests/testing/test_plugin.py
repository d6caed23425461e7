"""The plugin as its users have it: found by pytest itself, in a run of their own."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from pages import ROOT

from sse_client.testing import RecordingWriter

if TYPE_CHECKING:
    from pathlib import Path

METADATA = "Metadata-Version: 2.1\nName: sse-client-entry-points\nVersion: 1\n"


@pytest.fixture
def user(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An environment in which the entry points of pyproject.toml are installed."""
    points = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    folder = pytester.mkdir("installed") / "sse_client_entry_points-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(METADATA, "utf-8")
    lines = [f"{name} = {module}" for name, module in points.items()]
    (folder / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]), "utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{folder.parent}:{ROOT}")
    return pytester


def passes(user: pytest.Pytester, count: int, *arguments: str) -> None:
    result = user.runpytest_subprocess("-W", "error", "-p", "no:cacheprovider", *arguments, timeout=50)
    result.assert_outcomes(passed=count)


def test_fixtures_are_found_and_documented(user: pytest.Pytester) -> None:
    result = user.runpytest_subprocess("--fixtures", timeout=50)
    for name in ("sse_server", "chat_server", "sse_replay"):
        result.stdout.re_match_lines([rf"{name} -- .*sse_client/testing/plugin\.py:\d+", r"    \w+.*\."])


def test_users_may_name_the_types_and_use_any_client(user: pytest.Pytester) -> None:
    user.makepyfile(
        """
        import asyncio
        import urllib.request

        import httpx
        import requests
        from sseclient import SSEClient
        from sse_client.testing import ChatServer, SSEServer

        def test_standard_library(sse_server: SSEServer) -> None:
            sse_server.answer("a", "b")
            with urllib.request.urlopen(sse_server.url) as response:
                assert response.read() == b"data: a\\n\\ndata: b\\n\\n"

        def test_requests_with_sseclient(sse_server: SSEServer) -> None:
            sse_server.answer("a", {"b": 1})
            with requests.get(sse_server.url, stream=True) as response:
                assert [event.data for event in SSEClient(response).events()] == ["a", '{"b": 1}']
            sse_server.assert_requested("GET", "/")

        def test_asyncio(chat_server: ChatServer) -> None:
            chat_server.answer("Hello there")

            async def main() -> None:
                async with httpx.AsyncClient(base_url=chat_server.base_url) as client:
                    answer = await client.post("/chat/completions", json={"messages": []})
                    assert answer.json()["choices"][0]["message"]["content"] == "Hello there"

            asyncio.run(main())
        """
    )
    passes(user, 3)


def test_recordings_are_found_beside_the_test(user: pytest.Pytester, tmp_path: Path) -> None:
    folder = user.mkpydir("tests")
    for path in (folder / "recordings" / "one.sse", tmp_path / "two.sse"):
        path.parent.mkdir(exist_ok=True)
        with RecordingWriter(path, status=200) as writer:
            writer.write(b"id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n")
    (folder / "test_replay.py").write_text(
        f"""
import requests
from sse_client.testing import SSEReplay

def test_replay(sse_replay: SSEReplay) -> None:
    one, two = sse_replay("recordings/one.sse"), sse_replay({str(tmp_path / "two.sse")!r}, drop_after=1, speed=100)
    assert requests.get(one.url).text.endswith("data: 2\\n\\n")
    assert requests.get(two.url, headers={{"Last-Event-ID": "1"}}).text == "id: 2\\ndata: 2\\n\\n"
""",
        "utf-8",
    )
    passes(user, 1)


def test_error_of_a_script_is_an_error_of_the_test(user: pytest.Pytester) -> None:
    user.makepyfile(
        """
        import http.client, pytest

        def test_script(sse_server):
            sse_server.script(["no step"])
            connection = http.client.HTTPConnection("127.0.0.1", sse_server.port)
            connection.request("GET", "/")
            with pytest.raises(http.client.RemoteDisconnected):
                connection.getresponse()
            connection.close()
        """
    )
    result = user.runpytest_subprocess("-p", "no:cacheprovider", timeout=50)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*TypeError: a step must be bytes*"])


def test_failed_assertion_points_at_the_test(user: pytest.Pytester) -> None:
    user.makepyfile(
        """
        def test_request(sse_server):
            sse_server.assert_requested("GET")
        """
    )
    result = user.runpytest_subprocess("-p", "no:cacheprovider", timeout=50)
    result.stdout.fnmatch_lines([">*sse_server.assert_requested*", "E*AssertionError: expected at least once*"])
    assert "_sse_server.py:" not in result.stdout.str()


def test_plugin_imports_no_transport(user: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    user.makepyfile(
        """
        import sys

        def test_modules(sse_server, chat_server, sse_replay):
            assert not {"requests", "urllib3", "aiohttp"} & sys.modules.keys()
        """
    )
    passes(user, 1, "-p", "sse_client.testing.plugin")
