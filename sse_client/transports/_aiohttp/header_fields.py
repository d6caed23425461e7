"""Converts the header fields of a request into those that aiohttp gets, and those that are set after it."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from sse_client._http.url import MalformedRequest
from sse_client.request import display

if TYPE_CHECKING:
    import aiohttp

    from sse_client._http.outgoing import HeaderFields
    from sse_client.request import Request

__all__ = ["header_fields"]

_log = logging.getLogger("sse_client")

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Set earlier, it would make aiohttp wait for "100 Continue", which requests does not do.
_LATE = frozenset({"expect"})


def header_fields(
    session: aiohttp.ClientSession, request: Request, fields: HeaderFields
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the header fields that aiohttp gets, and those to set after it has merged the session's.

    Args:
        session: the session that sends the request.
        request: the caller's request.
        fields: the header fields to send.

    Raises:
        MalformedRequest: aiohttp cannot send a field.
    """
    late = _LATE
    if session.auth is not None or session.trust_env:
        late |= {"authorization"}  # aiohttp refuses a request with two credentials
    if len(session.cookie_jar):
        late |= {"cookie"}  # otherwise the session's cookies would replace the request's
    pairs: Any = fields.values()
    plain: dict[str, str] = dict(pairs)
    try:
        text = "".join(plain.values())
        usual = text.isascii() and text.isprintable()  # one look at all values
    except TypeError:  # some are bytes
        usual = False
    if usual and late.isdisjoint(fields) and "transfer-encoding" not in fields:
        return plain, {}
    return _one_by_one(request, fields, late)


def _one_by_one(request: Request, fields: HeaderFields, late: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
    early: dict[str, str] = {}
    later: dict[str, str] = {}
    for key, (name, value) in fields.items():
        if key == "transfer-encoding":
            continue  # aiohttp sets this header itself
        text = value if isinstance(value, str) and value.isascii() and value.isprintable() else _text(value)
        if text is not None:
            (later if key in late else early)[name] = text
        elif key == "last-event-id":
            _log.warning(
                "the last event ID holds a character that aiohttp cannot send: connecting without it, %s",
                display(request),
                extra={"sse_request": display(request)},
            )
        else:
            raise MalformedRequest(
                f"header {name}: aiohttp can send UTF-8 without control characters only, "
                "and a str stands for bytes of Latin-1"
            )
    return early, later


def _text(value: str | bytes) -> str | None:
    """Return a header's value as the text that aiohttp, which encodes it in UTF-8, turns into the value's bytes.

    Return None if there is no such text.
    """
    if isinstance(value, str):
        try:
            value = value.encode("latin-1")
        except UnicodeEncodeError:
            return None
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text
