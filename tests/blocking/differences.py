"""What the blocking client does otherwise on an httpx2.Client; all other tests of this folder run on both.

The first part of each entry is the test, the second what is different, in the words of docs/transports.md; an empty
one: the test looks inside requests and urllib3.
"""

from __future__ import annotations

NETRC = "`~/.netrc` is read only if the client has `auth=httpx2.NetRCAuth()`"
VT = "a Last-Event-ID that begins with a VT or a form feed is not sent: h11 refuses it"
HEAD = "a response head may have any number of fields, of 100 KiB in all; http.client allows 100 fields, of 64 KiB each"

DIFFERENT = {
    "test_an_answer_that_is_no_whole_head_is_a_lost_connection[httpx2-an endless header]": HEAD,
    "test_an_answer_that_is_no_whole_head_is_a_lost_connection[httpx2-too many headers]": HEAD,
    "test_netrc_is_used_where_the_caller_has_no_credentials": NETRC,
    "test_a_redirect_to_another_origin_does_not_get_a_password_from_netrc": NETRC,
    "test_no_error_shows_a_password_from_netrc": NETRC,
    "test_whatever_id_a_server_sends_the_stream_is_resumed_with_it[httpx2-\\x0bA]": VT,
    "test_whatever_id_a_server_sends_the_stream_is_resumed_with_it[httpx2-\\x0cA]": VT,
    "test_a_body_goes_out_with_the_head_on_a_connection_that_is_there": (
        "a small request body is sent after the head, not with it: one more packet"
    ),
    "test_the_head_of_a_request_that_connects_goes_out_alone": "",
    "test_nothing_is_sent_after_close_although_the_connection_was_being_made": "",
    "test_a_connection_is_let_go_of_before_it_can_be_anybody_elses": "",
}
"""To a test, or all of its parameters, what is different."""

REQUESTS_ALONE = {"test_transports_of_others.py"}
"""Files about what users plug into a session of requests."""


def difference(name: str) -> str | None:
    """Return what is different in a test on httpx2; None if nothing is."""
    return DIFFERENT.get(name, DIFFERENT.get(name.partition("[")[0]))
