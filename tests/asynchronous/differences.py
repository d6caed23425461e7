"""What the asynchronous client does otherwise on an httpx2.AsyncClient; all other tests of this folder run on both.

The first part of each entry is the test, the second what is different, in the words of docs/transports.md; an empty
one: the test looks inside aiohttp.
"""

from __future__ import annotations

DIFFERENT = {
    "test_a_timer_that_rings_looks_at_when_the_wait_that_is_on_began": "",
    "test_aclose_is_before_an_event_that_came_in_the_same_moment": "",
    "test_a_stream_that_is_dropped_goes_with_its_connection_and_complains_of_nothing[httpx2-of its own]": "",
}
"""To a test, or all of its parameters, what is different."""

AIOHTTP_ALONE = {"test_sessions.py", "test_surfaces.py", "test_both_clients.py", "test_loops.py", "test_framings.py"}
"""Files about sessions of aiohttp; and about all columns, each of them by name."""


def difference(name: str) -> str | None:
    """Return what is different in a test on httpx2; None if nothing is."""
    return DIFFERENT.get(name, DIFFERENT.get(name.partition("[")[0]))


NO_CORE = {
    "test_a_cookie_that_a_redirect_sets_is_sent_to_where_it_leads": "it keeps no cookies",
    "test_netrc_is_used_and_never_replaces_the_callers_key": "it reads no ~/.netrc",
    "test_until_ends_the_iteration_and_the_connection_is_used_again": "it keeps no connections",
    "test_what_still_comes_behind_the_last_event_is_let_pass": "it keeps no connections",
    "test_a_used_connection_that_is_gone_is_no_reason_to_send_a_put_twice": "it keeps no connections",
}
"""What the examples of a transport leave out."""

EXAMPLES = {"http.client", "asyncio streams"}
"""The columns that they are."""
