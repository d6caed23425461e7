r"""The errors of the relay and of its consumers.

    SSEError
      RelayError             Redis cannot be used as it is       -> final
        RedisUnavailable     Redis did not answer for too long   -> final once `patience` is over
        WrongType            a key holds another type of value   -> final

No message contains a password or a URL's query, so all of them can be logged.
"""

from __future__ import annotations

from sse_client import SSEError

__all__ = ["RedisUnavailable", "RelayError", "WrongType"]


class RelayError(SSEError):
    """Redis refused a command that the relay or a consumer needs; a retry would not help."""


class RedisUnavailable(RelayError):
    """Redis was unreachable, or refused writes, for longer than `patience`."""


class WrongType(RelayError):
    """A key that the relay needs holds a value of another type.

    Attributes:
        key: the key's name.
    """

    def __init__(self, message: str = "", *, key: str = "") -> None:
        super().__init__(message)
        self.key = key
