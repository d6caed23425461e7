"""Joins relative URLs to the `base_url` of a session, as aiohttp does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp

__all__ = ["with_base_url"]


def with_base_url(session: aiohttp.ClientSession, url: str) -> str:
    """Return a URL joined to the session's `base_url`; absolute and malformed URLs are returned unchanged.

    aiohttp does not document where a session keeps it; if that has changed, a relative URL is refused later.
    """
    base: Any = getattr(session, "_base_url", None)
    if base is None:
        return url
    try:
        given = type(base)(url)
        return url if given.absolute else str(base.join(given))
    except (TypeError, ValueError):
        return url
