"""Decodes the last chunk of a reply, which has usage and no choice.

As in `_chunk`, the annotations are not strings.
"""

from typing import Annotated, Any, Literal

import msgspec

# The decoder resolves the annotations when the module is imported.
from sse_client.adapters.openai.chat._chunk import Chunk, ChunkChoice

__all__ = ["UsageChunk", "decode_usage"]


class UsageChunk(Chunk, forbid_unknown_fields=True, gc=False, kw_only=True):
    """The chunk after the last choice, which holds only the usage; OpenAI sends it if `include_usage` is set.

    It has a struct of its own because reading it as an irregular chunk would cost as much as a hundred regular ones.
    Other chunks without a choice, such as errors, have fields that this struct refuses.
    """

    object: Literal["chat.completion.chunk"] | None = None
    choices: Annotated[list[ChunkChoice], msgspec.Meta(max_length=0)]
    system_fingerprint: Any = None
    service_tier: Any = None
    obfuscation: Any = None


decode_usage = msgspec.json.Decoder(UsageChunk).decode
