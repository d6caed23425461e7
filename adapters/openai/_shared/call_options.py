"""The arguments of a call that are not fields of the API, and their effect on the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from sse_client.adapters.openai._shared.json_body import encodable
from sse_client.replies.client_arguments import check_mapping, merged_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sse_client.options import Timeout

__all__ = ["CallOptions"]


class CallOptions(msgspec.Struct, frozen=True):
    """The options of one call.

    Attributes:
        headers: override the client's; `extra_headers` override these.
        timeout: overrides the client's.
        extra_headers, extra_query, extra_body: as in OpenAI's own client: each is merged into the request, and
            overrides everything of the same name.

    Raises:
        TypeError: one of these is not a mapping.
    """

    headers: Mapping[str, str] | None = None
    timeout: float | tuple[float | None, float | None] | Timeout | None = None
    extra_headers: Mapping[str, str] | None = None
    extra_query: Mapping[str, Any] | None = None
    extra_body: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.headers is self.extra_headers is self.extra_query is self.extra_body is None:
            return  # most calls have none of them
        for name in ("headers", "extra_headers", "extra_query", "extra_body"):
            check_mapping(name, getattr(self, name))

    @property
    def all_headers(self) -> dict[str, Any]:
        """The headers of the call."""
        return merged_headers(self.headers or {}, self.extra_headers) if self.headers or self.extra_headers else {}

    def body(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of the request, with `extra_body` merged into it.

        Raises:
            TypeError: a value has no JSON form.
            ValueError: a number is not finite.
        """
        return encodable({**asked, **(self.extra_body or {})})
