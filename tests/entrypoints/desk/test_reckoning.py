"""A page that reads a large book says so, comes by itself, and can be left."""

import pytest

from encours.entrypoints.desk import reckoning
from tests.entrypoints.desk.conftest import Desk


@pytest.mark.parametrize("address", ["/dashboard", "/kpis", "/dry-run"])
def test_the_page_waits_and_asks_again(desk: Desk, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(reckoning, "whole_book", lambda *asked, **named: None)
    page = desk.get(address)
    assert page.status_code == 200
    assert page.headers["Refresh"] == str(reckoning.AGAIN_SECONDS)
    assert "Calcul en cours" in page.content.decode()
