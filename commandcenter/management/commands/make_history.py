"""`manage.py make_history`: fills a center with an invented, closed past. How it is written: `commandcenter/history`."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from commandcenter.history.past import NotEmpty, make_past, refuse_a_room_in_use
from incidents.models import Center

DAYS_A_YEAR = 365.25


class Command(BaseCommand):
    help = "Fills a center with closed calls, incidents, referrals, assignments, timeline and positions of past years."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--center", required=True, help="code of the center")
        parser.add_argument("--incidents", required=True, type=int, help="how many; each brings about 24 other rows")
        parser.add_argument("--years", type=float, default=1.0, help="over how long, up to an hour ago (1)")
        parser.add_argument("--position-days", type=int, default=1, help="days with positions of all units (1)")
        parser.add_argument("--yes", action="store_true", help="also behind a timeline that is there already")

    def handle(self, *args: Any, **options: Any) -> None:
        incidents, years, days = options["incidents"], options["years"], options["position_days"]
        center = Center.objects.filter(code=options["center"]).first()
        if center is None:
            raise CommandError(f"no center has the code {options['center']!r}")
        if not 1 <= incidents <= 50_000_000 or not 0 < years <= 50 or not 0 <= days <= 366:
            raise CommandError("--incidents 1 to 50000000, --years up to 50, --position-days 0 to 366")
        end = timezone.now() - timedelta(hours=1)
        begun = time.monotonic()
        written = None
        try:
            refuse_a_room_in_use(center, is_sure=options["yes"])
            for written in make_past(
                center,
                incidents=incidents,
                begin=end - timedelta(days=years * DAYS_A_YEAR),
                end=end,
                position_days=days,
            ):
                if options["verbosity"] > 1:
                    self.stdout.write(f"{written.incidents} incidents, seq {written.seq}")
        except NotEmpty as error:
            raise CommandError(str(error)) from error
        assert written is not None
        seconds = time.monotonic() - begun
        self.stdout.write(
            f"{center.code}: {written.incidents} incidents, timeline up to {written.seq}, {seconds:.0f} s"
        )
