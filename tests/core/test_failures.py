"""What an error of a library keeps, and what is the caller's."""

from __future__ import annotations

from sse_client._core.failures import forget_frames


def test_a_librarys_errors_lose_their_frames() -> None:
    error = _of_a_library()
    assert error.__cause__ is not None
    assert None not in {error.__traceback__, error.__cause__.__traceback__}
    forget_frames(error)
    assert (error.__traceback__, error.__cause__.__traceback__) == (None, None)


def test_an_error_that_a_caller_is_handling_keeps_its_frames() -> None:
    try:
        raise KeyError
    except KeyError as error:
        handled, whole = error, error.__traceback__
        failed = _of_a_library()
        cause = failed.__cause__
        forget_frames(failed)
    assert cause is not None
    assert (cause.__context__, cause.__traceback__) == (handled, None)
    assert handled.__traceback__ is whole is not None


def test_errors_that_refer_to_each_other_are_visited_once() -> None:
    one, other = _of_a_library(), _of_a_library()
    one.__cause__, other.__cause__ = other, one
    forget_frames(one)
    assert (one.__traceback__, other.__traceback__) == (None, None)


def _of_a_library() -> Exception:
    try:
        _fail()
    except ValueError as error:
        return error
    raise AssertionError


def _fail() -> None:
    try:
        raise OSError
    except OSError as error:
        raise ValueError from error
