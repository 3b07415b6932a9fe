"""Charts as ECharts reads them; colours are names of our tokens, which the page's script resolves by theme."""

from collections.abc import Sequence
from typing import Any

GRID = {"left": 4, "right": 8, "top": 12, "bottom": 4, "containLabel": True}


def lines(months: Sequence[str], *, strong: tuple[str, Sequence[Any]], faint: Any = None) -> dict[str, Any]:
    """A main line over months with a dashed one to compare it with: (name, values) each; the script has their looks."""
    named = [("strong", strong)] if faint is None else [("strong", strong), ("faint", faint)]
    return {
        "unit": "d",
        "grid": {**GRID, "left": 8, "right": 48},
        "xAxis": {"type": "category", "data": list(months), "boundaryGap": False},
        "yAxis": {"type": "value", "unit": "d", "scale": True, "splitNumber": 4},
        "series": [
            {"name": name, "type": "line", "data": list(values), "look": look, "endUnit": "d"}
            for look, (name, values) in named
        ],
    }


def stacked(
    months: Sequence[str], *, layers: Sequence[tuple[str, str, Sequence[Any]]], unit: str, links: Sequence[str] = ()
) -> dict[str, Any]:
    """Bars parted in layers: (name, token of its colour, values) each, from the bottom up."""
    return {
        "unit": unit,
        "links": list(links),
        "grid": GRID,
        "xAxis": {"type": "category", "data": list(months)},
        "yAxis": {"type": "value", "unit": unit, "splitNumber": 4},
        "series": [
            {
                "name": name,
                "type": "bar",
                "stack": "all",
                "data": list(values),
                "barWidth": "62%",
                "itemStyle": {"color": f"@{token}"},
            }
            for name, token, values in layers
        ],
    }


def shares(months: Sequence[str], *, bars: tuple[str, Sequence[Any]]) -> dict[str, Any]:
    """One bar a month between 0 and 100 per cent."""
    return {
        "unit": "p",
        "grid": GRID,
        "xAxis": {"type": "category", "data": list(months)},
        "yAxis": {"type": "value", "unit": "p", "min": 0, "max": 100, "interval": 25},
        "series": [
            {
                "name": bars[0],
                "type": "bar",
                "data": list(bars[1]),
                "barWidth": "52%",
                "itemStyle": {"color": "@age-1"},
            }
        ],
    }
