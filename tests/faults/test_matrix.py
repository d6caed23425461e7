"""Every fault, in every use, in both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asynchronous.kit import Asyncio, Blocking, Client

from .catalogue import FAULTS, Fault
from .outcomes import USES, observe
from .page import PAGE, written

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle", "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    netrc = tmp_path / "netrc"
    netrc.touch(0o600)
    monkeypatch.setenv("NETRC", str(netrc))


@pytest.mark.parametrize("client", [Blocking(), Asyncio()], ids=["blocking", "asyncio"])
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("fault", [pytest.param(fault, id=f"{fault.group}: {fault.name}") for fault in FAULTS])
def test_a_fault(client: Client, use: str, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    observe(client, use, fault, monkeypatch).check(fault.expected(use))


def test_the_page_shows_what_is_tested() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(), "cd tests && python -m faults.page"
