"""The one Celery task: run an owed job. A worker shows by a key in Redis that it lives."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

from celery import shared_task
from celery.signals import worker_process_init, worker_ready
from django.db import close_old_connections, connections

from commandcenter.memory import keep_what_is_loaded
from commandcenter.metrics.sharing import sharing
from incidents import hints
from incidents.jobs import run_job

WORKER_KEY = "siaga:worker:"
SWEEPER_KEY = "siaga:sweeper:"
HEARTBEAT_SECONDS = 2.0
DEAD_AFTER_SECONDS = 6


@shared_task(name="siaga.run_job", ignore_result=True)
def run_job_task(job_id: int) -> str:
    """Runs job `job_id`; a repeat is harmless."""
    close_old_connections()
    return run_job(job_id, f"{socket.gethostname()}:{os.getpid()}")


@worker_process_init.connect
def forget_connections(**kwargs: Any) -> None:
    """A pool's threads do not survive a fork, should somebody start a worker with Celery's prefork pool."""
    for connection in connections.all(initialized_only=True):
        connection.close_pool()  # type: ignore[attr-defined]


@worker_ready.connect
def show_life(sender: Any = None, **kwargs: Any) -> None:
    """Begins to write this worker's key, `siaga:worker:NAME`, every two seconds with a life of six."""
    keep_what_is_loaded()
    sharing.start("worker")
    name = str(getattr(sender, "hostname", os.getpid()))
    threading.Thread(target=_beat, args=[name], daemon=True, name="heartbeat").start()


def _beat(name: str) -> None:
    pause = threading.Event()
    while True:
        hints.say_alive(WORKER_KEY + name, DEAD_AFTER_SECONDS)
        pause.wait(HEARTBEAT_SECONDS)
