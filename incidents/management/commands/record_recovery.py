"""`manage.py record_recovery KIND JSON`: what script/backup, script/drill and a takeover tell the administrator."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from incidents.models import RecoveryRecord

OWN = ("is_good", "seconds", "backup", "reached_at", "error")


class Command(BaseCommand):
    help = "Writes down a backup, a restore drill or a takeover."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=RecoveryRecord.Kind.values)
        parser.add_argument(
            "values", help='{"is_good", "seconds", "backup"?, "reached_at"?, "error"?, …}; more goes to `data`'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            values = json.loads(options["values"])
            reached = values.get("reached_at")
            RecoveryRecord.objects.create(
                kind=options["kind"],
                at=timezone.now(),
                is_good=bool(values["is_good"]),
                seconds=round(float(values["seconds"]), 2),
                backup=str(values.get("backup", ""))[:60],
                reached_at=datetime.fromisoformat(reached) if reached else None,
                error=str(values.get("error", "")),
                data={key: value for key, value in values.items() if key not in OWN},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CommandError(f"not recorded: {error!r}") from error
