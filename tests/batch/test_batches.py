"""A batch of rows to the same rows with their answers."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sse_client.adapters.openai.batch import BatchProgress, ChatBatch, RateLimit
from sse_client.adapters.openai.batch._results import Results
from sse_client.adapters.openai.batch._row import Answer
from sse_client.adapters.openai.batch.limit import Budget
from sse_client.adapters.openai.batch.progress import Total
from sse_client.testing import CLOSE, Received, Server, ToolAnswer, chunk, head, reply, stream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sse_client.testing import Step


def _imported(name: str) -> Any:
    return import_module(name)


numpy, pandas, pyarrow = map(_imported, ("numpy", "pandas", "pyarrow"))
ROOT = Path(__file__).parent.parent.parent


def _deep() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


def echo(body: dict[str, Any]) -> str:
    content: str = body["messages"][-1]["content"]
    return f"{body['model']} {content}"


@pytest.fixture
def server() -> Generator[Server]:
    with Server(answer=echo) as found:
        yield found


def batch(server: Server, **options: Any) -> ChatBatch:
    given: dict[str, Any] = {"model": "m", "api_key": "k", "base_url": f"{server.url}/v1", "concurrency": 4}
    return ChatBatch(**{**given, **options})


def ask(server: Server, rows: Any, **options: Any) -> Any:
    with batch(server, **options) as asking:
        return asking(rows)


def delta(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'id': 'c', 'choices': [choice]})}\n\n".encode()


WHOLE = stream([delta("whole", "stop"), b"data: [DONE]\n\n"])
CUT: list[Step] = [head(), chunk(delta("half")), CLOSE]


def test_rows_come_back_with_their_answers(server: Server) -> None:
    rows = [{"prompt": f"row {number}", "kept": number} for number in range(50)]
    found = ask(server, rows)
    assert [(row["kept"], row["answer"]) for row in found] == [(n, f"m row {n}") for n in range(50)]
    first = found[0]
    assert (first["finish_reason"], first["error"], first["tool_calls"]) == ("stop", "", "")
    assert first["total_tokens"] == first["prompt_tokens"] + first["completion_tokens"] > 0
    assert first["seconds"] > 0


def test_so_many_are_asked_at_once_over_one_pool() -> None:
    gate = threading.Barrier(4)

    def answer(body: dict[str, Any]) -> str:
        gate.wait(10)
        return "together"

    with Server(answer=answer) as server:
        found = ask(server, [f"{number}" for number in range(8)])
        assert server.connections == 4
    assert {row["answer"] for row in found} == {"together"}


TABLE = {"prompt": ["a", "b"], "n": [1, 2]}


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(pyarrow.table(TABLE), id="pyarrow"),
        pytest.param(pandas.DataFrame(TABLE, index=[7, 9]), id="pandas"),
        pytest.param({name: numpy.array(values) for name, values in TABLE.items()}, id="columns of numpy"),
        pytest.param(TABLE, id="columns"),
        pytest.param([{"prompt": "a", "n": 1}, {"prompt": "b", "n": 2}], id="rows"),
        pytest.param(({"prompt": "a", "n": 1}, {"prompt": "b", "n": 2}), id="a tuple"),
    ],
)
def test_a_batch_comes_back_as_what_it_was(server: Server, rows: Any) -> None:
    found = ask(server, rows)
    again = ask(server, found)
    for each in (found, again):
        frame = each.to_pandas() if isinstance(each, pyarrow.Table) else pandas.DataFrame(each)
        assert list(frame["answer"]) == ["m a", "m b"]
        assert list(frame["n"]) == [1, 2]
        assert frame["total_tokens"].dtype == "int64"
        assert frame["seconds"].dtype == "float64"
    assert type(found) is (list if isinstance(rows, tuple) else type(rows))


def test_the_index_of_a_frame_is_kept(server: Server) -> None:
    found = ask(server, pandas.DataFrame(TABLE, index=[7, 9]))
    assert list(found.index) == [7, 9]


def test_an_empty_batch_has_the_columns(server: Server) -> None:
    assert ask(server, []) == []
    meta = batch(server).meta(pandas.DataFrame(TABLE).iloc[:0])
    assert list(meta.columns)[:3] == ["prompt", "n", "answer"]
    assert (len(meta), meta["total_tokens"].dtype) == (0, "int64")
    assert server.requests == []


@pytest.mark.parametrize("rows", [7, "a prompt", [7], pandas.Series(["a"]), pyarrow.array(["a"])])
def test_a_batch_of_something_else_is_a_type_error(server: Server, rows: Any) -> None:
    with pytest.raises(TypeError, match="expected"):
        batch(server)(rows)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(
            pandas.DataFrame([["a", "b"]], columns=["prompt", "prompt"]), "2 that are called 'prompt'", id="a"
        ),
        pytest.param(pyarrow.table([["a"], [1], [2]], names=["prompt", "error", "error"]), "'error'", id="b"),
        pytest.param({"prompt": ["a", "b"], "n": [1]}, r"columns of one length, got \[1, 2\]", id="c"),
    ],
)
def test_columns_that_make_no_rows_are_a_value_error(server: Server, rows: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        batch(server)(rows)


MESSAGES = [{"role": "user", "content": "hi"}]
TALK = [*MESSAGES, {"role": "assistant", "content": "yes?"}, {"role": "user", "content": "bye"}]


def test_messages_come_out_of_a_parquet_file(server: Server, tmp_path: Path) -> None:
    pandas.DataFrame({"messages": [TALK, MESSAGES]}).to_parquet(tmp_path / "prompts.parquet")
    found = ask(server, pandas.read_parquet(tmp_path / "prompts.parquet"))  # each list is an array of numpy
    assert list(found["answer"]) == ["m bye", "m hi"]


@pytest.mark.parametrize("none", [None, float("nan"), numpy.float32("nan"), pandas.NA, pandas.NaT], ids=repr)
def test_what_stands_for_no_value_is_none(server: Server, none: Any) -> None:
    asked = {"prompt": "hi", "messages": none, "model": none}
    assert ask(server, [asked])[0]["answer"] == "m hi"
    assert "names the row" in ask(server, [{**asked, "id": none}], id_column="id")[0]["error"]


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        pytest.param({"messages": MESSAGES}, "m hi", id="messages"),
        pytest.param({"messages": json.dumps(MESSAGES)}, "m hi", id="messages in JSON"),
        pytest.param({"messages": numpy.array(MESSAGES), "prompt": None}, "m hi", id="messages of numpy"),
        pytest.param({"prompt": numpy.array(["hi"])[0], "model": "other"}, "other hi", id="a model of its own"),
        pytest.param({"prompt": "hi", "model": None}, "m hi", id="no model of its own"),
    ],
)
def test_a_row_asks_in_one_of_these_ways(server: Server, row: dict[str, Any], answer: str) -> None:
    assert ask(server, [row])[0]["answer"] == answer


@pytest.mark.parametrize(
    ("row", "options", "error"),
    [
        pytest.param({}, {}, "ValueError: expected a row with messages", id="nothing"),
        pytest.param({"messages": "no JSON"}, {}, "as a list, or as JSON", id="no JSON"),
        pytest.param({"messages": []}, {}, "expected a row", id="no messages"),
        pytest.param({"messages": 7, "prompt": "hi"}, {}, "expected a row", id="messages that are none"),
        pytest.param({"prompt": "hi"}, {"model": None}, "expected a model", id="no model"),
        pytest.param({"messages": _deep()}, {}, "RecursionError: ", id="too deep"),
        pytest.param({"messages": "[" * 100_000}, {}, "as a list, or as JSON", id="JSON that is too deep"),
        pytest.param({"messages": [{"role": "user", 1: 2}]}, {}, "TypeError: ", id="a name that is no text"),
        pytest.param({"prompt": "hi"}, {"headers": {"A": "\n"}}, "Error: ", id="a header that cannot be sent"),
    ],
)
def test_a_row_that_cannot_be_answered_has_its_error(
    server: Server, row: dict[str, Any], options: dict[str, Any], error: str
) -> None:
    found = ask(server, [row, {"prompt": "hi", "model": "x"}], **options)
    assert error in found[0]["error"]
    assert found[0]["answer"] == ""
    assert (found[1]["error"] == "") is ("headers" not in options)


def test_a_refusal_of_the_server_is_a_row_of_its_own() -> None:
    refused = reply(400, b'{"error": {"message": "too long"}}', {"Content-Type": "application/json"})
    with Server(refused, answer="fine") as server:
        found = ask(server, ["a", "b"], concurrency=1)
    assert "too long" in found[0]["error"] or "400" in found[0]["error"]
    assert found[1]["answer"] == "fine"


def test_tools_that_are_asked_for_are_a_column() -> None:
    with Server(answer=ToolAnswer("weather", {"city": "Oslo"})) as server:
        (row,) = ask(server, ["?"], tools=[{"type": "function", "function": {"name": "weather"}}])
    (call,) = json.loads(row["tool_calls"])
    assert call["function"]["name"] == "weather"


@pytest.mark.parametrize("kind", [list, pandas.DataFrame, pyarrow.Table.from_pylist])
def test_what_no_column_holds_is_replaced(kind: Any, tmp_path: Path) -> None:
    call = {"index": 0, "id": "\ud800", "function": {"name": "n\ud800", "arguments": "{}"}}
    choice = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": "why\ud800"}
    usage = {"prompt_tokens": 10**30, "completion_tokens": 1, "total_tokens": 10**30}
    data = json.dumps({"id": "c", "choices": [choice], "usage": usage})
    with Server(stream([f"data: {data}\n\n".encode(), b"data: [DONE]\n\n"])) as server:
        found = ask(server, kind([{"prompt": "?"}]), results=tmp_path)
    row = found[0] if kind is list else (found if kind is pandas.DataFrame else found.to_pandas()).iloc[0]
    assert (row["error"], row["finish_reason"], row["prompt_tokens"]) == ("", "why\ufffd", 2**63 - 1)
    assert json.loads(row["tool_calls"])[0]["function"]["name"] == "n\ufffd"


def test_usage_that_the_server_does_not_send_is_0() -> None:
    with Server(WHOLE) as server:
        (row,) = ask(server, ["?"])
    assert (row["answer"], row["total_tokens"]) == ("whole", 0)


BUSY = {"error": {"message": "overloaded", "code": 503}}
FAILS_INSIDE = stream([delta("half"), f"data: {json.dumps(BUSY)}\n\n".encode()])
INVALID = stream([delta("half"), b'data: {"error": {"message": "no", "code": 400}}\n\n'])


@pytest.mark.parametrize(
    ("script", "requests"),
    [
        pytest.param(CUT, 2, id="cut off in the middle"),
        pytest.param(FAILS_INSIDE, 2, id="an error in the middle"),
        pytest.param(reply(503), 2, id="a status that passes"),
    ],
)
def test_a_row_that_breaks_off_is_asked_again_with_its_key(
    monkeypatch: pytest.MonkeyPatch, script: Any, requests: int
) -> None:
    monkeypatch.setattr("sse_client.adapters.openai.batch._asking._LONGEST", 0.01)
    with Server(script, WHOLE) as server:
        (row,) = ask(server, ["?"])
        keys = {request.headers["idempotency-key"] for request in server.requests}
        assert (len(server.requests), keys) == (requests, {row["idempotency_key"]})
    assert row["answer"] == "whole"


@pytest.mark.parametrize(
    ("scripts", "error"),
    [
        pytest.param([CUT] * 3, "Truncated", id="each time cut off"),
        pytest.param([INVALID], "ChatError", id="an error that would come again"),
        pytest.param([reply(429, headers={"Retry-After": "0"})] * 3, "429", id="a refusal that stays"),
        pytest.param([reply(429, headers={"Retry-After": "3600"})], "429", id="a wait that is too long"),
        pytest.param([stream([b"data: [DONE]\n\n"])], "ChatError", id="no answer in it"),
    ],
)
def test_a_row_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch, scripts: list[Any], error: str) -> None:
    monkeypatch.setattr("sse_client.adapters.openai.batch._asking._LONGEST", 0.01)
    with Server(*scripts) as server:
        (row,) = ask(server, ["?"])
        assert len(server.requests) == len(scripts)
    assert error in row["error"] or "ConnectionFailed" in row["error"]


def keys(server: Server, rows: Any, **options: Any) -> list[str]:
    return [row["idempotency_key"] for row in ask(server, rows, **options)]


ELSEWHERE = """
import sys
from sse_client.adapters.openai.batch import ChatBatch
ask = ChatBatch(model="m", api_key="k", base_url=sys.argv[1])
print(*[row["idempotency_key"] for row in ask(sys.argv[2:])])
"""


def test_a_row_has_the_same_key_in_every_process_and_task(server: Server) -> None:
    rows = ["a", "b", "a"]
    first = keys(server, rows)
    assert len(set(first)) == 3, "equal rows of a batch are told apart by their number"
    assert keys(server, rows) == first
    assert keys(server, rows, run="another") != first
    assert keys(server, rows, temperature=0) != first
    named = [{"prompt": "a", "id": "x"}, {"prompt": "a", "id": "y"}]
    assert keys(server, named, id_column="id") == keys(server, named[::-1], id_column="id")[::-1]
    ran = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, f"{server.url}/v1", *rows], capture_output=True, text=True, timeout=30,
        check=True, env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert (ran.stdout.split(), ran.stderr) == (first, "")


def test_it_can_be_pickled_and_shares_the_pool_of_a_process(server: Server) -> None:
    first = batch(server, limit=RateLimit(60_000), progress=print)
    second = pickle.loads(pickle.dumps(first))
    with first:
        assert first(["a"])[0]["answer"] == second(["a"])[0]["answer"] == "m a"
        assert server.connections == 1
        assert second(["b"])[0]["answer"] == "m b"


def test_threads_may_call_it_at_once(server: Server) -> None:
    found: list[Any] = []

    def part(asking: ChatBatch, number: int) -> None:
        found.extend(asking([f"{number}-{each}" for each in range(20)]))

    with batch(server) as asking:
        threads = [threading.Thread(target=part, args=(asking, number)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert server.connections <= 4
    assert len({row["answer"] for row in found}) == 80


def test_prompts_alone_are_rows_of_a_stream(server: Server) -> None:
    async def answers(*rows: Any) -> list[str]:
        return [row["answer"] async for row in batch(server).stream(rows)]

    assert sorted(asyncio.run(answers("a", {"prompt": "b"}))) == ["m a", "m b"]
    with pytest.raises(TypeError, match="rows that are dicts or prompts, got int"):
        asyncio.run(answers("a", 7))


def test_it_runs_in_an_event_loop(server: Server) -> None:
    async def main() -> None:
        asking = batch(server)
        found = await asking.run(["a", "b"])
        assert [row["answer"] for row in found] == ["m a", "m b"]
        streamed = {row["prompt"]: row["answer"] async for row in asking.stream({"prompt": str(n)} for n in range(9))}
        assert streamed == {str(n): f"m {n}" for n in range(9)}

    asyncio.run(main())


def test_a_consumer_that_is_slow_holds_the_rows_back(server: Server) -> None:
    read: list[int] = []

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(200):
            read.append(number)
            yield {"prompt": str(number)}

    async def main() -> None:
        found = batch(server).stream(rows())
        for _ in range(3):
            await anext(found)
        await asyncio.sleep(0.3)
        assert len(read) <= 3 + 2 * 4
        await found.aclose()  # type: ignore[attr-defined]

    asyncio.run(main())


def test_an_error_of_the_rows_themselves_is_raised(server: Server) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"prompt": "a"}
        raise OSError("the file is gone")

    async def main() -> None:
        async for _ in batch(server).stream(rows()):
            pass

    with pytest.raises(OSError, match="the file is gone"):
        asyncio.run(main())


def test_an_error_in_a_call_does_not_end_the_pool(server: Server) -> None:
    def broken(_: BatchProgress) -> None:
        raise OSError("no terminal")

    with batch(server, progress=broken) as asking:
        with pytest.raises(OSError, match="no terminal"):
            asking(["a"])
        with pytest.raises(OSError, match="no terminal"):
            asking(["a"])


def test_progress_that_would_have_to_be_awaited_is_a_type_error(server: Server) -> None:
    async def report(_: BatchProgress) -> None:
        """Never runs."""

    with pytest.raises(TypeError, match=r"progress function .* is async"):
        batch(server, progress=report)


def test_progress_adds_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sse_client.adapters.openai.batch.progress._SECONDS", 0.0)
    reports: list[BatchProgress] = []
    rows = [*({"prompt": str(number)} for number in range(20)), {}]
    found = ask(server, rows, progress=reports.append)
    total = sum(reports, BatchProgress())
    assert len(reports) > 1
    assert (total.done, total.failed, total.resumed) == (21, 1, 0)
    assert total.completion_tokens == sum(row["completion_tokens"] for row in found)


def test_a_second_run_asks_only_what_is_missing(server: Server, tmp_path: Path) -> None:
    rows = [f"{number}" for number in range(20)]
    reports: list[BatchProgress] = []
    first = ask(server, rows[:12], results=tmp_path / "kept")
    second = ask(server, rows, results=tmp_path / "kept", progress=reports.append)
    assert second[:12] == first
    assert len(server.requests) == 20
    total = sum(reports, BatchProgress())
    assert (total.done, total.resumed) == (20, 12)
    assert total.completion_tokens == sum(row["completion_tokens"] for row in second[12:])


def test_a_row_that_failed_is_asked_again_by_the_next_run(tmp_path: Path) -> None:
    with Server(reply(400)) as server:
        assert ask(server, ["a"], results=tmp_path)[0]["error"]
        assert ask(server, ["a"], results=tmp_path)[0]["error"] == ""
        assert ask(server, ["a"], results=tmp_path)[0]["error"] == ""
        assert len(server.requests) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_an_answer_that_a_full_disk_cut_is_told_and_not_continued(tmp_path: Path) -> None:
    import resource

    answers = [Answer(answer=text, idempotency_key=text) for text in ("kept", "cut", "after")]
    results, most = Results(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
    results.add(answers[0])
    (file,) = tmp_path.glob("*.jsonl")
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, most[1]))
    try:
        with pytest.raises(OSError, match=r"10 of \d+ bytes of an answer could be written"):
            results.add(answers[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, most)
    results.add(answers[2])
    results.close()
    (tmp_path / "no").touch()
    results._own = tmp_path / "no" / "folder"
    with pytest.raises(OSError, match=r"an answer could not be kept: '.*folder'"):
        results.add(answers[1])
    again = Results(tmp_path)
    again.refresh()
    assert [again.find(answer.idempotency_key) for answer in answers] == [answers[0], None, answers[2]]


def test_half_a_line_and_files_of_others_are_passed_over(server: Server, tmp_path: Path) -> None:
    ask(server, ["a", "b"], results=tmp_path, concurrency=1)
    (file,) = tmp_path.glob("*.jsonl")
    file.write_bytes(file.read_bytes()[:-10])
    (tmp_path / "other.jsonl").write_text('{"foreign": 1}\n[\n{"answer": 7}\n')
    found = ask(server, ["a", "b"], results=tmp_path)
    assert [row["error"] for row in found] == ["", ""]
    assert len(server.requests) == 3


def test_what_another_process_answers_is_seen_in_the_next_call(server: Server, tmp_path: Path) -> None:
    with batch(server, results=tmp_path) as one, batch(server, results=tmp_path) as other:
        one(["a"])
        other(["b"])
        one(["b"])
        one(["a", "b"])
    assert len(server.requests) == 2


def test_answers_whose_file_was_removed_or_changed_are_asked_again(server: Server, tmp_path: Path) -> None:
    ask(server, ["a", "b"], results=tmp_path, concurrency=1)
    (file,) = tmp_path.glob("*.jsonl")
    with batch(server, results=tmp_path) as again:
        again(["a", "b"])
        assert len(server.requests) == 2
        first, second = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(second.rjust(len(first)) + b"!" * len(second))
        again(["a", "b"])
        assert len(server.requests) == 4
        file.unlink()
        again(["a", "b"])
    assert len(server.requests) == 4


def _asked(url: str, folder: str) -> None:
    ChatBatch(model="m", api_key="k", base_url=url, results=folder, concurrency=2)([f"{n}" for n in range(40)])


def test_a_run_that_was_killed_is_gone_on_with(tmp_path: Path) -> None:
    gate = threading.Event()

    def answer(body: dict[str, Any]) -> str:
        if int(body["messages"][0]["content"]) >= 15:
            gate.wait(10)
        return echo(body)

    with Server(answer=answer) as server:
        process = multiprocessing.get_context("spawn").Process(target=_asked, args=(f"{server.url}/v1", str(tmp_path)))
        process.start()
        server.wait_for(17, 20)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join(10)
        gate.set()
        found = ask(server, [f"{n}" for n in range(40)], results=tmp_path)
        keys = [request.headers["idempotency-key"] for request in server.requests]
    assert [row["answer"] for row in found] == [f"m {n}" for n in range(40)]
    assert len(set(keys)) == 40
    assert len(keys) <= 40 + 4, "asked again is only what was under way"


@pytest.mark.parametrize(
    ("requests", "tokens", "asked", "delays"),
    [
        pytest.param(60, None, [(0, 5), (0, 5), (0, 5)], [0, 0, 1], id="a request a second, and one of burst"),
        pytest.param(None, 600, [(0, 10), (0, 10), (0, 10)], [0, 0, 1], id="ten tokens a second"),
        pytest.param(60, None, [(0, 1), (5, 1), (5, 1), (5, 1)], [0, 0, 0, 1], id="a pause is no credit"),
        pytest.param(None, None, [(0, 10**9), (0, 1)], [0, 0], id="no limit"),
        pytest.param(60, 60, [(0, 30), (0, 1)], [0, 29], id="whichever is later"),
    ],
)
def test_a_budget_puts_requests_off(
    requests: float | None, tokens: float | None, asked: list[tuple[float, int]], delays: list[float]
) -> None:
    budget = Budget(requests, tokens)
    assert [budget.reserve(count, 100.0 + now) for now, count in asked] == pytest.approx(delays)


def test_a_budget_is_corrected_by_what_was_used() -> None:
    budget = Budget(tokens_per_minute=60, burst=0)
    budget.reserve(30, 0.0)
    budget.settle(-20)
    assert budget.reserve(1, 0.0) == pytest.approx(10)


@pytest.mark.parametrize("arguments", [(0, None), (None, -1), (1, 1, -1)])
def test_a_budget_of_nothing_is_a_value_error(arguments: Any) -> None:
    with pytest.raises(ValueError, match="must be"):
        Budget(*arguments)


def test_a_limit_is_kept_and_settled(server: Server) -> None:
    class Noted:
        def __init__(self) -> None:
            self.reserved: list[int] = []
            self.settled: list[int] = []

        async def reserve(self, tokens: int) -> float:
            self.reserved.append(tokens)
            return 0.05

        async def settle(self, tokens: int) -> None:
            self.settled.append(tokens)

    limit = Noted()
    found = ask(server, ["a", "b"], limit=limit, max_tokens=9)
    assert all(row["seconds"] >= 0.05 for row in found)
    assert [r + s for r, s in zip(limit.reserved, limit.settled, strict=True)] == [row["total_tokens"] for row in found]
    limit = Noted()
    ask(server, ["a"], limit=limit, max_completion_tokens="many")
    assert limit.reserved[0] > 256


def test_a_request_that_fails_gives_its_tokens_back() -> None:
    limit = RateLimit(tokens_per_minute=6_000_000)
    with Server(reply(400)) as server:
        ask(server, ["a"], limit=limit)
    assert limit._budget.reserve(0, 10**9) == 0


def test_a_row_without_the_name_that_it_should_have_is_not_asked(server: Server) -> None:
    rows = [{"prompt": "a", "id": 1}, {"prompt": "a"}, {"prompt": "a", "id": None}, {"prompt": "a", "id": 0}]
    found = ask(server, rows, id_column="id")
    assert [row["error"] == "" for row in found] == [True, False, False, True]
    assert "the column that names the row" in found[1]["error"]
    assert len(server.requests) == 2


GREEDY = """
import json, resource, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from sse_client.adapters.openai.batch import ChatBatch

def answered(url, batch):
    ask = ChatBatch(model="m", api_key="k", base_url=url, concurrency=1, max_retries=0)
    ask(["warm"])  # its thread and its pool are there
    pages = int(open("/proc/self/statm").read().split()[0])
    most = pages * resource.getpagesize() + (64 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))
    found = ask(batch)
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    return [(row["answer"][:20], row["error"]) for row in found]

if __name__ == "__main__":
    batches = json.loads(sys.argv[2])
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        print(json.dumps(list(pool.map(answered, [sys.argv[1]] * len(batches), batches))))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is Linux's")
def test_a_row_that_memory_has_no_room_for_has_its_error_and_others_go_on(tmp_path: Path) -> None:
    piece = delta("x" * (1 << 20))

    def huge() -> Iterator[Step]:
        yield head()
        for _ in range(200):
            yield chunk(piece)
        yield chunk(b"data: [DONE]\n\n")

    def scripted(request: Received) -> Any:
        return huge() if request.json()["messages"][0]["content"] == "huge" else WHOLE

    script = tmp_path / "greedy.py"
    script.write_text(GREEDY)
    batches = [["a", "huge", "b"], ["c", "d"], ["e"]]
    with Server(*[scripted] * 20) as server:
        ran = subprocess.run(
            [sys.executable, str(script), f"{server.url}/v1", json.dumps(batches)], capture_output=True, text=True,
            timeout=100, check=False, env={**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "1"},
        )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    first, *others = json.loads(ran.stdout)
    assert [row[0] for row in first] == ["whole", "", "whole"]
    assert [row[1] for row in (first[0], first[2])] == ["", ""]
    assert "emory" in first[1][1]
    assert others == [[["whole", ""]] * 2, [["whole", ""]]]


@pytest.mark.parametrize("options", [{"concurrency": 0}, {"max_retries": -1}])
def test_an_argument_out_of_its_range_is_a_value_error(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        ChatBatch(model="m", **options)


def test_closing_what_never_ran_is_no_error() -> None:
    ChatBatch(model="m").close()


def test_a_request_says_what_the_caller_wants(server: Server) -> None:
    def body(request: Received) -> Any:
        return request.json()

    ask(server, ["a"], temperature=0.5, stream_options={"include_usage": False}, headers={"X-Team": "a"})
    (request,) = server.requests
    assert request.headers["x-team"] == "a"
    assert (body(request)["temperature"], body(request)["stream_options"]) == (0.5, {"include_usage": False})


def test_an_interrupted_call_leaves_the_pool(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import concurrent.futures

    with batch(server) as asking:
        asking(["a"])

        def interrupted(self: Any, timeout: float | None = None) -> Any:
            raise KeyboardInterrupt

        monkeypatch.setattr(concurrent.futures.Future, "result", interrupted)
        with pytest.raises(KeyboardInterrupt):
            asking(["b"])
        monkeypatch.undo()
        assert asking(["c"])[0]["answer"] == "m c"


def test_pools_that_are_left_are_closed_at_the_end_of_the_process(server: Server) -> None:
    from sse_client.adapters.openai.batch import _runner

    asking = batch(server)
    asking(["a"])
    _runner._close_all()
    assert not any(thread.name == "sse_client chat batch" for thread in threading.enumerate())


def test_totals_add_up() -> None:
    total = Total()
    for _ in range(2):
        total.add(BatchProgress(done=2, failed=1))
    assert total.total() == BatchProgress(done=4, failed=2)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"concurrency": "5"}, "concurrency: expected an int, got str"),
        ({"limit": 5}, "limit: expected a RateLimit, or an object with reserve and settle, got int"),
        ({"limit": RateLimit}, "limit: expected a RateLimit, or an object with reserve and settle, got a class"),
    ],
)
def test_argument_of_another_type_is_refused_at_once(argument: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}$"):
        ChatBatch(model="m", api_key="key", **argument)
