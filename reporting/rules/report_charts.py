"""The charts of the work report: each with the table that says the same."""

from datetime import date
from typing import Any

_COUNTS = (("reported", "Came in"), ("completed", "Completed"))
_DONE = (("completed", "Completed"),)
_COSTS = (
    ("labor_cost", "Labour"),
    ("parts_cost", "Parts"),
    ("other_cost", "Other"),
    ("cost", "Total"),
)
_STEPS = {"day": "%-d %b %Y", "week": "%-d %b %Y", "month": "%b %Y"}


def charts(report: dict[str, Any], currency: str) -> list[dict[str, Any]]:
    """What is drawn, in this order; groups in which nothing was completed are left out."""
    steps = [
        {**step, "label": f"{step['start']:{_STEPS[report['grain']]}}"} for step in report["series"]
    ]
    months = [{**row, "label": _month(row["month"])} for row in report["by_month"]]
    years = [{**row, "label": row["year"]} for row in report["by_year"]]
    kinds, note = report["by_kind"], f"Work orders a {report['grain']}"
    found = [
        _chart("work", "Came in and completed", "From", steps, _COUNTS, note),
        _chart("kinds", "Completed by kind", "Kind", kinds, _DONE),
        _chart("categories", "Completed by category", "Category", report["by_category"], _DONE),
        _chart("task-types", "Housekeeping by task", "Task", report["by_task_type"], _DONE),
        _chart("cost-years", "Cost by year", "Year", years, _COSTS, currency),
        _chart("cost-months", "Cost by month", "Month", months, _COSTS, currency),
        _chart("cost-kinds", "Cost by kind", "Kind", kinds, _COSTS, currency),
    ]
    return [chart for chart in found if chart["rows"]]


def _month(name: str) -> str:
    return f"{date.fromisoformat(name + '-01'):%b %Y}"


def _chart(
    name: str,
    title: str,
    head: str,
    rows: list[dict[str, Any]],
    columns: tuple[tuple[str, str], ...],
    note: str = "Work orders",
) -> dict[str, Any]:
    return {
        "name": name,
        "id": f"chart-{name}",
        "title": title,
        "note": note,
        "heads": [head, *(label for _, label in columns)],
        "rows": [{"label": row["label"], **{key: row[key] for key, _ in columns}} for row in rows],
        "cells": [(row["label"], [row[key] for key, _ in columns]) for row in rows],
    }
