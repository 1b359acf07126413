"""What has no line in the documents does not exist for its users: settings, commands, timeline kinds, links of the README."""

from __future__ import annotations

import re
from pathlib import Path

from django.core.management import get_commands

from incidents.words import KINDS

ROOT = Path(__file__).resolve().parents[2]
DOCS = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}


def test_it_documents_every_setting() -> None:
    settings = "".join(path.read_text() for path in (ROOT / "commandcenter" / "settings").glob("*.py"))
    names = re.findall(r'env\.\w+\(\s*"(\w+)"', settings)
    assert len(names) > 8
    assert [name for name in names if f"`{name}`" not in DOCS["operating.md"]] == []


def test_it_documents_every_command() -> None:
    ours = [name for name, app in get_commands().items() if app in ("incidents", "dispatch", "commandcenter")]
    assert len(ours) > 6
    assert [name for name in ours if f"manage.py {name}" not in DOCS["operating.md"]] == []


def test_it_documents_every_timeline_kind() -> None:
    assert [kind for kind in KINDS if f"`{kind}`" not in DOCS["timeline.md"]] == []


def test_it_links_only_to_what_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target
