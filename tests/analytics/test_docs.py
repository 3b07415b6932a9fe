"""docs/kpis.md says of each figure what the screens say."""

from pathlib import Path

import pytest

from encours.analytics.rules.definitions import CONVENTIONS, DEFINITIONS, Definition

PAGE = (Path(__file__).parents[2] / "docs" / "kpis.md").read_text()


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda definition: definition.code)
def test_every_figure_is_documented(definition: Definition) -> None:
    [line] = [line for line in PAGE.splitlines() if line.startswith(f"| `{definition.code}` |")]
    assert definition.name in line
    assert definition.formula in line
    assert definition.convention in line


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_convention_is_documented(convention: str) -> None:
    assert convention in PAGE
