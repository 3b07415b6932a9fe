"""Charts as ECharts reads them; colours are names of our tokens, which the page's script resolves by theme."""

from collections.abc import Sequence
from typing import Any

GRID = {"left": 4, "right": 8, "top": 12, "bottom": 4, "containLabel": True}


def lines(months: Sequence[str], *, strong: tuple[str, Sequence[float | None]], faint: Any = None) -> dict[str, Any]:
    """A main line over months with a dashed one to compare it with: (name, values) each."""
    series = [
        {
            "name": strong[0],
            "type": "line",
            "data": list(strong[1]),
            "symbol": "circle",
            "symbolSize": 4,
            "showSymbol": False,
            "lineStyle": {"width": 2.5, "color": "@accent"},
            "itemStyle": {"color": "@accent"},
            "areaStyle": {"color": "@accent", "opacity": 0.07},
            "endUnit": "d",
            "endLabel": {"color": "@accent", "fontWeight": 600},
        }
    ]
    if faint is not None:
        series.append(
            {
                "name": faint[0],
                "type": "line",
                "data": list(faint[1]),
                "showSymbol": False,
                "lineStyle": {"width": 1.5, "type": "dashed", "color": "@text-3"},
                "itemStyle": {"color": "@text-3"},
                "endUnit": "d",
                "endLabel": {"color": "@text-2"},
            }
        )
    return {
        "unit": "d",
        "grid": {**GRID, "left": 8, "right": 48},
        "xAxis": {"type": "category", "data": list(months), "boundaryGap": False},
        "yAxis": {"type": "value", "unit": "d", "scale": True, "splitNumber": 4},
        "series": series,
    }


def stacked(
    months: Sequence[str], *, layers: Sequence[tuple[str, str, Sequence[float]]], unit: str, links: Sequence[str] = ()
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


def shares(months: Sequence[str], *, bars: tuple[str, Sequence[float | None]]) -> dict[str, Any]:
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
