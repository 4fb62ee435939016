"""Alert rules and dashboard: about figures that there are, and rules that speak when they should."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import URLResolver, get_resolver
from prometheus_client.parser import text_string_to_metric_families

from core.sweeps import registered

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "docs" / "operations" / "alerts.yaml"
CASES = Path(__file__).with_name("alerts_test.yaml")
DASHBOARD = json.loads((ROOT / "docs" / "operations" / "grafana.json").read_text())
#: What B13 asks for, and what stands still without anybody noticing.
NEEDED = {
    *("JobFailing", "ApiErrors", "DeliveryRate", "NoWorker", "DatabaseDown", "SiteSilent"),
    *("OutletBehind", "WebhookDisabled", "DeadLetters", "PagesNotLive", "InletSilent"),
}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[str]:
    """Every expression of the dashboard, with times and nodes put in as Grafana does."""
    for panel in panels():
        for target in panel["targets"]:
            text = re.sub(r"\$__(rate_interval|range)", "5m", target["expr"])
            yield text.replace("$instance", ".*")


@pytest.fixture
def told(db: None) -> dict[str, set[str]]:
    """The names that `/metrics` tells, each with its labels where there are samples."""
    for path in ("/health/live", "/api/v1/users"):
        Client().get(path)
    found: dict[str, set[str]] = {}
    text = Client().get("/metrics").content.decode()
    for family in text_string_to_metric_families(text):
        found.setdefault(family.name + "_total" * (family.type == "counter"), set())
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def used_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:mainstay|django)_\w+", expression))


def test_rules_are_about_what_there_is(told: dict[str, set[str]]) -> None:
    assert {rule["alert"] for rule in rules()} >= NEEDED
    jobs = {entry.name for entry in registered()}
    for rule in rules():
        assert used_in(rule["expr"]), rule["alert"]
        assert used_in(rule["expr"]) <= set(told), rule["alert"]
        assert set(re.findall(r'job_name="([a-z_.]+)"', rule["expr"])) <= jobs
        assert rule["annotations"]["summary"].endswith((".", "?"))
        assert rule["labels"]["severity"] in {"page", "ticket"}


def view_names(resolver: Any, names: tuple[str, ...] = ()) -> Iterator[str]:
    """Of every view below, as the counters name them."""
    for each in resolver.url_patterns:
        if isinstance(each, URLResolver):
            yield from view_names(each, (*names, each.namespace) if each.namespace else names)
        elif each.name:
            yield ":".join([*names, each.name])


def test_errors_of_the_api_and_of_pages_are_told_apart() -> None:
    """PromQL's patterns have to fit whole."""
    patterns = {
        rule["alert"]: (
            re.findall(r'view=~"([^"]+)"', rule["expr"])[0],
            re.findall(r'view!~"([^"]+)"', rule["expr"])[0],
        )
        for rule in rules()
        if rule["alert"] in {"ApiErrors", "PageErrors"}
    }

    def covers(alert: str, name: str) -> bool:
        wanted, left_out = patterns[alert]
        return bool(re.fullmatch(wanted, name)) and not re.fullmatch(left_out, name)

    found = {False: set[str](), True: set[str]()}
    for each in get_resolver().url_patterns:
        below = type("Below", (), {"url_patterns": [each]})
        found[str(each.pattern).startswith("api/")] |= set(view_names(below))
    assert len(found[True]) > 150
    assert [name for name in found[True] if not covers("ApiErrors", name)] == []
    assert [name for name in found[True] if covers("PageErrors", name)] == []
    pages = {name for name in found[False] if not re.fullmatch("metrics|core:health.*", name)}
    assert [name for name in pages if covers("ApiErrors", name)] == []
    assert [name for name in pages if not covers("PageErrors", name)] == []
    assert not covers("ApiErrors", "metrics")


def test_every_rule_is_tried() -> None:
    cases = yaml.safe_load(CASES.read_text())["tests"]
    tried = [case for test in cases for case in test.get("alert_rule_test", [])]
    assert {case["alertname"] for case in tried if case["exp_alerts"]} == {
        rule["alert"] for rule in rules()
    }


def test_the_dashboard_is_about_what_there_is(told: dict[str, set[str]]) -> None:
    for expression in expressions():
        assert used_in(expression), expression
        assert used_in(expression) <= set(told), expression
    jobs = {entry.name for entry in registered()}
    assert set(re.findall(r'job_name="([a-z_.]+)"', " ".join(expressions()))) <= jobs


def test_the_dashboard_shows_every_figure_of_ours(told: dict[str, set[str]]) -> None:
    shown = used_in(" ".join(expressions()))
    assert {name for name in told if name.startswith("mainstay_")} - shown == set()


def test_the_dashboard_opens_in_any_grafana() -> None:
    assert DASHBOARD["uid"] == "mainstay"
    assert DASHBOARD["schemaVersion"] >= 39
    variables = {each["name"]: each["type"] for each in DASHBOARD["templating"]["list"]}
    assert variables == {"datasource": "datasource", "instance": "query"}
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    for panel in panels():
        assert panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}", panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


def test_panels_lie_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (place["x"] + column, place["y"] + line)
            for column in range(place["w"])
            for line in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def promtool(*arguments: object) -> str:
    """What it says; it comes with Debian's package `prometheus`, which CI installs."""
    command = ["promtool", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.services
def test_promtool_accepts_the_rules() -> None:
    assert f"{len(rules())} rules found" in promtool("check", "rules", RULES)
    promtool("test", "rules", CASES)


@pytest.mark.services
def test_promtool_reads_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    records = [
        {"record": f"dashboard:{number}", "expr": expression}
        for number, expression in enumerate(expressions())
    ]
    file = tmp_path / "dashboard.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": records}]}))
    assert f"{len(records)} rules found" in promtool("check", "rules", file)
