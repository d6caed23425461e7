"""The part of a vendor's client that is the same for the blocking and the asyncio client."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sse_client.aio import AsyncClient, AsyncEventStream
    from sse_client.client import Client
    from sse_client.event_stream import EventStream
    from sse_client.extension import StreamFormat

__all__ = ["Adapter"]

_Client = TypeVar("_Client", bound="Client | AsyncClient")
_Events = TypeVar("_Events", bound="EventStream | AsyncEventStream")


class Adapter(ABC, Generic[_Client, _Events]):
    """A vendor's client without its input and output, which `BlockingAdapter` and `AsyncAdapter` add.

    A vendor's two clients may share a base: a subclass of this class, which comes before `BlockingAdapter` or
    `AsyncAdapter` among the bases of each client. It opens streams by `_open`.

    Args:
        client: the client whose connections and options are used; None: create one.

    Raises:
        TypeError: `client` is not of the right class.
    """

    _kind: type[_Client]
    _kind_name: str  # where users import it from

    def __init__(self, client: _Client | None) -> None:
        if client is not None and not isinstance(client, self._kind):
            raise TypeError(f"client must be an {self._kind_name}, not {type(client).__name__}")
        self._own = client is None
        self._client = self._kind() if client is None else client

    @abstractmethod
    def _open(self, method: str, url: str, options: Mapping[str, Any], format: StreamFormat) -> _Events:  # noqa: A002
        """Return a stream of the client in `format`; see `open_stream`."""
