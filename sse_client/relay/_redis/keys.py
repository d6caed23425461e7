"""The names of the Redis keys of one feed, all in one slot of a Redis Cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sse_client.relay._redis.scalar_text import check_scalar

__all__ = ["Keys"]

_TAG = re.compile(r"[^{}]*\{([^{}]+)\}[^{}]*")
_MOST_PARTITIONS = 1024  # a script passes a few arguments for each partition in one call, and Lua allows 8,000


# A script may access only keys of one slot. The slot is chosen by the text between the first braces of a name (Redis
# Cluster specification, "Hash tags"), which is the same for all of these keys. So one step can write event and
# checkpoint.
@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a stream.

    Args:
        name: the stream's name; braces in it must form one hash tag.
        partitions: how many streams there are; the one stream of `partitions=1` is `name` itself.

    Raises:
        ValueError: the name is empty, has braces that do not form a hash tag, or has no UTF-8 form; or `partitions` is
            out of range.
    """

    name: str
    partitions: int = 1

    def __post_init__(self) -> None:
        if not self.name or (re.search(r"[{}]", self.name) and not _TAG.fullmatch(self.name)):
            raise ValueError(f"expected a stream's name, with braces around a hash tag alone, not {self.name!r}")
        check_scalar("the stream's name", self.name)
        if not 1 <= self.partitions <= _MOST_PARTITIONS:
            raise ValueError(f"partitions must be 1 to {_MOST_PARTITIONS}, not {self.partitions}")

    @property
    def streams(self) -> list[str]:
        """The streams, by partition."""
        if self.partitions == 1:
            return [self.name]
        return [self._beside(str(number)) for number in range(self.partitions)]

    @property
    def state(self) -> str:
        """The hash with the checkpoint, the count, and the last writer."""
        return self._beside("relay")

    @property
    def lease(self) -> str:
        """The key that the leader holds."""
        return self._beside("relay:lease")

    @property
    def seen(self) -> str:
        """The sorted set of the latest events, by which duplicates are recognised."""
        return self._beside("relay:seen")

    @property
    def dead(self) -> str:
        """The stream of dead letters."""
        return self._beside("dead")

    @property
    def groups(self) -> str:
        """The hash with the position of each group in each partition."""
        return self._beside("groups")

    def members(self, group: str) -> str:
        """Return the sorted set of a group's living consumers."""
        return self._beside(f"group:{group}:members")

    def owner(self, group: str, partition: int) -> str:
        """Return the key that the owner of a partition holds."""
        return self._beside(f"group:{group}:owner:{partition}")

    def _beside(self, suffix: str) -> str:
        return f"{self.name}:{suffix}" if "{" in self.name else f"{{{self.name}}}:{suffix}"
