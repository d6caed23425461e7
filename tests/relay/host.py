"""A host of a relay: python host.py REDIS SOURCE NAME STREAM LEASE [PARTITIONS KEY]."""

from __future__ import annotations

import sys

from sse_client import Reconnect
from sse_client.relay import Relay

redis, source, name, stream, lease, *rest = sys.argv[1:]
partitions, key = (int(rest[0]), rest[1]) if rest else (1, None)
with Relay(
    redis, stream, lease=float(lease), host=name, partitions=partitions, key=key, connect_patience=None
) as relay:
    relay.run("GET", source, reconnect=Reconnect(initial_delay=0.05, max_delay=0.2, max_attempts=None))
