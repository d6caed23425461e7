"""The policy: how long to wait, when to give up, and what a strategy of tenacity's is told. No clock, no sleep."""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import FrozenInstanceError
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
import tenacity
from hypothesis import given
from hypothesis import strategies as st

from sse_client.errors import ConnectionFailed, IdleTimeout, SSEError, StatusError, StreamTruncated
from sse_client.policy import Policy, Reconnect

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "GET http://localhost/events"
LOST = ConnectionFailed("lost")


class Clock:
    """Goes only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def pin(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    """Have every random number be so far between the smallest and the largest that it can be."""

    def uniform(low: float, high: float) -> float:
        return low + share * (high - low)

    monkeypatch.setattr(random, "uniform", uniform)


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every random number be the largest that it can be."""
    pin(monkeypatch, 1.0)


@pytest.fixture
def least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every random number be the smallest that it can be."""
    pin(monkeypatch, 0.0)


def policy(*, repeat: bool = True, clock: Callable[[], float] | None = None, **rules: Any) -> Policy:
    return Policy(Reconnect(**rules), repeat=repeat, clock=clock or Clock())


def delays(
    rules: Policy, numbers: list[int], error: SSEError = LOST, reconnection_time: int | None = None
) -> list[float | None]:
    return [rules.delay(error, useless=number, reconnection_time=reconnection_time, name=NAME) for number in numbers]


def delay(error: SSEError = LOST, *, useless: int = 1, asked: int | None = None, **rules: Any) -> float | None:
    return policy(**rules).delay(error, useless=useless, reconnection_time=asked, name=NAME)


def status(code: int, seconds: float | None = None) -> StatusError:
    return StatusError("no", status=code, retry_after=seconds)


# --- The delay. ---


@pytest.mark.usefixtures("most")
def test_the_random_part_begins_with_the_second_useless_connection_and_doubles_up_to_its_limit() -> None:
    waits = delays(policy(max_attempts=None), [0, 1, 2, 3, 4, 5, 6, 7, 8, 100])
    assert waits == pytest.approx([1, 1, 1 + 1, 1 + 2, 1 + 4, 1 + 8, 1 + 16, 1 + 30, 1 + 30, 1 + 30])


@pytest.mark.usefixtures("least")
def test_the_random_part_may_be_nothing() -> None:
    assert delays(policy(max_attempts=None), [0, 1, 2, 3, 50]) == [1.0] * 5


@pytest.mark.usefixtures("most")
def test_an_initial_delay_of_zero_connects_at_once_after_progress_and_makes_no_hot_loop_after_none() -> None:
    waits = delays(policy(initial_delay=0, max_attempts=None), [0, 1, 2, 3, 4, 30])
    assert waits == pytest.approx([0, 0, 0.1, 0.2, 0.4, 30])


@pytest.mark.usefixtures("most")
@pytest.mark.parametrize("initial", [0.5, 3.0, 100.0])
def test_the_random_part_grows_from_the_initial_delay(initial: float) -> None:
    waits = delays(policy(initial_delay=initial, max_attempts=None, max_delay=250), [1, 2, 3, 9])
    assert waits == pytest.approx([initial, 2 * initial, 3 * initial, initial + min(250, initial * 128)])


@pytest.mark.usefixtures("most")
@pytest.mark.parametrize("number", [2, 3, 2000, 10**6])
def test_without_a_random_part_the_base_alone_is_waited(number: int) -> None:
    assert delay(useless=number, max_delay=0, max_attempts=None) == 1.0


@pytest.mark.usefixtures("most")
@pytest.mark.parametrize("number", [1100, 5000, 10**6])
@pytest.mark.parametrize("most_delay", [30.0, 1e308])
def test_no_number_of_useless_connections_is_too_large_to_count_with(number: int, most_delay: float) -> None:
    wait = delay(useless=number, max_delay=most_delay, max_attempts=None)
    assert wait == pytest.approx(1 + most_delay)


@given(
    number=st.integers(0, 60),
    initial=st.floats(0, 1e6),
    most_delay=st.floats(0, 1e6),
    asked=st.none() | st.integers(0, 10**9),
)
def test_every_delay_is_within_the_documented_bounds(
    number: int, initial: float, most_delay: float, asked: int | None
) -> None:
    wait = delay(useless=number, asked=asked, initial_delay=initial, max_delay=most_delay, max_attempts=None)
    base = initial if asked is None else max(min(asked / 1000, 3600.0), min(initial, 0.1))
    spread = min(most_delay, max(initial, 0.1) * 2 ** (number - 2)) if number >= 2 else 0.0
    assert wait is not None
    assert base <= wait <= (base + spread) * (1 + 1e-9)


@pytest.mark.usefixtures("most")
def test_what_the_stream_asks_for_takes_the_place_of_the_initial_delay() -> None:
    assert delays(policy(initial_delay=5, max_attempts=None), [0, 1, 2, 3], LOST, 250) == pytest.approx(
        [0.25, 0.25, 5.25, 10.25]
    )


@pytest.mark.usefixtures("least")
def test_only_the_caller_can_ask_for_less_than_a_tenth_of_a_second() -> None:
    for asked in (0, 99, 100):
        assert delay(asked=asked) == 0.1
    assert delay(status(503, 0.0)) == 0.1
    assert delay(asked=0, initial_delay=0.05) == 0.05
    for own in (None, 0):
        assert delay(asked=own, initial_delay=0) == 0.0


def fleeting_waits(counts: range, **rules: Any) -> list[float | None]:
    own = policy(max_attempts=1, **rules)
    return [own.delay(LOST, useless=0, reconnection_time=0, name=NAME, fleeting=count) for count in counts]


def test_waits_grow_where_connections_bring_one_event_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, 1.0)
    assert fleeting_waits(range(5)) == [0.1] * 5
    assert fleeting_waits(range(5, 12)) == pytest.approx([1.1, 2.1, 4.1, 8.1, 16.1, 30.1, 30.1])
    assert fleeting_waits(range(12), initial_delay=0) == [0.0] * 12


@pytest.mark.parametrize(
    ("asked", "seconds"), [(3_599_999, 3599.999), (3_600_000, 3600.0), (3_600_001, 3600.0), (10**600, 3600.0)]
)
def test_what_the_stream_asks_for_is_limited_however_many_digits_it_has(asked: int, seconds: float) -> None:
    assert delay(asked=asked) == seconds


@pytest.mark.parametrize("most_asked", [0.1, 0.5, 10.0, 1e300])
def test_the_limit_of_what_a_server_can_ask_is_the_callers(most_asked: float) -> None:
    assert delay(asked=10**600, max_asked=most_asked) == most_asked
    assert delay(asked=200, max_asked=most_asked) == min(0.2, most_asked)


@pytest.mark.parametrize("code", [429, 503])
@pytest.mark.parametrize(("seconds", "base"), [(1.0, 1.0), (20.0, 20.0), (3600.0, 3600.0), (1e9, 3600.0)])
def test_retry_after_is_waited_with_up_to_a_tenth_more(
    monkeypatch: pytest.MonkeyPatch, code: int, seconds: float, base: float
) -> None:
    for share in (0.0, 0.5, 1.0):
        pin(monkeypatch, share)
        assert delay(status(code, seconds)) == pytest.approx(base * (1 + share / 10))


@pytest.mark.usefixtures("least")
def test_retry_after_beats_what_the_stream_asked_for_before() -> None:
    assert delay(status(503, 20), asked=250) == 20
    assert delay(status(503), asked=250) == 0.25
    assert delay(status(503, 0.125), asked=250) == 0.125


@pytest.mark.usefixtures("least")
@pytest.mark.parametrize("code", [500, 502, 504])
def test_retry_after_counts_for_no_other_status(code: int) -> None:
    assert delay(status(code, 20)) == 1.0


@pytest.mark.usefixtures("most")
def test_the_random_part_comes_on_top_of_retry_after() -> None:
    assert delay(status(429, 10), useless=3) == pytest.approx(11 + 2)


# --- Whether to try again. ---


@pytest.mark.parametrize("error", [LOST, IdleTimeout("x"), StreamTruncated("x"), ConnectionFailed("x", sent=False)])
def test_every_lost_connection_is_tried_again(error: SSEError) -> None:
    assert delay(error) == 1.0


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_the_statuses_of_a_passing_trouble_are_tried_again(code: int) -> None:
    assert delay(status(code)) == 1.0


@pytest.mark.parametrize("code", [201, 301, 400, 401, 403, 404, 408, 410, 418, 501, 505])
def test_all_other_statuses_are_final_at_once_and_without_a_note(code: int) -> None:
    error = status(code, 1.0)
    assert delay(error) is None
    assert not hasattr(error, "__notes__")


def test_the_statuses_are_the_callers() -> None:
    assert delay(status(404), statuses=[404]) == 1.0
    for statuses in ([404], (), iter(())):
        assert delay(status(503), statuses=statuses) is None


def test_an_iterator_of_statuses_is_not_used_up() -> None:
    rules = policy(statuses=iter([404]))
    for _ in range(3):
        assert rules.delay(status(404), useless=1, reconnection_time=None, name=NAME) == 1.0


# A request that may have been processed is not sent again behind the caller's back.


@pytest.mark.parametrize(
    "error", [ConnectionFailed("x", sent=False), status(429, 0.0), status(503, 2.0)], ids=["unsent", "429", "503"]
)
@pytest.mark.usefixtures("least")
def test_what_was_certainly_not_processed_is_tried_again_whatever_the_method(error: SSEError) -> None:
    assert delay(error, repeat=False) in {0.1, 1.0, 2.0}


@pytest.mark.parametrize(
    "error",
    [LOST, IdleTimeout("x"), StreamTruncated("x"), status(429), status(503), status(500, 1.0), status(502, 1.0)],
    ids=["lost", "silence", "truncated", "429", "503", "500", "502"],
)
def test_what_may_have_been_processed_is_final_where_it_must_not_be_repeated(error: SSEError) -> None:
    assert delay(error, repeat=False) is None


def test_what_was_redirected_before_it_was_refused_may_have_been_processed() -> None:
    error = StatusError("x", status=503, retry_after=2.0, redirected=True)
    for repeat in (False, True):
        rules = policy(repeat=repeat)
        assert (rules.delay(error, useless=1, reconnection_time=None, name=NAME) is None) is not repeat


def test_an_error_that_is_final_keeps_the_traceback_it_had() -> None:
    error = ConnectionFailed("x")
    try:
        raise error
    except ConnectionFailed:
        traceback = error.__traceback__
    assert delay(error, max_attempts=1) is None
    assert error.__traceback__ is traceback


# --- Giving up. ---


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_it_gives_up_after_so_many_useless_connections_in_a_row(attempts: int) -> None:
    rules = policy(max_attempts=attempts)
    delays(rules, list(range(attempts)))
    assert delays(rules, [attempts]) == [None]


def test_connections_with_an_event_are_never_too_many() -> None:
    delays(policy(max_attempts=1), [0] * 100)


def test_without_a_limit_it_never_gives_up() -> None:
    delays(policy(max_attempts=None), list(range(200)))


def test_what_is_raised_in_the_end_is_the_last_error_with_a_note_on_how_often_and_how_long() -> None:
    clock = Clock()
    rules = policy(max_attempts=3, clock=clock)
    for useless in (0, 1, 2):
        delays(rules, [useless])
        clock.now += 10
    error = ConnectionFailed("the third")
    assert rules.delay(error, useless=3, reconnection_time=None, name=NAME) is None
    assert error.__notes__ == ["Gave up after 3 failed attempts over 20.0 s."]


def test_the_error_of_a_single_attempt_has_a_note_too() -> None:
    error = ConnectionFailed("x")
    assert delay(error, max_attempts=1) is None
    assert error.__notes__ == ["Gave up after 1 failed attempt over 0.0 s."]


def test_a_final_error_after_others_has_no_note() -> None:
    rules = policy(max_attempts=3)
    delays(rules, [1, 2])
    error = status(404)
    assert rules.delay(error, useless=3, reconnection_time=None, name=NAME) is None
    assert not hasattr(error, "__notes__")


def test_after_giving_up_a_final_error_has_no_note_of_before() -> None:
    rules = policy(max_attempts=2)
    assert delays(rules, [1, 2], ConnectionFailed("x"))[1] is None
    error = status(404)
    assert rules.delay(error, useless=1, reconnection_time=None, name=NAME) is None
    assert not hasattr(error, "__notes__")


# --- Strategies of tenacity's own. ---


class Seen:
    """Keeps what a strategy was shown."""

    def __init__(self) -> None:
        self.states: list[tuple[int, float | None, float]] = []
        self.errors: list[BaseException | None] = []

    def __call__(self, state: tenacity.RetryCallState) -> None:
        assert state.outcome is not None
        self.states.append((state.attempt_number, state.seconds_since_start, state.upcoming_sleep))
        self.errors.append(state.outcome.exception())


def test_a_strategy_sees_the_useless_connections_and_the_time_since_the_first() -> None:
    clock, seen = Clock(), Seen()
    rules = policy(before_sleep=seen, wait=tenacity.wait_fixed(7), max_attempts=None, clock=clock)
    for useless in (1, 2, 3, 0, 1, 2, 0, 0):
        delays(rules, [useless])
        clock.now += 10
    assert [number for number, _, _ in seen.states] == [1, 2, 3, 1, 1, 2, 1, 1]
    assert [seconds for _, seconds, _ in seen.states] == [0, 10, 20, 0, 0, 10, 0, 0]
    assert {sleep for _, _, sleep in seen.states} == {7}
    assert seen.errors == [LOST] * 8


def test_a_wait_of_the_callers_own_replaces_the_delay() -> None:
    assert delays(policy(wait=tenacity.wait_fixed(2.5), max_attempts=None), [0, 1, 2, 50]) == [2.5] * 4
    waits = delays(policy(wait=tenacity.wait_incrementing(1, 2), max_attempts=None), [0, 1, 2, 3])
    assert waits == [1, 1, 3, 5]


@pytest.mark.usefixtures("least")
def test_what_the_server_asks_for_is_the_least_of_a_wait_of_the_callers_own() -> None:
    rules = policy(wait=tenacity.wait_fixed(2), max_attempts=None)
    assert delays(rules, [1, 2], LOST, 500) == [2, 2]
    assert delays(rules, [1, 2], LOST, 9000) == [9, 9]
    assert delays(rules, [1, 2], status(429, 20)) == [20, 20]
    assert delays(rules, [1, 2], LOST, 10**600) == [3600, 3600]


def test_waits_can_be_composed() -> None:
    wait = delay(wait=tenacity.wait_fixed(1) + tenacity.wait_random(0, 1))
    assert wait is not None
    assert 1 <= wait <= 2
    assert delay(wait=tenacity.wait_combine(tenacity.wait_fixed(1), tenacity.wait_fixed(3))) == 4
    chain = tenacity.wait_chain(tenacity.wait_fixed(1), tenacity.wait_fixed(5))
    assert delays(policy(wait=chain, max_attempts=None), [1, 2, 3]) == [1, 5, 5]
    assert delays(policy(wait=tenacity.wait_exponential(max=10), max_attempts=None), [1, 2, 3, 9]) == [1, 2, 4, 10]


def test_a_wait_below_zero_is_no_wait() -> None:
    def back(_: object) -> float:
        return -5.0

    assert delay(wait=back) == 0.0


def test_stop_after_attempt_counts_useless_connections() -> None:
    rules = policy(stop=tenacity.stop_after_attempt(3), max_attempts=1)
    delays(rules, [0, 1, 2, 0, 0, 0, 0, 1, 2])
    error = ConnectionFailed("x")
    assert delays(rules, [3], error) == [None]
    assert error.__notes__[0].startswith("Gave up after 3 failed attempts")


def test_stop_after_delay_counts_from_the_first_useless_connection() -> None:
    clock = Clock()
    rules = policy(stop=tenacity.stop_after_delay(15), clock=clock)
    for useless in (1, 2, 0, 1, 2):
        delays(rules, [useless])
        clock.now += 9
    error = ConnectionFailed("x")
    assert delays(rules, [3], error) == [None]
    assert error.__notes__ == ["Gave up after 3 failed attempts over 18.0 s."]


def test_stops_can_be_composed() -> None:
    rules = policy(stop=tenacity.stop_after_attempt(2) | tenacity.stop_after_delay(1000))
    delays(rules, [1])
    assert delays(rules, [2], ConnectionFailed("x")) == [None]


def test_a_retry_of_the_callers_own_replaces_the_statuses() -> None:
    retry = tenacity.retry_if_exception_type(StatusError)
    assert delay(status(404), retry=retry) == 1.0
    error = ConnectionFailed("x")
    assert delay(error, retry=retry) is None
    assert not hasattr(error, "__notes__")


def test_retries_can_be_composed() -> None:
    retry = tenacity.retry_if_exception_type(IdleTimeout) | tenacity.retry_if_exception_message(match="soft")
    assert delay(IdleTimeout("x"), retry=retry) == 1.0
    assert delay(ConnectionFailed("soft"), retry=retry) == 1.0
    assert delay(ConnectionFailed("hard"), retry=retry) is None


@pytest.mark.parametrize("exc_info", [False, True])
def test_tenacitys_own_logging_before_a_sleep_works(caplog: pytest.LogCaptureFixture, exc_info: bool) -> None:
    logger = logging.getLogger("a.test")
    log = tenacity.before_sleep_log(logger, logging.WARNING, exc_info=exc_info)
    with caplog.at_level(logging.WARNING):
        assert delay(before_sleep=log) == 1.0
    assert "in 1 seconds as it raised ConnectionFailed: lost" in caplog.text


@pytest.mark.parametrize("log", [tenacity.before_log, tenacity.before_sleep_log, tenacity.after_log])
def test_tenacitys_own_logging_says_what_is_tried_again(
    caplog: pytest.LogCaptureFixture, log: Callable[..., Any]
) -> None:
    with caplog.at_level(logging.WARNING):
        delay(before_sleep=log(logging.getLogger("a.test"), logging.WARNING))
    assert f" {NAME} in 1 seconds" in caplog.text or f" to '{NAME}'" in caplog.text


def test_before_sleep_is_not_called_for_what_is_final() -> None:
    seen = Seen()
    rules = policy(before_sleep=seen, max_attempts=2)
    assert delays(rules, [1], status(404)) == [None]
    assert delays(rules, [2], ConnectionFailed("x")) == [None]
    assert seen.states == []


def test_a_strategys_own_error_is_the_callers() -> None:
    def fail(_: object) -> float:
        raise ZeroDivisionError

    for rules in ({"wait": fail}, {"stop": fail}, {"retry": fail}, {"before_sleep": fail}):
        own: dict[str, Any] = {**rules}
        with pytest.raises(ZeroDivisionError):
            delay(**own)


def test_another_thread_may_ask_at_any_time() -> None:
    rules = policy(max_attempts=None, wait=tenacity.wait_incrementing(1, 1))
    waits = delays(rules, [1])

    def ask(useless: int) -> None:
        waits.extend(delays(rules, [useless]))

    for useless in (2, 3):
        thread = threading.Thread(target=ask, args=(useless,))
        thread.start()
        thread.join(10)
    waits += delays(rules, [4])
    assert waits == [1, 2, 3, 4]


def test_the_same_rules_serve_many_streams() -> None:
    rules = Reconnect(max_attempts=2)
    one, two = (Policy(rules, repeat=True, clock=Clock()) for _ in range(2))
    delays(one, [0, 1])
    delays(two, [0, 1])
    for each in (one, two):
        assert delays(each, [2], ConnectionFailed("x")) == [None]


# --- What a Reconnect may hold. ---


def test_the_defaults_are_the_documented_ones() -> None:
    rules = Reconnect()
    assert (rules.initial_delay, rules.max_delay, rules.max_attempts, rules.max_asked) == (1.0, 30.0, 5, 3600.0)
    assert rules.statuses == frozenset({429, 500, 502, 503, 504})
    assert (rules.wait, rules.stop, rules.retry, rules.before_sleep) == (None, None, None, None)


@pytest.mark.parametrize("name", ["initial_delay", "max_delay", "max_asked"])
@pytest.mark.parametrize("value", [-1, -0.001, float("nan"), float("inf"), 10**400], ids=lambda each: str(each)[:9])
def test_a_number_of_seconds_that_is_none_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be 0 or more seconds, not"):
        Reconnect(**{name: value})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  (the name is one of a number)


@pytest.mark.parametrize("value", [0, -1])
def test_less_than_one_attempt_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="max_attempts must be 1 or more, or None for no end, not"):
        Reconnect(max_attempts=value)


@pytest.mark.parametrize("rules", [{"initial_delay": "1"}, {"max_attempts": "1"}, {"statuses": 429}])
def test_what_is_of_another_type_is_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Reconnect(**rules)


def test_it_is_an_immutable_value() -> None:
    assert Reconnect(statuses=[503]) == Reconnect(statuses={503})
    assert hash(Reconnect()) == hash(Reconnect())
    with pytest.raises(FrozenInstanceError):
        Reconnect().max_attempts = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  (the point)


def test_by_default_time_is_the_clocks_that_never_goes_back() -> None:
    before = time.monotonic()
    rules = Policy(Reconnect(), repeat=True)
    delays(rules, [1])
    assert before <= rules._since <= time.monotonic()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("initial_delay", "1"),
        ("initial_delay", True),
        ("initial_delay", None),
        ("max_delay", None),
        ("max_asked", b"1"),
        ("max_attempts", "5"),
        ("max_attempts", 2.5),
        ("max_attempts", True),
        ("statuses", 429),
        ("statuses", None),
        ("statuses", "503"),
        ("statuses", {"503"}),
        ("statuses", [503, None]),
        ("wait", 5),
        ("stop", 3),
        ("retry", True),
        ("before_sleep", "print"),
        ("on_end", None),
        ("on_end", "no"),
    ],
)
def test_what_is_of_another_type_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"^{name}: expected .*, got "):
        Reconnect(**{name: value})


@pytest.mark.parametrize("statuses", [(), [503], {HTTPStatus.BAD_GATEWAY}, range(500, 600), iter([429])])
def test_statuses_are_any_iterable_of_ints(statuses: Any) -> None:
    kept = Reconnect(statuses=statuses).statuses
    assert isinstance(kept, frozenset)
    assert all(isinstance(status, int) for status in kept)
