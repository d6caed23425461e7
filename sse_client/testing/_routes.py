"""Passes requests without a script to the routes of a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sse_client.testing._messages import reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sse_client.testing._received import Received
    from sse_client.testing._steps import Step


def routed(
    chat: Callable[[Received], Iterable[Step]], subscription: Callable[[Received], Iterable[Step]]
) -> Callable[[Received], Iterable[Step]]:
    """Return the script that answers by method and path, and with 404 elsewhere."""
    routes = {("POST", "/v1/chat/completions"): chat, ("GET", "/events"): subscription}

    def route(request: Received) -> Iterable[Step]:
        path = request.path.partition("?")[0]
        return routes.get((request.method, path), _unknown)(request)

    return route


def _unknown(request: Received) -> Iterable[Step]:
    error = {"error": {"message": f"nothing at {request.method} {request.path}"}}
    return reply(404, json.dumps(error).encode(), {"Content-Type": "application/json"})
