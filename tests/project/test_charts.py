"""Charts: positions, axes, and what screen readers get."""

import re
from decimal import Decimal

import pytest
from django.template.loader import render_to_string

from microflight.core.charts import Chart, ChartType, Mark, Row, Tick, Unit

DAYS = [Row("1 Nov", (10, 4), "/orders/?day=1"), Row("2 Nov", (0, None)), Row("3 Nov", (20, 8))]


def _chart(rows: list[Row], **changes) -> Chart:
    given = {"name": "sales", "title": "Sales by day", "type": ChartType.LINE, "label": "Day"}
    return Chart(**(given | {"columns": ("Orders", "Previous period"), "rows": rows} | changes))


def _html(chart: Chart) -> str:
    return render_to_string(chart.template, {"chart": chart})


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [
        ((20, 0), Unit.COUNT, ["0", "5", "10", "15", "20"]),
        ((1, 0), Unit.COUNT, ["0", "1"]),
        ((Decimal("0.05"), Decimal(0)), Unit.MONEY, ["$0", "$0.02", "$0.04", "$0.06"]),
        ((Decimal(1234), Decimal(-300)), Unit.MONEY, ["−$500", "$0", "$500", "$1,000", "$1,500"]),
        ((Decimal(100), Decimal("12.5")), Unit.PERCENT, ["0%", "50%", "100%"]),
    ],
)
def test_value_axis_has_round_steps_and_zero(values, unit, expected):
    ticks = _chart([Row("a", values)], unit=unit).value_ticks
    assert [tick.text for tick in ticks] == expected
    assert (ticks[0].at, ticks[-1].at) == (182.0, 22.0)


def test_line_breaks_where_a_value_is_unknown():
    chart = _chart(DAYS)
    assert chart.lines == [
        (2, "112.3,150.0"),
        (2, "337.7,118.0"),
        (1, "112.3,102.0 225.0,182.0 337.7,22.0"),
    ]
    assert chart.dots[0] == Mark(112.3, 150.0, 0, 0, 2, "1 Nov, Previous period: 4")


def test_long_line_has_six_labels_and_no_dots():
    chart = _chart([Row(str(day), (day,)) for day in range(62)], columns=("Orders",))
    assert [tick.text for tick in chart.row_ticks] == ["0", "11", "22", "33", "44", "55"]
    assert chart.dots == []


def test_bars_of_one_row_are_side_by_side_and_negative_ones_hang():
    chart = _chart([Row("Nov", (Decimal(100), Decimal(-100)))], unit=Unit.MONEY)
    previous, current = chart.bars
    assert current == Mark(89.8, 22.0, 135.2, 80.0, 1, "Nov, Orders: $100.00")
    assert previous == Mark(225.0, 102.0, 135.2, 80.0, 2, "Nov, Previous period: −$100.00")
    assert Tick(102.0, "$0") in chart.value_ticks


def test_horizontal_bars_are_as_long_as_their_share():
    rows = [Row("Motors " * 10, (8, 2)), Row("Cells", (2, 0))]
    chart = _chart(rows, type=ChartType.HORIZONTAL_BARS)
    assert [bar.width for bar in chart.horizontal_bars] == [100.0, 0.0, 400.0, 100.0]
    assert chart.names[0].label == "Motors Motors Motors Motors Motors Motors Mot…"
    assert [name.value for name in chart.names] == ["8", "2"]
    assert chart.height == 76


@pytest.mark.parametrize("kind", ChartType)
def test_chart_has_title_description_and_table(kind: ChartType):
    html = _html(_chart(DAYS, type=kind, csv_url="/reports/sales/?csv=1"))
    assert 'role="img" aria-labelledby="chart-sales-title chart-sales-text"' in html
    assert '<title id="chart-sales-title">Sales by day</title>' in html
    assert "Orders: highest 20 (3 Nov). Previous period: highest 8 (3 Nov).</desc>" in html
    assert '<th scope="row"><a href="/orders/?day=1">1 Nov</a></th>' in html
    assert re.findall(r'<td class="number">(.*?)</td>', html) == ["10", "4", "0", "–", "20", "8"]
    assert 'href="/reports/sales/?csv=1"' in html
    assert "style=" not in html


def test_names_are_escaped():
    html = _html(_chart([Row("<b>\N{RIGHT-TO-LEFT OVERRIDE}x", (1, 1))], type="horizontal_bars"))
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


@pytest.mark.parametrize("rows", [[], [Row("1 Nov", (0, None))]])
def test_empty_chart_says_so(rows: list[Row]):
    html = _html(_chart(rows))
    assert "No data for this period." in html
    assert "<svg" not in html
