"""Dashboard, alert rules and runbooks: what they name is really there. Only files; the metrics are those a scrape gives."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

from tests.cast import Cast
from tests.watch.scrape import names_in, scrape

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "siaga.json").read_text())
RUNBOOKS = ROOT / "docs" / "runbooks"
OF_PROMETHEUS = {"up"}
SECTIONS = ("## For the room", "## How to see it", "## What to do")


def expressions() -> list[str]:
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]
    return panels + [rule["expr"] for rule in RULES]


def test_it_gives_every_rule_a_page_that_says_what_to_do() -> None:
    assert len(RULES) > 15 and len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        page = ROOT / rule["annotations"]["runbook_url"]
        text = page.read_text()
        assert all(section in text for section in SECTIONS), page
        assert rule["alert"] in text, (rule["alert"], page)
        assert rule["labels"]["severity"] in ("critical", "warning") and rule["annotations"]["summary"]


def test_it_has_no_page_without_a_rule_and_no_dead_link() -> None:
    used = {Path(rule["annotations"]["runbook_url"]).name for rule in RULES}
    assert {page.name for page in RUNBOOKS.glob("*.md")} == used
    for page in RUNBOOKS.glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (RUNBOOKS / target).is_file(), (page, target)


def test_it_names_only_metrics_that_are_exported(city: Cast) -> None:
    exported = scrape(Client(), city.token("sam")).names
    named = {name for expression in expressions() for name in names_in(expression)}
    assert len(named) > 25
    assert named - exported - OF_PROMETHEUS == set()


def test_it_has_a_panel_for_every_metric_of_ours(city: Cast) -> None:
    families = {name for name in scrape(Client(), city.token("sam")).families if name.startswith("siaga_")}
    shown = {name for expression in expressions() for name in names_in(expression)}
    assert {name for name in families if not any(one.startswith(name) for one in shown)} == set()


def test_it_is_accepted_by_prometheus_own_checker() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool here; the rules were parsed")
    ran = subprocess.run([promtool, "check", "rules", str(PROMETHEUS / "alerts.yml")], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_it_scrapes_one_address_with_the_rules_beside_it() -> None:
    conf = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    assert all((PROMETHEUS / name).is_file() for name in conf["rule_files"])
    assert [job["job_name"] for job in conf["scrape_configs"]] == ["siaga"]
    assert any('job="siaga"' in expression for expression in expressions())
