"""Adapters that tests mount on a session themselves, with whatever they take for a body."""

from __future__ import annotations

import gzip
import io
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from sse_client import Client
from sse_client.transports._requests.response_body import _can_decode

from .kit import BODY, EVENTS, TYPE, shown


class Adapter(BaseAdapter):
    """Answers with one body."""

    def __init__(self, raw: Any, **headers: str) -> None:
        super().__init__()
        self._raw = raw
        self._headers = {**TYPE, **headers}

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        response.headers.update(self._headers)
        response.url = request.url or ""
        response.request = request
        response.raw = self._raw
        return response

    def close(self) -> None:
        self._raw.close()


class Decoding:
    """A body that knows of codings, and is no response of urllib3's."""

    def __init__(self, body: bytes) -> None:
        self._file = io.BytesIO(body)
        self.close = self._file.close

    def read1(self, size: int, *, decode_content: bool) -> bytes:
        assert not decode_content
        return self._file.read1(size)


CODED = {"Content-Encoding": "gzip"}


@pytest.mark.parametrize(
    ("raw", "headers"),
    [
        pytest.param(lambda: io.BytesIO(BODY), {}, id="a file"),
        pytest.param(lambda: io.BytesIO(BODY), CODED, id="a file that is decoded already"),
        pytest.param(lambda: io.BytesIO(BODY), {"Content-Encoding": "own"}, id="a file of a coding of its own"),
        pytest.param(lambda: io.BufferedReader(io.BytesIO(BODY)), {}, id="a buffered reader"),
        pytest.param(lambda: Decoding(gzip.compress(BODY)), CODED, id="a body that is coded"),
        pytest.param(
            lambda: HTTPResponse(io.BytesIO(gzip.compress(BODY)), preload_content=False), CODED, id="urllib3's, coded"
        ),
    ],
)
def test_body_is_read_whatever_it_is(raw: Any, headers: dict[str, str]) -> None:
    with requests.Session() as session, Client(session) as client:
        session.mount("mock://", Adapter(raw(), **headers))
        with client.post("mock://host/") as events:
            assert [shown(event) for event in events] == EVENTS


def test_builtin_without_a_signature_decodes_nothing() -> None:
    assert not _can_decode(SimpleNamespace(read1=iter))
