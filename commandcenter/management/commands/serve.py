"""`manage.py serve`: the web process, on Daphne or uvicorn."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from commandcenter.memory import keep_what_is_loaded
from commandcenter.metrics.sharing import sharing
from incidents import access_log


class Command(BaseCommand):
    help = "Serves pages, API and live feed until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--server", choices=["daphne", "uvicorn"], default="daphne")

    def handle(self, *args: Any, **options: Any) -> None:
        servers = import_module("commandcenter.servers")
        application = import_module("commandcenter.asgi").application
        keep_what_is_loaded()
        access_log.start()
        sharing.start("web")
        servers.SERVERS[options["server"]](application, options["host"], options["port"])
        access_log.finish()
        # The server has waited for its requests. One that outlived it waits in a thread for an event loop that is gone,
        # and Python would wait for that thread for ever; what it had not committed is as undone as after a kill.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
