"""Chat requests, whoever sends them (API reference, "Create chat completion", `stream: true`)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sse_client.options import Timeout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Endpoint"]

_OPENAI = "https://api.openai.com/v1"

# Models think: OpenAI's own client waits ten minutes for the next byte.
_TIMEOUT = Timeout(connect=10.0, read=600.0)


class Endpoint:
    """Where chat requests go, and what goes with them. What it is made of, `ChatClient` describes."""

    def __init__(
        self,
        api_key: str | None,
        base_url: str | None,
        *,
        organization: str | None,
        project: str | None,
        own: bool,
        max_retries: int,
        timeout: float | tuple[float | None, float | None] | Timeout | None,
        headers: Mapping[str, str] | None,
    ) -> None:
        api_key = api_key or os.environ.get("OPENAI_API_KEY")
        self.base_url = (base_url or os.environ.get("OPENAI_BASE_URL") or _OPENAI).rstrip("/")
        self.max_retries = max_retries
        if not api_key and self.base_url == _OPENAI:
            raise ValueError("expected a key for OpenAI: pass api_key, or set OPENAI_API_KEY")
        if max_retries < 0:
            raise ValueError(f"max_retries must be 0 or more, not {max_retries}")
        known = {
            "Authorization": f"Bearer {api_key}" if api_key else None,
            "OpenAI-Organization": organization or os.environ.get("OPENAI_ORG_ID"),
            "OpenAI-Project": project or os.environ.get("OPENAI_PROJECT_ID"),
        }
        ours = {name: value for name, value in known.items() if value}
        # A retry begins anew: it is not to go on behind what the aborted try has sent.
        self._headers = _merged({**ours, "Last-Event-ID": None}, headers)
        self._timeout = timeout if timeout is not None or not own else _TIMEOUT
        self._own = own

    @property
    def _url(self) -> str:
        return f"{self.base_url}/chat/completions"

    def _options(
        self,
        model: str,
        messages: Iterable[Mapping[str, Any]],
        headers: Mapping[str, str] | None,
        timeout: float | tuple[float | None, float | None] | Timeout | None,
        body: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return the options of the stream that is the reply.

        Raises:
            ValueError: `body` says that it is to be none.
        """
        if body.get("stream", True) is not True:
            raise ValueError("stream: what this returns is a stream; leave it out")
        timeout = self._timeout if timeout is None else timeout
        return {
            "headers": _merged(self._headers, headers),
            "json": {"model": model, "messages": list(messages), **body, "stream": True},
            **({} if timeout is None else {"timeout": timeout}),
        }


def _merged(ours: Mapping[str, str | None], theirs: Mapping[str, str] | None) -> dict[str, str | None]:
    names = {name.lower() for name in theirs or ()}
    return {name: value for name, value in ours.items() if name.lower() not in names} | dict(theirs or {})
