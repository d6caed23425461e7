"""What all tests share, and how far the property tests go: by default the same examples on every run."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shards
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Generator

pytest_plugins = ["pytester", "sse_client.testing.plugin"]

settings.register_profile("default", derandomize=True, deadline=None, max_examples=150)
settings.register_profile(
    "fuzz",
    derandomize=False,
    deadline=None,
    max_examples=5_000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "run the files of one shard alone, such as 2/4; all the shards of so many have each file once"
    parser.addoption("--shard", metavar="N/M", type=shards.parsed, help=text)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    shard: tuple[int, int] | None = config.getoption("--shard")
    if shard is None or not (collection_path.name.startswith("test_") and collection_path.suffix == ".py"):
        return None
    number, many = shard
    return shards.shard_of(collection_path.relative_to(TESTS).as_posix(), many) != number or None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A process that began a file of two minutes last would run alone.
    items.sort(key=lambda item: -shards.SECONDS.get(item.path.relative_to(TESTS).as_posix(), 0))


def pytest_configure() -> None:
    # A shell starts what runs in its background with SIGINT ignored, and so would be all that the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# Coverage's trace function doubles what an event costs, and takes an event of a chat to four times that. Without it run
# folders whose tests measure time, promptness and memory, or run other people's programs, and those of the largest that
# execute next to nothing that the others do not: half a percent of the lines, for a tenth of all CPU time.
UNTRACED = frozenset(
    {
        "asynchronous",
        "cluster",
        "faults",
        "mocks",
        "parser",
        "pictures",
        "promises",
        "proxies",
        "servers",
        "soak",
        "stacks",
    }
)
UNTRACED_FILES = frozenset(
    {
        "anthropic/test_messages_bounds.py",
        "http/test_chunked.py",
        "http/test_escaped_text.py",
        "http/test_media_types.py",
        "openai/chat_api/test_bounds.py",
        "openai/chat_api/test_chat_accumulation.py",
        "openai/chat_api/test_chat_dialects.py",
        "openai/chat_api/test_chat_dialects_in_pieces.py",
        "openai/chat_api/test_client_retries.py",
        "openai/responses_api/test_resuming_clients.py",
        "relay/test_hosts_that_die.py",
        "test_docs.py",
        "test_footprint.py",
        "test_package.py",
        "test_payload_properties.py",
        "transports/test_renamed.py",
        "transports/test_same_wire.py",
    }
)
TESTS = Path(__file__).parent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    trace, trace_of_threads = sys.gettrace(), threading.gettrace()
    file = item.path.relative_to(TESTS)
    if file.parts[0] not in UNTRACED and file.as_posix() not in UNTRACED_FILES:
        return (yield)
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(trace)
        threading.settrace(trace_of_threads)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    # The tests themselves are half a million objects: each collection of garbage would search them again, a dozen times
    # while they come to be, and later for up to a second in the middle of what is timed.
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _frozen() -> None:
    # So are the modules that tests have loaded since: collecting garbage took half a second at the end of a run.
    gc.collect()
    gc.freeze()


@pytest.fixture
def event() -> threading.Event:
    """What a server's `Wait` step waits for."""
    return threading.Event()
