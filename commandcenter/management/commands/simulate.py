"""`manage.py simulate`: plays a city at a running room, as its telephone exchange, operators, agency desks and crews.
Only arguments and words; the play itself is `commandcenter/simulation/`."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from commandcenter.management.room_tokens import room_tokens
from commandcenter.simulation.client import Refused, Room, TokenRefused, Unreachable
from commandcenter.simulation.plan import plan_calls
from commandcenter.simulation.play import Options
from commandcenter.simulation.stage import MissingToken, cast_from, set_stage
from commandcenter.simulation.stopping import run
from commandcenter.simulation.tally import Tally

PARTS = ("hotline", "desks", "crews")


class Command(BaseCommand):
    help = "Plays the city through the public API of a running room: calls, operators, agencies, crews that drive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of the room")
        parser.add_argument("--minutes", type=float, default=0.0, help="minutes of calls; 0: until stopped")
        parser.add_argument("--calls", type=int, default=0, help="stop after so many calls; 0: no bound")
        parser.add_argument("--speed", type=float, default=1.0, help="how much faster than life the city runs")
        parser.add_argument("--surge", type=float, default=1.0, help="times the usual calls; above 1 none is held back")
        parser.add_argument("--calls-per-minute", type=float, default=5.0, help="before --speed and --surge")
        parser.add_argument("--nuisance", type=float, default=0.5, help="share of nuisance calls, 0 to 1")
        parser.add_argument("--seed", type=int, default=112, help="the same seed plays the same calls")
        parser.add_argument("--seats", type=int, default=4, help="calls answered at once")
        parser.add_argument("--settle", type=float, default=60.0, help="seconds crews go on after the last call")
        parser.add_argument("--without", action="append", default=[], choices=PARTS, help="a part people play")
        parser.add_argument(
            "--hands-off", action="append", default=[], metavar="CALL_SIGN", help="a unit its own crew drives"
        )
        parser.add_argument("--center", metavar="CODE", help="whose tokens to make here; else the first center's")
        parser.add_argument("--tokens", metavar="FILE", help="lines of username=token")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("speed", "surge", "calls_per_minute"):
            if not options[name] > 0:
                raise CommandError(f"--{name.replace('_', '-')} must be above 0")
        if not 0 <= options["nuisance"] <= 1:
            raise CommandError("--nuisance must be from 0 to 1")
        for name in ("minutes", "calls", "settle"):
            if options[name] < 0:
                raise CommandError(f"--{name} must not be below 0")
        tally = Tally()

        try:
            with room_tokens(options["tokens"], options["center"]) as tokens:
                run(lambda stop: self._play(tokens, options, tally, stop))
        except (MissingToken, TokenRefused, Unreachable, Refused, ValueError) as error:
            self._sum_up(tally)
            raise CommandError(str(error)) from None
        self._sum_up(tally)

    async def _play(self, tokens: dict[str, str], options: dict[str, Any], tally: Tally, stop: asyncio.Event) -> None:
        cast = cast_from(tokens)
        async with Room(options["url"], tokens) as room:
            stage = await set_stage(room, cast.radio)
            player = stage.player(
                room,
                cast,
                speed=options["speed"],
                seats=options["seats"],
                seed=options["seed"],
                tally=tally,
                hands_off=frozenset(options["hands_off"]),
                say=self._say,
            )
            player.stop = stop
            plan = plan_calls(
                seed=options["seed"],
                mix=stage.mix(),
                ground=stage.ground,
                zone_names=stage.zone_names,
                calls_per_minute=options["calls_per_minute"] * options["surge"],
                lines=stage.lines,
                nuisance_share=options["nuisance"],
            )
            city = stage.city.city if stage.city else "the center"
            self._say(
                f"playing {city}: {len(stage.board.units)} units, {len(stage.zone_names)} zones, seed {options['seed']}"
            )
            await player.play(
                plan,
                Options(
                    minutes=options["minutes"],
                    calls=options["calls"],
                    surge=options["surge"],
                    settle_seconds=options["settle"],
                    has_hotline="hotline" not in options["without"],
                    has_crews="crews" not in options["without"],
                    has_desks="desks" not in options["without"],
                ),
            )
            self._say(player.summary())

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _sum_up(self, tally: Tally) -> None:
        for line in tally.call_lines():
            self._say(line)
        for line in tally.refusal_lines():
            self._say(line)
