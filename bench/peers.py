"""Starting the peers of the live feed and telling each a message; one shape for all of them."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.utils.module_loading import import_string

from bench.floors.channels_app import layer_settings
from bench.stage import Process, Stage
from tests.processes import ROOT, free_port

NCHAN_MODULES = (
    Path("/usr/lib/nginx/modules/ngx_nchan_module.so"),
    Path("/usr/share/nginx/modules/ngx_nchan_module.so"),
)


@dataclass
class Peer:
    """A running peer: where its sockets are opened, its server process, how it is told a text."""

    name: str
    url: str
    server: Process
    tell: Callable[[str], Any]


@contextlib.contextmanager
def node(stage: Stage) -> Iterator[Peer]:
    port, channel = free_port(), "bench:node"
    with stage.other("node", "bench/floors/node_ws.mjs", str(port), settings.REDIS_URL, channel, port=port) as server:
        client = redis.Redis.from_url(settings.REDIS_URL)
        yield Peer("Node ws + Redis", f"ws://127.0.0.1:{port}/", server, lambda text: client.publish(channel, text))


@contextlib.contextmanager
def websockets(stage: Stage) -> Iterator[Peer]:
    port, channel = free_port(), "bench:websockets"
    argv = [sys.executable, "-m", "bench.floors.websockets_server", str(port), settings.REDIS_URL, channel]
    with stage.other(*argv, port=port) as server:
        client = redis.Redis.from_url(settings.REDIS_URL)
        yield Peer(
            "websockets broadcast", f"ws://127.0.0.1:{port}/", server, lambda text: client.publish(channel, text)
        )


@contextlib.contextmanager
def stock(stage: Stage, server_name: str, layer: str) -> Iterator[Peer]:
    """Stock Channels: one group, `group_send`."""
    port, app, prefix = free_port(), "bench.floors.channels_app:application", f"bench-{layer}-{server_name}"
    argv = {
        "daphne": [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), app],
        "uvicorn": [
            sys.executable,
            "-m",
            "uvicorn",
            "--port",
            str(port),
            "--log-level",
            "warning",
            "--lifespan",
            "off",
            app,
        ],
    }[server_name]
    with stage.other(*argv, port=port, BENCH_LAYER=layer, BENCH_PREFIX=prefix) as server, _loop() as loop:
        made = layer_settings(layer, prefix, settings.REDIS_URL)["default"]
        channel_layer = import_string(made["BACKEND"])(**made["CONFIG"])

        def tell(text: str) -> None:
            message = {"type": "room.message", "text": text}
            asyncio.run_coroutine_threadsafe(channel_layer.group_send("room", message), loop).result(10)

        yield Peer(f"stock Channels {layer}, {server_name}", f"ws://127.0.0.1:{port}/", server, tell)


@contextlib.contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def has_nchan() -> bool:
    return shutil.which("nginx") is not None and any(path.exists() for path in NCHAN_MODULES)


@contextlib.contextmanager
def nchan(stage: Stage) -> Iterator[Peer]:
    """nginx with nchan: published to by HTTP."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        module = next(path for path in NCHAN_MODULES if path.exists())
        conf = Path(folder) / "nginx.conf"
        template = (ROOT / "bench" / "floors" / "nchan.conf").read_text()
        conf.write_text(
            template.replace("@MODULE@", str(module)).replace("@FOLDER@", folder).replace("@PORT@", str(port))
        )
        with stage.other("nginx", "-p", folder, "-c", str(conf), port=port) as server:
            connection = http.client.HTTPConnection("127.0.0.1", port)

            def tell(text: str) -> None:
                connection.request("POST", "/pub", text)
                connection.getresponse().read()

            yield Peer("nginx + nchan", f"ws://127.0.0.1:{port}/sub", server, tell)
