"""Turns command line options into the keyword arguments of `Client.stream`."""

from __future__ import annotations

import json
import math
import os
import re
import stat
import threading
import warnings
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import sse_client as sse
from sse_client.cli.exits import Exit, Failure
from sse_client.cli.files import key, read_bytes, utf8
from sse_client.cli.http import headers
from sse_client.cli.http.certificates import client_certificate, trusted
from sse_client.cli.http.masking import credentials
from sse_client.cli.screen.news import say_sentence

if TYPE_CHECKING:
    from pathlib import Path

    from sse_client.cli.http.masking import Mask
    from sse_client.cli.options import ConnectionOptions, ReconnectOptions, RequestOptions, ResumeOptions

__all__ = [
    "Asked",
    "asked",
    "connection_arguments",
    "reconnect_arguments",
    "resume_arguments",
    "seconds_of",
]

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS"})
_ONE_SLASH = re.compile(r"https?:/(?!/)", re.IGNORECASE)
_LONGEST = threading.TIMEOUT_MAX  # seconds; the longest time that Python can wait


class Asked:
    """One request: the method, the URL, its headers, and the other arguments of `Client.stream`."""

    def __init__(self, method: str, url: str, headers: dict[str, str | bytes | None], body: bytes | None) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `Client.stream` that describe the request."""
        return {"headers": self.headers} | ({} if self.body is None else {"data": self.body})

    def has_header(self, name: str) -> bool:
        """Return whether the user has set a header, or removed it."""
        return name.lower() in {each.lower() for each in self.headers}

    def default_header(self, name: str, value: str) -> None:
        """Add a header, unless the user has set it."""
        if not self.has_header(name):
            self.headers[name] = value


def asked(method: str, url: str, options: RequestOptions, mask: Mask) -> Asked:
    """Return the request that the options describe; `mask` learns its credentials.

    Raises:
        Failure: an option is malformed, or a file cannot be read.
    """
    url = _with_scheme(url, "the URL")
    mask.learn_url(url)
    given = headers.parsed(options.header)
    secret = key(options.key_env, options.key_file)
    if secret is not None:
        mask.learn(secret)
        given = {name: value for name, value in given.items() if name.lower() != "authorization"}
        given["Authorization"] = f"Bearer {secret}"
    mask.learn_headers((name, _text(value)) for name, value in given.items() if value)
    if options.method is not None and not options.method.strip():
        raise Failure("-X: expected a method such as GET or POST, got nothing")
    method = (options.method or method).upper()
    question = Asked(method, url, given, None)
    question.default_header("User-Agent", f"sse-client/{sse.__version__}")
    if options.data:
        if options.method is None and method == "GET":
            raise Failure("-d: a GET request has no body; use `sse-client post`, or name the method with -X")
        question.body = _body(options.data)
        content_type, fault = _type_of(question.body)
        if fault and not question.has_header("Content-Type"):
            say_sentence(f"sse-client: -d: this begins like JSON, but is not: {fault}; it is sent as a form")
        question.default_header("Content-Type", content_type)
    return question


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _with_scheme(url: str, what: str) -> str:
    """Return `url`, with `http://` before it if it has no scheme, as curl does.

    Raises:
        Failure: a slash is missing after the scheme, or the URL contains lone surrogates.
    """
    if _ONE_SLASH.match(url):
        raise Failure(f"{what}: expected two slashes after http: or https:, got one")
    return utf8(url if "://" in url or not url else f"http://{url}", what)


def _body(parts: tuple[str, ...]) -> bytes:
    pieces = [
        read_bytes(part[1:], "-d") if part.startswith("@") else part.encode("utf-8", "surrogateescape")
        for part in parts
    ]
    return b"&".join(pieces)


def _type_of(body: bytes) -> tuple[str, str]:
    """Return the content type of a body, and what is wrong with a body that begins like JSON, but is not."""
    fault = ""
    if body.lstrip()[:1] in {b"{", b"["}:
        try:
            json.loads(body)
        except json.JSONDecodeError as error:
            fault = f"{error.msg} (line {error.lineno}, column {error.colno})"
        except UnicodeDecodeError:
            fault = "its bytes are not UTF-8"
        except (ValueError, RecursionError):
            fault = "it cannot be decoded"
        else:
            return "application/json", ""
    return "application/x-www-form-urlencoded", fault


def connection_arguments(options: ConnectionOptions, *, silence: float = 300.0) -> dict[str, Any]:
    """Return the arguments for the connection to the server.

    Args:
        options: the options of the command line.
        silence: the default of `--timeout` for silence, in seconds.

    Raises:
        Failure: a value is out of range, a file cannot be read, or two options contradict each other.
    """
    arguments: dict[str, Any] = {}
    if options.timeout is not None or options.max_time is not None:
        seconds = seconds_of("--timeout", options.timeout)
        clocks = {"read": silence} if seconds is None else {"connect": seconds, "read": seconds}
        arguments["timeout"] = sse.Timeout(**clocks, total=seconds_of("--max-time", options.max_time))
    if options.insecure and options.cacert:
        raise Failure("expected one of --insecure and --cacert, got both")
    if options.insecure:
        # The user asked for it; urllib3 would warn at every connection.
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
    if options.insecure or options.cacert:
        arguments["verify"] = trusted(options.cacert) if options.cacert else False
    certificate = client_certificate(options.cert, options.cert_key)
    if certificate is not None:
        arguments["cert"] = certificate if certificate[1] else certificate[0]
    if options.proxy and options.unix_socket:
        raise Failure("expected one of --proxy and --unix-socket, got both")
    if options.proxy:
        proxy = _proxy(options.proxy)
        arguments["proxies"] = {"http": proxy, "https": proxy}
    if options.unix_socket and _is_no_socket(options.unix_socket):
        raise Failure(f"--unix-socket: {options.unix_socket} is no socket", Exit.NO_CONNECTION)
    return arguments


def _proxy(url: str) -> str:
    """Check the URL of a proxy, and return it.

    Raises:
        Failure: it has no host, or an impossible port.
    """
    url = _with_scheme(url, "--proxy")
    try:
        parts = urlsplit(url)
        known = parts.hostname and parts.hostname.strip() and parts.port != 0
    except ValueError:
        known = False
    if not known:
        # The URL is not repeated, because any part of it may be a password.
        raise Failure("--proxy: expected a URL such as http://localhost:3128, got one whose host or port is malformed")
    credentials.learn_url(url)
    return url


def _is_no_socket(path: Path) -> bool:
    """Return whether the path exists and is not a socket. A path that does not exist yet may become one."""
    try:
        return not stat.S_ISSOCK(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def seconds_of(name: str, value: float | None) -> float | None:
    """Return the value of an option in seconds, after checking that Python can wait that long.

    Raises:
        Failure: the value is not such a time.
    """
    if value is not None and not (math.isfinite(value) and value > 0):
        raise Failure(f"{name}: expected seconds, more than 0, got {value:g}")
    if value is not None and value > _LONGEST:
        raise Failure(f"{name}: expected at most {_LONGEST:.0f} seconds, got {value:g}")
    return value


def resume_arguments(options: ResumeOptions, method: str) -> dict[str, Any]:
    """Return the arguments for resuming: the last event ID, the reconnect rules, and the checkpoint.

    Raises:
        Failure: a value is out of its range.
    """
    arguments = reconnect_arguments(options, method)
    if options.checkpoint is not None:
        path = options.checkpoint
        # Reading a device or a pipe may never end, and saving would replace it by a file.
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
            raise Failure(f"--checkpoint: expected a file, but {path} is something else", Exit.FILE)
        arguments["checkpoint"] = sse.FileCheckpoint(path)
    return arguments


def reconnect_arguments(options: ReconnectOptions, method: str) -> dict[str, Any]:
    """Return the arguments for the last event ID and the reconnect rules.

    Raises:
        Failure: a value is out of its range.
    """
    arguments: dict[str, Any] = {}
    if options.last_event_id is not None:
        arguments["last_event_id"] = utf8(options.last_event_id, "--last-event-id")
        if not {"\r", "\n", "\0"}.isdisjoint(options.last_event_id):
            raise Failure("--last-event-id: expected an ID in one line, got one with a line end or a NUL")
    if options.reconnect is not None:
        arguments["reconnect"] = options.reconnect
    seconds = seconds_of("--retry-for", options.retry_for)
    if seconds is not None or options.until_end:
        if options.reconnect is False:
            name = "--retry-for" if seconds is not None else "--until-end"
            raise Failure(f"expected one of --no-reconnect and {name}, got both")
        repeats = options.reconnect is True or method in _IDEMPOTENT
        # If the method is not repeated, a clean end is final, as it is without these options.
        arguments["reconnect"] = _rules(seconds, repeats=repeats, on_end=repeats and not options.until_end)
    return arguments


def _rules(seconds: float | None, *, repeats: bool, on_end: bool) -> sse.Reconnect:
    # Imported only when needed, because the import takes 25 ms.
    from tenacity import retry_if_exception, stop_after_delay

    rules: dict[str, Any] = {"on_end": on_end}
    if seconds is not None:
        rules |= {"max_attempts": None, "stop": stop_after_delay(seconds)}
    if not repeats:
        rules["retry"] = retry_if_exception(_not_processed)
    return sse.Reconnect(**rules)


def _not_processed(error: BaseException) -> bool:
    """Return whether a request that must not be sent twice was not processed."""
    if isinstance(error, sse.StatusError):
        return error.status in {429, 503} and error.retry_after is not None and not error.redirected
    return isinstance(error, sse.ConnectionFailed) and not error.sent
