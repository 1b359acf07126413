"""`manage.py sweep`: each second hands out the jobs that are due and unclaimed. It is also every timer's clock.
When the broker cannot be reached it does them itself: without Redis the room is slower, never stuck."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseError
from django.db import close_old_connections
from django.utils import timezone

from commandcenter.history.upkeep import (
    blank_a_batch,
    blank_old_archives,
    delete_a_batch,
    is_more_left,
    make_months_of_words,
)
from commandcenter.metrics.sharing import sharing
from commandcenter.parts import read_parts
from commandcenter.saved_board import save_boards
from commandcenter.tasks import DEAD_AFTER_SECONDS, SWEEPER_KEY
from commandcenter.troubles import LOOK_SECONDS, WAIT_SECONDS, Watch, tell
from dispatch.actions.position_days import drop_position_days, make_position_days
from dispatch.newest import refill_all
from incidents import hints, logs, metrics
from incidents.checkpoints import NoKey, sign_all
from incidents.jobs import jobs_to_hand_out, run_job

logger = logs.get(__name__)
PERIOD_SECONDS = 1.0
PARTITIONS_EVERY_SECONDS = 3600.0
UPKEEP_EVERY_SECONDS = 3600.0
BOARDS_EVERY_SECONDS = 3.0
SIGN_EVERY_SECONDS = 60.0
"""How often it is asked whether a checkpoint is due (SIAGA_CHECKPOINT_MINUTES)."""
POSITIONS_EVERY_SECONDS = 60.0
"""A web process may have died between its write to the table and to Redis."""


class Command(BaseCommand):
    help = "Hands out owed jobs each second, until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, ask_to_stop)
        signal.signal(signal.SIGINT, ask_to_stop)
        name = f"{socket.gethostname()}:{os.getpid()}"
        sharing.start("sweeper")
        watch = Watch()
        partitions_at = positions_at = upkeep_at = parts_at = boards_at = sign_at = 0.0
        while not stop.is_set():
            begun = time.monotonic()
            try:
                close_old_connections()
                sweep(stop)
                if begun >= parts_at:
                    parts_at = begun + LOOK_SECONDS
                    watch.look(read_parts(WAIT_SECONDS), begun, timezone.now())
                    tell(watch, begun)
                if settings.SAVE_BOARD_SECONDS and begun >= boards_at:
                    boards_at = begun + BOARDS_EVERY_SECONDS
                    save_boards()
                if begun >= partitions_at:
                    make_position_days()
                    partitions_at = begun + PARTITIONS_EVERY_SECONDS
                    drop_position_days()
                    make_months_of_words()
                if begun >= upkeep_at and not (is_more_left(delete_a_batch()) | blank_a_batch()):
                    upkeep_at = begun + UPKEEP_EVERY_SECONDS
                    blank_old_archives()
                if begun >= sign_at:
                    sign_at = begun + SIGN_EVERY_SECONDS
                    sign_checkpoints()
                if begun >= positions_at:
                    positions_at = begun + POSITIONS_EVERY_SECONDS
                    refill_all()
            except (DatabaseError, OSError) as error:
                logger.warning("this round failed, the next is in a second", exc_info=error)
            metrics.SWEEP_SECONDS.observe(time.monotonic() - begun)
            hints.say_alive(SWEEPER_KEY + name, DEAD_AFTER_SECONDS)
            stop.wait(max(0.0, PERIOD_SECONDS - (time.monotonic() - begun)))


def sign_checkpoints() -> None:
    """Without a key nothing is signed, which is no error: a room may be tried without one."""
    try:
        sign_all()
    except NoKey as error:
        logger.info("no checkpoint is signed: %s", error)


def sweep(stop: threading.Event) -> None:
    """One round."""
    for job_id, queue in jobs_to_hand_out():
        if not hints.hand_job(job_id, queue) and not stop.is_set():
            run_job(job_id, f"sweeper:{os.getpid()}")
