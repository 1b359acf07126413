"""`manage.py replay FILE`: plays real records into a running room and says what became of each.
Only arguments and words; reading is `simulation/records.py`, sending `simulation/replay.py`."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from commandcenter.management.room_tokens import room_tokens
from commandcenter.simulation.board import board_from
from commandcenter.simulation.client import Refused, Room, TokenRefused, Unreachable
from commandcenter.simulation.fit import fit_to
from commandcenter.simulation.play import Options
from commandcenter.simulation.records import MappingError, Reading, choose, mapping_file, read_mapping, read_records
from commandcenter.simulation.replay import Outcome, Replayer, report, schedule
from commandcenter.simulation.stage import MissingToken, cast_from, set_stage
from commandcenter.simulation.stopping import run
from commandcenter.simulation.tally import Tally

# Crews do not drive faster than this however fast the records come: the room has to keep up with their steps.
FASTEST_CREWS = 60.0
SLOWEST_CREWS = 1.0
CLOSED_BY_REPLAY = "Akhir putar ulang"


class Command(BaseCommand):
    help = "Plays the records of FILE into a running room at their own pace times --speed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="CSV file of records")
        parser.add_argument(
            "--mapping",
            required=True,
            metavar="NAME|FILE.toml",
            help="columns and kinds: montgomery, sf_fires or a file",
        )
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of the room")
        parser.add_argument(
            "--speed",
            type=float,
            default=60.0,
            help="times faster than the records; 0: as fast as can be",
        )
        parser.add_argument("--fit", action="store_true", help="lay the records' geography over the city's")
        parser.add_argument("--from", dest="since", metavar="TIME", help="from this time on, as 2018-11-15T08:00")
        parser.add_argument("--to", dest="until", metavar="TIME", help="records before this time")
        parser.add_argument("--limit", type=int, default=0, help="at most so many records; 0: all")
        parser.add_argument("--longest-gap", type=float, default=30.0, help="longest wait, seconds; 0: any")
        parser.add_argument("--seats", type=int, default=4, help="calls answered at once")
        parser.add_argument(
            "--no-crews", action="store_true", help="send the records only: nobody drives, nobody closes"
        )
        parser.add_argument("--close", action="store_true", help="close at the end what is still open of the records")
        parser.add_argument("--settle", type=float, default=120.0, help="seconds crews go on after the last record")
        parser.add_argument("--check", action="store_true", help="ask afterwards to whom each incident was routed")
        parser.add_argument("--center", metavar="CODE", help="whose tokens to make here; else the first center's")
        parser.add_argument("--tokens", metavar="FILE", help="lines of username=token")

    def handle(self, *args: Any, **options: Any) -> None:
        for name in ("speed", "limit", "longest_gap", "settle"):
            if options[name] < 0:
                raise CommandError(f"--{name.replace('_', '-')} must not be below 0")
        since, until = _time("--from", options["since"]), _time("--to", options["until"])
        try:
            mapping = read_mapping(mapping_file(options["mapping"]))
            whole = read_records(Path(options["file"]), mapping)
        except MappingError as error:
            raise CommandError(str(error)) from None
        chosen = choose(whole, since, until, options["limit"])
        if not chosen.records:
            reasons = (
                ", ".join(sorted({item.reason for item in chosen.unusable})) or "--from, --to or --limit leave none"
            )
            raise CommandError(f"{options['file']}: no record can be sent ({reasons})")

        try:
            with room_tokens(options["tokens"], options["center"]) as tokens:
                run(lambda stop: self._play(whole, chosen, tokens, options, stop))
        except (MissingToken, TokenRefused, Unreachable, Refused, ValueError) as error:
            raise CommandError(str(error)) from None

    async def _play(
        self, whole: Reading, chosen: Reading, tokens: dict[str, str], options: dict[str, Any], stop: asyncio.Event
    ) -> None:
        cast = cast_from(tokens)
        tally = Tally()
        async with Room(options["url"], tokens) as room:
            stage = await set_stage(room, cast.radio)
            places = [record.place for record in chosen.records]
            pulled = 0
            if options["fit"]:
                fit = fit_to(stage.ground, places)
                laid = [fit.lay(place) for place in places]
                places = [place for place, _ in laid]
                pulled = sum(was_pulled for _, was_pulled in laid)
            due, shortened = schedule(chosen.records, places, options["speed"], options["longest_gap"])
            self._say(f"sending {len(due)} records in about {due[-1].wall_seconds / 60:.1f} minutes")
            replayer = Replayer(
                room,
                exchange=cast.exchange,
                operators=list(cast.operators),
                seats=options["seats"],
                lines=stage.lines,
                tally=tally,
            )
            speed = min(max(options["speed"] or FASTEST_CREWS, SLOWEST_CREWS), FASTEST_CREWS)
            player = stage.player(
                room, cast, speed=speed, seats=1, seed=1, tally=tally, hands_off=frozenset(), say=self._say
            )
            player.stop = stop
            crews: asyncio.Task[None] | None = None
            if not options["no_crews"]:
                crews = asyncio.create_task(
                    player.play(iter(()), Options(has_hotline=False, settle_seconds=options["settle"]))
                )
            try:
                await _first_trouble(replayer.play(due, stop), crews)
                if options["check"]:
                    await replayer.check_routing(cast.radio, stop)
                if crews:
                    player.enough.set()
                    await crews
                if options["close"]:
                    board = board_from(await room.get(cast.radio, "board"))
                    await player.desk.close_all(board, set(replayer.outcome.taken), CLOSED_BY_REPLAY)
            finally:
                if crews:
                    crews.cancel()
                    await asyncio.gather(crews, return_exceptions=True)
                self._sum_up(whole, chosen, replayer.outcome, pulled, shortened, options["check"], tally)

    def _sum_up(
        self,
        whole: Reading,
        chosen: Reading,
        outcome: Outcome,
        pulled: int,
        shortened: int,
        is_checked: bool,
        tally: Tally,
    ) -> None:
        for line in [*report(whole, chosen, outcome, pulled, shortened, is_checked), *tally.refusal_lines()]:
            self._say(line)
        still_open = len(outcome.taken) - tally["incidents closed"]
        hint = " (--close closes them, --settle gives the crews more time)" if still_open else ""
        self._say(f"closed             {tally['incidents closed']}, still open {still_open}{hint}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


async def _first_trouble(sending: Any, crews: asyncio.Task[None] | None) -> None:
    """Waits for the sending; crews that fail before it end it with their error."""
    task = asyncio.ensure_future(sending)
    try:
        await asyncio.wait({task, crews} if crews else {task}, return_when=asyncio.FIRST_COMPLETED)
        if crews and crews.done() and not task.done():
            crews.result()
        await task
    finally:
        task.cancel()


def _time(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option}: {text!r} is not a time like 2018-11-15 or 2018-11-15T08:00") from None
