"""Recordings served again, with their pauses and with faults; and two recordings compared.

with replay_server("answer.sse", speed=10, drop_after=3) as server:
...  # a client of server.url is cut off after every third event
for difference in diff("monday.sse", "tuesday.sse"):
print(difference)
"""

from sse_client.testing._replaying.difference import Difference, diff
from sse_client.testing._replaying.faults import FAULTS, Fault
from sse_client.testing._replaying.fixture import SSEReplay
from sse_client.testing._replaying.replay import ReplayServer, replay_server

__all__ = ["FAULTS", "Difference", "Fault", "ReplayServer", "SSEReplay", "diff", "replay_server"]
