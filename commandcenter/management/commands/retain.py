"""`manage.py retain`: deletes what no longer serves, now; the sweeper does the same each hour."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from commandcenter.history.upkeep import delete_a_batch, is_more_left


class Command(BaseCommand):
    help = "Deletes jobs done long ago, old idempotency keys, expired sessions and tokens."

    def handle(self, *args: Any, **options: Any) -> None:
        total: Counter[str] = Counter()
        while True:
            deleted = delete_a_batch()
            total.update(deleted)
            if not is_more_left(deleted):
                break
        for name in deleted:
            self.stdout.write(f"{name.replace('_', ' ')}: {total[name]} deleted")
