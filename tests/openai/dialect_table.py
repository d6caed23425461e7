"""Every dialect of chat streams that is known."""

from __future__ import annotations

from dialect_chunks import CHUNKS, USAGES
from dialect_ends import ENDS
from dialect_errors import ERRORS
from dialect_frames import GROWING
from dialect_messages import MESSAGES
from dialect_parts import PARTS
from dialect_tools import ODD_CALLS, TOOL_CALLS
from dialect_vendors import VENDORS

DIALECTS = [*CHUNKS, *USAGES, *TOOL_CALLS, *ODD_CALLS, *PARTS, *MESSAGES, *GROWING, *ERRORS, *ENDS, *VENDORS]
