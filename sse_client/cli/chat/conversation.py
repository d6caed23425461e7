"""The messages and the client of a conversation in `sse-client chat`."""

from __future__ import annotations

import math
import os
import re
from typing import TYPE_CHECKING, Any, Self

import sse_client as sse
from sse_client.adapters.openai import ChatClient, ChatStream
from sse_client.cli.chat.attachments import image, tools
from sse_client.cli.exits import Exit, Failure
from sse_client.cli.files import checked_key, key, read_text, utf8
from sse_client.cli.http.masking import credentials
from sse_client.cli.http.request import connection_arguments

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from sse_client.adapters.openai import ChatError
    from sse_client.cli.chat.options import ChatOptions
    from sse_client.cli.options import ConnectionOptions

    Observer = Callable[[sse.Opened | sse.Lost | sse.Closed], None]

__all__ = ["Conversation"]

_SILENCE = 600.0  # seconds; a model may think for a long time
_BASE_URL = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_VERSION = re.compile(r"/v\d+\b")


class Conversation:
    """The messages so far, and the client that sends them.

    Raises:
        Failure: there is no key, a file cannot be read, or an option is out of range.
    """

    def __init__(
        self, options: ChatOptions, connection: ConnectionOptions, *, heads: bool, observer: Observer | None = None
    ) -> None:
        self.model = _model(options)
        self._body = _body(options)
        self._images = [image(path) for path in options.image]
        self.messages: list[dict[str, Any]] = []
        if options.system:
            system = (
                read_text(options.system[1:], "--system")
                if options.system.startswith("@")
                else utf8(options.system, "--system")
            )
            self.messages.append({"role": "system", "content": system})
        secret = key(options.key_env, options.key_file)
        _check_environment(options, secret)
        self.has_key = bool(secret or os.environ.get("OPENAI_API_KEY"))
        credentials.learn(secret, os.environ.get("OPENAI_API_KEY"))
        arguments = connection_arguments(connection, silence=_SILENCE)
        timeout = arguments.pop("timeout", sse.Timeout(connect=10, read=_SILENCE))
        arguments["headers"] = {"User-Agent": f"sse-client/{sse.__version__}"}
        self._client = sse.Client(_session(connection, heads=heads), observer=observer, **arguments)
        try:
            self._chat = ChatClient(api_key=secret, base_url=options.base_url, client=self._client, timeout=timeout)
        except ValueError as error:
            if self.has_key:
                raise Failure(str(error)) from error
            raise Failure(
                "expected a key for OpenAI: set OPENAI_API_KEY, or use --key-env or --key-file",
                hint="Another server is named with --base-url, and may need no key.",
            ) from error
        credentials.learn_url(self._chat.base_url)

    @property
    def server(self) -> str:
        """The server's URL, without credentials."""
        return credentials.url(self._chat.base_url)

    def ask(self, text: str) -> ChatStream:
        """Add a question to the conversation, and return the reply.

        Raises:
            Failure: the request is malformed.
        """
        if self.messages and self.messages[-1]["role"] == "user":
            self.messages.pop()  # stopped before there was a reply
        content: Any = text
        if self._images:
            content = [{"type": "text", "text": text}, *self._images]
            self._images = []
        self.messages.append({"role": "user", "content": content})
        try:
            return self._chat.stream(model=self.model, messages=self.messages, **self._body)
        except (ValueError, TypeError) as error:
            raise Failure(str(error)) from error

    def failure(self, error: ChatError) -> Failure:
        """Return what to report for an error that the server reports."""
        hint = ""
        if error.status == 401 and not self.has_key:
            hint = "No key was sent; set OPENAI_API_KEY, or use --key-env or --key-file."
        elif error.status in {200, 404, 405} and not (error.code or error.type or _choices(error)):
            usual = "" if _VERSION.search(self.server) else " Most base URLs end in /v1."
            hint = f"Is {self.server} the base URL of a chat server?{usual}"
        return Failure(str(error), Exit.CHAT_ERROR, hint)

    def answered(self, reply: ChatStream) -> None:
        """Add the answer to the conversation, complete or not; if there is none, remove the question again."""
        choices = reply.completion.choices
        message = choices[0].message if choices else None
        if message is None or not (message.content or message.tool_calls):
            self.messages.pop()
            return
        self.messages.append({"role": "assistant", "content": message.content or ""})

    def clear(self) -> None:
        """Forget all messages except the system message."""
        self.messages = [message for message in self.messages if message["role"] == "system"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()


def _session(connection: ConnectionOptions, *, heads: bool) -> Any:
    if not heads and connection.unix_socket is None:
        return None
    from sse_client.cli.http.heads import Heads
    from sse_client.cli.http.wire import Wire, session_over
    from sse_client.cli.screen.news import say

    shown = Heads(credentials, say) if heads else None
    return session_over(Wire(heads=shown, unix_socket=connection.unix_socket), follows=False)


def _choices(error: ChatError) -> bool:
    """Return whether an answer had begun."""
    return bool(getattr(error.partial, "choices", None))


def _check_environment(options: ChatOptions, secret: str | None) -> None:
    """Check the server's URL, and the key in the environment if that key will be sent.

    Raises:
        Failure: the URL or the key is malformed.
    """
    variable = os.environ.get("OPENAI_BASE_URL", "")
    url, name = (options.base_url, "--base-url") if options.base_url else (variable, "OPENAI_BASE_URL")
    if url and not _BASE_URL.match(url.strip()):
        got = credentials.url(utf8(url, name))
        raise Failure(f"{name}: expected an absolute URL such as http://localhost:8000/v1, got {got}")
    if secret is None:
        checked_key(os.environ.get("OPENAI_API_KEY", "").strip(), "the environment variable OPENAI_API_KEY")


def _model(options: ChatOptions) -> str:
    if not options.model.strip():
        raise Failure("-m: expected the name of a model, got nothing")
    return utf8(options.model, "-m")


def _body(options: ChatOptions) -> dict[str, Any]:
    if options.max_tokens is not None and options.max_tokens < 1:
        raise Failure(f"--max-tokens: expected 1 token or more, got {options.max_tokens}")
    if options.temperature is not None and not math.isfinite(options.temperature):
        raise Failure(f"--temperature: expected a finite number, got {options.temperature}")
    body: dict[str, Any] = {"temperature": options.temperature, "max_tokens": options.max_tokens}
    if options.tools:
        body["tools"] = tools(options.tools)
    return {name: value for name, value in body.items() if value is not None}
