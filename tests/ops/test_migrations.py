"""Migrations run while calls come in: squawk reads the SQL of each, and refuses what locks a room or breaks the version
that is still running. What it finds and is harmless after all is accepted here by name, with the reason."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

ROOT = Path(__file__).resolve().parents[2]
OURS = ("incidents", "dispatch", "commandcenter")
# Made before any room was live.
FIRST = {"incidents": "0004", "dispatch": "0005", "commandcenter": "0001"}
# Locks and statements get their limits from the command that migrates; the rest is taste, not safety.
NOT_ASKED = (
    "require-lock-timeout", "require-statement-timeout", "prefer-robust-stmts", "prefer-bigint-over-int",
    "prefer-bigint-over-smallint", "prefer-identity", "prefer-text-field", "prefer-timestamp-tz",
)  # fmt: skip
ACCEPTED = {
    ("incidents", "0004_years_of_data"): {"require-concurrent-index-creation": "on a table made just before"},
    ("dispatch", "0005_tracking"): {"ban-drop-default": "unit types are added by administrators, not by a live room"},
}


def rules_broken(sql: str) -> set[str]:
    """Names of squawk's rules that the SQL breaks."""
    told = subprocess.run(
        [
            Path(sys.executable).parent / "squawk",
            "--reporter",
            "json",
            "--pg-version",
            "15",
            "--exclude",
            ",".join(NOT_ASKED),
        ],
        input=sql,
        capture_output=True,
        text=True,
    )
    assert told.returncode in (0, 1) and told.stdout.startswith("["), told.stderr
    return {found["rule_name"] for found in json.loads(told.stdout)}


def new_migrations() -> list[tuple[str, str]]:
    known = MigrationLoader(None).disk_migrations
    return sorted((app, name) for app, name in known if app in OURS and name >= FIRST[app])


@pytest.mark.parametrize(("app", "name"), new_migrations())
def test_it_locks_no_live_room(transactional_db: None, app: str, name: str) -> None:
    said = StringIO()
    call_command("sqlmigrate", app, name, stdout=said)
    assert said.getvalue().strip()
    assert rules_broken(said.getvalue()) - ACCEPTED.get((app, name), {}).keys() == set()


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("CREATE INDEX slow ON incidents_call (line);", "require-concurrent-index-creation"),
        ("DROP INDEX call_newest;", "require-concurrent-index-deletion"),
        ("ALTER TABLE incidents_call ADD COLUMN shift uuid DEFAULT gen_random_uuid();", "adding-field-with-default"),
        ("ALTER TABLE incidents_call ALTER COLUMN incident_id SET NOT NULL;", "adding-not-nullable-field"),
        ("ALTER TABLE incidents_call ADD COLUMN shift int NOT NULL;", "adding-required-field"),
        ("ALTER TABLE incidents_call ALTER COLUMN line TYPE text;", "changing-column-type"),
        ("ALTER TABLE incidents_call RENAME COLUMN line TO wire;", "renaming-column"),
        ("ALTER TABLE incidents_call ADD CONSTRAINT lined CHECK (line <> '');", "constraint-missing-not-valid"),
        (
            "ALTER TABLE incidents_call ADD CONSTRAINT lined FOREIGN KEY (line) REFERENCES incidents_center (code);",
            "adding-foreign-key-constraint",
        ),
    ],
)
def test_it_refuses_what_would(sql: str, rule: str) -> None:
    assert rule in rules_broken(sql)


def test_it_accepts_what_would_not() -> None:
    assert rules_broken("CREATE INDEX CONCURRENTLY quick ON incidents_call (line);") == set()
    assert rules_broken("ALTER TABLE incidents_call ADD COLUMN shift text;") == set()


def test_it_accepts_nothing_that_is_no_longer_there() -> None:
    assert ACCEPTED.keys() <= set(new_migrations())


def test_it_migrates_with_a_limit_on_waiting_for_locks() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["migrate"]["command"]
    server = (ROOT / "script" / "stack" / "server.py").read_text()
    for words in (compose, server):
        assert "migrate_with_timeouts" in words and "--lock-timeout-in-ms" in words


def test_it_leaves_no_index_half_built(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
        assert cursor.fetchall() == []
