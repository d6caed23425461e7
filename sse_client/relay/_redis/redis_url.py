"""Checks a Redis URL before it is used; no error message contains a part of a password."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

__all__ = ["RedisURL", "completed", "shown"]

_SCHEMES = frozenset(
    {"redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"}
)
_SENTINEL_PORT = 26379
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


@dataclass(frozen=True, slots=True)
class RedisURL:
    """A Redis URL.

    Attributes:
        kind: `redis`, `rediss` (TLS) or `unix`.
        variant: `sentinel`, `cluster`, or empty for one server.
        plain: the URL in the form that redis-py accepts.
        parts: the parts of `plain`.
    """

    kind: str
    variant: str
    plain: str
    parts: SplitResult

    @classmethod
    def parse(cls, url: str) -> RedisURL:
        """Parse `url`, and check it as far as possible without a connection.

        Raises:
            ValueError: it is not a URL of Redis, or it names a file that does not exist.
        """
        scheme, there, rest = url.partition("://")
        scheme = scheme.lower()
        if not there or scheme not in _SCHEMES:
            # Without a scheme, the URL may begin with a password.
            got = f", not of {scheme!r}" if there else ", such as redis://localhost:6379"
            raise ValueError(f"expected a URL of redis, rediss, unix, redis+sentinel or redis+cluster{got}")
        kind, _, variant = scheme.partition("+")
        # The error messages of `urlsplit` and redis-py quote what they cannot parse, such as half a password with an
        # unencoded slash or question mark.
        plain = f"{kind}://{rest}"
        try:
            found = cls(kind, variant, plain, urlsplit(plain))
            options = found._options()
        except ValueError:
            path = "the name of a master" if variant == "sentinel" else "a number, if any,"
            raise ValueError(
                f"expected a URL of Redis with HOST:PORT, {path} as its path, name=value in its query, and / ? # @ of "
                "a password percent-encoded"
            ) from None
        for name in _FILES:
            if name in options and not Path(options[name]).is_file():
                raise ValueError(f"expected the file of {name} in the URL of Redis, but there is none: {options[name]}")
        if variant == "sentinel" and not found.path:
            raise ValueError(f"expected the name of a master as the path of {shown(url)}")
        return found

    def _options(self) -> dict[str, str]:
        """Check all parts of the URL; return the options in its query.

        Raises:
            ValueError: a part is malformed.
        """
        parts, _ = self.parts, self.addresses
        numbered = self.kind != "unix" and self.variant != "sentinel"
        if parts.fragment or (numbered and self.path and not self.path.isdecimal()):
            raise ValueError
        if self.variant and not parts.netloc.rpartition("@")[2]:
            raise ValueError
        return dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}

    @property
    def path(self) -> str:
        """The path without its slash: a database number, the name of a master, or empty."""
        return self.parts.path.strip("/")

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """The hosts and ports, those of the sentinels if there are any.

        Raises:
            ValueError: a port is not a number.
        """
        if self.variant != "sentinel":
            return [(self.parts.hostname or "localhost", self.parts.port or 6379)]
        addresses: list[tuple[str, int]] = []
        for host in self.parts.netloc.rpartition("@")[2].split(","):
            one = urlsplit(f"//{host}")
            addresses.append((one.hostname or "localhost", _SENTINEL_PORT if one.port is None else one.port))
        return addresses

    @property
    def credentials(self) -> tuple[str | None, str | None]:
        """The user name and the password."""
        user, _, password = self.parts.netloc.rpartition("@")[0].partition(":")
        return unquote(user) or None, unquote(password) or None


def completed(
    url: str, password: str | None, cacert: str | None = None, cert: str | None = None, cert_key: str | None = None
) -> str:
    """Return `url` with the password and the certificate files, which users pass separately.

    Raises:
        ValueError: the URL already has a password, or certificates were given and it is not a URL with TLS.
    """
    files = {name: path for name, path in zip(_FILES, (cacert, cert, cert_key), strict=True) if path is not None}
    if password is None and not files:
        return url
    RedisURL.parse(url)
    parts = urlsplit(url)
    if files and not parts.scheme.startswith("rediss"):
        raise ValueError(f"expected a URL of Redis with TLS (rediss) for certificates, not of {parts.scheme!r}")
    before, _, host = parts.netloc.rpartition("@")
    user, colon, _ = before.partition(":")
    if password is not None:
        if colon:
            raise ValueError("expected the password of Redis from one place, got one in its URL, too")
        host = f"{user}:{quote(password, safe='')}@{host}"
    elif before:
        host = f"{before}@{host}"
    query = "&".join(filter(None, (parts.query, urlencode(files))))
    return urlunsplit((parts.scheme, host, parts.path, query, parts.fragment))


def shown(url: object) -> str:
    """Return a Redis URL without its password and query, or the type of a client."""
    if not isinstance(url, str):
        return type(url).__name__
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
