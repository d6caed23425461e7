"""Warns about methods that a subclass of a library's session overrides, but that streams do not call."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["warn_of_bypassed"]


def warn_of_bypassed(
    session: object, base: Any, names: Sequence[str], instead: str, *, own: Sequence[str] = ()
) -> None:
    """Warn the caller of a client's constructor of overridden methods of the session that streams do not call.

    Args:
        session: the session.
        base: the library's class with the original methods.
        names: the methods that streams do not call.
        instead: advice: what streams do call.
        own: those of `names` that also count if they are set on the session object itself.
    """
    overridden = [
        name
        for name in names
        if getattr(type(session), name, None) is not getattr(base, name, None)
        or (name in own and name in vars(session))
    ]
    if overridden:
        listed = ", ".join(overridden[:-1]) + " and " * (len(overridden) > 1) + overridden[-1]
        warnings.warn(
            f"{type(session).__name__} overrides {listed} of {base.__module__.partition('.')[0]}.{base.__name__}, "
            f"which streams do not call: {instead}",
            stacklevel=5,
        )
