"""Reads and writes files named on the command line; a failure becomes a sentence."""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sse_client.cli.exits import Exit, Failure

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["checked_key", "first_line", "key", "read_bytes", "read_text", "reason", "utf8"]

_LONGEST_KEY = 16 * 1024  # characters; no server accepts a longer header
_LARGEST = 1024**3  # bytes; a device such as /dev/zero has no end
_NO_KEY = re.compile(r"[\x00-\x1f\x7f]|[^\x00-\xff]")  # characters that no header may contain

_read_for: WeakKeyDictionary[object, str] = WeakKeyDictionary()
"""The standard input after it was read, and the option that read it."""


def reason(error: OSError) -> str:
    """Return why a file operation failed, in the system's words."""
    return error.strerror or str(error) or type(error).__name__


def read_bytes(path: str | Path, what: str, most: int = -1) -> bytes:
    """Return the content of a file; `-` is the standard input.

    Args:
        path: the path of the file.
        what: the option that names it.
        most: the most bytes to read; by default, everything is read.

    Raises:
        Failure: the file cannot be read.
    """
    if not str(path):
        raise Failure(f"{what}: expected a file after @, got nothing")
    most = _LARGEST + 1 if most < 0 else most
    try:
        if str(path) == "-":
            data = _standard_input(what).read(most)
        else:
            with Path(path).open("rb") as file:
                data = file.read(most)
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        raise Failure(f"{what}: cannot read {path}: {why}") from error
    if len(data) > _LARGEST:
        raise Failure(f"{what}: expected at most {_LARGEST} bytes in {path}, got more")
    return data


def _standard_input(what: str) -> BinaryIO:
    """Read the standard input, which can be read only once.

    Raises:
        Failure: it is closed, or another option has read it.
    """
    if sys.stdin is None:
        raise Failure(f"{what}: expected something on the standard input, but it is closed")
    before = _read_for.get(sys.stdin)
    if before is not None:
        raise Failure(f"{what}: the standard input can be read once, and was read for {before}")
    _read_for[sys.stdin] = what
    return sys.stdin.buffer


def read_text(path: str | Path, what: str, most: int = -1) -> str:
    """Return the text of a file in UTF-8; `-` is the standard input.

    Args:
        path: the path of the file.
        what: the option that names it.
        most: the most bytes to read; by default, everything is read.

    Raises:
        Failure: the file cannot be read, or is not UTF-8.
    """
    data = read_bytes(path, what, most)
    try:
        # The cut may be inside a character.
        return codecs.getincrementaldecoder("utf-8-sig")().decode(data, final=len(data) != most)
    except UnicodeDecodeError as error:
        raise Failure(f"{what}: expected text in UTF-8 in {path}, got other bytes at {error.start}") from error


def first_line(path: str | Path, what: str, kind: str = "key") -> str:
    """Return the first line of a file, without blanks around it.

    Args:
        path: the path of the file.
        what: the option that names it.
        kind: a name for the expected content.

    Raises:
        Failure: the file cannot be read, or is empty.
    """
    # A device such as /dev/zero has no end.
    lines = re.split(r"\r\n|\r|\n", read_text(path, what, 4 * _LONGEST_KEY).strip())
    if not lines[0]:
        raise Failure(f"{what}: expected a {kind} in the first line of {path}, but there is none")
    line = lines[0].strip()
    if len(line) > _LONGEST_KEY:
        raise Failure(f"{what}: expected a {kind} in the first line of {path}, got more than {_LONGEST_KEY} characters")
    return line


def utf8(text: str, what: str) -> str:
    """Return an argument after checking that it is UTF-8.

    Raises:
        Failure: it contains other bytes.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Failure(f"{what}: expected text in UTF-8, got other bytes") from None
    return text


def checked_key(value: str, where: str) -> str:
    """Check a key that is sent in a header, and return it.

    Args:
        value: the key.
        where: where the key was found.

    Raises:
        Failure: it contains a line end, or another character that no header may contain.
    """
    if "\r" in value or "\n" in value:
        raise Failure(f"expected a key of one line in {where}, got one with a line end in it")
    if _NO_KEY.search(value):
        raise Failure(f"expected a key in {where}, got something with characters in it that no header can have")
    return value


def key(variable: str | None, path: str | Path | None, option: str = "--key", kind: str = "key") -> str | None:
    """Return the key out of an environment variable or a file; None if neither is named.

    Args:
        variable: the name of the environment variable.
        path: the path of the file.
        option: the common beginning of the options that name them.
        kind: a name for the expected value.

    Raises:
        Failure: both are named, or the named one has no key.
    """
    if variable is not None and path is not None:
        raise Failure(f"expected a {kind} from one place, got {option}-env and {option}-file")
    if variable is not None:
        if not variable:
            raise Failure(f"{option}-env: expected the name of an environment variable, got nothing")
        value = os.environ.get(variable, "").strip()
        if not value:
            raise Failure(f"{option}-env: expected a {kind} in the environment variable {variable}, but it is not set")
        return value if kind != "key" else checked_key(value, f"the environment variable {variable}")
    if path is None:
        return None
    line = first_line(path, f"{option}-file", kind)
    return line if kind != "key" else checked_key(line, f"the first line of {path}")


def writable(path: str | Path, what: str) -> None:
    """Check, before anything is sent, that a file can be created or replaced.

    Raises:
        Failure: the parent folder does not exist, or the path is a folder, a pipe, a socket or a block device.
    """
    target = Path(path)
    if "\0" in str(path):
        raise Failure(f"{what}: expected a file, but no file's name has a NUL in it", Exit.FILE)
    try:
        if target.is_dir():
            raise Failure(f"{what}: expected a file, but {path} is a folder", Exit.FILE)
        if target.is_fifo() or target.is_socket() or target.is_block_device():
            raise Failure(f"{what}: expected a file, but {path} is something else", Exit.FILE)
        if not target.parent.is_dir():
            raise Failure(f"{what}: expected a folder for {path} to be in, but {target.parent} is none", Exit.FILE)
    except OSError as error:
        raise Failure(f"{what}: {path} cannot be a file: {reason(error)}", Exit.FILE) from error


def is_piped(descriptor: int) -> bool:
    """Return whether a descriptor is a pipe, a socket or a file, which another program may have filled."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISREG(mode)
