"""`manage.py retain`: deletes what no longer serves and blanks personal data that is old, now; the sweeper does the same each hour."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from commandcenter.history.upkeep import blank_a_batch, blank_old_archives, delete_a_batch, is_more_left


class Command(BaseCommand):
    help = "Deletes old jobs, idempotency keys, sessions and tokens; blanks old personal data, in archives too."

    def handle(self, *args: Any, **options: Any) -> None:
        total: Counter[str] = Counter()
        while True:
            deleted = delete_a_batch()
            total.update(deleted)
            if not is_more_left(deleted):
                break
        for name in deleted:
            self.stdout.write(f"{name.replace('_', ' ')}: {total[name]} deleted")
        blanked: Counter[str] = Counter()
        while blank_a_batch(blanked):
            pass
        for name, count in blanked.items():
            self.stdout.write(f"{name}: {count} {'deleted' if name == 'accesses' else 'blanked'}")
        self.stdout.write(f"archived values: {blank_old_archives()} blanked")
