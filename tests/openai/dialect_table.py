"""Every dialect of chat streams that is known."""

from __future__ import annotations

from dialect_chunks import CHUNKS, USAGES
from dialect_ends import ENDS
from dialect_errors import ERRORS
from dialect_parts import PARTS
from dialect_tools import TOOL_CALLS
from dialect_vendors import VENDORS

DIALECTS = [*CHUNKS, *USAGES, *TOOL_CALLS, *PARTS, *ERRORS, *ENDS, *VENDORS]
