"""`manage.py checkpoint`: signs the head of each timeline now; the sweeper does so each hour."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from incidents.checkpoints import NoKey, newest, read_key, sign
from incidents.models import Center


class Command(BaseCommand):
    help = "Signs the head of each center's timeline and prints the newest checkpoint, for the shift report."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = read_key(settings.CHECKPOINT_KEY)
            for center in Center.objects.defer("outline").order_by("code"):
                sign(center, key, settings.CHECKPOINT_FOLDER)
                last = newest(center)
                if last is not None:
                    self.stdout.write(
                        f"{center.code}: entry {last.seq}, {bytes(last.hash).hex()[:16]}…, "
                        f"signed {last.at:%Y-%m-%d %H:%M} UTC with key {last.key}"
                    )
        except (NoKey, OSError) as error:
            raise CommandError(str(error)) from error
