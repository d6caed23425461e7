"""Keywords of a call that would become fields of the request's body by mistake."""

from __future__ import annotations

import re

import pytest

from sse_client.replies.named_arguments import check_fields

KNOWN = {"model", "messages", "temperature"}
ELSEWHERE = {"api_key": "an argument of the client", "reconnect": "an option", "files": "an option"}


def test_known_fields_and_those_of_other_vendors_are_accepted() -> None:
    check_fields(["model", "temperature", "top_k", "enable_search", "file"], KNOWN, ELSEWHERE, {"files"})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("api_key", "api_key is no field of the API, but an argument of the client"),
        ("files", "files is no field of the API, but an option"),
        ("temprature", "there is no argument 'temprature'; did you mean 'temperature'?"),
        ("reconect", "there is no argument 'reconect'; did you mean 'reconnect'?"),
    ],
)
def test_a_name_that_belongs_elsewhere_or_is_misspelled_is_refused(name: str, message: str) -> None:
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        check_fields(["model", name], KNOWN, ELSEWHERE, {"files"})


def test_without_common_names_each_resemblance_counts() -> None:
    with pytest.raises(TypeError, match="did you mean 'files'"):
        check_fields(["file"], KNOWN, ELSEWHERE)
