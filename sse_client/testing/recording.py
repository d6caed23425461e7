"""Recordings: the exact bytes of a response with their arrival times, in a file.

    with requests.get(url, stream=True) as response:
        recording = record(response, "answer.sse")
    for seconds, data in recording:
        ...

The file has a line of JSON for the head, one for each piece of the body as it arrived, and one for the end. It is
written and read piece by piece, so it may be larger than memory; docs/recordings.md describes it.
"""

from sse_client.testing._recording.format import (
    Reason,
    RecordedRequest,
    RecordedResponse,
    RecordingEnd,
    RecordingError,
    RecordingTruncated,
)
from sse_client.testing._recording.head_limit import limit_heads
from sse_client.testing._recording.reader import Recording
from sse_client.testing._recording.recorder import arecord, record
from sse_client.testing._recording.writer import RecordingWriter

__all__ = [
    "Reason",
    "RecordedRequest",
    "RecordedResponse",
    "Recording",
    "RecordingEnd",
    "RecordingError",
    "RecordingTruncated",
    "RecordingWriter",
    "arecord",
    "limit_heads",
    "record",
]
