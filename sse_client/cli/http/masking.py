"""Masks credentials in everything that is shown: headers, URLs, and texts that repeat them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MASK", "Mask", "credentials", "is_secret", "masked_header", "masked_url"]

MASK = "****"

_SECRET_NAME = re.compile(
    r"auth|cookie|token|secret|passw|passphrase|api.?key|access.?key|subscription.?key|private|credential|session|signature|jwt|otp"
    r"|(^|[-_.])(key|sig|sid|pwd|pw|code|pin|hmac)($|[-_.])",
    re.IGNORECASE,
)
_PUBLIC_NAME = re.compile(
    r"^(www|proxy)-authenticate$|^sec-websocket-key$|^idempotency-key$|^session-affinity$", re.IGNORECASE
)
_SCHEME = re.compile(r"(Bearer|Basic|Digest|Token|ApiKey|Negotiate|AWS4-HMAC-SHA256)\s+(?=\S)", re.IGNORECASE)
_LIKE_A_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:sk|pk|rk|ghp|gho|ghs|github_pat|xox[abprs]|hf|gsk|AIza|eyJ)[-_A-Za-z0-9.]{12,}"
)
_PASSWORD = re.compile(r"[^/@:]*:[^/@]*@")  # in the path of a mistyped URL
_SHORTEST = 4  # characters; shorter secrets are not searched for in other texts
_OPAQUE = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_\-.~+/=%]{24,}")


def is_secret(name: str) -> bool:
    """Return whether a header or a query parameter contains a credential, judging by its name."""
    return bool(_SECRET_NAME.search(name)) and not _PUBLIC_NAME.search(name)


def masked_header(name: str, value: str) -> str:
    """Return a header's value without its credentials."""
    if name.lower() in {"location", "referer", "content-location"}:
        return masked_url(value)
    scheme = _SCHEME.match(value)
    if scheme:
        return scheme[1] + " " + MASK
    if is_secret(name):
        return MASK
    return _LIKE_A_KEY.sub(MASK, value)


def masked_url(url: str) -> str:
    """Return `url` without user, password, and query values that are or may be secret."""
    # In a URL without a scheme, the user name would be parsed as the scheme.
    bare = "://" not in url and not url.startswith(("/", "?", "#"))
    try:
        parts = urlsplit(f"//{url}" if bare else url)
    except ValueError:
        return "a malformed URL"  # any part of it may be a password
    netloc = MASK + "@" + parts.netloc.rpartition("@")[2] if "@" in parts.netloc else parts.netloc
    query = "&".join(_masked_pair(pair) for pair in parts.query.split("&")) if parts.query else ""
    fragment = "#" + MASK if parts.fragment else ""
    start = f"{parts.scheme}:" if parts.scheme else ""
    slashes = "//" if url.startswith("//") or (netloc and not bare) else ""
    path = _LIKE_A_KEY.sub(MASK, _PASSWORD.sub(f"{MASK}@", parts.path))
    return f"{start}{slashes}{netloc}{path}{'?' * bool(query)}{query}{fragment}"


def _masked_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    plain = unquote_plus(value)
    if not equals:
        return MASK if _OPAQUE.fullmatch(name) else name
    hidden = is_secret(unquote_plus(name)) or _LIKE_A_KEY.search(plain) or _OPAQUE.fullmatch(plain)
    return f"{name}={MASK}" if value and hidden else pair


class Mask:
    """Knows the secrets of this run, and masks them in texts, for example in a server's error that repeats a key."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def learn(self, *secrets: str | None) -> None:
        """Remember secrets."""
        self._secrets.update(secret for secret in secrets if secret and len(secret) >= _SHORTEST)

    def learn_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        """Remember the credentials in a request's headers, to mask them from now on."""
        for name, value in headers:
            if is_secret(name) or _SCHEME.match(value):
                self.learn(value, _SCHEME.sub("", value, count=1))
            if name.lower() in {"cookie", "set-cookie"}:
                self.learn(*(pair.partition("=")[2] for pair in value.split("; ")))

    def learn_url(self, url: str) -> None:
        """Remember the credentials in a URL."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return
        self.learn(parts.password, unquote_plus(parts.password or ""), *_values(parts.query))
        if "@" in parts.netloc:
            self.learn(parts.netloc.rpartition("@")[0])

    def hide(self, text: str) -> str:
        """Return `text` without known secrets, and without anything that looks like a key."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return _LIKE_A_KEY.sub(MASK, text)

    def header(self, name: str, value: Any) -> str:
        """Return a header's value as it may be shown."""
        shown = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        return self.hide(masked_header(name, shown))

    def url(self, url: str) -> str:
        """Return a URL as it may be shown."""
        return self.hide(masked_url(url))


credentials = Mask()
"""Those of this process: every line that it writes to the standard error goes through this."""


def _values(query: str) -> Iterable[str]:
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if is_secret(unquote_plus(name)):
            yield value
            yield unquote_plus(value)
