"""The work report as files to hand on: the figures and charts of the page as PDF and as a workbook.

The packages that write them are loaded when somebody asks for one.
"""

import io
from functools import lru_cache
from itertools import count
from typing import Any

from django.contrib.staticfiles import finders

from core.rules.moments import day as in_words
from core.rules.spreadsheets import safe_cell
from reporting.rules.report_charts import charts

PDF, XLSX = "pdf", "xlsx"
TYPES = {
    PDF: "application/pdf",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: In the order of the columns of a chart: those of the page.
_TONES = ("#006b7d", "#e0a32e", "#14633a")
#: The page's own letters, which know Latin, Greek and Cyrillic.
_LETTERS = "unfold/fonts/inter/Inter-Regular.woff2"
_FONT = "Inter"
_WIDTH, _HEIGHT = 500, 150


def written(report: dict[str, Any], kind: str, *, currency: str, organization: str) -> bytes:
    """The file of a report."""
    days = f"{in_words(report['start'])} to {in_words(report['last'])}"
    head = (f"Work report, {organization}", days)
    drawn = charts(report, currency)
    facts = _facts(report, currency)
    people = [(row["name"], row["completed"]) for row in report["by_person"]]
    return {PDF: _pdf, XLSX: _xlsx}[kind](head, facts, drawn, people)


def name_of(report: dict[str, Any], kind: str) -> str:
    """What the file is called."""
    return f"work-report-{report['start']}-{report['last']}.{kind}"


def _facts(report: dict[str, Any], currency: str) -> list[tuple[str, Any]]:
    return [
        ("Came in", report["reported"]),
        ("Completed", report["completed"]),
        ("In time, percent", report["in_time_percent"]),
        ("Hours from report to done", report["hours_to_complete"]),
        ("Mean hours to repair", report["hours_to_repair"]),
        (f"Labour, {currency}", report["labor_cost"]),
        (f"Parts, {currency}", report["parts_cost"]),
        (f"Other, {currency}", report["other_cost"]),
        (f"Total, {currency}", report["cost"]),
    ]


def _series(chart: dict[str, Any]) -> list[tuple[str, list[float]]]:
    """What is drawn: all columns but a total."""
    heads = [head for head in chart["heads"][1:] if head != "Total"]
    return [
        (head, [float(cells[place]) for _, cells in chart["cells"]])
        for place, head in enumerate(heads)
    ]


# -- the workbook ------------------------------------------------------------------------------------------------------


def _xlsx(head: tuple[str, str], facts: Any, drawn: list[dict[str, Any]], people: Any) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Report"
    for line in (head[:1], head[1:], (), *facts):
        sheet.append([_cell(value) for value in line])
    _widen(sheet)
    for chart in drawn:
        _sheet(
            book,
            chart["title"],
            [chart["heads"], *((label, *cells) for label, cells in chart["cells"])],
        )
        _bars(book.worksheets[-1], chart)
    if people:
        _sheet(book, "Completed by person", [("Person", "Completed"), *people])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _cell(value: Any) -> Any:
    return safe_cell(value) if isinstance(value, str) else value


def _sheet(book: Any, title: str, lines: list[Any]) -> None:
    sheet = book.create_sheet(title[:31])
    for line in lines:
        sheet.append([_cell(value) for value in line])
    sheet.freeze_panes = "A2"
    _widen(sheet)


def _widen(sheet: Any) -> None:
    sheet.column_dimensions["A"].width = 30


def _bars(sheet: Any, chart: dict[str, Any]) -> None:
    from openpyxl.chart import BarChart, Reference

    series, last = _series(chart), len(chart["cells"]) + 1
    bars = BarChart()
    bars.title, bars.height, bars.width = chart["title"], 9, 18
    if chart["name"].startswith("cost-"):
        bars.grouping, bars.overlap = "stacked", 100
    bars.add_data(
        Reference(sheet, min_col=2, min_row=1, max_col=len(series) + 1, max_row=last),
        titles_from_data=True,
    )
    bars.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=last))
    for one, tone in zip(bars.series, _TONES, strict=False):
        one.graphicalProperties.solidFill = tone[1:]
    bars.x_axis.delete = bars.y_axis.delete = False
    sheet.add_chart(bars, "G2")


# -- the document ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _font() -> str:
    """The page's letters, as PDF takes them; read once."""
    from fontTools.ttLib import TTFont as WebFont
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font, file = WebFont(finders.find(_LETTERS)), io.BytesIO()
    font.flavor = None
    font.save(file)
    file.seek(0)
    pdfmetrics.registerFont(TTFont(_FONT, file))
    return _FONT


def _pdf(head: tuple[str, str], facts: Any, drawn: list[dict[str, Any]], people: Any) -> bytes:
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import KeepTogether, SimpleDocTemplate

    title, text, small = _styles()
    story = [_line(head[0], title), _line(head[1], small), _table(facts)]
    for chart in drawn:
        lines = [chart["heads"], *((label, *cells) for label, cells in chart["cells"])]
        top = [_line(f"{chart['title']} ({chart['note']})", text), _drawing(chart)]
        story += [KeepTogether(top), _table(lines)]
    if people:
        story += [_line("Completed by person", text), _table(people)]
    file, pages = io.BytesIO(), count(1)
    document = SimpleDocTemplate(file, pagesize=A4, title=head[0], topMargin=50, bottomMargin=50)

    def foot(canvas: Any, _: Any) -> None:
        canvas.setFont(_font(), 8)
        canvas.drawRightString(A4[0] - 50, 30, f"Page {next(pages)}")

    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _styles() -> tuple[Any, ...]:
    from reportlab.lib.styles import ParagraphStyle

    sizes = (("title", 18, 0), ("text", 12, 14), ("small", 9, 0))
    return tuple(
        ParagraphStyle(
            name, fontName=_font(), fontSize=size, leading=size * 1.4, spaceBefore=before
        )
        for name, size, before in sizes
    )


def _line(words: str, style: Any) -> Any:
    from django.utils.html import escape
    from reportlab.platypus import Paragraph

    return Paragraph(escape(words), style)


def _table(lines: Any) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Table, TableStyle

    cells = [["–" if value is None else str(value) for value in line] for line in lines]
    looks = [
        ("FONT", (0, 0), (-1, -1), _font(), 9),
        ("LINEBELOW", (0, 0), (-1, -1), 0.25, HexColor("#c9d1d6")),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
    ]
    return Table(cells, hAlign="LEFT", style=TableStyle(looks), spaceBefore=6, spaceAfter=6)


def _drawing(chart: dict[str, Any]) -> Any:
    from reportlab.graphics.charts.barcharts import VerticalBarChart
    from reportlab.graphics.shapes import Drawing
    from reportlab.lib.colors import HexColor

    series, labels = _series(chart), [label for label, _ in chart["cells"]]
    bars = VerticalBarChart()
    bars.x, bars.y, bars.height = 40, 30, _HEIGHT - 50
    bars.width = min(_WIDTH - 60, 80 * len(labels))
    bars.data = [values for _, values in series]
    step = -(-len(labels) // 8)
    bars.categoryAxis.categoryNames = [
        label if place % step == 0 else "" for place, label in enumerate(labels)
    ]
    bars.categoryAxis.style = "stacked" if chart["name"].startswith("cost-") else "parallel"
    for axis in (bars.categoryAxis, bars.valueAxis):
        axis.labels.fontName, axis.labels.fontSize = _font(), 7
    bars.valueAxis.valueMin, bars.bars.strokeColor = 0, None
    drawing = Drawing(_WIDTH, _HEIGHT)
    drawing.add(bars)
    for place, (name, _) in enumerate(series):
        bars.bars[place].fillColor = HexColor(_TONES[place])
        _legend(drawing, place, name)
    return drawing


def _legend(drawing: Any, place: int, name: str) -> None:
    from reportlab.graphics.shapes import Rect, String
    from reportlab.lib.colors import HexColor

    left = 40 + 90 * place
    tone = HexColor(_TONES[place])
    drawing.add(Rect(left, 4, 8, 8, fillColor=tone, strokeColor=None))
    drawing.add(String(left + 12, 5, name, fontName=_font(), fontSize=8))
