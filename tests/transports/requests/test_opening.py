"""What a thread knows of the stream that it is opening, and no longer than that."""

from __future__ import annotations

from sse_client._core.deadlines import Limits
from sse_client.transports._requests.opening import Opening
from sse_client.transports._requests.wakeup import Wakeup


def test_limits_end_with_the_stream_that_they_were_for() -> None:
    opening = Opening()
    opening.begin(Wakeup(), Limits(connect=1.0, silence=2.0, deadline=3.0))
    opening.connecting = True
    assert opening.nearest_deadline == 3.0
    opening.end()
    left = [opening.wakeup, opening.silence, opening.nearest_deadline]
    assert left == [None, None, None]
    assert not opening.connecting
