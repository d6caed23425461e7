"""Supplies the body of a request again for each attempt."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, cast

import msgspec

from sse_client._values import replaced
from sse_client.errors import BodyNotReplayable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sse_client.request import Request

__all__ = ["ReplayableBody"]


# A struct, like `Options`: each stream creates one, and most requests have no body.
class ReplayableBody(msgspec.Struct, eq=False):
    """Supplies the same body for every attempt, a file from its original position; or refuses to."""

    _make: Callable[[], Any] | None = None  # the callable that made the body of the last request
    _made: object = None
    # Keyed by identity. Entries are removed with their objects, because a callable may make new bodies for weeks.
    _seen: dict[int, tuple[object, int | None]] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"  # a body may be secret

    def body_for(self, request: Request) -> Request:
        """Return `request` with a body that is ready to be read from its beginning.

        Raises:
            BodyNotReplayable: an earlier attempt has read the body, and it cannot be read again.
        """
        if request.data is None and not request.files:
            return request
        make: Any = request.data
        makes = callable(make) and (isinstance(make, type) or not hasattr(make, "read"))
        if makes:
            self._make = make
            request = replaced(request, data=make())  # `Request` copies a buffer
            self._made = request.data if _is_stream(request.data) else None
        for stream in _streams(request):
            key = id(stream)
            if key not in self._seen:
                self._seen[key] = self._held(stream), _position(stream)
                continue
            position = self._seen[key][1]
            if position is None:
                if stream is self._made and not makes:  # within one attempt, to answer a challenge
                    return self.body_for(replaced(request, data=self._make))
                raise BodyNotReplayable(
                    f"expected a body that can be sent a second time, got a {type(stream).__name__} that is used up; "
                    "pass bytes, a seekable file, or data=callable to make it anew for each attempt"
                )
            stream.seek(position)
        return request

    def _held(self, stream: Any) -> object:
        """Return an object that keeps the identity of `stream` from being reused."""
        key = id(stream)
        try:
            return weakref.ref(stream, lambda _: self._seen.pop(key, None))
        except TypeError:
            return stream


def _streams(request: Request) -> list[Any]:
    """Return the parts of the body that reading uses up."""
    files: Any = request.files or ()
    pairs: Iterable[tuple[str, Any]] = files.items() if hasattr(files, "items") else files
    parts = [request.data, *(_content(file) for _, file in pairs)]
    return [part for part in parts if _is_stream(part)]


def _is_stream(part: Any) -> bool:
    """Return whether reading `body` uses it up."""
    return hasattr(part, "read") or hasattr(part, "__next__") or hasattr(part, "__anext__")


def _content(file: Any) -> Any:
    """Return the content of `(name, content, ...)`, or the argument itself if it is the content."""
    return cast("Sequence[Any]", file)[1] if isinstance(file, (tuple, list)) else file


def _position(stream: Any) -> int | None:
    try:
        position: int = stream.tell()
        stream.seek(position)
    except (AttributeError, OSError):  # a generator, a pipe: io.UnsupportedOperation is an OSError
        return None
    return position
