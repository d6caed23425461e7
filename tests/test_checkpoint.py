"""Checkpoints: the old ID or the new one, and nothing beside it."""

from __future__ import annotations

import os
import socket
import stat
import threading
from typing import TYPE_CHECKING, NoReturn

import pytest

import sse_client.checkpoint
from sse_client.checkpoint import FileCheckpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IDS = ["7", "", "  7  ", "événement-ü-日本", "\u2028\x85\x0b", "x" * 100_000, '{"a": 1}', "\ufeff1"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "place"


def names(path: Path) -> list[str]:
    return sorted(os.listdir(path.parent))


@pytest.mark.parametrize("last_event_id", IDS, ids=ascii)
def test_what_was_saved_is_loaded_by_another(path: Path, last_event_id: str) -> None:
    FileCheckpoint(path).save(last_event_id)
    assert FileCheckpoint(path).load() == last_event_id


def test_a_file_that_could_not_be_written_for_want_of_a_folder_is_refused_when_it_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"the folder of this file does not exist: .*missing.+place"):
        FileCheckpoint(tmp_path / "missing" / "place").load()


def test_a_path_may_be_a_string(path: Path) -> None:
    FileCheckpoint(str(path)).save("1")
    assert FileCheckpoint(path).load() == "1"


def test_the_file_holds_the_id_in_utf_8_and_nothing_else(path: Path) -> None:
    FileCheckpoint(path).save("ü")
    assert path.read_bytes() == "ü".encode()


def test_without_a_file_there_is_no_id_and_no_file_comes_of_looking(path: Path) -> None:
    assert FileCheckpoint(path).load() == ""
    assert names(path) == []


def test_the_last_id_that_was_saved_counts(path: Path) -> None:
    checkpoint = FileCheckpoint(path)
    for last_event_id in ("10", "9", ""):
        checkpoint.save(last_event_id)
        assert checkpoint.load() == last_event_id
    assert names(path) == ["place"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_only_the_owner_may_read_it_whatever_the_umask_and_the_mode_before(path: Path, umask: int) -> None:
    path.write_text("old")
    path.chmod(0o644)
    before = os.umask(umask)
    try:
        FileCheckpoint(path).save("new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"7\n", id="a line end behind it"),
        pytest.param(b"7\r", id="a CR"),
        pytest.param(b"a\0b", id="a NUL"),
        pytest.param(b"\xff\xfe7", id="not UTF-8"),
        pytest.param(b"\xed\xa0\x80", id="a surrogate"),
    ],
)
def test_a_file_that_holds_no_id_is_refused_by_name(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ValueError, match="place: expected one last event ID"):
        FileCheckpoint(path).load()


def test_what_cannot_be_read_is_an_os_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        FileCheckpoint(path).load()


def test_a_missing_folder_is_an_os_error(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileCheckpoint(path / "deeper").save("1")


@pytest.fixture(params=["device", "pipe", "socket", "link to a pipe"])
def no_file(path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Yield a path at which something else than a regular file is."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no such files")
    with socket.socket(socket.AF_UNIX) as sock:
        if request.param == "device":
            path.symlink_to("/dev/zero")
        elif request.param == "socket":
            sock.bind(str(path))
        else:
            pipe = path if request.param == "pipe" else path.with_name("pipe")
            os.mkfifo(pipe)
            if pipe != path:
                path.symlink_to(pipe)
        yield path


def test_a_device_a_pipe_or_a_socket_is_neither_read_nor_replaced(no_file: Path) -> None:
    before = names(no_file)
    with pytest.raises((ValueError, OSError)):  # a socket cannot be opened at all
        FileCheckpoint(no_file).load()
    with pytest.raises(ValueError, match="place: expected a regular file"):
        FileCheckpoint(no_file).save("1")
    assert names(no_file) == before
    assert not stat.S_ISREG(no_file.stat().st_mode)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_a_pipe_that_is_written_to_is_refused(path: Path) -> None:
    os.mkfifo(path)
    handle = os.open(path, os.O_RDWR)
    try:
        os.write(handle, b"7")
        with pytest.raises(ValueError, match="place: expected a regular file"):
            FileCheckpoint(path).load()
    finally:
        os.close(handle)


def test_links_that_lead_in_a_circle_are_an_os_error(path: Path) -> None:
    path.symlink_to(path)
    for use in (FileCheckpoint(path).load, lambda: FileCheckpoint(path).save("1")):
        with pytest.raises(OSError, match="place"):
            use()
    assert path.is_symlink()


def test_a_file_longer_than_an_id_can_be_is_refused_without_being_read_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse_client.checkpoint, "_LONGEST_ID", 1000)
    FileCheckpoint(path).save("x" * 1000)
    assert FileCheckpoint(path).load() == "x" * 1000
    with pytest.raises(ValueError, match="at most 1,000 bytes, got 1,001"):
        FileCheckpoint(path).save("x" * 1001)
    with path.open("wb") as file:
        file.truncate(1 << 33)  # sparse: it takes no room, but would take 8 GiB of memory
    with pytest.raises(ValueError, match="place: expected one last event ID"):
        FileCheckpoint(path).load()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="this system does not list open files")
def test_a_refusal_leaves_no_file_open(path: Path) -> None:
    path.mkdir()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with pytest.raises(IsADirectoryError):
            FileCheckpoint(path).load()
    assert len(os.listdir("/proc/self/fd")) == before


class _Killed(BaseException):
    pass


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("kind", [OSError, _Killed, KeyboardInterrupt], ids=lambda each: each.__name__)
def test_an_end_before_the_rename_leaves_the_old_id_and_nothing_beside_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str, kind: type[BaseException]
) -> None:
    checkpoint = FileCheckpoint(path)
    checkpoint.save("old")

    def fail(*_: object) -> NoReturn:
        raise kind

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(kind):
            checkpoint.save("new")
    assert checkpoint.load() == "old"
    assert names(path) == ["place"]


def test_the_new_id_is_on_the_disk_before_it_takes_the_files_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(handle: int) -> None:
        steps.append(f"fsync {os.fstat(handle).st_size}")
        fsync(handle)

    def watched_replace(source: str, target: Path) -> None:
        steps.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    FileCheckpoint(path).save("12345")
    assert steps == ["fsync 5", "replace"]


def test_an_id_that_cannot_be_encoded_is_refused_and_leaves_the_old_one(path: Path) -> None:
    checkpoint = FileCheckpoint(path)
    checkpoint.save("old")
    with pytest.raises(UnicodeEncodeError):
        checkpoint.save("\ud800")
    assert checkpoint.load() == "old"
    assert names(path) == ["place"]


def test_a_file_name_may_be_as_long_as_the_file_system_takes(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    FileCheckpoint(path).save("1")
    assert FileCheckpoint(path).load() == "1"


def test_a_signal_handler_that_raises_after_the_rename_is_heard(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def interrupted(source: str, target: str) -> None:
        replace(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        FileCheckpoint(path).save("new")
    assert (path.read_text(), names(path)) == ("new", ["place"])


def beside_of(path: Path) -> str:
    return next(name for name in names(path) if name != "place")


def test_the_unfinished_file_of_another_process_is_not_put_in_the_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def overtaken(handle: int) -> None:
        fsync(handle)
        beside = path.parent / beside_of(path)
        beside.unlink()
        beside.write_text("unfini")
        monkeypatch.setattr(os, "fsync", fsync)

    monkeypatch.setattr(os, "fsync", overtaken)
    FileCheckpoint(path).save("new")
    assert (path.read_text(), names(path)) == ("new", ["place"])


@pytest.mark.parametrize("removed", [True, False])
def test_a_process_that_is_always_overtaken_gives_up(
    path: Path, monkeypatch: pytest.MonkeyPatch, removed: bool
) -> None:
    FileCheckpoint(path).save("old")

    def overtaken(handle: int) -> None:
        beside = path.parent / beside_of(path)
        beside.unlink()
        if not removed:
            beside.write_text("unfini")

    monkeypatch.setattr(os, "fsync", overtaken)
    with pytest.raises(FileNotFoundError):
        FileCheckpoint(path).save("new")
    assert path.read_text() == "old"


def test_several_writers_leave_one_whole_id(path: Path) -> None:
    ids = [letter * 5000 for letter in "abc"]
    failures: list[Exception] = []

    def write(last_event_id: str) -> None:
        try:
            for _ in range(20):
                FileCheckpoint(path).save(last_event_id)
                assert FileCheckpoint(path).load() in ids
        except Exception as error:  # noqa: BLE001 - it is looked at
            failures.append(error)

    writers = [threading.Thread(target=write, args=(each,)) for each in ids]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert not failures
    assert FileCheckpoint(path).load() in ids
    assert names(path) == ["place"]
