"""Reads the files that `sse-client chat` sends along with a question: tools and pictures."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any, cast

from sse_client.cli.exits import Failure
from sse_client.cli.files import read_bytes, read_text

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["image", "tools"]

_KINDS = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"WEBP": "image/webp",
}


def tools(path: Path) -> list[dict[str, Any]]:
    """Return the tools in a file.

    Raises:
        Failure: the file cannot be read, or is not a JSON array of objects.
    """
    expected = f"--tools: expected a JSON array of tools in {path}"
    try:
        array = json.loads(read_text(path, "--tools"))
    except json.JSONDecodeError as error:
        raise Failure(f"{expected}, got no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from None
    except (ValueError, RecursionError):
        array = None
    if not isinstance(array, list):
        raise Failure(f"{expected}, got something else")
    for number, tool in enumerate(cast("list[object]", array), 1):
        if not isinstance(tool, dict):
            raise Failure(f"{expected}, got something else as tool {number}")
    return cast("list[dict[str, Any]]", array)


def image(path: str) -> dict[str, Any]:
    """Return the part of a message that shows a picture: the content of a file, or a URL.

    Raises:
        Failure: the file cannot be read, or is not a picture.
    """
    url = path
    if not path.startswith(("http://", "https://")):
        content = read_bytes(path, "--image")
        start = content[8:12] if content.startswith(b"RIFF") else content  # RIFF contains WebP, but also sound
        kind = next((kind for signature, kind in _KINDS.items() if start.startswith(signature)), None)
        if kind is None:
            raise Failure(f"--image: expected a PNG, JPEG, GIF or WebP picture in {path}, got something else")
        url = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}
